package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/belay-sh/belay/golden"
)

// TestDocsExamples does what the pages of docs say, in a directory of its own for
// each. A block with a path after its language is a file to write; a console
// block has commands, and the beginning of each line that they print, in order
// ("..." is any line or lines, or the rest of one). Its last command may have to
// fail.
func TestDocsExamples(t *testing.T) {
	if testing.Short() {
		t.Skip("it runs all commands of the documentation")
	}
	programs, err := golden.Programs("../..")
	require.NoError(t, err)
	root, err := filepath.Abs("../..")
	require.NoError(t, err)
	pages, err := filepath.Glob("../../docs/*.md")
	require.NoError(t, err)
	commands := 0
	for _, page := range pages {
		t.Run(filepath.Base(page), func(t *testing.T) {
			text, err := os.ReadFile(page)
			require.NoError(t, err)
			dir := filepath.Join(t.TempDir(), "repo")
			require.NoError(t, os.Mkdir(dir, 0o755))
			env := append(os.Environ(), "PATH="+programs+":"+os.Getenv("PATH"), "HOME="+dir, "PRE_COMMIT_HOME="+filepath.Join(filepath.Dir(dir), "cache"), "ROOT="+root)
			for _, b := range block.FindAllStringSubmatch(string(text), -1) {
				language, arg, body := b[1], b[2], b[3]
				switch {
				case language == "console":
					commands += tryCommands(t, dir, env, body, arg == "fails")
				case arg != "":
					writeTree(t, dir, map[string]string{arg: body})
				}
			}
			checkLinks(t, page, string(text))
		})
	}
	assert.Greater(t, commands, 20)
}

var block = regexp.MustCompile("(?ms)^```(\\w+) ?(\\S*)\n(.*?)^```$")

// tryCommands runs the commands of a block, and returns how many there are.
func tryCommands(t *testing.T, dir string, env []string, body string, fails bool) int {
	t.Helper()
	parts := strings.Split("\n"+body, "\n$ ")[1:]
	for i, part := range parts {
		command, want, _ := strings.Cut(part, "\n")
		cmd := exec.Command("sh", "-c", command)
		cmd.Dir, cmd.Env = dir, env
		out, err := cmd.CombinedOutput()
		if last := i == len(parts)-1; fails && last {
			assert.Error(t, err, command)
		} else {
			require.NoError(t, err, "%s\n%s", command, out)
		}
		assert.NoError(t, printed(string(out), want), "%s\n%s", command, out)
	}
	return len(parts)
}

// printed compares what a command printed with what a page says.
func printed(out, want string) error {
	lines := strings.Split(out, "\n")
	anywhere := false
	for _, w := range strings.Split(strings.TrimRight(want, "\n"), "\n") {
		if w == "..." || w == "" {
			anywhere = anywhere || w == "..."
			continue
		}
		w = strings.TrimSuffix(w, "...")
		for len(lines) > 0 && (anywhere || lines[0] == "") && !strings.HasPrefix(lines[0], w) {
			lines = lines[1:]
		}
		if len(lines) == 0 || !strings.HasPrefix(lines[0], w) {
			return fmt.Errorf("the line %q is not there", w)
		}
		lines, anywhere = lines[1:], false
	}
	return nil
}

var link = regexp.MustCompile(`\]\(([^)#]+)`)

// checkLinks makes sure that what a page refers to is there.
func checkLinks(t *testing.T, page, text string) {
	t.Helper()
	for _, m := range link.FindAllStringSubmatch(text, -1) {
		if !strings.Contains(m[1], "://") {
			_, err := os.Stat(filepath.Join(filepath.Dir(page), m[1]))
			assert.NoError(t, err, "%s refers to it", page)
		}
	}
}
