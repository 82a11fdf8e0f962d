package rendered

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/belay-sh/belay/compiler"
	"github.com/belay-sh/belay/compiler/load"
)

// TestVet_Duplicates reports the second object of an identity in a group of files,
// and the place of the first as related.
func TestVet_Duplicates(t *testing.T) {
	opts := compiler.Options{Options: load.Options{Dir: t.TempDir()}}
	opts.Knative, opts.Istio = "1.23", "1.31"
	const config = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: shop}\n---\n"
	for file, text := range map[string]string{"a.yaml": strings.Replace(service, "      nodeSelector: {a: b}\n", "", 1), "b.yaml": config + strings.Replace(service, "      nodeSelector: {a: b}\n", "", 1)} {
		require.NoError(t, os.WriteFile(filepath.Join(opts.Dir, file), []byte(text), 0o644))
	}
	sets, _ := Split([]string{"."}, opts.Options)
	diags, err := Vet(t.Context(), sets, opts)
	require.NoError(t, err)
	require.Len(t, diags, 1)
	assert.Equal(t, "b.yaml:7", fmt.Sprintf("%s:%d", diags[0].At.File, diags[0].At.Start.Line))
	require.Len(t, diags[0].Related, 1)
	assert.Equal(t, "a.yaml:3", fmt.Sprintf("%s:%d", diags[0].Related[0].At.File, diags[0].Related[0].At.Start.Line))
}
