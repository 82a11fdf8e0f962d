package krm

import (
	"regexp"
	"strings"
	"sync"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/belay-sh/belay/compiler/lower"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/target"
	"github.com/belay-sh/belay/schema"
)

// finalize gives belay's objects back what kustomize took from them: digests,
// labels, names that are hosts, references to what was renamed, and the names
// of revisions, which stand for the content of their templates.
func (l *list) finalize() error {
	lock, err := l.lock()
	if err != nil || lock == nil {
		return err
	}
	t, err := l.target()
	if err != nil || l.results.HasErrors() {
		return err
	}
	l.uncompiled()
	for _, repair := range []func(*yaml.RNode) error{l.restoreHost, l.dropSelector, l.restoreLabels} {
		for _, item := range l.items {
			if owned(item) {
				if err := repair(item); err != nil {
					return err
				}
			}
		}
	}
	all := l.names(t)
	for _, item := range l.items {
		for _, m := range mentions(item) {
			if now := all.renamed(m.of(item.GetNamespace())); now != "" {
				m.node.Value = now
			}
		}
		if !owned(item) {
			continue
		}
		if err := l.pinItem(item, lock, "the image %s has lost its digest, and the lock has none for it"); err != nil {
			return err
		}
		if err := l.renameRevision(item, t, all); err != nil {
			return err
		}
	}
	for _, item := range l.items {
		for _, text := range all.stale(item) {
			if text.now != "" {
				text.node.Value = text.now
			}
		}
		l.texts(item, all) // what is in several namespaces can't be followed
		l.follow(item, all)
	}
	for _, item := range l.items {
		if err := l.goHome(item, all); err != nil {
			return err
		}
	}
	if err := l.policies(t, all); err != nil {
		return err
	}
	return l.renote()
}

// warn tells what was put right: the kustomization could do without.
func (l *list) warn(item *yaml.RNode, code diag.Code, path, format string, args ...any) {
	l.results.add(about(item, diag.Warning, code, path, format, args...))
}

func (l *list) restoreHost(item *yaml.RNode) error {
	host := formerHost(item)
	if host == "" {
		return nil
	}
	l.warn(item, diag.LostName, "metadata.name", "the name of a %s is a host; it is %s again", item.GetKind(), host)
	return item.PipeE(yaml.Lookup("metadata"), yaml.SetField("name", yaml.NewStringRNode(host)))
}

func (l *list) dropSelector(item *yaml.RNode) error {
	if groupOf(item) != servingGroup || field(item, "spec", "selector") == nil {
		return nil
	}
	l.warn(item, diag.ForeignField, "spec.selector", "a Knative %s has no selector; it is dropped. Use labels in place of commonLabels", item.GetKind())
	return item.PipeE(yaml.Lookup("spec"), yaml.Clear("selector"))
}

// restoreLabels gives the labels back that selectors ask for.
func (l *list) restoreLabels(item *yaml.RNode) error {
	labels := item.GetLabels()
	if labels == nil {
		labels = map[string]string{}
	}
	template := revisionTemplate(item)
	app := labels[nameLabel]
	if template != nil && app == "" {
		app = yaml.GetValue(field(template, "metadata", "labels", appLabel))
	}
	for _, label := range []struct{ name, value string }{{managedByLabel, "belay"}, {nameLabel, app}} {
		if labels[label.name] != "" || label.value == "" {
			continue // what the kustomization sets stays
		}
		l.warn(item, diag.LostLabel, "metadata.labels", "the label %s is back", label.name)
		if err := item.PipeE(yaml.SetLabel(label.name, label.value)); err != nil {
			return err
		}
	}
	if err := item.PipeE(yaml.SetAnnotation(specAnnotation, schema.APIVersion)); err != nil {
		return err
	}
	if template == nil || app == "" || yaml.GetValue(field(template, "metadata", "labels", appLabel)) != "" {
		return nil
	}
	l.warn(item, diag.LostLabel, "spec.template.metadata.labels", "the template has its label %s again", appLabel)
	return template.PipeE(
		yaml.LookupCreate(yaml.MappingNode, "metadata", "labels"),
		yaml.SetField(appLabel, yaml.NewStringRNode(app)))
}

// revisionName is a name that belay computed: of the Service, the revision, and
// its content.
var revisionName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(.+)-[0-9a-f]{8}$`) })

// renameRevision gives the template of a Service with named revisions the name
// that stands for what it has now, and adds it to all.
func (l *list) renameRevision(item *yaml.RNode, t *target.Target, all names) error {
	old := yaml.GetValue(field(item, "spec", "template", "metadata", "name"))
	m := revisionName().FindStringSubmatch(old)
	if groupOf(item) != servingGroup || item.GetKind() != "Service" || m == nil {
		return nil
	}
	object, err := withoutNotes(item)
	if err != nil {
		return err
	}
	hash, err := lower.TemplateHash(object, t)
	if err != nil {
		l.results.add(about(item, diag.Error, diag.RejectedByAdmission, "spec.template", "Knative refuses this Service: %v", err))
		return nil
	}
	stem := m[1]
	for _, former := range formerNames(item) {
		if id, ok := strings.CutPrefix(stem, former+"-"); ok {
			stem = item.GetName() + "-" + id
			break
		}
	}
	name := stem + "-" + hash
	if name == old {
		return nil
	}
	l.warn(item, diag.LostName, "spec.template.metadata.name", "the template is another; its revision is called %s, not %s", name, old)
	field(item, "spec", "template", "metadata", "name").YNode().Value = name
	all.former[identity{servingGroup, "Revision", item.GetNamespace(), old}] = name
	all.now[identity{servingGroup, "Revision", item.GetNamespace(), name}] = true
	for _, n := range scalarsAt(item.YNode(), []string{"spec", "traffic", "revisionName"}) {
		switch {
		case n.Value == old:
			n.Value = name
		case !strings.HasPrefix(n.Value, item.GetName()+"-"):
			l.results.add(about(item, diag.Error, diag.LostReference, "spec.traffic.revisionName", "the revision %s belongs to a Service of another name", n.Value).
				withHint("a Service with named revisions can't be renamed; name it in the spec"))
		}
	}
	return nil
}
