// Package belay compiles app specs in CUE, YAML or JSON to pinned Knative and
// Istio objects, as the command of the same name does: the same objects, bytes
// and diagnostics.
//
//	bundles, diags, err := belay.Compile(ctx, os.DirFS("deploy"), belay.Options{Paths: []string{"./..."}})
//
// A run reads the file system that it is given and nothing else, except CUE's
// environment variables. It never dials, writes or prints: digests of images are
// those of the belay.lock in that file system, which the command "belay pin"
// writes, and of Options.Pins. What it returns depends on its arguments alone.
// Runs may be concurrent.
//
// # What is stable
//
// This package follows semantic versioning: within a major version programs that
// compile against it go on to compile, and fields are only added to its structs.
// Codes of diagnostics keep their meaning; their messages and hints may get
// better. Objects change only as the changelog says, as those of the command do.
// The other packages of the module are not promised to anybody, whether they are
// below internal or not.
package belay

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/belay-sh/belay/compiler"
	"github.com/belay-sh/belay/compiler/check"
	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/compiler/load/cuelang"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/fault"
	"github.com/belay-sh/belay/internal/pin"
)

// Options of a run. The zero value compiles the CUE package at the root of the
// file system.
type Options struct {
	// Paths name the specs, relative to the root of the file system: a file, a
	// directory with a CUE package, or one that ends in "/..." for all packages
	// below. "." if there are none.
	Paths []string

	Tags      []string // values for @tag attributes of CUE: "key=value", or a key
	Namespace string   // of apps whose spec names none; "default" if empty
	Target    string   // only specs whose target has this name; all if empty
	Apps      []string // only these apps, by name or namespace/name; all if empty

	// Policy is what the specs may emit: "own", which is everything, or "tenant",
	// for specs of others. "own" if empty.
	Policy string

	// PolicyFile is what is in a file with a policy, which then replaces Policy.
	PolicyFile []byte

	// Pins are digests ("sha256:…") of images, by reference as specs have it. They
	// go before those of a lock.
	Pins map[string]string

	// AllowMissingPins makes images without a digest a warning, instead of an
	// error. Their objects have the tag.
	AllowMissingPins bool
}

// mount is where the file system is, as far as the compiler sees.
var mount = string(filepath.Separator)

// Compile compiles specs to one bundle per target. It returns no bundles if one of
// the diagnostics is an error.
//
// The error is not about what is in the specs: a path that is not there, paths
// without any apps, an option that is not valid, an app or target that no spec has,
// the cause of the end of ctx, a panic of the file system, or a fault of belay itself. When ctx ends, Compile returns at once;
// what evaluates a spec at that moment goes on until it is done with it, but does
// not read any more.
func Compile(ctx context.Context, fsys fs.FS, opts Options) (bundles []Bundle, diags Diagnostics, err error) {
	guarded := &guardedFS{fsys: fsys}
	defer func() {
		guarded.close()
		if broken := guarded.broken; broken != nil {
			bundles, diags, err = nil, nil, broken
		}
	}()
	defer func() {
		if value := recover(); value != nil {
			bundles, diags, err = nil, nil, fault.AsError(value)
		}
	}()
	if ctx == nil {
		return nil, nil, errors.New("belay: the context is nil; without a deadline, give context.Background()")
	}
	if fsys == nil {
		return nil, nil, errors.New("belay: the file system is nil; for a directory, give os.DirFS(directory)")
	}
	internal, err := opts.internal(guarded)
	if err != nil {
		return nil, nil, fmt.Errorf("belay: %w", err)
	}
	paths := opts.Paths
	if len(paths) == 0 {
		paths = []string{"."}
	}
	run, found, err := compiler.CompileAll(ctx, paths, internal)
	diags = newDiagnostics(found)
	if err != nil {
		return nil, diags, fmt.Errorf("belay: %w", err)
	}
	if len(run.Bundles) == 0 && len(found) == 0 {
		return nil, nil, fmt.Errorf("belay: there are no apps in %s; a spec is a CUE package or a file with a field apps, platform or namespaces", strings.Join(paths, " "))
	}
	for _, b := range run.Bundles {
		bundles = append(bundles, newBundle(b))
	}
	return bundles, diags, nil
}

// internal returns the options as the compiler has them.
func (o Options) internal(fsys fs.FS) (compiler.Options, error) {
	opts := compiler.Options{
		Options:    load.Options{CUE: cuelang.Language{}, Dir: mount, FS: fsys, Tags: o.Tags},
		Overrides:  check.Overrides{Namespace: o.Namespace},
		Repository: mount,
		Target:     o.Target,
		Apps:       o.Apps,
		Policy:     o.Policy,
		PolicyText: o.PolicyFile,
		Pins:       map[string]pin.Entry{},

		TargetUnset: diag.Note,
	}
	switch {
	case o.PolicyFile != nil:
		opts.Policy = "policy.yaml"
	case o.Policy != "" && o.Policy != "own" && o.Policy != "tenant":
		return opts, fmt.Errorf("the policy %q is neither own nor tenant; what is in a file with a policy is for PolicyFile", o.Policy)
	}
	if o.AllowMissingPins {
		opts.MissingPins = diag.Warning
	}
	for _, ref := range slices.Sorted(maps.Keys(o.Pins)) {
		digest := o.Pins[ref]
		if _, err := pin.HasDigest(ref); err != nil {
			return opts, fmt.Errorf("the key %q of Pins is not a valid image reference: %w; for example: registry.example.com/web:v1", ref, err)
		}
		if !pin.IsDigest(digest) {
			return opts, fmt.Errorf("the pin of %s is %q; expected sha256: and 64 hex digits", ref, digest)
		}
		opts.Pins[ref] = pin.Entry{Digest: digest}
	}
	for _, path := range o.Paths {
		if path == load.Stdin || !filepath.IsLocal(path) {
			return opts, fmt.Errorf("the path %q is not below the root of the file system; \"./...\" and \"apps/web\" are", path)
		}
	}
	return opts, nil
}
