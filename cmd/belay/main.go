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

	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/fault"
	_ "github.com/belay-sh/belay/internal/gctuning"
	"github.com/belay-sh/belay/internal/sandbox"
)

// version of belay. It stands in the source since "go install" of a module
// leaves no other trace of it.
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
		Stdin: readOnce(os.Stdin),
		Out:   os.Stdout, Err: os.Stderr,
		Dir:      dir,
		Self:     sandbox.Self(),
		env:      os.LookupEnv,
		terminal: isTerminal(os.Stderr),
		color:    isTerminal(os.Stderr) && os.Getenv("NO_COLOR") == "",
	}
	os.Exit(c.run(commandLine(os.Args)))
}

// commandLine is the arguments of a process. A program called belay-krm is the
// function, since some hosts run a function without arguments.
func commandLine(argv []string) []string {
	if strings.HasPrefix(filepath.Base(argv[0]), "belay-krm") && (len(argv) == 1 || argv[1] != "krm") {
		return append([]string{"krm"}, argv[1:]...)
	}
	return argv[1:]
}

// readOnce returns what reads r, up to a byte beyond a limit, the first time that
// it is called.
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
	Stdin func(limit int64) ([]byte, error) // as load.Options have it
	Out   io.Writer                         // the product
	Err   io.Writer                         // the talk
	Dir   string                            // the working directory, absolute
	Self  string                            // the program itself, to run confined in a process of its own; "" if this is that process
	Args  []string
	env   func(name string) (value string, ok bool)

	terminal bool // err is one
	color    bool
}

// errReported says that the diagnostics have been printed and tell it all.
const errReported = sandbox.Reported

func (c *cli) run(args []string) int {
	c.Args = args
	root := &cobra.Command{
		Use:           "belay",
		Short:         "Compile app specs in CUE into pinned Knative and Istio YAML",
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetArgs(c.filesLast(args))
	root.SetOut(c.Out)
	root.SetErr(c.Err)
	root.AddCommand(
		c.vetCommand(),
		c.renderCommand(),
		c.pinCommand(),
		c.explainCommand(),
		c.cmpCommand(),
		c.fmtCommand(),
		c.krmCommand(),
		c.schemaCommand(),
		c.targetCommand(),
		c.versionCommand(),
	)
	err := root.Execute()
	var code sandbox.ExitCode
	switch {
	case err == nil:
		return 0
	case errors.As(err, &code):
		return int(code)
	}
	c.sayError(withLines(err))
	return exitMisuse
}

// say prints one line to standard error, whatever the arguments contain.
func (c *cli) say(format string, args ...any) {
	fmt.Fprintln(c.Err, diag.Printable(fmt.Sprintf(format, args...)))
}

func (c *cli) sayError(err error) { fmt.Fprintln(c.Err, "belay: "+diag.ErrorText(err)) }

// withLines keeps the lines of cobra's error about a command that there is not:
// below the command, which it quotes, are those that may be meant.
func withLines(err error) error {
	if text := err.Error(); strings.HasPrefix(text, "unknown command ") {
		return diag.LinesError(strings.Split(strings.ReplaceAll(strings.TrimSpace(text), "\t", "  "), "\n"))
	}
	return err
}

// supervise runs belay with its own arguments in a process of its own, and
// passes on what that has to say.
func (c *cli) supervise(opts load.Options, stdin io.Reader) error {
	child := sandbox.Child{Program: c.Self, Args: c.Args, Dir: c.Dir, Stdin: stdin, Limits: opts.Limits}
	return child.Run(c.Out, c.Err)
}

// report prints diagnostics on standard error, and turns errors among them
// into errReported.
func (c *cli) report(list diag.List, opts load.Options) error {
	if _, err := c.Err.Write(diag.Text{Source: opts.Source, Color: c.color}.Print(list)); err != nil {
		return err
	}
	if list.HasErrors() {
		return errReported
	}
	return nil
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
