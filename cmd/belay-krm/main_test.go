package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/require"

	"github.com/belay-sh/belay/golden"
)

type commands = map[string]func(*testscript.TestScript, bool, []string)

// TestScripts runs the program as it is installed, at $PROGRAMS beside belay, or
// alone.
func TestScripts(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds belay, and runs it on large lists")
	}
	programs, err := golden.Programs("../..")
	require.NoError(t, err)
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("PROGRAMS", programs)
			env.Setenv("PATH", programs+string(os.PathListSeparator)+os.Getenv("PATH"))
			return nil
		},
		Cmds: commands{"status": golden.Status},
	})
}

// TestScripts_OfBelay holds the program to the scripts of belay krm: what they
// call as belay is a script that passes the call on.
func TestScripts_OfBelay(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds belay, and runs the scripts of belay krm again")
	}
	programs, err := golden.Programs("../..")
	require.NoError(t, err)
	scripts, err := filepath.Glob("../belay/testdata/script/krm_*.txtar")
	require.NoError(t, err)
	require.NotEmpty(t, scripts)
	shim := t.TempDir()
	text := "#!/bin/sh\n[ \"$1\" = krm ] && shift && exec \"" + filepath.Join(programs, "belay-krm") + "\" \"$@\"\n"
	require.NoError(t, os.WriteFile(filepath.Join(shim, "belay"), []byte(text), 0o755))
	testscript.Run(t, testscript.Params{
		Files:               scripts,
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("PATH", shim+string(os.PathListSeparator)+programs+string(os.PathListSeparator)+os.Getenv("PATH"))
			return nil
		},
		Cmds: commands{"status": golden.Status},
	})
}
