package rendered

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/belay-sh/belay/compiler"
	"github.com/belay-sh/belay/internal/bundle"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/overlay"
	"github.com/belay-sh/belay/internal/target"
	"github.com/belay-sh/belay/render"
)

// A chosenTarget is the target that the objects of a group are validated for.
type chosenTarget struct {
	*ir.Checked
	hasSettings bool // the settings of the cluster are known, from a spec
}

// target returns the target of a group: that of the spec that the header of a file
// names, or else the releases of the nearest lock, or else the default releases. The
// caller's releases replace those of either.
func (g group) target(ctx context.Context, opts compiler.Options) (chosenTarget, diag.List) {
	for _, owner := range g.owners() {
		if c := targetOfSpec(ctx, owner, g.dir, opts); c != nil {
			return chosenTarget{c, true}, nil
		}
	}
	name, diags := g.targetName(opts)
	if diags.HasErrors() {
		return chosenTarget{}, diags
	}
	file := filepath.Join(g.dir, "target.yaml") // a document in memory
	opts.Target = ""
	opts.Files = map[string][]byte{file: fmt.Appendf(nil, "target: {%s}\n", name)}
	specs, diags, err := compiler.Check(ctx, []string{file}, opts)
	if err != nil || len(specs) == 0 {
		return chosenTarget{}, append(diags, g.errorf(diag.ReadFailed, "the target of the objects is not known: %v", err))
	}
	c := chosenTarget{Checked: specs[0].Checked}
	if c.Origin.Knative == ir.FromDefault || c.Origin.Istio == ir.FromDefault {
		d := g.errorf(diag.TargetUnset, "neither a spec nor the lock names the cluster's releases: the objects are validated for Knative %s and Istio %s", c.Target.Knative, c.Target.Istio)
		d.Severity = diag.Note
		diags.Add(d.WithHint("name them with --target-knative %s --target-istio %s", c.Target.Knative, c.Target.Istio))
	}
	return c, diags
}

// warnOfSettings makes warnings of the errors that a cluster with other settings
// would not have.
func warnOfSettings(findings []overlay.Finding, nodes []*yaml.RNode, t *target.Target) []overlay.Finding {
	type key struct { // messages name the limit, which is another one there
		object *yaml.RNode
		path   string
		code   diag.Code
	}
	stays := map[key]bool{}
	permitted, err := overlay.Vet(nodes, permissive(t))
	for _, f := range permitted {
		stays[key{f.Object, f.Path, f.Code}] = true
	}
	for i, f := range findings {
		if err == nil && !stays[key{f.Object, f.Path, f.Code}] {
			findings[i].Severity = diag.Warning
		}
	}
	return findings
}

// permissive returns a target whose cluster has each setting that permits more than
// the release does.
func permissive(t *target.Target) *target.Target {
	out := *t
	features := map[string]string{}
	for flag := range t.FlagStates() {
		features[flag] = "enabled"
	}
	out.Config = map[string]map[string]string{
		"features":   features,
		"defaults":   {"max-revision-timeout-seconds": "86400", "container-concurrency-max-limit": "1000000"},
		"autoscaler": {"allow-zero-initial-scale": "true"},
	}
	return &out
}

// owners returns the owners that the headers of the files name, each once.
func (g group) owners() (owners []bundle.Owner) {
	var seen []string
	for _, u := range g.files {
		data, _ := u.Read(u.File) // it has been read before
		for _, text := range render.Owners(data) {
			owner, err := bundle.ParseOwner(text)
			if err == nil && !slices.Contains(seen, text) {
				seen, owners = append(seen, text), append(owners, owner)
			}
		}
	}
	return owners
}

// targetOfSpec returns what a spec is checked for, if it can be read and has no
// errors.
func targetOfSpec(ctx context.Context, owner bundle.Owner, dir string, opts compiler.Options) *ir.Checked {
	path, ok := compiler.FindOwner(owner.Path, dir, opts)
	if !ok {
		return nil
	}
	opts.Tags, opts.Namespace = owner.Tags, owner.Namespace
	specs, diags, err := compiler.Check(ctx, []string{path}, opts)
	if err != nil || diags.HasErrors() || len(specs) == 0 {
		return nil
	}
	return specs[0].Checked
}

// targetName returns the name of the target of a group as a field of target: the
// caller's, or that of a target of the lock that is also the name of the directory
// or of one above it.
func (g group) targetName(opts compiler.Options) (field string, diags diag.List) {
	name := opts.Target
	if name == "" {
		lock, diags := compiler.NearestLock(g.dir, opts)
		if diags.HasErrors() {
			return "", diags
		}
		for dir := g.dir; name == "" && dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
			if _, ok := lock.Targets[filepath.Base(dir)]; ok {
				name = filepath.Base(dir)
			}
		}
	}
	if name == "" {
		return "", nil
	}
	return "name: " + strconv.Quote(name), nil
}

// errorf returns an error at the beginning of the first file of a group.
func (g group) errorf(code diag.Code, format string, args ...any) diag.Diagnostic {
	return diag.Diagnostic{Code: code, Severity: diag.Error, At: g.files[0].Start(), Message: fmt.Sprintf(format, args...)}
}
