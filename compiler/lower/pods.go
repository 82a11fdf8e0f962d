package lower

import (
	"strconv"
	"strings"

	servingv1 "knative.dev/serving/pkg/apis/serving/v1"

	"github.com/belay-sh/belay/compiler/kubernetes"
	"github.com/belay-sh/belay/internal/diag"
)

// templateOf is the template of a revision in an object; nil if it has none.
func templateOf(o upstreamObject) *servingv1.RevisionTemplateSpec {
	switch o := o.(type) {
	case *servingv1.Service:
		return &o.Spec.Template
	case *servingv1.Configuration:
		return &o.Spec.Template
	}
	return nil
}

// podRefusals are the reasons for which Kubernetes rejects the pods of an
// object, or does not start them.
func podRefusals(o upstreamObject) (out []refusal) {
	template := templateOf(o)
	if template == nil {
		return nil
	}
	for _, f := range kubernetes.Pod(&template.Spec.PodSpec) {
		if f.Severity == diag.Error {
			out = append(out, refusal{path: "spec.template.spec" + fieldPath(f.Path), message: f.Message, hint: f.Hint, code: f.Code})
		}
	}
	return out
}

// fieldPath writes a path as upstream's validation does: ".containers[0].env".
func fieldPath(names []string) string {
	var b strings.Builder
	for _, name := range names {
		if _, err := strconv.Atoi(name); err == nil {
			b.WriteString("[" + name + "]")
		} else {
			b.WriteString("." + name)
		}
	}
	return b.String()
}
