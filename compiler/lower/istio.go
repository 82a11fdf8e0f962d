package lower

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/go-json-experiment/json/v1"
	//lint:ignore SA1019 it is what Istio decodes with
	"github.com/golang/protobuf/jsonpb"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/protoadapt"
	networking "istio.io/api/networking/v1alpha3"
	security "istio.io/api/security/v1beta1"
	telemetry "istio.io/api/telemetry/v1alpha1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
)

// istio makes an object of the app that the mesh's control plane reads. Its
// spec is written as client-go writes it.
func (b *builder) istio(group string, meta metav1.ObjectMeta, spec proto.Message) {
	if err := refuse(b.pinned.Target, spec); err != nil {
		b.diags.Add(b.app.Node.KeyErrorf(diag.RejectedByAdmission, "Istio refuses this %s: %v", b.kind.name, err))
	}
	apiVersion := b.pinned.Target.IstioAPI(group)
	if b.kind.name == "EnvoyFilter" {
		apiVersion = group + "/v1alpha3" // in every release
	}
	b.add(apiVersion, meta, spec)
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
func readmitIstio(t *target.Target, o ir.Object, meta metav1.ObjectMeta, data []byte) (ir.Object, error) {
	var raw struct {
		metav1.TypeMeta
		Metadata metav1.ObjectMeta `json:"metadata"`
		Spec     json.RawMessage   `json:"spec"`
	}
	if err := strict(data, &raw); err != nil {
		return o, err
	}
	if len(raw.Spec) == 0 {
		return o, errors.New("it removes the spec; to be without the object, leave out the field of the app that it is made from")
	}
	spec := newSpec(o.Kind)
	// Istio decodes with it, and so takes "24h" for a duration; but Istio drops fields that it does not know.
	decoder := jsonpb.Unmarshaler{}
	if err := decoder.Unmarshal(bytes.NewReader(raw.Spec), protoadapt.MessageV1Of(spec)); err != nil {
		return o, fmt.Errorf("the result is not what Istio takes: %w", err)
	}
	if err := refuse(t, spec); err != nil {
		return o, fmt.Errorf("the result does not work with Istio: %w", err)
	}
	o.JSON = object(o.APIVersion, o.Kind, meta, spec).JSON
	return o, nil
}

// refuse says why Istio would not take a spec, or would make of it what no app
// asks for.
func refuse(t *target.Target, spec proto.Message) error {
	switch s := spec.(type) {
	case *networking.VirtualService:
		return refuseVirtualService(s)
	case *networking.Gateway:
		return refuseGateway(s)
	case *networking.ServiceEntry:
		return refuseServiceEntry(s)
	case *networking.Sidecar:
		return refuseSidecar(t, s)
	case *networking.DestinationRule:
		return refuseDestinationRule(s)
	case *networking.EnvoyFilter:
		return refuseEnvoyFilter(s)
	case *security.PeerAuthentication:
		return refusePeerAuthentication(s)
	case *security.AuthorizationPolicy:
		return refuseAuthorizationPolicy(s)
	case *security.RequestAuthentication:
		return refuseRequestAuthentication(s)
	case *telemetry.Telemetry:
		return refuseTelemetry(s)
	}
	panic(fmt.Sprintf("belay internal: no rules for %T", spec))
}
