package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/require"

	"github.com/belay-sh/belay/golden"
)

// TestDoors runs belay inside the programs that users meet it in: the
// kustomize of tools/go.mod, and the pre-commit of the system.
func TestDoors(t *testing.T) {
	if _, err := exec.LookPath("pre-commit"); err != nil {
		t.Fatal("pre-commit is not installed; make test installs it (apt-get install pre-commit)")
	}
	root, err := filepath.Abs("../..")
	require.NoError(t, err)
	bin, err := golden.Programs(root)
	require.NoError(t, err)
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/doors",
		RequireExplicitExec: true,
		UpdateScripts:       *update,
		Setup: func(env *testscript.Env) error {
			env.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
			env.Setenv("HOME", env.WorkDir)
			env.Setenv("ROOT", root)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"status": status},
	})
}
