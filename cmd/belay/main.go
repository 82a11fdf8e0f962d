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

	"github.com/belay-sh/belay/cmd/confine"
	"github.com/belay-sh/belay/cmd/function"
	_ "github.com/belay-sh/belay/cmd/heap"
	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/diag"
)

// version of belay. It stands in the source since "go install" of a module
// leaves no other trace of it.
const version = "0.1.0"

// Exit codes.
const (
	exitInput  = 1 // the input has errors, or --check found a difference
	exitMisuse = 2 // misuse, or a fault that is not the input's
)

func main() {
	dir, err := os.Getwd()
	if err != nil {
		fmt.Fprintln(os.Stderr, "belay:", err)
		os.Exit(exitMisuse)
	}
	c := &cli{
		stdin: sync.OnceValues(func() ([]byte, error) { return io.ReadAll(io.LimitReader(os.Stdin, function.MaxStdin)) }),
		out:   os.Stdout, err: os.Stderr,
		dir:      dir,
		self:     confine.Self(),
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

// cli is what a command may touch of the process.
type cli struct {
	stdin func() ([]byte, error)
	out   io.Writer // the product
	err   io.Writer // the talk
	dir   string    // the working directory, absolute
	self  string    // the program itself, to run confined in a process of its own; "" if this is that process
	args  []string
	env   func(name string) (value string, ok bool)

	terminal bool // err is one
	color    bool
}

// errReported says that the diagnostics have been printed and tell it all.
var errReported = errors.New("the input has errors")

func (c *cli) run(args []string) int {
	c.args = args
	root := &cobra.Command{
		Use:           "belay",
		Short:         "Compile app specs in CUE into pinned Knative and Istio YAML",
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetArgs(args)
	root.SetOut(c.out)
	root.SetErr(c.err)
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
	var code confine.ExitCode
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errReported):
		return exitInput
	case errors.As(err, &code):
		return int(code)
	}
	fmt.Fprintf(c.err, "belay: %v\n", err)
	return exitMisuse
}

// report prints diagnostics on standard error, and turns errors among them
// into errReported.
func (c *cli) report(list diag.List, opts load.Options) error {
	if _, err := c.err.Write(diag.Text{Source: opts.Source, Color: c.color}.Print(list)); err != nil {
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
	_, err := io.Copy(c.out, bytes.NewReader(data))
	return err
}
