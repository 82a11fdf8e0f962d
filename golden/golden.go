// Package golden is the corpus: what every fixture compiles to, committed, and
// the tests that hold it. Nothing but tests uses it.
//
// A fixture is a directory under fixtures; its case here has the same name. A
// spec's case is the bundle as belay writes it; a spec with mistakes, or with
// warnings, has a diagnostics.txt as well. A file ARGS in a fixture holds the
// arguments, where they are not just ".".
//
// The package is not part of belay's promised API: that is package belay, at the
// root of the module.
package golden

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"
)

// A Fixture is a case's input.
type Fixture struct {
	Name  string   // below fixtures, with slashes
	Dir   string   // absolute
	Paths []string // to compile, relative to Dir
	Tags  []string

	ArgoCD bool // the case is the bundle for Argo CD
	Replay bool // for an empty cluster: such a case has diagnostics only, since its objects repeat

	Confine    string // the directory that the run is confined to, relative to Dir; "" for none
	MaxObjects int
	Policy     string // what the specs may emit: a name, or a file
}

// Fixtures lists the directories under root that are cases: those with a spec
// of their own, or with a file ARGS that says how to compile them.
func Fixtures(root string) (all []Fixture, err error) {
	root, err = filepath.Abs(root)
	if err != nil {
		return nil, err
	}
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() || path == root {
			return err
		}
		args, readErr := os.ReadFile(filepath.Join(path, "ARGS"))
		specs, _ := filepath.Glob(filepath.Join(path, "*.cue"))
		if readErr != nil && len(specs) == 0 {
			return nil
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		f := Fixture{Name: filepath.ToSlash(rel), Dir: path, Paths: []string{"."}}
		if readErr == nil {
			f.Arguments(string(args))
		}
		all = append(all, f)
		return fs.SkipDir
	})
	return all, err
}

// Arguments reads a command line: paths, and some of the flags of belay render.
func (f *Fixture) Arguments(line string) {
	flags := pflag.NewFlagSet("", pflag.PanicOnError)
	flags.StringArrayVarP(&f.Tags, "tag", "t", nil, "")
	flags.StringVar(&f.Confine, "confine", "", "")
	flags.StringVar(&f.Policy, "policy", "", "")
	flags.IntVar(&f.MaxObjects, "max-objects", 0, "")
	flags.BoolVar(&f.ArgoCD, "argocd", false, "")
	flags.BoolVar(&f.Replay, "replay", false, "")
	_ = flags.Parse(strings.Fields(line)) // it panics instead
	f.Paths = flags.Args()
}
