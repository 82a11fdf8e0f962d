package cluster

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// edited is a package that is built from a copy, with changes.
type edited struct {
	pkg     string
	changes []string // old and new in turn; each old is in the package once
}

// knativeMains are Knative's own, but for the ports that they listen on: each
// takes :8080, which only pods of their own allow.
var knativeMains = []edited{
	{"knative.dev/serving/cmd/controller", []string{
		`sharedmain.MainWithConfig(ctx,`, `sharedmain.MainWithConfig(sharedmain.WithHealthProbesDisabled(ctx),`,
	}},
	{"knative.dev/serving/cmd/autoscaler-hpa", []string{
		`import (`, `import ( "knative.dev/pkg/signals"`,
		`sharedmain.Main(`, `sharedmain.MainWithContext(sharedmain.WithHealthProbesDisabled(signals.NewContext()), `,
	}},
	// Its port is for statistics, which nothing here sends.
	{"knative.dev/serving/cmd/autoscaler", []string{
		`statsServerAddr = ":8080"`, `statsServerAddr = "127.0.0.1:0"`,
	}},
}

// copy puts the changed package into a module that depends on its own.
func (e edited) copy(ctx context.Context, module string) error {
	dir, err := goCommand(ctx, module, "list", "-f", "{{.Dir}}", e.pkg)
	if err != nil {
		return err
	}
	files, err := filepath.Glob(filepath.Join(strings.TrimSpace(dir), "*.go"))
	if err != nil {
		return err
	}
	found := make([]int, len(e.changes))
	if err := copyFiles(files, filepath.Join(module, filepath.Base(e.pkg)), func(data []byte) []byte {
		for i := 0; i < len(e.changes); i += 2 {
			old := []byte(e.changes[i])
			found[i] += bytes.Count(data, old)
			data = bytes.ReplaceAll(data, old, []byte(e.changes[i+1]))
		}
		return data
	}); err != nil {
		return err
	}
	for i := 0; i < len(e.changes); i += 2 {
		if found[i] != 1 {
			return fmt.Errorf("%s: %s is there %d times, not once", e.pkg, e.changes[i], found[i])
		}
	}
	return nil
}

// copyFiles copies all but tests into dir, through change if there is one.
func copyFiles(files []string, dir string, change func([]byte) []byte) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		data, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if change != nil {
			data = change(data)
		}
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(file)), data, 0o644); err != nil {
			return err
		}
	}
	return nil
}
