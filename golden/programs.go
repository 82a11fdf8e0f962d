package golden

import (
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Programs builds belay, belay-krm and kustomize, as users have them, and returns
// the directory that they are in: one in the user's cache, since go build leaves
// a program alone that is still what it would build. kustomize is the version in
// tools/go.mod. root is the root of the module.
func Programs(root string) (dir string, err error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	root, err = filepath.Abs(root)
	if err != nil {
		return "", err
	}
	dir = filepath.Join(cache, "belay-test", fmt.Sprintf("%x", sha256.Sum256([]byte(root)))[:12])
	for _, p := range []struct{ name, modfile, pkg string }{
		{"belay", "go.mod", "./cmd/belay"},
		{"belay-krm", "go.mod", "./cmd/belay-krm"},
		{"kustomize", "tools/go.mod", "sigs.k8s.io/kustomize/kustomize/v5"},
	} {
		build := exec.Command("go", "build", "-modfile="+p.modfile, "-o", filepath.Join(dir, p.name), p.pkg)
		build.Dir = root
		build.Stderr = os.Stderr
		if err := build.Run(); err != nil {
			return "", fmt.Errorf("building %s: %w", p.pkg, err)
		}
	}
	return dir, lookAtSources(root)
}

// Program builds the program of a module in a directory below root, such as
// golden/kube, and returns its path: one in the user's cache, as for Programs. root
// is the root of this module.
func Program(root, module string) (program string, err error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	root, err = filepath.Abs(root)
	if err != nil {
		return "", err
	}
	dir := filepath.Join(root, filepath.FromSlash(module))
	program = filepath.Join(cache, "belay-test", fmt.Sprintf("%x", sha256.Sum256([]byte(dir)))[:12], filepath.Base(dir))
	build := exec.Command("go", "build", "-o", program, ".")
	build.Dir = dir
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return "", fmt.Errorf("building %s: %w", dir, err)
	}
	_, err = os.ReadDir(dir) // so that go test sees a change of it
	return program, err
}

// lookAtSources opens the directories that the programs are built from: go test
// answers from its cache as long as what a test has looked at is as it was, and
// does not see what go build reads.
func lookAtSources(root string) error {
	list := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{if .Main}}{{$.Dir}}{{end}}{{end}}", "./cmd/...")
	list.Dir = root
	list.Stderr = os.Stderr
	dirs, err := list.Output()
	if err != nil {
		return fmt.Errorf("listing sources: %w", err)
	}
	for dir := range strings.Lines(string(dirs)) {
		if _, err := os.ReadDir(strings.TrimSpace(dir)); err != nil {
			return err
		}
	}
	return nil
}
