package check

import (
	"github.com/belay-sh/belay/compiler/rules/cluster"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
	"github.com/belay-sh/belay/schema"
)

// newTarget is the target that a document asks for, as far as it is well-formed,
// so that the apps can be checked in the same run. For releases that belay does
// not know the default ones stand in.
func newTarget(n *ir.Node, opts Overrides) (t *target.Target, origin ir.Origin, left omissions, diags diag.List) {
	t = target.Default()
	var spec schema.TargetSpec
	walk := typechecker{target: t}
	if n != nil {
		walk.checkValue(n, schema.Document.Field("target").Type)
		if walk.omitted.nodes[n] {
			return t, origin, omittedTarget(walk.omitted, walk.diags), walk.diags
		}
		n = walk.omitted.without(n)
		decode(n, &spec)
	}
	locked := opts.Locked[spec.Name]
	t.Knative, origin.Knative = chooseRelease(n.Field("knative"), product{"Knative", target.Knatives, t.Knative, opts.Defaults.Knative}, opts.Knative, locked.Knative, &diags)
	t.Istio, origin.Istio = chooseRelease(n.Field("istio"), product{"Istio", target.Istios, t.Istio, opts.Defaults.Istio}, opts.Istio, locked.Istio, &diags)
	t.Name, t.Domain, t.Config = spec.Name, spec.Domain, spec.Config
	setMesh(&t.Mesh, spec.Mesh)
	read := append(walk.diags, diags...)
	left = omittedTarget(walk.omitted, read)
	found := left.silence(walk.omitted.silence(cluster.CheckTarget(t, n)))
	left.target = append(left.target, omittedTarget(omissions{}, found).target...)
	return t, origin, left, append(read, found...)
}

// omittedTarget are the omissions of a target as the rest of the spec sees
// them: the places of its mistakes, and the fields that misspelt ones are meant
// to be.
func omittedTarget(walked omissions, diags diag.List) (left omissions) {
	left.target = walked.targetPaths()
	for _, d := range diags {
		if d.Severity == diag.Error {
			left.target = append(left.target, d.Path+".")
		}
	}
	return left
}

// A product is one that a target has a release of.
type product struct {
	name     string
	known    []target.Version // the oldest first
	fallback target.Version   // of those, to compile for if nothing names one
	other    string           // to compile for instead of that, if it is not ""
}

// chooseRelease is the version to compile for: the caller's, else the spec's, else the
// lock's, else the default. The command has checked the caller's, and the lock's
// reader the lock's.
func chooseRelease(n *ir.Node, p product, caller, locked string, diags *diag.List) (target.Version, ir.Source) {
	standIn := p.fallback
	if v, ok := target.Parse(p.other); ok {
		standIn = v
	}
	if v, ok := target.Parse(caller); ok {
		return v, ir.FromCaller
	}
	if n == nil {
		if v, ok := target.Parse(locked); ok {
			return v, ir.FromLock
		}
		return standIn, ir.FromDefault
	}
	v, ok := target.Parse(n.Text)
	listed, list := target.Known(v, p.known)
	if !ok || !listed {
		diags.Add(n.Errorf(diag.UnknownRelease, "%s %s is not a release that belay knows", p.name, n.Text).
			WithHint("it knows %s", list))
		return standIn, ir.FromSpec
	}
	return v, ir.FromSpec
}

func setMesh(m *target.Mesh, spec schema.TargetMesh) {
	m.Separate = spec.Cluster == "separate"
	m.InjectedServing = spec.InjectedServing
	m.PathNormalization = spec.PathNormalization
	if spec.DataplaneAPI != nil {
		m.DataplaneAPI = *spec.DataplaneAPI
	}
	if spec.RootNamespace != "" {
		m.RootNamespace = spec.RootNamespace
	}
	if spec.TrustDomain != "" {
		m.TrustDomain = spec.TrustDomain
	}
}
