package krm

import (
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/belay-sh/belay/compiler"
	"github.com/belay-sh/belay/compiler/lower"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/pin"
	"github.com/belay-sh/belay/internal/target"
)

// What belay's objects carry (compiler/lower, metadata.go).
const (
	specAnnotation = "belay.sh/spec"
	appLabel       = "belay.sh/app"
	nameLabel      = "app.kubernetes.io/name"
	managedByLabel = "app.kubernetes.io/managed-by"

	manifestAnnotation = "belay.sh/manifest"
)

const servingGroup = "serving.knative.dev"

// vet says what is wrong with objects, and changes none: what Knative's webhook
// has against them, and what was lost of what belay wrote.
//
// kustomize takes no output of a validator but an empty one (it compares the
// items with its own, and its runtime has added annotations to these), and
// deletes everything if a transformer's output is empty. So the items are
// passed on, for transformers, unless spec.emit is none, for validators.
func (l *list) vet() error {
	t, err := l.target()
	if err != nil {
		return err
	}
	switch emit := l.config.text("spec", "emit"); emit {
	case "", "all", "none":
	default:
		l.results.add(about(l.config.node, diag.Error, diag.UnknownValue, "spec.emit", "%q is neither all nor none", emit))
	}
	if l.results.HasErrors() {
		return nil
	}
	l.uncompiled()
	all := l.names(t)
	for _, item := range l.items {
		if err := l.admit(item, t); err != nil {
			return err
		}
		if owned(item) {
			l.digests(item)
			l.labels(item)
			l.references(item, all)
			l.places(item, all)
		}
		l.host(item)
		l.texts(item, all)
	}
	if err := l.policies(t, all); err != nil {
		return err
	}
	if l.config.text("spec", "emit") == "none" {
		l.items = nil
	}
	return nil
}

// target is the one that the configuration describes, as a spec does.
func (l *list) target() (*target.Target, error) {
	described := l.config.field("target")
	if described == nil {
		return target.Default(), nil
	}
	document := yaml.NewMapRNode(nil)
	if err := document.PipeE(yaml.SetField("target", described)); err != nil {
		return nil, err
	}
	paths, err := l.inline(document)
	if err != nil {
		return nil, err
	}
	specs, diags, err := compiler.Check(paths, l.opts.Options)
	for _, d := range diags {
		l.results.add(l.fieldResult(d))
	}
	if err != nil || len(specs) == 0 {
		return target.Default(), err
	}
	return specs[0].Target, nil
}

// owned reports whether belay made an object.
func owned(o *yaml.RNode) bool {
	_, made := o.GetAnnotations()[specAnnotation]
	return made || o.GetLabels()[managedByLabel] == "belay"
}

// admit says what Knative's webhook has against an object. The API server
// would drop a selector without a word; it is what commonLabels adds.
func (l *list) admit(item *yaml.RNode, t *target.Target) error {
	if groupOf(item) != servingGroup {
		return nil
	}
	if field(item, "spec", "selector") != nil {
		l.results.add(about(item, diag.Error, diag.ForeignField, "spec.selector", "a Knative %s has no selector", item.GetKind()).
			withHint("kustomize's commonLabels takes it for a Service of Kubernetes; use labels, with pairs"))
		return nil
	}
	object, err := withoutNotes(item)
	if err != nil {
		return err
	}
	refusals, err := lower.Admit(item.GetApiVersion(), item.GetKind(), object, t)
	if err != nil {
		return err
	}
	for _, r := range refusals {
		l.results.add(about(item, diag.Error, diag.RejectedByAdmission, r.Path, "Knative refuses this %s: %s", item.GetKind(), r.Message))
	}
	return nil
}

// withoutNotes is an object as JSON, as a cluster gets it: without what hosts
// note on it for themselves.
func withoutNotes(item *yaml.RNode) ([]byte, error) {
	object := item.Copy()
	for key := range object.GetAnnotations() {
		if strings.Contains(key, "config.kubernetes.io/") || strings.Contains(key, "config.k8s.io/") {
			if err := object.PipeE(yaml.ClearAnnotation(key)); err != nil {
				return nil, err
			}
		}
	}
	return object.MarshalJSON()
}

// digests says which images lost the digest that belay had given them.
func (l *list) digests(item *yaml.RNode) {
	for _, c := range containers(item) {
		if digested, err := pin.HasDigest(c.image.Value); err == nil && !digested {
			r := about(item, diag.Error, diag.LostDigest, c.path, "the image %s has lost its digest", c.image.Value).
				withHint("kustomize's images replaces it; set the tag in the spec and run: belay pin; or give it a digest there")
			r.Field.CurrentValue = c.image.Value
			l.results.add(r)
		}
	}
}

// labels says which templates lost the label that the mesh's policies select by.
func (l *list) labels(item *yaml.RNode) {
	if template := revisionTemplate(item); template != nil && yaml.GetValue(field(template, "metadata", "labels", appLabel)) == "" {
		l.results.add(about(item, diag.Error, diag.LostLabel, "spec.template.metadata.labels", "the template has lost the label %s", appLabel))
	}
}

// revisionTemplate is what an object of Knative's makes revisions of; nil if
// there is none, or the object is another's, as of a platform.
func revisionTemplate(o *yaml.RNode) *yaml.RNode {
	if groupOf(o) != servingGroup {
		return nil
	}
	return field(o, "spec", "template")
}

// host says what is no longer the host that it was.
func (l *list) host(item *yaml.RNode) {
	if host := formerHost(item); host != "" {
		r := about(item, diag.Error, diag.LostName, "metadata.name", "the name of a %s is a host, and was %s", item.GetKind(), host).
			withHint("kustomize's namePrefix and nameSuffix rename it; belay's Finalize gives the name back")
		r.Field.CurrentValue, r.Field.ProposedValue = item.GetName(), host
		l.results.add(r)
	}
}

// texts says which names in the middle of texts are no longer those of their
// objects, once for each of these.
func (l *list) texts(item *yaml.RNode, all names) {
	told := map[identity]bool{}
	for _, text := range all.stale(item) {
		if told[text.object] {
			continue
		}
		told[text.object] = true
		r := about(item, diag.Error, diag.LostReference, text.path, "%s has the name of a %s that is called %s now", text.node.Value, text.object.kind, text.called.name).
			withHint("kustomize renames nothing within a text; belay's Finalize does")
		switch {
		case text.now == "":
			r = about(item, diag.Error, diag.LostReference, text.path, "%s is for a %s in namespace %s, which is in several others now", text.node.Value, text.object.kind, text.object.namespace).
				withHint("run Finalize in the overlay that sets the namespace")
		case text.called.namespace != text.object.namespace:
			r = about(item, diag.Error, diag.LostReference, text.path, "%s is for a %s in namespace %s, which is in %s now", text.node.Value, text.object.kind, text.object.namespace, text.called.namespace).
				withHint("kustomize's namespace moves objects, and no names within texts; belay's Finalize does")
		}
		r.Field.CurrentValue, r.Field.ProposedValue = text.node.Value, text.now
		l.results.add(r)
	}
}

// places reports fields that name the namespace which an app has left, once for
// each namespace, and objects that kustomize's namespace moved from where they
// belong.
func (l *list) places(item *yaml.RNode, all names) {
	reported := map[string]bool{}
	for _, place := range all.stalePlaces(item) {
		if !reported[place.was] {
			l.lostPlace(item, place)
		}
		reported[place.was] = true
	}
	if home := homeOf(item); home != "" {
		r := about(item, diag.Error, diag.LostReference, "metadata.namespace", "this %s belongs in namespace %s, and is in %s", item.GetKind(), home, item.GetNamespace()).
			withHint("kustomize's namespace moves all objects; belay's Finalize puts it back")
		r.Field.CurrentValue, r.Field.ProposedValue = item.GetNamespace(), home
		l.results.add(r)
	}
}

// references says which names are those of no object: of what comes together, a
// Configuration with its Route, a Service or Route with its DomainMapping. While
// kustomize is at work nothing can be said: it renames objects first, and what
// refers to them when all functions have run.
func (l *list) references(item *yaml.RNode, all names) {
	if len(all.former) > 0 || groupOf(item) != servingGroup {
		return
	}
	for _, m := range mentions(item) {
		if m.rule.Group != servingGroup || all.serving(item.GetNamespace(), m.node.Value) {
			continue
		}
		r := about(item, diag.Error, diag.LostReference, m.path, "there is no %s", m.node.Value).
			withHint("what renamed it has to follow: kustomize does with belay's references.yaml as configurations, and Finalize")
		r.Field.CurrentValue = m.node.Value
		l.results.add(r)
	}
}

// serving reports whether there is an object of Knative's of a name.
func (n names) serving(namespace, name string) bool {
	return slices.ContainsFunc([]string{"Service", "Route", "Configuration"}, func(kind string) bool {
		return n.now[identity{servingGroup, kind, namespace, name}]
	})
}

// formerHost is the name of an object whose name is a host, if it has another
// one now.
func formerHost(item *yaml.RNode) string {
	names := formerNames(item)
	if !slices.Contains([]string{"DomainMapping", "ClusterDomainClaim"}, item.GetKind()) || len(names) == 0 || names[0] == item.GetName() {
		return ""
	}
	return names[0]
}
