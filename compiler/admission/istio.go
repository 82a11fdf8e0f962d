package admission

import (
	"bytes"
	"fmt"

	"github.com/go-json-experiment/json/v1"
	//lint:ignore SA1019 it is what Istio decodes with
	"github.com/golang/protobuf/jsonpb"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/protoadapt"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/belay-sh/belay/internal/diag"
)

// AdmitSpec returns an object of a kind that is not one of Knative's types, as
// JSON, with what is wrong with its spec. The API version is the one that the
// target has for the kind; the spec is written as client-go writes it.
func (c *Controller) AdmitSpec(kind string, meta metav1.ObjectMeta, spec any) ([]byte, []Violation) {
	k := kindNamed(kind)
	return Encode(k.apiVersion(c.target), kind, meta, spec), c.validate(k, spec)
}

func (c *Controller) validate(k kind, spec any) []Violation {
	if k.validate == nil {
		return nil
	}
	return k.validate(c.target, spec)
}

// admitOther is Admit for an object of a kind that is not one of Knative's types.
func (c *Controller) admitOther(k kind, apiVersion string, meta metav1.ObjectMeta, data []byte) ([]byte, []Violation) {
	var raw struct {
		metav1.TypeMeta
		Metadata metav1.ObjectMeta `json:"metadata"`
		Spec     json.RawMessage   `json:"spec"`
	}
	if err := DecodeStrict(data, &raw); err != nil {
		return data, []Violation{undecodable(err)}
	}
	if len(raw.Spec) == 0 {
		return data, []Violation{{Message: "it has no spec", Code: diag.RejectedByAdmission, By: Decoding}}
	}
	spec, err := k.decodeSpec(raw.Spec)
	if err != nil {
		return data, []Violation{{Message: err.Error(), Code: diag.RejectedByAdmission, By: Decoding}}
	}
	return Encode(apiVersion, k.name, meta, spec), c.validate(k, spec)
}

// DecodeSpec decodes the spec of an object of one of Istio's kinds, as Istio
// does, but reports a field that Istio does not know and would drop.
func DecodeSpec(kind string, data []byte) (proto.Message, error) {
	spec, err := kindNamed(kind).decodeSpec(data)
	if err != nil {
		return nil, err
	}
	message, ok := spec.(proto.Message)
	if !ok {
		return nil, fmt.Errorf("%s is not one of Istio's kinds", kind)
	}
	return message, nil
}

func (k kind) decodeSpec(data []byte) (any, error) {
	spec := k.newSpec()
	message, ok := spec.(proto.Message)
	if !ok {
		return spec, DecodeStrict(data, spec)
	}
	decoder := jsonpb.Unmarshaler{} // which takes "24h" for a duration, as Istio does
	if err := decoder.Unmarshal(bytes.NewReader(data), protoadapt.MessageV1Of(message)); err != nil {
		return nil, fmt.Errorf("its spec is not one that Istio reads: %w", err)
	}
	return spec, nil
}

// A report collects the violations of a spec of Istio's.
type report []Violation

// rejects reports what Istio's webhook rejects.
func (r *report) rejects(path, format string, args ...any) { r.add(Istio, path, format, args...) }

// interferes reports what Istio accepts, but what takes effect beyond the app or
// on what Knative does.
func (r *report) interferes(path, format string, args ...any) {
	r.add(Interference, path, format, args...)
}

// wholeNamespace reports an object that selects no pods: a namespace has one such
// object of each kind, which an app cannot own (IST0111, IST0160).
func (r *report) wholeNamespace(path string) {
	r.interferes(path, "without a selector it is for the whole namespace, not for the app")
}

func (r *report) add(by Validator, path, format string, args ...any) {
	*r = append(*r, Violation{Path: path, Message: fmt.Sprintf(format, args...), Code: diag.RejectedByAdmission, By: by})
}

// pathf writes the path of a field with indices.
func pathf(format string, args ...any) string { return fmt.Sprintf(format, args...) }
