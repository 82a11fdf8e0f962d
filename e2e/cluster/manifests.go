package cluster

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/yaml"

	"github.com/belay-sh/belay/golden/modules"
	"github.com/belay-sh/belay/internal/target"
)

// ReleaseFiles returns the directory in which Knative's operator has the release
// files, and the patch release of Knative Serving that is installed here: the newest of
// the release that belay compiles for where nothing names one.
func ReleaseFiles() (dir, version string, err error) {
	patches := target.Default().Patches()
	operator, err := modules.Directory(target.OperatorModule())
	return filepath.Join(operator, "cmd", "operator", "kodata"), patches[len(patches)-1], err
}

// manifests returns the release files, in the order in which they are installed.
func manifests() ([]string, error) {
	kodata, version, err := ReleaseFiles()
	if err != nil {
		return nil, err
	}
	operator, err := modules.Directory(target.OperatorModule())
	if err != nil {
		return nil, err
	}
	istio, err := modules.Directory(target.IstioModule(target.Default().Istio))
	return []string{
		filepath.Join(kodata, "knative-serving", version, "2-serving-core.yaml"),
		filepath.Join(operator, "config", "crd", "bases", "operator.knative.dev_knativeservings.yaml"),
		filepath.Join(istio, "kubernetes", "customresourcedefinitions.gen.yaml"),
	}, err
}

// readManifests returns the objects of the release files, in their order.
func readManifests() (all []*unstructured.Unstructured, err error) {
	files, err := manifests()
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		objects, err := Objects(data)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		all = append(all, objects...)
	}
	return all, nil
}

// Objects reads a YAML stream. Documents without an object are left out.
func Objects(stream []byte) (all []*unstructured.Unstructured, err error) {
	documents := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(stream), 4096)
	for {
		var document runtime.RawExtension
		err := documents.Decode(&document)
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		if len(document.Raw) == 0 {
			continue
		}
		u := &unstructured.Unstructured{}
		if err := u.UnmarshalJSON(document.Raw); err != nil {
			return nil, err
		}
		all = append(all, u)
	}
}

// place is where an object belongs in the order of the installation.
type place int

const (
	leftOut place = iota
	definition
	base
	webhook
)

// placeOf leaves out what would run in pods, and what needs controllers that
// are not here. Webhook configurations come last: until their webhook answers
// they refuse all that they are for, Knative's ConfigMaps among it.
func placeOf(u *unstructured.Unstructured) place {
	switch u.GetKind() {
	case "Deployment", "HorizontalPodAutoscaler", "PodDisruptionBudget", "Certificate", "Image":
		return leftOut
	case "CustomResourceDefinition":
		return definition
	case "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration":
		return webhook
	}
	return base
}

// Domain is that of the cluster's routes.
const Domain = "example.com"

// adjust changes an object of Knative's to what holds here: its webhook is a
// process on this machine, its routes are public below Domain, and images
// of the example registry need no digest.
//
// The API server dials the address of an ExternalName Service, with the name
// of the Service for the certificate's: Knative's webhook and the reconciler of
// its certificate need not know.
func adjust(u *unstructured.Unstructured, port int) error {
	switch u.GetKind() + "/" + u.GetName() {
	case "Service/webhook":
		u.Object["spec"] = map[string]any{
			"type": "ExternalName", "externalName": "127.0.0.1",
			"ports": []any{map[string]any{"name": "https-webhook", "port": int64(port)}},
		}
	case "ConfigMap/config-deployment":
		return unstructured.SetNestedField(u.Object, "registry.example.com", "data", "registries-skipping-tag-resolving")
	case "ConfigMap/config-domain":
		return unstructured.SetNestedField(u.Object, "", "data", Domain)
	}
	if placeOf(u) != webhook {
		return nil
	}
	hooks, _, err := unstructured.NestedSlice(u.Object, "webhooks")
	for _, hook := range hooks {
		err = errors.Join(err, unstructured.SetNestedField(hook.(map[string]any), int64(port), "clientConfig", "service", "port"))
	}
	return errors.Join(err, unstructured.SetNestedSlice(u.Object, hooks, "webhooks"))
}

// istioWebhook has the rules of istiod's own configuration.
func istioWebhook(port int, ca []byte) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "admissionregistration.k8s.io/v1",
		"kind":       "ValidatingWebhookConfiguration",
		"metadata":   map[string]any{"name": "istio-validator-istio-system"},
		"webhooks": []any{map[string]any{
			"name":                    "rev.validation.istio.io",
			"admissionReviewVersions": []any{"v1"},
			"sideEffects":             "None",
			"failurePolicy":           "Fail",
			"clientConfig": map[string]any{
				"url":      fmt.Sprintf("https://127.0.0.1:%d/validate", port),
				"caBundle": base64.StdEncoding.EncodeToString(ca),
			},
			"rules": []any{map[string]any{
				"operations":  []any{"CREATE", "UPDATE"},
				"apiGroups":   []any{"security.istio.io", "networking.istio.io", "telemetry.istio.io", "extensions.istio.io"},
				"apiVersions": []any{"*"},
				"resources":   []any{"*"},
			}},
		}},
	}}
}
