package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/require"

	"github.com/belay-sh/belay/golden"
)

// TestFrontEndsInHosts runs belay inside the programs that users meet it in: the
// kustomize of tools/go.mod, and the pre-commit that is installed.
func TestFrontEndsInHosts(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds belay again, for pre-commit")
	}
	if _, err := exec.LookPath("pre-commit"); err != nil {
		t.Fatal("pre-commit is not installed; make test installs it, in .cache/pre-commit")
	}
	root, err := filepath.Abs("../..")
	require.NoError(t, err)
	bin, err := golden.Programs(root)
	require.NoError(t, err)
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/hosts",
		RequireExplicitExec: true,
		UpdateScripts:       *update,
		Setup: func(env *testscript.Env) error {
			if err := startRegistry(env); err != nil {
				return err
			}
			env.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
			env.Setenv("ROOT", root)
			env.Setenv("PRE_COMMIT_HOME", filepath.Join(env.WorkDir, ".pre-commit"))
			return goCaches(env)
		},
		Cmds: commands,
	})
}

// goCaches lets pre-commit build belay from the modules and packages that there
// are: its own directories are new each time.
func goCaches(env *testscript.Env) error {
	for _, name := range []string{"GOMODCACHE", "GOCACHE", "GOPROXY", "GOFLAGS", "GONOSUMDB", "GONOSUMCHECK", "GOSUMDB", "CGO_ENABLED"} {
		value, err := exec.Command("go", "env", name).Output()
		if err != nil {
			return err
		}
		env.Setenv(name, strings.TrimSpace(string(value)))
	}
	return nil
}

// hookrepo makes a repository of the module as it stands: hookrepo DIR.
func hookrepo(ts *testscript.TestScript, neg bool, args []string) {
	dir, root := ts.MkAbs(args[0]), ts.Getenv("ROOT")
	git := exec.Command("git", "ls-files", "-co", "--exclude-standard")
	git.Dir = root
	files, err := git.Output()
	ts.Check(err)
	for name := range strings.Lines(string(files)) {
		name = strings.TrimSpace(name)
		if strings.HasPrefix(name, "golden/") || strings.HasPrefix(name, "fixtures/") || strings.HasSuffix(name, "_test.go") {
			continue
		}
		data, err := os.ReadFile(filepath.Join(root, name))
		ts.Check(err)
		path := filepath.Join(dir, name)
		ts.Check(os.MkdirAll(filepath.Dir(path), 0o755))
		ts.Check(os.WriteFile(path, data, 0o644))
	}
}
