package check

import (
	"cmp"
	"slices"

	"github.com/go-json-experiment/json/v1"

	"github.com/belay-sh/belay/compiler/conflicts"
	"github.com/belay-sh/belay/compiler/rules/cluster"
	"github.com/belay-sh/belay/compiler/rules/traffic"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
	"github.com/belay-sh/belay/schema"
)

// Overrides are what the caller sets instead of the spec, or where the spec is
// silent.
type Overrides struct {
	Knative   string // replaces target.knative; "" keeps the spec's own
	Istio     string // replaces target.istio; "" keeps the spec's own
	Namespace string // of apps whose spec names none; "" means "default"

	// Target replaces the spec's target as a whole; nil keeps it.
	Target *ir.Node

	// Locked are the releases that stand in where the spec names none, by the
	// name of the target.
	Locked map[string]target.Releases

	// Defaults stand in for the releases that belay has as defaults, where nothing names
	// one; "" keeps those.
	Defaults target.Releases
}

// Check turns the source tree of a spec into a checked spec. Apps with errors
// are not among its apps. The rest of the run goes on with the others, and the rules are
// applied to what is well-formed in an app, so that one mistake does not hide
// others.
func Check(root *ir.Node, opts Overrides) (*ir.Checked, diag.List) {
	spec, diags := assemble(root, opts)
	checked := spec.Checked
	diags.Add(spec.omitted.silence(traffic.CheckRedirectSetting(checked))...)
	found := make([]diag.List, len(spec.apps))
	index := conflicts.NewAppIndex(checked)
	for i, a := range spec.apps {
		found[i] = spec.others.silence(index.ResolveCallers(a.App))
	}
	checked.Apps, checked.Faulty = nil, nil
	broken := make([]diag.List, len(spec.apps))
	eachApp(len(spec.apps), func(i int) { broken[i] = appRules.Check(checked.Target, spec.apps[i].App) })
	for i, a := range spec.apps {
		diags.Add(a.omitted.silence(found[i])...)
		diags.Add(a.omitted.silence(broken[i])...)
		if a.diags.HasErrors() || broken[i].HasErrors() { // an error that is silenced is an error
			checked.Faulty = append(checked.Faulty, a.App)
		} else {
			checked.Apps = append(checked.Apps, a.App)
		}
	}
	return checked, withoutCovered(diags)
}

// Assemble is Check without the rules: apps of the right shape, with what
// revisions inherit filled in. A cluster may reject them.
func Assemble(root *ir.Node, opts Overrides) (*ir.Checked, diag.List) {
	spec, diags := assemble(root, opts)
	return spec.Checked, diags
}

// An assembledSpec has the apps of the right shape in Checked.
type assembledSpec struct {
	*ir.Checked
	apps    []assembledApp // all that are maps
	omitted omissions      // of the target
	others  omissions      // of all apps and namespaces, for what is compared between them
}

// An assembledApp has what of an app is well-formed.
type assembledApp struct {
	*ir.App
	omitted omissions
	diags   diag.List
}

// assemble makes a spec of what is well-formed in its source tree.
func assemble(root *ir.Node, opts Overrides) (assembledSpec, diag.List) {
	var diags diag.List
	t, origin, left, more := newTarget(cmp.Or(opts.Target, root.Field("target")), opts)
	diags.Add(more...)
	checked := &ir.Checked{Node: root, Target: t, Declared: *t, Origin: origin}
	walk := typechecker{target: t}
	if !walk.checkTopLevel(root) {
		return assembledSpec{Checked: checked}, append(diags, walk.diags...)
	}
	others := walk.omitted
	left.target = append(left.target, others.targetPaths()...)
	checked.ArgoCD, more = newArgoCD(t, root.Field("argocd"))
	diags.Add(left.silence(more)...)
	checked.Platform, more = newPlatform(t, root.Field("platform"), checked.ArgoCD != nil)
	diags.Add(left.silence(more)...)
	for _, n := range root.Field("namespaces").Fields() {
		ns, omitted, more := newNamespace(t, n)
		others.addFields(omitted)
		checked.Namespaces = append(checked.Namespaces, ns)
		diags.Add(left.silence(more)...)
	}
	if checked.Platform != nil {
		checked.Namespaces = withServing(t, checked.Namespaces, checked.Platform.Node)
	}
	var apps []assembledApp
	nodes := root.Field("apps").Fields()
	assembled := make([]assembledApp, len(nodes))
	eachApp(len(nodes), func(i int) { assembled[i] = assembleApp(t, nodes[i], opts.Namespace) })
	for i, n := range nodes {
		a := assembled[i]
		diags.Add(left.silence(a.diags)...)
		if a.App == nil {
			others.add(n)
			continue
		}
		others.addFields(a.omitted)
		a.omitted.target = left.target
		if apps = append(apps, a); !a.diags.HasErrors() {
			checked.Apps = append(checked.Apps, a.App)
		}
	}
	byName := func(a, b *ir.App) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
	}
	slices.SortFunc(checked.Namespaces, func(a, b ir.Namespace) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortFunc(checked.Apps, byName)
	slices.SortFunc(apps, func(a, b assembledApp) int { return byName(a.App, b.App) })
	return assembledSpec{checked, apps, left, others}, append(diags, walk.diags...)
}

// decode fills in a typed value from a node that conforms to its type.
func decode(n *ir.Node, into any) {
	data, err := n.MarshalJSON()
	if err == nil {
		err = json.Unmarshal(data, into)
	}
	if err != nil {
		panic("belay internal: a conforming " + n.Path() + " does not decode: " + err.Error())
	}
}

// newNamespace decodes and checks a namespace.
func newNamespace(t *target.Target, n *ir.Node) (ir.Namespace, omissions, diag.List) {
	ns := ir.Namespace{Name: n.Name, Node: n}
	walk := typechecker{target: t}
	walk.checkEntry(n, schema.Document.Field("namespaces").Type)
	if walk.omitted.nodes[n] {
		return ns, walk.omitted, walk.diags
	}
	ns.Node = walk.omitted.without(n)
	decode(ns.Node, &ns.Spec)
	return ns, walk.omitted, append(walk.diags, walk.omitted.silence(cluster.CheckNamespace(t, ns))...)
}

// assembleApp makes an app of what is well-formed in its node. It makes none if
// the node itself is not a map. An app that names no namespace is in the given
// one, or in "default" if that is empty.
func assembleApp(t *target.Target, n *ir.Node, namespace string) assembledApp {
	appType := schema.Document.Field("apps").Type.Values
	walk := typechecker{target: t}
	walk.checkValue(n, appType)
	walk.diags.Add(checkName(n)...)
	if walk.omitted.nodes[n] {
		return assembledApp{diags: walk.diags}
	}
	app := &ir.App{Name: n.Name, Namespace: cmp.Or(namespace, "default"), Node: walk.omitted.without(n)}
	decode(app.Node, &app.Spec)
	app.Name = cmp.Or(app.Spec.Name, app.Name)
	app.Namespace = cmp.Or(app.Spec.Namespace, app.Namespace)
	app.OpenNamespace = app.Spec.Namespace == ""
	app.Revisions = revisions(app, appType)
	return assembledApp{app, walk.omitted, walk.diags}
}

// checkName validates the key of an app as an object name, where no name is
// given instead.
func checkName(n *ir.Node) diag.List {
	form := schema.Document.Field("apps").Type.Values.Field("name").Type.Pattern
	if n.Field("name") != nil || form.Match(n.Name) {
		return disguisedKey(n)
	}
	return diag.List{n.KeyErrorf(diag.InvalidName, "the app %q can't be an object's name; it takes %s", n.Name, form.Form).
		WithHint(`keep the key and add a field name`)}
}
