package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// tools are the programs that are measured: belay as it stands, the others
// from this module's go.mod.
type tools struct {
	belay, krm, kustomize, cue string
	emptyfn                    string // a KRM function that does nothing
	self                       string
}

func buildTools(work string) (t tools, err error) {
	bin := mkdir(filepath.Join(work, "bin"))
	for _, b := range []struct {
		name, dir, pkg string
		path           *string
	}{
		{"belay", "..", "./cmd/belay", &t.belay},
		{"belay-krm", "..", "./cmd/belay-krm", &t.krm},
		{"kustomize", ".", "sigs.k8s.io/kustomize/kustomize/v5", &t.kustomize},
		{"cue", ".", "cuelang.org/go/cmd/cue", &t.cue},
		{"emptyfn", ".", "./emptyfn", &t.emptyfn},
		{"bench", ".", ".", &t.self},
	} {
		*b.path = filepath.Join(bin, b.name)
		build := exec.Command("go", "build", "-trimpath", "-o", *b.path, b.pkg)
		build.Dir = b.dir
		build.Stderr = os.Stderr
		if err := build.Run(); err != nil {
			return t, fmt.Errorf("building %s: %w", b.pkg, err)
		}
		if err := install(*b.path); err != nil {
			return t, err
		}
	}
	return t, nil
}

// install copies a program, as installing it would. The linker leaves a file
// behind that the system maps page by page, and every start of it is a tenth
// slower than that of a copy.
func install(path string) error {
	built := path + ".built"
	if err := os.Rename(path, built); err != nil {
		return err
	}
	return exec.Command("cp", built, path).Run()
}
