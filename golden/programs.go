package golden

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Programs builds belay and kustomize, as users have them, into a directory:
// kustomize is the version in tools/go.mod. root is the root of the module.
func Programs(root, dir string) error {
	for _, p := range []struct{ name, modfile, pkg string }{
		{"belay", "go.mod", "./cmd/belay"},
		{"kustomize", "tools/go.mod", "sigs.k8s.io/kustomize/kustomize/v5"},
	} {
		build := exec.Command("go", "build", "-modfile="+p.modfile, "-o", filepath.Join(dir, p.name), p.pkg)
		build.Dir = root
		build.Stderr = os.Stderr
		if err := build.Run(); err != nil {
			return fmt.Errorf("building %s: %w", p.pkg, err)
		}
	}
	return nil
}
