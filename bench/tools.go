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
	belay, kustomize, cue string
	emptyfn               string // a KRM function that does nothing
	self                  string
}

func buildTools(work string) (t tools, err error) {
	bin := mkdir(filepath.Join(work, "bin"))
	for _, b := range []struct {
		name, dir, pkg string
		path           *string
	}{
		{"belay", "..", "./cmd/belay", &t.belay},
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
	}
	return t, nil
}
