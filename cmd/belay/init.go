package main

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/belay-sh/belay/compiler"
	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/compiler/load/cuelang"
	"github.com/belay-sh/belay/internal/adapter/snapshot"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/frontend"
	"github.com/belay-sh/belay/internal/scaffold"
)

type initFlags struct {
	scaffold.Request
	snapshot string
	pin      bool
	ci       string
}

func (c *cli) initCommand() *cobra.Command {
	f := &initFlags{}
	cmd := &cobra.Command{
		Use:   "init NAME --image REF",
		Short: "Write a first spec of an app",
		Long: `Write a first spec of an app, NAME/app.cue, and print the command to run next.

With --env there is a directory for each environment, NAME/ENV/app.cue, whose
spec has a target of that name; NAME/app.cue has what they share. That takes a
CUE module, so cue.mod/module.cue is written as well if there is none.

No file is overwritten: if one of the files exists, nothing is written.`,
		Example: `  belay init web --image registry.example.com/web:v1
  belay init web --image registry.example.com/web:v1 --env staging,prod --pin
  belay init web --image registry.example.com/web:v1 --pre-commit --ci github`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			f.Name = args[0]
			return c.initialize(cmd.Context(), f)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.Image, "image", "", "the image of the app, such as registry.example.com/web:v1; `REF` is a tag or a digest")
	flags.StringSliceVar(&f.Environments, "env", nil, "a directory for each of these environments: `NAMES`, such as staging,prod")
	flags.StringVarP(&f.Namespace, "namespace", "n", "", "the `namespace` of the app; left to whoever renders without it")
	flags.StringVar(&f.snapshot, "target-snapshot", "", "a `file` with the ConfigMaps of a cluster's Knative, for the target (see belay target snapshot), or -")
	flags.BoolVar(&f.pin, "pin", false, "resolve the image tags, and write the lock (belay pin ./...)")
	flags.BoolVar(&f.PreCommit, "pre-commit", false, "write .pre-commit-config.yaml")
	flags.StringVar(&f.ci, "ci", "", "write a workflow for this `system`: github")
	flags.StringVar(&f.Repository, "argocd", "", "the `URL` of the Git repository that Argo CD reads the rendered files from")
	return cmd
}

func (c *cli) initialize(ctx context.Context, f *initFlags) error {
	if err := f.complete(c); err != nil {
		return err
	}
	if err := f.validate(ctx, c); err != nil {
		return err
	}
	files, err := f.formatted()
	if err != nil {
		return err
	}
	existing, err := c.writeNewFiles(files, f.directories())
	if err != nil {
		return err
	}
	for _, name := range existing {
		c.PrintLine("belay: %s exists; belay init overwrites nothing", name)
	}
	if len(existing) > 0 {
		return errReported
	}
	for _, file := range files {
		c.PrintLine("belay: wrote %s", file.Path)
	}
	next := "belay pin ./..."
	if f.pin {
		if err := c.pin(ctx, defaultPinFlags(), []string{"./..."}); err != nil {
			c.PrintLine("belay: there is no lock yet; when the reason is mended, run: %s", next)
			return err
		}
		next = f.RenderCommand()
	}
	c.PrintLine("belay: next, run: %s", next)
	return nil
}

// complete checks the flags that no spec has, and reads the cluster's snapshot.
func (f *initFlags) complete(c *cli) error {
	if f.ci != "" && f.ci != "github" {
		return fmt.Errorf("--ci %s is not a system that belay has a workflow for; it takes github", f.ci)
	}
	f.GitHub, f.Version = f.ci == "github", version
	root := load.Nearest(c.Dir, "", load.Holding(".git"))
	if (f.GitHub || f.PreCommit) && root != "" && root != c.Dir {
		return errors.New("--pre-commit and --ci write to the root of the Git repository, and the working directory is below it; run belay init there")
	}
	f.Module = len(f.Environments) > 0 && load.Nearest(c.Dir, "", load.Holding("cue.mod")) == ""
	for i, name := range f.Environments {
		if slices.Contains(f.Environments[:i], name) {
			return fmt.Errorf("--env has %s more than once", name)
		}
	}
	if f.snapshot == "" {
		return nil
	}
	documents, err := c.readFile(f.snapshot)
	if err != nil {
		return fmt.Errorf("--target-snapshot: %w", err)
	}
	_, block, err := snapshot.Take(documents)
	if err != nil {
		return fmt.Errorf("--target-snapshot: %w", err)
	}
	f.Target = string(block)
	return nil
}

// validate compiles the specs that would be written. The error names the argument
// that a mistake in them came from.
func (f *initFlags) validate(ctx context.Context, c *cli) error {
	if f.Image == "" {
		return errors.New("--image is missing; it takes the image of the app, such as --image registry.example.com/web:v1")
	}
	for _, spec := range f.Specs() {
		opts := compiler.Options{Options: load.Options{
			CUE: c.CUE, Dir: c.Dir, Limits: frontend.Generous,
			Stdin: func(int64) ([]byte, error) { return []byte(spec), nil },
		}}
		_, list, err := compiler.Check(ctx, []string{load.Stdin}, opts)
		if err != nil {
			return err
		}
		for _, d := range list {
			if d.Severity == diag.Error {
				return f.mistake(d)
			}
		}
	}
	if f.Name == scaffold.Output {
		return fmt.Errorf("NAME %s is the directory of the rendered files; choose another name", f.Name)
	}
	return nil
}

// mistake returns a mistake in the spec as one on the command line.
func (f *initFlags) mistake(d diag.Diagnostic) error {
	argument := "NAME"
	switch {
	case strings.HasPrefix(d.Path, "argocd"):
		argument = "--argocd"
	case d.Path == "target.name":
		argument = "--env"
	case strings.HasPrefix(d.Path, "target"):
		argument = "--target-snapshot"
	case strings.HasSuffix(d.Path, ".image"):
		argument = "--image"
	case strings.HasSuffix(d.Path, ".namespace"):
		argument = "--namespace"
	}
	if d.Hint != "" {
		return fmt.Errorf("%s: %s; %s", argument, d.Message, d.Hint)
	}
	return fmt.Errorf("%s: %s", argument, d.Message)
}

// formatted returns the files of the request, those of CUE in its own format.
func (f *initFlags) formatted() ([]scaffold.File, error) {
	files := f.Files()
	for i, file := range files {
		if path.Ext(file.Path) != ".cue" {
			continue
		}
		text, list := cuelang.Format(file.Path, []byte(file.Text), load.Options{})
		if list.HasErrors() {
			return nil, fmt.Errorf("%s: %s", file.Path, list[0].Message)
		}
		files[i].Text = string(text)
	}
	return files, nil
}

// directories returns the directories that are to have the spec and no other.
func (f *initFlags) directories() []string {
	all := []string{f.Name}
	for _, environment := range f.Environments {
		all = append(all, path.Join(f.Name, environment))
	}
	return all
}
