// Package overlay validates and repairs Kubernetes objects that others changed
// after belay made them: a kustomize overlay, a patch, or an edit of a rendered
// file. It works on objects of any origin, among which belay's own are
// recognised by their labels and annotations.
//
// Vet reports what is wrong and changes nothing. Finalize repairs what kustomize
// broke (digests, labels, names in texts) and reports what it cannot repair. Pin
// replaces the tags of images by digests. Each takes the objects of one build
// together, since an object may name another. Findings name a field of an
// object; the caller turns them into the results of a KRM function, or into
// diagnostics at a line of a YAML file (Read keeps the lines).
package overlay

import (
	"fmt"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/objectmeta"
	"github.com/belay-sh/belay/internal/target"
)

// A Finding is what is wrong with a field of an object, or was repaired there.
type Finding struct {
	Object   *yaml.RNode             // the object itself, which Finalize may have renamed since
	Called   yaml.ResourceIdentifier // what the object was called when the finding was made
	Severity diag.Severity           // Error, or Warning for what was repaired
	Code     diag.Code
	Path     string // of the field, such as "spec.template.spec.containers[0].image"; "" for the whole object
	Message  string
	Hint     string // "" if there is none
	Current  string // the value of the field, if one value is wrong
	Proposed string // the value that would be right; "" if it is not known

	First *yaml.RNode // the earlier object of the same identity; nil if the finding is not about two objects
}

// newFinding returns a finding about a field of an object as it is called now.
func newFinding(o *yaml.RNode, severity diag.Severity, code diag.Code, path, format string, args ...any) Finding {
	return Finding{Object: o, Called: Identifier(o), Severity: severity, Code: code, Path: path, Message: fmt.Sprintf(format, args...)}
}

// newError returns a finding that is an error.
func newError(o *yaml.RNode, code diag.Code, path, format string, args ...any) Finding {
	return newFinding(o, diag.Error, code, path, format, args...)
}

func (f Finding) withHint(format string, args ...any) Finding {
	f.Hint = fmt.Sprintf(format, args...)
	return f
}

// withValues adds the value of the field and the one that would be right.
func (f Finding) withValues(current, proposed string) Finding {
	f.Current, f.Proposed = current, proposed
	return f
}

// Identifier returns what an object is called.
func Identifier(o *yaml.RNode) yaml.ResourceIdentifier {
	return yaml.ResourceIdentifier{
		TypeMeta: yaml.TypeMeta{APIVersion: o.GetApiVersion(), Kind: o.GetKind()},
		NameMeta: yaml.NameMeta{Name: o.GetName(), Namespace: o.GetNamespace()},
	}
}

// A build is the objects of one call, with the target that they are for and
// what has been found so far.
type build struct {
	objects  []*yaml.RNode
	target   *target.Target
	names    names
	findings []Finding
}

// newBuild returns a build of the objects that have the shape of an object. The others
// are reported.
func newBuild(objects []*yaml.RNode, t *target.Target) *build {
	b := &build{target: t}
	for _, o := range objects {
		if f, ok := CheckShape(o); ok {
			b.objects = append(b.objects, o)
		} else {
			b.report(f)
		}
	}
	return b
}

func (b *build) report(f Finding) { b.findings = append(b.findings, f) }

// warn reports what was repaired: the kustomization could do without it.
func (b *build) warn(o *yaml.RNode, code diag.Code, path, format string, args ...any) {
	b.report(newFinding(o, diag.Warning, code, path, format, args...))
}

// own returns the objects that belay made.
func (b *build) own() []*yaml.RNode {
	return slices.DeleteFunc(slices.Clone(b.objects), func(o *yaml.RNode) bool { return !madeByBelay(o) })
}

// madeByBelay reports whether belay made an object.
func madeByBelay(o *yaml.RNode) bool {
	return objectmeta.MadeByBelay(o.GetLabels(), o.GetAnnotations())
}

const servingGroup = "serving.knative.dev"

// groupOf returns the API group of an object; "" for Kubernetes' core group.
func groupOf(o *yaml.RNode) string {
	group, _, ok := strings.Cut(o.GetApiVersion(), "/")
	if !ok {
		return ""
	}
	return group
}

// revisionTemplate returns the template that a Knative object makes revisions
// of. It is nil if the object has none, or is not Knative's.
func revisionTemplate(o *yaml.RNode) *yaml.RNode {
	if groupOf(o) != servingGroup {
		return nil
	}
	return field(o, "spec", "template")
}

// stripHostAnnotations returns an object as JSON, as a cluster gets it: without
// the annotations by which hosts of functions keep notes.
func stripHostAnnotations(o *yaml.RNode) ([]byte, error) {
	object := o.Copy()
	for key := range object.GetAnnotations() {
		if strings.Contains(key, "config.kubernetes.io/") || strings.Contains(key, "config.k8s.io/") {
			if err := object.PipeE(yaml.ClearAnnotation(key)); err != nil {
				return nil, err
			}
		}
	}
	return object.MarshalJSON()
}
