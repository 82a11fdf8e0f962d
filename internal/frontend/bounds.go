package frontend

import (
	"cmp"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/spf13/pflag"

	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/internal/gctuning"
)

// The limits of a run: generous ones if the specs are the caller's own, and strict
// ones if others wrote them, as for the function, the plugin and --confine.
//
// A Service takes 0.3 ms of CPU time from a spec of one line, and 1.5 ms from
// one with most fields, a third of that before its apps are counted.
var (
	Generous = load.Limits{
		Time: 10 * time.Minute, PerApp: 50 * time.Millisecond,
		Memory: 8 << 30, Input: 256 << 20, Objects: 1_000_000,
	}
	Strict = load.Limits{
		Time: 1500 * time.Millisecond, PerApp: 5 * time.Millisecond, PerMiB: 2500 * time.Millisecond, MostTime: 20 * time.Second,
		Elapsed: time.Minute,
		Memory:  144 << 20, Input: 8 << 20, Objects: 20_000, Output: 32 << 20, Mistakes: 100,
	}
)

// errorLimit is how many errors and warnings text lists, as clang does.
const errorLimit = 20

// Bounds are what a caller sets about what a run may read, emit, use and print.
type Bounds struct {
	Root   string      // the only directory to read, relative to the working directory or absolute; "" for no bound
	Policy string      // what the specs may emit: a name, or the path of a file; "" for the default, which depends on Root
	Limits load.Limits // a limit of zero is the default, which depends on Root

	ErrorLimit int  // how many errors and warnings are listed in text; 0 for all
	ForProgram bool // what is printed is for programs, which get all
}

// AddFlags adds the flags that set the bounds.
func (b *Bounds) AddFlags(flags *pflag.FlagSet) {
	flags.StringVar(&b.Root, "confine", "", "read nothing outside this `directory`, and apply strict limits: for specs that others wrote. "+
		"Only Linux ends a run that takes too much memory at once; elsewhere it is noticed afterwards")
	flags.StringVar(&b.Policy, "policy", "", "what the specs may emit: own, which is everything, tenant, or a `file` (docs/security.md); "+
		"by default own, or tenant in a confined run")
	flags.DurationVar(&b.Limits.Time, "max-time", 0, "stop after this much CPU `time`; by default the limit grows with the specs (belay explain time-limit)")
	flags.Var((*mebibytes)(&b.Limits.Memory), "max-memory", "stop when the specs take more than so many `MiB`")
	flags.Var((*mebibytes)(&b.Limits.Input), "max-input", "read no file larger than so many `MiB`")
	flags.Var((*mebibytes)(&b.Limits.Output), "max-output", "in a confined run: print no more than so many `MiB`")
	flags.IntVar(&b.Limits.Objects, "max-objects", 0, "make no more than so many `objects`")
	AddErrorLimit(flags, &b.ErrorLimit)
}

// AddErrorLimit adds the flag that sets how many errors and warnings are listed.
func AddErrorLimit(flags *pflag.FlagSet, limit *int) {
	flags.IntVar(limit, "error-limit", errorLimit, "in text, list no more than so many `errors` and warnings; 0 lists all")
}

// Confined reports whether there is a root.
func (b *Bounds) Confined() bool { return b.Root != "" }

// apply sets the bounds in the options of a run. The error is about what the
// caller has set.
func (b *Bounds) apply(opts *load.Options) (err error) {
	if b.Limits.Time < 0 || b.Limits.Memory < 0 || b.Limits.Input < 0 || b.Limits.Objects < 0 {
		return errors.New("--max-time, --max-memory, --max-input and --max-objects are limits above 0; for example: --max-time 30s --max-memory 500")
	}
	if b.ErrorLimit < 0 {
		return errors.New("--error-limit is a number of errors, or 0 for all; for example: --error-limit 50")
	}
	if b.Limits.Output < 0 || b.Limits.Output > 0 && b.Root == "" {
		return errors.New("--max-output is a limit of a confined run, in MiB; for example: --confine . --max-output 8")
	}
	limits := Generous
	if b.Root != "" {
		limits = Strict
		dir := b.Root
		if !filepath.IsAbs(dir) {
			dir = filepath.Join(opts.Dir, dir)
		}
		if opts.Root, err = os.OpenRoot(filepath.Clean(dir)); err != nil {
			return err
		}
	}
	limits.Memory = cmp.Or(b.Limits.Memory, limits.Memory)
	limits.Input = cmp.Or(b.Limits.Input, limits.Input)
	limits.Objects = cmp.Or(b.Limits.Objects, limits.Objects)
	limits.Output = cmp.Or(b.Limits.Output, limits.Output)
	if t := b.Limits.Time; t > 0 {
		limits.Time, limits.PerApp, limits.PerMiB, limits.MostTime = t, 0, 0, 0
		if limits.Elapsed > 0 {
			limits.Elapsed = max(limits.Elapsed, t)
		}
	}
	if limit := b.ErrorLimit; limit > 0 && !b.ForProgram && (limits.Mistakes == 0 || limit < limits.Mistakes) {
		limits.Mistakes = limit
	}
	opts.Limits = limits
	gctuning.Bound(opts.Limits.Memory / 6 * 5)
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
