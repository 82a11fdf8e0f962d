package cuelang

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/cuecontext"
	cueload "cuelang.org/go/cue/load"
	"github.com/rogpeppe/go-internal/txtar"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/golden"
	"github.com/belay-sh/belay/internal/ir"
)

// TestDifferential loads packages with belay and with CUE's own loader and
// evaluator, as "cue export" uses them: both have the same value, or both an
// error. Each file in testdata/packages is a directory, with the arguments of
// the command for a comment.
func TestDifferential(t *testing.T) {
	cases, err := filepath.Glob("testdata/packages/*.txtar")
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(cases), 60)
	for _, file := range cases {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			require.NoError(t, err)
			files := map[string]string{}
			for _, f := range archive.Files {
				files[f.Name] = string(f.Data)
			}
			args, tags := arguments(t, string(archive.Comment))
			want, cueErr := exported(t, files, args, tags)
			got, belayErr := loaded(t, files, args, tags)
			if cueErr != "" {
				assert.NotEmpty(t, belayErr, "cue has an error, belay has the value %s\n%s", got, cueErr)
				return
			}
			require.Empty(t, belayErr, "cue has the value %s", want)
			assert.JSONEq(t, want, got)
		})
	}
}

// arguments reads the command line of a case: paths, "." if there are none, and tags.
func arguments(t *testing.T, line string) (paths, tags []string) {
	t.Helper()
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	flags.StringArrayVarP(&tags, "tag", "t", nil, "")
	require.NoError(t, flags.Parse(strings.Fields(line)))
	if paths = flags.Args(); len(paths) == 0 {
		paths = []string{"."}
	}
	return paths, tags
}

// exported is what cue makes of files on a disk.
func exported(t *testing.T, files map[string]string, args, tags []string) (value, problem string) {
	t.Helper()
	dir := t.TempDir()
	golden.Write(t, dir, files)
	insts := cueload.Instances(args, &cueload.Config{Dir: dir, ModuleRoot: moduleRoot(files, dir), Tags: tags, Env: []string{"CUE_REGISTRY=none", "CUE_CACHE_DIR=" + dir, "HOME=" + dir}})
	require.Len(t, insts, 1)
	if err := insts[0].Err; err != nil {
		return "", err.Error()
	}
	v := cuecontext.New().BuildInstance(insts[0])
	if err := v.Validate(cue.Concrete(true)); err != nil {
		return "", err.Error()
	}
	text, err := v.MarshalJSON()
	if err != nil {
		return "", err.Error()
	}
	return string(text), ""
}

// moduleRoot keeps cue from looking for a module above the case.
func moduleRoot(files map[string]string, dir string) string {
	for name := range files {
		if strings.HasPrefix(name, "cue.mod/") {
			return ""
		}
	}
	return dir
}

// loaded is what belay makes of the same files.
func loaded(t *testing.T, files map[string]string, args, tags []string) (value, problem string) {
	t.Helper()
	dir := t.TempDir()
	golden.Write(t, dir, files)
	units, err := load.FindUnits(args, load.Options{CUE: Language{}, Dir: dir, Tags: tags})
	if err != nil {
		return "", err.Error()
	}
	require.Len(t, units, 1)
	root, diags := units[0].Load()
	diags.Add(load.UnusedTags(units)...)
	if diags.HasErrors() {
		return "", diags[0].Message
	}
	if root == nil {
		return "", "there is no package"
	}
	if bad := firstBad(root); bad != nil {
		return "", bad.Bad.Message
	}
	text, err := root.MarshalJSON()
	require.NoError(t, err)
	require.True(t, json.Valid(text))
	return string(text), ""
}

// firstBad is the first node that has an error instead of a value.
func firstBad(n *ir.Node) *ir.Node {
	if n.Bad != nil {
		return n
	}
	for _, c := range n.Children {
		if bad := firstBad(c); bad != nil {
			return bad
		}
	}
	return nil
}
