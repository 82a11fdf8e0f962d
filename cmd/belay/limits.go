package main

import (
	"cmp"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/spf13/pflag"

	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/pin"
)

// What a run may take: much, where the specs are the caller's own, and little
// where they are those of others, which is what the function and the plugin
// are for, and --confine.
var (
	generous = load.Limits{Time: 10 * time.Minute, Memory: 8 << 30, Input: 256 << 20, Objects: 1_000_000}
	strict   = load.Limits{Time: 1500 * time.Millisecond, Memory: 144 << 20, Input: 8 << 20, Objects: 20_000}
)

// confinement is what a run is held to.
type confinement struct {
	root   string // a directory; "" for none
	limits load.Limits
}

func (f *confinement) flags(flags *pflag.FlagSet) {
	flags.StringVar(&f.root, "confine", "", "read nothing outside this `directory`, and hold to strict limits: for specs that others wrote")
	f.limitFlags(flags)
}

func (f *confinement) limitFlags(flags *pflag.FlagSet) {
	flags.DurationVar(&f.limits.Time, "max-time", 0, "stop after this `time` for every hundred specs")
	flags.Var((*mebibytes)(&f.limits.Memory), "max-memory", "stop when the specs take more than so many `MiB`")
	flags.Var((*mebibytes)(&f.limits.Input), "max-input", "read no file larger than so many `MiB`")
	flags.IntVar(&f.limits.Objects, "max-objects", 0, "make no more than so many `objects`")
}

func (f *confinement) confined() bool { return f.root != "" }

// repository is what a run is confined to where nobody says: the directory,
// from dir up, that is the root of a repository, or of a CUE module, or that has
// a lock; or else dir itself.
func repository(dir string) string {
	for _, mark := range []string{".git", "cue.mod", pin.LockName} {
		for d, last := dir, ""; d != last; d, last = filepath.Dir(d), d {
			if _, err := os.Lstat(filepath.Join(d, mark)); err == nil {
				return d
			}
		}
	}
	return dir
}

// hold puts the bounds into the options of a run.
func (f *confinement) hold(opts *load.Options) (err error) {
	limits := generous
	if f.root != "" {
		limits = strict
		dir := f.root
		if !filepath.IsAbs(dir) {
			dir = filepath.Join(opts.Dir, dir)
		}
		if opts.Root, err = os.OpenRoot(filepath.Clean(dir)); err != nil {
			return err
		}
	}
	opts.Limits = load.Limits{
		Time:    cmp.Or(f.limits.Time, limits.Time),
		Memory:  cmp.Or(f.limits.Memory, limits.Memory),
		Input:   cmp.Or(f.limits.Input, limits.Input),
		Objects: cmp.Or(f.limits.Objects, limits.Objects),
	}
	return nil
}

// mebibytes is a flag in MiB, kept in bytes.
type mebibytes int64

func (m *mebibytes) Set(text string) error {
	n, err := strconv.ParseInt(text, 10, 32)
	*m = mebibytes(n << 20)
	return err
}

func (m *mebibytes) String() string {
	if *m == 0 {
		return ""
	}
	return strconv.FormatInt(int64(*m)>>20, 10)
}

func (*mebibytes) Type() string { return "int" }
