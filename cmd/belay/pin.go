package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/belay-sh/belay/compiler"
	"github.com/belay-sh/belay/ir"
	"github.com/belay-sh/belay/pin"
)

func (c *cli) pinCommand() *cobra.Command {
	in := &input{}
	var update string
	cmd := &cobra.Command{
		Use:   "pin [PATH...]",
		Short: "Resolve image tags to digests, and write the lock",
		Long: `Resolve image tags to digests, and write them to belay.lock: the nearest one at
or above each spec, or a new one at the root of its CUE module.

Pins that are there are kept; --update looks up all tags again, or with
--update=GLOB those that match. If anything fails, no lock is touched.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			opts, err := in.options(c)
			if err != nil {
				return err
			}
			chosen, err := globber(update)
			if err != nil {
				return err
			}
			ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt)
			defer stop()
			relocks, diags, err := compiler.Relocks(ctx, paths(args), opts, pin.Registry{}, chosen)
			if err := c.report(in.severe(diags), opts.Options); err != nil {
				return err
			}
			if err != nil {
				return err
			}
			return c.writeLocks(relocks, opts)
		},
	}
	in.flags(cmd)
	cmd.Flags().StringVar(&update, "update", "", "look up again: all tags, or those that match `GLOB`")
	cmd.Flags().Lookup("update").NoOptDefVal = "*"
	return cmd
}

// globber chooses references by a glob, in which '*' also matches '/'.
func globber(glob string) (func(ref string) bool, error) {
	if glob == "" {
		return func(string) bool { return false }, nil
	}
	pattern, err := globPattern(glob)
	if err != nil {
		return nil, fmt.Errorf("--update=%s: %w", glob, err)
	}
	return pattern.MatchString, nil
}

// writeLocks writes the locks that changed, each in one rename, and says what changed.
func (c *cli) writeLocks(relocks []compiler.Relock, opts compiler.Options) error {
	for _, l := range relocks {
		data := l.New.Encode()
		old, err := os.ReadFile(l.Path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if bytes.Equal(old, data) {
			continue
		}
		if err := replaceFile(l.Path, data); err != nil {
			return err
		}
		c.summarize(l, opts)
	}
	return nil
}

func (c *cli) summarize(l compiler.Relock, opts compiler.Options) {
	fmt.Fprintf(c.err, "%s\n", opts.Rel(l.Path))
	for _, ref := range ir.Sorted(l.New.Images) {
		old, now := l.Old.Images[ref].Digest, l.New.Images[ref].Digest
		switch {
		case old == "":
			fmt.Fprintf(c.err, "  %s  %s\n", ref, short(now))
		case old != now:
			fmt.Fprintf(c.err, "  %s  %s → %s\n", ref, short(old), short(now))
		}
	}
	for _, ref := range ir.Sorted(l.Old.Images) {
		if _, kept := l.New.Images[ref]; !kept {
			fmt.Fprintf(c.err, "  %s  dropped\n", ref)
		}
	}
}

func short(digest string) string { return digest[:len("sha256:")+12] }

// replaceFile writes a file in one rename, so that whatever happens it is the
// old one or the new one.
func replaceFile(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".belay-lock-")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	if _, err = f.Write(data); err == nil {
		err = f.Chmod(0o644)
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
