package patch

import (
	"bytes"
	"errors"

	"github.com/go-json-experiment/json/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/belay-sh/belay/compiler/admission"
	"github.com/belay-sh/belay/compiler/meshpolicy"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
)

// A result is a patched object, or the reasons for which it is rejected.
type result struct {
	object     ir.Object
	violations []admission.Violation
	reached    stage // the last stage of validation that the object came to
}

// A stage is a stage of validation. What is wrong at one of them ends the
// validation: the next one would report consequences.
type stage int

const (
	reading   stage = iota // whether it is an object of its type, and the same one
	admitting              // whether upstream accepts it
	comparing              // whether it still does what the spec says, and the policy permits
)

// unreadable is the result of a patch that does not leave an object.
func unreadable(o ir.Object, violations ...admission.Violation) result {
	return result{object: o, violations: violations, reached: reading}
}

// validate makes an object of patched JSON: of the same identity, without
// fields that its type does not have, defaulted and valid at the target.
func (p *patcher) validate(before ir.Object, data []byte) result {
	if err := sameIdentity(before, data); err != nil {
		return unreadable(before, admission.Violation{Message: err.Error()})
	}
	after := before
	var violations []admission.Violation
	after.JSON, violations = p.Admission.Admit(data)
	for i, v := range violations {
		violations[i].Message = wording[v.By] + v.Message
		if v.By == admission.Decoding {
			return unreadable(before, violations...)
		}
	}
	violations = append(violations, unpinnedImages(before.JSON, after.JSON)...)
	if err := sameTemplate(before.JSON, after.JSON); err != nil {
		violations = append(violations, admission.Violation{Path: "spec.template", Message: err.Error()})
	}
	if len(violations) > 0 {
		return result{before, violations, admitting}
	}
	for _, f := range meshpolicy.Weakened(before, after, meshpolicy.Any(p.objects)) {
		violations = append(violations, admission.Violation{Path: f.Path, Message: f.Message})
	}
	return result{after, append(violations, p.notPermitted(before, after)...), comparing}
}

// wording is what comes before a violation of a patched object.
var wording = map[admission.Validator]string{
	admission.Knative:      "the result is rejected by Knative: ",
	admission.Istio:        "the result is rejected by Istio: ",
	admission.Interference: "the result does not work with Istio: ",
}

// notPermitted returns what of a patched object the policy does not permit.
func (p *patcher) notPermitted(before, after ir.Object) (out []admission.Violation) {
	found := p.Policy.Patched(p.app, before, after)
	for _, v := range append(found, p.Policy.Object(p.Target, p.app, after)...) {
		out = append(out, admission.Violation{Path: v.Path, Code: diag.NotPermitted,
			Message: "the policy " + p.Policy.Name + " does not permit the result: " + v.Message})
	}
	return out
}

// sameIdentity reports a patch that makes another object of one, or none.
func sameIdentity(o ir.Object, data []byte) error {
	var head struct {
		metav1.TypeMeta
		Metadata metav1.ObjectMeta
		Spec     json.RawMessage
	}
	switch err := json.Unmarshal(data, &head); {
	case err != nil:
		return err
	case head.APIVersion != o.APIVersion || head.Kind != o.Kind || head.Metadata.Name != o.Name || head.Metadata.Namespace != o.Namespace:
		return errors.New("it changes what the object is: its apiVersion, kind, name or namespace")
	case len(head.Spec) == 0:
		return errors.New("it removes the spec; to be without the object, leave out the field of the app that it is made from")
	}
	return nil
}

// sameTemplate reports a patch that changes a template with a name: the name was
// computed from the content before.
func sameTemplate(before, after []byte) error {
	var old, patched struct {
		Spec struct {
			Template struct {
				Metadata struct{ Name string }
			}
		}
	}
	if json.Unmarshal(before, &old) != nil || json.Unmarshal(after, &patched) != nil || old.Spec.Template.Metadata.Name == "" {
		return nil
	}
	if !bytes.Equal(template(before), template(after)) {
		return errors.New("it changes the template of a named revision; with strategy \"service\" the name is computed from the spec, so change the spec")
	}
	return nil
}

func template(data []byte) []byte {
	var o struct {
		Spec struct{ Template json.RawMessage }
	}
	if err := json.Unmarshal(data, &o); err != nil {
		return nil
	}
	return o.Spec.Template
}
