package check

import (
	"slices"
	"strings"

	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
	"github.com/belay-sh/belay/schema"
)

// newTarget is the target that a document asks for, as far as it is well-formed,
// so that the apps can be checked in the same run. For releases that belay does
// not know the newest ones stand in.
func newTarget(n *ir.Node, opts Overrides) (t *target.Target, origin ir.Origin, left omissions, diags diag.List) {
	t = target.Default()
	var spec schema.TargetSpec
	walk := conformer{target: t}
	if n != nil {
		walk.value(n, schema.Document.Field("target").Type)
		if walk.left.nodes[n] {
			return t, origin, omittedTarget(walk.left, walk.diags), walk.diags
		}
		n = walk.left.without(n)
		decode(n, &spec)
	}
	locked := opts.Locked[spec.Name]
	t.Knative, origin.Knative = release(n.Field("knative"), product{"Knative", target.Knatives}, opts.Knative, locked.Knative, &diags)
	t.Istio, origin.Istio = release(n.Field("istio"), product{"Istio", target.Istios}, opts.Istio, locked.Istio, &diags)
	t.Name, t.Domain, t.Config = spec.Name, spec.Domain, spec.Config
	setMesh(&t.Mesh, spec.Mesh)
	diags.Add(checkTarget(t, n)...)
	diags = append(walk.diags, walk.left.silence(diags)...)
	return t, origin, omittedTarget(walk.left, diags), diags
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
	name  string
	known []target.Version // the oldest first
}

// release is the version to compile for: the caller's, else the spec's, else the
// lock's, else the newest. The command has checked the caller's, and the lock's
// reader the lock's.
func release(n *ir.Node, p product, caller, locked string, diags *diag.List) (target.Version, ir.Source) {
	newest := p.known[len(p.known)-1]
	if v, ok := target.Parse(caller); ok {
		return v, ir.FromCaller
	}
	if n == nil {
		if v, ok := target.Parse(locked); ok {
			return v, ir.FromLock
		}
		return newest, ir.Newest
	}
	v, ok := target.Parse(n.Text)
	listed, list := target.Known(v, p.known)
	if !ok || !listed {
		diags.Add(n.Errorf(diag.UnknownRelease, "%s %s is not a release that belay knows", p.name, n.Text).
			WithHint("it knows %s", list))
		return newest, ir.FromSpec
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

// checkTarget validates the mesh and the settings of a target.
func checkTarget(t *target.Target, n *ir.Node) diag.List {
	diags := checkMeshAPI(t, n.Field("mesh"))
	diags.Add(checkConfig(t, n.Field("config"))...)
	return append(diags, checkTemplates(t, n.Field("config"))...)
}

// checkMeshAPI tells a mesh in a cluster of its own that does not read Istio
// objects through the data plane's API. Knative's Istio controller writes its
// VirtualServices and Gateways there, and knows no other API.
func checkMeshAPI(t *target.Target, mesh *ir.Node) diag.List {
	if !t.Mesh.Separate || t.Mesh.DataplaneAPI {
		return nil
	}
	n := mesh.Field("dataplaneAPI")
	return diag.List{n.Errorf(diag.MeshWithoutAPI, "net-istio writes the routes of apps to the data plane's API, where this mesh never looks: no app would be reachable").
		WithRelated(mesh.Field("cluster").At, "the mesh is another cluster").
		WithHint("have the mesh read the data plane's API, and leave dataplaneAPI out")}
}

// checkConfig holds the cluster's settings to the keys that Knative reads.
// Knative ignores others, and flag values it does not know, without a word.
func checkConfig(t *target.Target, config *ir.Node) (diags diag.List) {
	for _, configMap := range children(config) {
		if configMap.Name == "istio" {
			diags.Add(checkGateways(t, configMap)...)
			continue
		}
		known := t.Settings(configMap.Name)
		for _, n := range configMap.Children {
			if !slices.Contains(known, n.Name) && !strings.HasPrefix(n.Name, "queue-sidecar-") {
				d := n.KeyErrorf(diag.UnknownSetting, "config-%s of Knative %s has no key %s", configMap.Name, t.Knative, n.Name)
				if near := nearest(n.Name, known); near != "" {
					d = d.WithHint("did you mean %q?", near)
				}
				diags.Add(d)
				continue
			}
			if configMap.Name == "features" {
				diags.Add(checkFlag(n)...)
				diags.Add(checkDependentFlag(t, n)...)
			}
		}
	}
	return diags
}

func checkFlag(n *ir.Node) diag.List {
	values := []string{"enabled", "allowed", "disabled"}
	if n.Name == "secure-pod-defaults" {
		values = []string{"enabled", "AllowRootBounded", "disabled"}
	}
	for _, v := range values {
		if strings.EqualFold(v, n.Text) {
			return nil
		}
	}
	return diag.List{n.Errorf(diag.UnknownValue, "%s is %q; a flag is %s, and Knative ignores other values", n.Name, n.Text, or(values))}
}
