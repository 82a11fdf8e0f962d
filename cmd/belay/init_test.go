package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/belay-sh/belay/compiler/load/cuelang"
	"github.com/belay-sh/belay/internal/frontend"
	"github.com/belay-sh/belay/internal/scaffold"
)

// runIn runs belay in a directory, and returns its exit code and what it prints.
func runIn(dir string, args ...string) (code int, out string) {
	var printed bytes.Buffer
	c := &cli{
		Process: frontend.Process{Out: &printed, Err: &printed, Dir: dir, CUE: cuelang.Language{}, Args: args},
		env:     func(string) (string, bool) { return "", false },
	}
	return c.run(), printed.String()
}

const digested = "registry.example.com/web@sha256:5ea96ba4b872685ff4ddb5cd8d1a97ec18c18fae79ee8df0d29f446c5efe5f50"

// TestInit_EveryCombinationIsValid writes specs with every combination of the flags,
// and requires that they are formatted, have no mistakes and render, and that the
// commands of the workflow succeed.
func TestInit_EveryCombinationIsValid(t *testing.T) {
	snapshot := filepath.Join(t.TempDir(), "maps.yaml")
	require.NoError(t, os.WriteFile(snapshot, []byte(`apiVersion: v1
kind: ConfigMap
metadata: {name: config-domain, labels: {app.kubernetes.io/version: "1.20.1"}}
data: {apps.example.com: ""}
`), 0o644))
	flags := [][]string{
		{"--env", "staging,prod"}, {"-n", "shop"}, {"--target-snapshot", snapshot},
		{"--argocd", "https://git.example.com/deploy.git"}, {"--pre-commit"}, {"--ci", "github"},
	}
	for set := range 1 << len(flags) {
		args := []string{"init", "my-web", "--image", digested}
		for i, flag := range flags {
			if set&(1<<i) != 0 {
				args = append(args, flag...)
			}
		}
		t.Run(strings.Join(args[4:], " "), func(t *testing.T) {
			dir := t.TempDir()
			code, out := runIn(dir, args...)
			require.Equal(t, 0, code, out)
			assert.Contains(t, out, "belay: next, run: belay pin ./...\n")
			code, out = runIn(dir, "fmt", "-d", "./...")
			require.Equal(t, 0, code, out)
			code, out = runIn(dir, "vet", "./...")
			require.Equal(t, 0, code, out)
			assert.NotContains(t, out, "warning")

			render := []string{"render", "./...", "-o", "rendered"}
			if strings.Contains(strings.Join(args, " "), "--argocd") {
				render = append(render, "--argocd")
			}
			code, out = runIn(dir, render...)
			require.Equal(t, 0, code, out)
			for _, command := range workflowCommands(t, dir) {
				code, out = runIn(dir, strings.Fields(command)...)
				assert.Equal(t, 0, code, "%s: %s", command, out)
			}
			assertHookMatches(t, dir, render[2:])
		})
	}
}

// workflowCommands returns the arguments of belay's commands in a workflow, if there
// is one.
func workflowCommands(t *testing.T, dir string) (commands []string) {
	text, err := os.ReadFile(filepath.Join(dir, ".github/workflows/belay.yml"))
	if os.IsNotExist(err) {
		return nil
	}
	require.NoError(t, err)
	for _, m := range regexp.MustCompile(`(?m)^    - run: belay (.*)$`).FindAllStringSubmatch(string(text), -1) {
		commands = append(commands, m[1])
	}
	require.Len(t, commands, 3)
	return commands
}

// assertHookMatches requires the hook to compare with what a render wrote, if there is
// one.
func assertHookMatches(t *testing.T, dir string, flags []string) {
	text, err := os.ReadFile(filepath.Join(dir, ".pre-commit-config.yaml"))
	if os.IsNotExist(err) {
		return
	}
	require.NoError(t, err)
	assert.Contains(t, string(text), fmt.Sprintf("    args: [%s, --]\n", strings.Join(flags, ", ")))
	assert.Contains(t, string(text), "  rev: v"+version+"\n")
}

// Names that are words of CUE are names of apps like others.
func TestInit_NamesOfCUE(t *testing.T) {
	for _, name := range []string{"package", "import", "for", "in", "if", "let", "true", "null", "else", "func", "string", "len", "self", "a-b", "app"} {
		for _, more := range [][]string{nil, {"--env", "prod"}} {
			dir := t.TempDir()
			code, out := runIn(dir, append([]string{"init", name, "--image", digested}, more...)...)
			require.Equal(t, 0, code, out)
			code, out = runIn(dir, "vet", "./...")
			assert.Equal(t, 0, code, out)
			code, out = runIn(dir, "render", "./...")
			assert.Equal(t, 0, code, out)
			assert.Regexp(t, `(?m)^  name: "?`+name+`"?$`, out)
		}
	}
}

// If a file can't be made, those before it are removed, and so are the directories
// that were made for them; what was there before stays.
func TestWriteNewFiles_NothingHalfWritten(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "kept"), 0o755))
	c := &cli{Process: frontend.Process{Dir: dir}}
	taken := scaffold.File{Path: "web/prod/app.cue", Text: "package web\n"}
	_, err := c.writeNewFiles([]scaffold.File{{Path: "web/app.cue"}, {Path: "kept/app.cue"}, taken, taken}, nil)
	assert.ErrorIs(t, err, fs.ErrExist)
	var left []string
	require.NoError(t, fs.WalkDir(os.DirFS(dir), ".", func(path string, _ fs.DirEntry, err error) error {
		left = append(left, path)
		return err
	}))
	assert.Equal(t, []string{".", "kept"}, left)
}
