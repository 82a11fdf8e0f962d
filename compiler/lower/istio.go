package lower

import (
	"encoding/json"
	"fmt"
	"strings"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/belay-sh/belay/ir"
)

// istio makes an object of the app that the mesh's control plane reads. Its
// spec is written as client-go writes it.
func (b *builder) istio(group string, meta metav1.ObjectMeta, spec proto.Message) {
	b.add(b.pinned.Target.IstioAPI(group), meta, spec)
}

// newSpec is an empty spec of a kind that the mesh's control plane reads.
func newSpec(name string) proto.Message {
	for _, k := range kinds {
		if k.name == name && k.spec != nil {
			return k.spec.ProtoReflect().New().Interface()
		}
	}
	panic("belay internal: no spec of " + name)
}

// readmitIstio is readmit for an object that the mesh's control plane reads.
func readmitIstio(o ir.Object, meta metav1.ObjectMeta, data []byte) (ir.Object, error) {
	var raw struct {
		metav1.TypeMeta
		Metadata metav1.ObjectMeta `json:"metadata"`
		Spec     json.RawMessage   `json:"spec"`
	}
	if err := strict(data, &raw); err != nil {
		return o, err
	}
	spec := newSpec(o.Kind)
	// Istio's own UnmarshalJSON drops fields that it does not know.
	if err := protojson.Unmarshal(raw.Spec, spec); err != nil {
		return o, fmt.Errorf("the result is not what Istio takes: %s", reason(err))
	}
	o.JSON = object(o.APIVersion, o.Kind, meta, spec).JSON
	return o, nil
}

// reason is what protojson has to say, less its prefix: a place in JSON that
// the user does not see, and a space that is another in every build.
func reason(err error) string {
	text := err.Error()
	if _, after, ok := strings.Cut(text, "): "); ok {
		return after
	}
	return strings.TrimSpace(strings.TrimPrefix(strings.ReplaceAll(text, "\u00a0", " "), "proto:"))
}
