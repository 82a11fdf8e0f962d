package admission

import (
	"strconv"
	"strings"

	servingv1 "knative.dev/serving/pkg/apis/serving/v1"

	"github.com/belay-sh/belay/compiler/kubernetes"
	"github.com/belay-sh/belay/internal/diag"
)

// podViolations returns the reasons for which Kubernetes rejects the pods of a
// template, or does not start them. The template may be nil.
func podViolations(template *servingv1.RevisionTemplateSpec) (out []Violation) {
	if template == nil {
		return nil
	}
	for _, f := range kubernetes.Pod(&template.Spec.PodSpec) {
		if f.Severity == diag.Error {
			out = append(out, Violation{Path: "spec.template.spec" + fieldPath(f.Path), Message: f.Message, Hint: f.Hint, Code: f.Code, By: Kubernetes})
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
