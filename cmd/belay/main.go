// Belay compiles app specs in CUE into pinned Knative and Istio YAML.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"github.com/belay-sh/belay/compiler/load/cuelang"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/fault"
	"github.com/belay-sh/belay/internal/frontend"
	_ "github.com/belay-sh/belay/internal/gctuning"
	"github.com/belay-sh/belay/internal/sandbox"
)

// version of belay. It is in the source because "go install" of a module records it
// nowhere else.
const version = "0.1.0"

// Exit codes.
const (
	exitInput  = int(sandbox.Reported) // the input has errors, or --check found a difference
	exitMisuse = fault.Code            // misuse, or a fault that is not the input's
)

func main() {
	defer fault.Exit()
	dir, err := os.Getwd()
	if err != nil {
		fmt.Fprintln(os.Stderr, "belay:", diag.ErrorText(err))
		os.Exit(exitMisuse)
	}
	c := &cli{
		Process: frontend.Process{
			Self: sandbox.Self(), Args: commandLine(os.Args), Dir: dir,
			Stdin: readOnce(os.Stdin), Out: os.Stdout, Err: os.Stderr,
			Color: isTerminal(os.Stderr) && os.Getenv("NO_COLOR") == "",
			CUE:   cuelang.Language{},
		},
		env:      os.LookupEnv,
		terminal: isTerminal(os.Stderr),
	}
	os.Exit(c.run())
}

// commandLine returns the arguments of a process. A program with the name belay-krm
// runs the function, because some hosts run a function without arguments.
func commandLine(argv []string) []string {
	if strings.HasPrefix(filepath.Base(argv[0]), "belay-krm") && (len(argv) == 1 || argv[1] != "krm") {
		return append([]string{"krm"}, argv[1:]...)
	}
	return argv[1:]
}

// readOnce returns a function that reads r, up to a byte beyond a limit, when it is
// first called, and then returns the same again.
func readOnce(r io.Reader) func(limit int64) ([]byte, error) {
	var once sync.Once
	var data []byte
	var err error
	return func(limit int64) ([]byte, error) {
		once.Do(func() { data, err = io.ReadAll(io.LimitReader(r, limit+1)) })
		return data, err
	}
}

// cli is what a command may touch of the process.
type cli struct {
	frontend.Process
	env      func(name string) (value string, ok bool)
	terminal bool // standard error is one
}

// errReported is the error of a command that has printed what is wrong.
const errReported = sandbox.Reported

// commandTable has the commands of belay, in the order of its help.
var commandTable = []func(*cli) *cobra.Command{
	(*cli).vetCommand,
	(*cli).renderCommand,
	(*cli).pinCommand,
	(*cli).initCommand,
	(*cli).explainCommand,
	(*cli).cmpCommand,
	(*cli).fmtCommand,
	(*cli).krmCommand,
	(*cli).schemaCommand,
	(*cli).targetCommand,
	(*cli).versionCommand,
}

// run runs the command that the arguments name, and returns the exit code.
func (c *cli) run() int {
	err := c.root().Execute()
	var code sandbox.ExitCode
	switch {
	case err == nil:
		return 0
	case errors.As(err, &code):
		return int(code)
	}
	c.PrintError(withLines(err))
	return exitMisuse
}

// root returns the command line of belay, for the arguments of the process.
func (c *cli) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "belay",
		Short:         "Compile app specs in CUE into pinned Knative and Istio YAML",
		Version:       version,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.Flags().Bool("version", false, "print the version of belay; belay version prints the releases that it knows as well")
	root.SetArgs(c.filesLast(c.Args))
	root.SetOut(c.Out)
	root.SetErr(c.Err)
	root.SetFlagErrorFunc(suggestFlag)
	for _, command := range commandTable {
		root.AddCommand(command(c))
	}
	c.addCompletions(root)
	return root
}

// withLines keeps the lines of cobra's error about an unknown command: below the
// command, which it quotes, it lists those that may be meant.
func withLines(err error) error {
	if text := err.Error(); strings.HasPrefix(text, "unknown command ") {
		return diag.LinesError(strings.Split(strings.ReplaceAll(strings.TrimSpace(text), "\t", "  "), "\n"))
	}
	return err
}

func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// emit writes a product to standard output.
func (c *cli) emit(data []byte) error {
	_, err := io.Copy(c.Out, bytes.NewReader(data))
	return err
}
