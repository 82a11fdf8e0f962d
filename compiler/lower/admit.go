package lower

import (
	"encoding/hex"
	"fmt"
	"slices"

	servingv1 "knative.dev/serving/pkg/apis/serving/v1"

	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
)

// A Refusal is one thing that Knative's webhook, the target's release or
// Kubernetes has against an object.
type Refusal struct {
	Path    string // in the object, as "spec.template.spec.containers[0].image"; "" if it is about the object
	Message string
}

// Admit does with an object, as JSON, what Knative's webhook would: strict
// decoding, defaults and validation, and validates by the rules of the target's
// release and of Kubernetes. Objects of other kinds pass. The error is about the
// target's settings.
func Admit(apiVersion, kind string, object []byte, t *target.Target) ([]Refusal, error) {
	o := newUpstream(apiVersion, kind)
	if o == nil {
		return nil, nil
	}
	ctx, diags := upstreamContext(&ir.Checked{Target: t, Node: &ir.Node{}})
	if diags.HasErrors() {
		return nil, fmt.Errorf("the target's settings: %s", firstError(diags))
	}
	if err := strict(object, o); err != nil {
		return []Refusal{{Message: err.Error()}}, nil
	}
	o.SetDefaults(ctx)
	var out []Refusal
	for _, r := range slices.Concat(flagRefusals(t, refusals(o.Validate(ctx))), podRefusals(o), releaseRefusals(t, o, object)) {
		out = append(out, Refusal{r.path, r.message})
	}
	return out, nil
}

func firstError(diags diag.List) string {
	for _, d := range diags {
		if d.Severity == diag.Error {
			return d.Message
		}
	}
	return ""
}

// TemplateHash is the part of a revision's name that stands for the content of
// its template, of a Knative Service as JSON (see names).
func TemplateHash(service []byte, t *target.Target) (string, error) {
	ctx, diags := upstreamContext(&ir.Checked{Target: t, Node: &ir.Node{}})
	if diags.HasErrors() {
		return "", fmt.Errorf("the target's settings: %s", firstError(diags))
	}
	s := &servingv1.Service{}
	if err := strict(service, s); err != nil {
		return "", err
	}
	s.SetDefaults(ctx)
	sum := templateHash(s.Spec.Template, s.Spec.Template)
	return hex.EncodeToString(sum[:4]), nil
}
