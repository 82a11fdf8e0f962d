package main

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var manDir = flag.String("man", "", "the directory to write the man pages to")

// TestManPages writes a man page for each command, which "make man" keeps: the
// library that makes them is linked by this test alone. They have no date, so that
// the same belay has the same pages.
func TestManPages(t *testing.T) {
	dir := *manDir
	if dir == "" {
		dir = t.TempDir()
	}
	require.NoError(t, os.MkdirAll(dir, 0o755))
	root := (&cli{}).root()
	root.InitDefaultCompletionCmd()
	root.DisableAutoGenTag = true
	var undated time.Time
	require.NoError(t, doc.GenManTree(root, &doc.GenManHeader{Section: "1", Source: "belay " + version, Manual: "belay", Date: &undated}, dir))
	eachCommand(root, func(cmd *cobra.Command) {
		if !cmd.IsAvailableCommand() {
			return // help, which has no page
		}
		file := filepath.Join(dir, strings.ReplaceAll(cmd.CommandPath(), " ", "-")+".1")
		page, err := os.ReadFile(file)
		require.NoError(t, err)
		text := strings.Replace(string(page), `"`+undated.Format("Jan 2006")+`"`, `""`, 1)
		assert.NotContains(t, text, "0001")
		assert.NotRegexp(t, `20[0-9][0-9]`, strings.SplitN(text, "\n", 3)[1], "the title has a date")
		assert.Contains(t, text, "belay "+version)
		require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
	})
}

// eachCommand visits a command and those below it.
func eachCommand(cmd *cobra.Command, visit func(*cobra.Command)) {
	visit(cmd)
	for _, sub := range cmd.Commands() {
		eachCommand(sub, visit)
	}
}

// TestHelp_ExamplesAreValid requires each command to have examples, in which every
// command of belay's exists and takes the flags and the number of arguments.
func TestHelp_ExamplesAreValid(t *testing.T) {
	eachCommand((&cli{}).root(), func(cmd *cobra.Command) {
		if cmd.HasSubCommands() && cmd.Example == "" {
			return // its subcommands have some
		}
		assert.NotEmpty(t, cmd.Example, "%s has no examples", cmd.CommandPath())
		shown := false
		for _, line := range strings.Split(cmd.Example, "\n") {
			assert.LessOrEqual(t, len(line), 92, line)
			for _, command := range strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune("|&<>", r) }) {
				words := strings.Fields(strings.ReplaceAll(command, "'", ""))
				if words[0] != "belay" {
					continue
				}
				found, rest, err := (&cli{}).root().Find(words[1:])
				require.NoError(t, err, line)
				require.NoError(t, found.ParseFlags(rest), line)
				assert.NoError(t, found.ValidateArgs(found.Flags().Args()), line)
				shown = shown || found.CommandPath() == cmd.CommandPath()
			}
		}
		assert.True(t, shown, "no example of %s runs it", cmd.CommandPath())
	})
}
