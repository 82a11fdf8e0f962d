package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/belay-sh/belay/compiler"
	"github.com/belay-sh/belay/internal/gctuning"
	"github.com/belay-sh/belay/internal/pin"
	"github.com/belay-sh/belay/internal/pin/registry"
	"github.com/belay-sh/belay/internal/relock"
)

type pinFlags struct {
	specFlags
	update    string
	keep      bool
	prune     bool
	replace   bool
	releases  bool
	check     bool
	format    string
	platforms []string
	single    bool
	mirrors   []string
	verify    string
	timeout   time.Duration
	registry  registry.Options
}

func (c *cli) pinCommand() *cobra.Command {
	p := &pinFlags{}
	return c.pinCommandFor(p)
}

// defaultPinFlags returns the flags of "belay pin" without arguments.
func defaultPinFlags() *pinFlags {
	p := &pinFlags{}
	(&cli{}).pinCommandFor(p)
	return p
}

// pinCommandFor returns the command, whose flags set p.
func (c *cli) pinCommandFor(p *pinFlags) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "pin [PATH...]",
		Short: "Resolve image tags to digests, and write the lock",
		Long: `Resolve image tags to digests, and write them to belay.lock: the nearest one at
or above each spec, or a new one at the root of its CUE module, or of its Git
repository, or else where the run is. The lock also gets the releases of
clusters whose specs name none, and the kinds and revisions of the apps.

Existing pins are kept; --update looks up all tags again, or with
--update=GLOB those that match, and --update-target takes the default releases
for clusters whose specs name none. What no spec uses is removed if the run is
over all specs of the lock, without -t; otherwise belay prints how much that is.
--prune removes it with -t as well, and what the ledger has of apps that are
gone. If anything fails, no lock is touched.

With --check nothing is written: belay prints, on standard output, which tags
have moved, which digests are gone, and which platforms are missing, and fails
if there are any.

Credentials are those of docker or podman, and of the credential helpers that
their configuration names.`,
		Example: `  belay pin ./...
  belay pin --update='*/team/*' ./...
  belay pin --update-target --target prod ./...
  belay pin --check ./...`,
		RunE: func(cmd *cobra.Command, args []string) error { return c.pin(cmd.Context(), p, args) },
	}
	p.addTo(cmd)
	f := cmd.Flags()
	f.StringVar(&p.update, "update", "", "look up again: all tags, or those that match `GLOB`")
	f.Lookup("update").NoOptDefVal = "*"
	f.BoolVar(&p.keep, "keep", false, "keep what no spec uses any more in the lock")
	f.BoolVar(&p.prune, "prune", false, "remove from the lock, the ledger included, all that its specs do not use; the run has to be over all of them")
	f.BoolVar(&p.replace, "replace", false, "record that an app changes its kind; it is down until the old object is deleted")
	f.BoolVar(&p.releases, "update-target", false, "pin the releases of clusters whose specs name none to the default releases of this belay")
	f.BoolVar(&p.check, "check", false, "write nothing; print what no longer holds of the lock, and fail if anything does not")
	f.StringVar(&p.format, "format", "text", "how --check prints: "+formats)
	f.StringSliceVar(&p.platforms, "platform", nil, "`os/arch` that every image must have; may be repeated")
	f.BoolVar(&p.single, "single-platform", false, "pin the manifest for the one --platform, instead of the index of all")
	f.StringArrayVar(&p.mirrors, "mirror", nil, "use another registry instead: `FROM=TO`, such as docker.io=mirror.example.com; may be repeated")
	f.StringVar(&p.registry.Config, "registry-config", "", "a docker config `file` with credentials, instead of the user's own")
	f.StringVar(&p.registry.CA, "registry-ca", "", "a `file` of certificates in PEM to trust, beside the system's")
	f.StringSliceVar(&p.registry.Insecure, "insecure-registry", nil, "a `host` that may speak plain HTTP; may be repeated")
	f.StringVar(&p.verify, "verify", "", "run `COMMAND` name@digest for each image that changes, with --check for all, and fail if it does")
	f.DurationVar(&p.timeout, "timeout", 5*time.Minute, "how long the whole run may take")
	return cmd
}

// options checks the flags, and returns the options for them.
func (p *pinFlags) options(c *cli) (compiler.Options, relock.UpdateOptions, error) {
	how := relock.UpdateOptions{Keep: p.keep, Prune: p.prune, Single: p.single}
	p.ForProgram = p.check && p.format != "text"
	opts, err := p.specFlags.options(c)
	if err != nil {
		return opts, how, err
	}
	opts.Replace, how.Releases = p.replace, p.releases
	if how.Update, err = newGlobMatcher(p.update); err != nil {
		return opts, how, err
	}
	for _, text := range p.mirrors {
		m, err := registry.ParseMirror(text)
		if err != nil {
			return opts, how, fmt.Errorf("--mirror %w", err)
		}
		p.registry.Mirrors = append(p.registry.Mirrors, m)
	}
	for _, platform := range p.platforms {
		if !pin.IsPlatform(platform) {
			return opts, how, fmt.Errorf("--platform %s is not os/arch or os/arch/variant, such as linux/amd64", platform)
		}
	}
	if p.verify != "" {
		if how.Verify, err = verifier(p.verify); err != nil {
			return opts, how, err
		}
	}
	how.Platforms = slices.Compact(slices.Sorted(slices.Values(p.platforms)))
	return opts, how, p.conflict(how)
}

// conflict returns an error for flags that exclude each other.
func (p *pinFlags) conflict(how relock.UpdateOptions) error {
	switch {
	case p.single && len(how.Platforms) != 1:
		return errors.New("--single-platform pins one platform; name it with --platform")
	case p.check && (p.update != "" || p.keep || p.prune || p.replace || p.releases || p.single):
		return errors.New("--check writes nothing; --update, --update-target, --keep, --prune, --replace and --single-platform do not go with it")
	case p.keep && p.prune:
		return errors.New("--keep and --prune exclude each other")
	case p.prune && (len(p.Apps) > 0 || p.Target != ""):
		return errors.New("--prune removes what no spec uses; --app and --target leave specs out")
	case p.releases && (p.Knative != "" || p.Istio != ""):
		return errors.New("--update-target takes the default releases; --target-knative and --target-istio do not go with it")
	case p.timeout <= 0:
		return fmt.Errorf("--timeout %s leaves no time", p.timeout)
	}
	return nil
}

func (c *cli) pin(ctx context.Context, p *pinFlags, args []string) error {
	opts, how, err := p.options(c)
	if err != nil {
		return err
	}
	gctuning.SetPercent(200) // the run mostly waits for registries, so collecting often costs little time
	print, err := c.printer(p.format, opts.Options)
	if err != nil {
		return err
	}
	resolver := &progress{cli: c}
	p.registry.Done = resolver.done
	if resolver.Client, err = registry.New(p.registry); err != nil {
		return err
	}
	ctx, stop := untilInterrupted(ctx, p.timeout)
	defer stop()
	if p.check {
		diags, err := relock.VerifyLocks(ctx, paths(args), opts, resolver, how)
		return c.printChecked(print(p.invocation(paths(args)).Complete(p.applyStrict(diags))), p.applyStrict(diags).HasErrors(), cancelMessage(ctx, err))
	}
	updates, diags, err := relock.UpdateLocks(ctx, paths(args), opts, resolver, how)
	diags = p.invocation(paths(args)).Complete(p.applyStrict(diags))
	if err != nil {
		_ = c.Report(diags, opts.Options) // err is returned, whether there are errors among the diagnostics or not
		return cancelMessage(ctx, err)
	}
	if err := c.Report(diags, opts.Options); err != nil {
		return err
	}
	if len(updates) == 0 {
		return noSpec(args)
	}
	return c.writeLocks(updates, p, opts)
}

// untilInterrupted returns a context that ends with the first interrupt, or after
// a time. The second interrupt ends the process, as without a handler.
func untilInterrupted(ctx context.Context, timeout time.Duration) (context.Context, context.CancelFunc) {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt)
	context.AfterFunc(ctx, stop)
	ctx, cancel := context.WithTimeout(ctx, timeout)
	return ctx, func() { cancel(); stop() }
}

// cancelMessage returns the error of a run, or one line that says why it was stopped.
func cancelMessage(ctx context.Context, err error) error {
	switch {
	case err != nil && errors.Is(ctx.Err(), context.Canceled):
		return errors.New("interrupted; no lock was changed")
	case errors.Is(err, context.DeadlineExceeded):
		return errors.New("the time of the run is over; give it more with --timeout")
	}
	return err
}

// printChecked prints what was found. The error of a registry that did not answer is
// returned even if others have reported something wrong.
func (c *cli) printChecked(text []byte, wrong bool, fault error) error {
	if err := c.emit(text); err != nil {
		return err
	}
	if fault == nil && wrong {
		return errReported
	}
	return fault
}

// newGlobMatcher returns a function that matches references with a glob, in which '*'
// also matches '/'.
func newGlobMatcher(glob string) (func(ref string) bool, error) {
	if glob == "" {
		return func(string) bool { return false }, nil
	}
	pattern, err := globPattern(glob)
	if err != nil {
		return nil, fmt.Errorf("--update=%s: %w", glob, err)
	}
	return pattern.MatchString, nil
}
