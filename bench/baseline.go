package main

import (
	"os"
	"os/exec"
	"path/filepath"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/cuecontext"
	"cuelang.org/go/cue/load"
)

// baseline is what belay is measured against on a fleet: load all packages
// with cue/load, evaluate each, in one goroutine. With a schema each is unified
// with its #Document first, which is how a schema is commonly applied in CUE.
func baseline(dir, schema string) error {
	ctx := cuecontext.New()
	var document cue.Value
	if schema != "" {
		source, err := os.ReadFile(schema)
		if err != nil {
			return err
		}
		document = ctx.CompileBytes(source).LookupPath(cue.ParsePath("#Document"))
		if err := document.Err(); err != nil {
			return err
		}
	}
	for _, inst := range load.Instances([]string{"./..."}, &load.Config{Dir: dir}) {
		v := ctx.BuildInstance(inst)
		if schema != "" {
			v = v.Unify(document)
		}
		if err := v.Validate(cue.Concrete(true)); err != nil {
			return err
		}
	}
	return nil
}

// writeSchema writes what "belay schema" prints, and returns the file's name.
func writeSchema(work string, t tools) (string, error) {
	source, err := exec.Command(t.belay, "schema").Output()
	if err != nil {
		return "", err
	}
	path := filepath.Join(work, "schema.cue")
	return path, os.WriteFile(path, source, 0o644)
}
