package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func init() { programs["busy"] = busy }

// busy keeps a processor busy until standard input ends.
func busy() {
	var done atomic.Bool
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		done.Store(true)
	}()
	for !done.Load() { // a processor is kept busy
	}
}

// beside runs f beside so many processes that keep a processor busy each.
func beside(t *testing.T, processes int, f func()) {
	t.Helper()
	var stdins []io.Closer
	var cmds []*exec.Cmd
	for range processes {
		cmd := exec.Command("busy")
		stdin, err := cmd.StdinPipe()
		require.NoError(t, err)
		require.NoError(t, cmd.Start())
		stdins, cmds = append(stdins, stdin), append(cmds, cmd)
	}
	defer func() {
		for i, cmd := range cmds {
			stdins[i].Close()
			assert.NoError(t, cmd.Wait())
		}
	}()
	f()
}

// TestRender_ConfinedOnABusyMachine renders 6,000 apps of one file within the
// strict limits, alone and beside four busy processes: the clock runs several
// times as long, and the result is the same.
func TestRender_ConfinedOnABusyMachine(t *testing.T) {
	if testing.Short() {
		t.Skip("it keeps all processors busy")
	}
	dir := t.TempDir()
	var spec strings.Builder
	spec.WriteString("package fleet\n\n")
	for i := range 6000 {
		fmt.Fprintf(&spec, "apps: \"w%d\": image: \"registry.example.com/web:v1\"\n", i)
	}
	lock := "images:\n  registry.example.com/web:v1:\n    digest: sha256:5ea96ba4b872685ff4ddb5cd8d1a97ec18c18fae79ee8df0d29f446c5efe5f50\nversion: 1\n"
	require.NoError(t, os.WriteFile(filepath.Join(dir, "app.cue"), []byte(spec.String()), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "belay.lock"), []byte(lock), 0o644))
	render := func() (stdout []byte) {
		cmd := exec.Command("belay", "render", "--confine", ".", ".")
		cmd.Dir = dir
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		stdout, err := cmd.Output()
		require.NoError(t, err, "%s", stderr.Bytes())
		return stdout
	}
	alone := render()
	assert.Equal(t, 6000, bytes.Count(alone, []byte("\nkind: Service\n")))
	beside(t, 4, func() { assert.True(t, bytes.Equal(alone, render()), "the same bytes") })
}
