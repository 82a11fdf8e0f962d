package main

import (
	"bytes"
	"fmt"

	"github.com/rogpeppe/go-internal/diff"
	"github.com/spf13/cobra"

	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/compiler/load/cuelang"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/frontend"
)

type fmtFlags struct {
	list, diff, write bool
	errorLimit        int
}

func (c *cli) fmtCommand() *cobra.Command {
	f := &fmtFlags{}
	cmd := &cobra.Command{
		Use:   "fmt [PATH...]",
		Short: "Format CUE files",
		Long: `Format CUE files, as "cue fmt" does, and print them; or with -l, -d or -w do as
gofmt does. With -l and -d the exit code is 1 if a file is not formatted.

PATH is a file, a directory, or ends in /... for all below; "-" is standard
input. Without one it is the working directory. Specs in YAML and JSON are left
alone.`,
		Example: `  belay fmt -w ./...
  belay fmt -d ./...
  belay fmt - < app.cue`,
		RunE: func(_ *cobra.Command, args []string) error { return c.format(f, args) },
	}
	cmd.Flags().BoolVarP(&f.list, "list", "l", false, "list the files that are not formatted")
	cmd.Flags().BoolVarP(&f.diff, "diff", "d", false, "print what formatting would change")
	cmd.Flags().BoolVarP(&f.write, "write", "w", false, "write the files")
	frontend.AddErrorLimit(cmd.Flags(), &f.errorLimit)
	return cmd
}

func (c *cli) format(f *fmtFlags, args []string) error {
	opts := load.Options{CUE: c.CUE, Dir: c.Dir, Stdin: c.Stdin, Limits: frontend.Generous}
	opts.Limits.Mistakes = f.errorLimit
	files := []string{load.Stdin}
	if len(args) != 1 || args[0] != load.Stdin {
		var err error
		if files, err = load.CUEFiles(paths(args), opts); err != nil {
			return err
		}
	}
	var diags diag.List
	differs := false
	for _, file := range files {
		before, err := c.readFile(file)
		if err != nil {
			return err
		}
		after, more := cuelang.Format(file, before, opts)
		diags.Add(more...)
		if more.HasErrors() {
			continue
		}
		differs = differs || !bytes.Equal(before, after)
		if err := c.printFormatted(f, file, before, after, opts); err != nil {
			return err
		}
	}
	if err := c.Report(diags, opts); err != nil {
		return err
	}
	if differs && (f.list || f.diff) && !f.write {
		return errReported
	}
	return nil
}

// printFormatted lists, compares, writes or prints a file, by the flags.
func (c *cli) printFormatted(f *fmtFlags, file string, before, after []byte, opts load.Options) error {
	name := file
	if file != load.Stdin {
		name = opts.DisplayPath(file)
	}
	if !f.list && !f.diff && !f.write {
		return c.emit(after)
	}
	if bytes.Equal(before, after) {
		return nil
	}
	if f.list {
		fmt.Fprintln(c.Out, diag.Printable(name))
	}
	if f.diff {
		if err := c.emit(diag.PrintableText(diff.Diff("a/"+name, before, "b/"+name, after))); err != nil {
			return err
		}
	}
	if f.write && file != load.Stdin {
		return replaceFile(file, after)
	}
	return nil
}
