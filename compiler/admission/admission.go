// Package admission does what the API server of a target's cluster does with an
// object before it stores it: it decodes the object, sets the defaults that the
// webhooks of Knative set, and validates it by the rules of Knative's and
// Istio's webhooks, of the target's releases and of Kubernetes. What is wrong
// with an object is a Violation at the path of one of its fields.
//
// A Controller admits the objects of one target:
//
//	Admit         an object as JSON, from anywhere: a patch, an overlay, a cluster
//	AdmitKnative  an object of Knative's types, built for the target
//	AdmitSpec     the spec of an object of any other kind, built for the target
//
// The rules come from these places:
//
//	knative.go       Knative's own webhook code, with the settings of settings.go
//	flags.go         which of Knative's flags a rejected field needs
//	release.go       what the target's release of Knative lacks (the code that
//	                 runs here is the newest release's)
//	pods.go          what Kubernetes rejects of pods (compiler/kubernetes)
//	networking.go    Istio's validation and analyzers, by kind
//	security.go      the same for policies
//	templatehash.go  the hash of a revision's template, which names it
//
// The package has neither apps nor specs: kinds.go lists the kinds that it
// admits. It is pure.
package admission

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/target"
)

// A Violation is one reason for which an object is rejected, or for which a
// part of it has no effect.
type Violation struct {
	Path    string // of the field, as "spec.template.spec.containers[0].image"; "" for the whole object
	Message string
	Hint    string    // how to fix it; "" if Message says it all
	Code    diag.Code // RejectedByAdmission for what only a webhook's code reports
	By      Validator
}

// A Validator is who rejects an object.
type Validator int

// The validators, in the order in which they see an object.
const (
	Decoding   Validator = iota // the object does not have the form of its type
	Knative                     // Knative's webhook
	Release                     // the target's release of Knative
	Kubernetes                  // the API server, for the pods
	Istio                       // Istio's webhook

	// Interference: Istio accepts the object, but it takes effect beyond the app
	// that it is for, or on what Knative does with requests. It is reported by
	// Istio's analyzers, or by nobody.
	Interference
)

// A Controller admits objects for one target. It can be used by several
// goroutines.
type Controller struct {
	target *target.Target
	ctx    context.Context // carries the settings to Knative's code
}

// Admit decodes an object, as JSON, and returns it as the API server would
// store it, without a status: with defaults, and without what hosts note for
// themselves. It returns the object as it is, and no violations, if its kind is
// not one of this package's.
func (c *Controller) Admit(object []byte) ([]byte, []Violation) {
	var head struct {
		metav1.TypeMeta
		Metadata metav1.ObjectMeta
	}
	if err := json.Unmarshal(object, &head); err != nil {
		return object, []Violation{undecodable(err)}
	}
	k, ok := kindOf(head.APIVersion, head.Kind)
	switch {
	case !ok:
		return object, nil
	case k.knative != nil:
		return c.admitKnative(k, head.APIVersion, object)
	}
	return c.admitOther(k, head.APIVersion, head.Metadata, object)
}

// DecodeStrict decodes JSON, and reports a field that the type does not have:
// the API server would drop it silently.
func DecodeStrict(data []byte, into any) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	err := dec.Decode(into)
	if err != nil {
		if _, field, ok := strings.Cut(err.Error(), "unknown field "); ok {
			return fmt.Errorf("its type has no field %s, which the API server would drop", field)
		}
	}
	return err
}

// undecodable is the violation of an object that cannot be decoded.
func undecodable(err error) Violation {
	return Violation{Message: err.Error(), Code: diag.RejectedByAdmission, By: Decoding}
}

// Encode writes an object as JSON: what a manifest has of one, and no status.
// It panics if spec is not of a type that can be JSON.
//
// encoding/json makes encoders for every type that a type leads to, and a pod
// leads to hundreds, which takes longer than to lower an app. The json here is
// what replaces it in Go 1.27, under its old rules: the same bytes, and encoders
// for what is there.
func Encode(apiVersion, kind string, meta metav1.ObjectMeta, spec any) []byte {
	data, err := json.Marshal(struct {
		metav1.TypeMeta `json:",inline"`
		Metadata        metav1.ObjectMeta `json:"metadata"`
		Spec            any               `json:"spec,omitempty"`
	}{metav1.TypeMeta{APIVersion: apiVersion, Kind: kind}, meta, spec})
	if err != nil {
		panic("belay internal: " + kind + " " + meta.Name + ": " + err.Error())
	}
	return data
}
