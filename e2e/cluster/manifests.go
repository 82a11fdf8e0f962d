package cluster

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/yaml"
)

// manifests are the release files: in the modules that e2e/manifests names, by
// their path in the module.
var manifests = []struct{ module, path string }{
	{"knative.dev/operator", "cmd/operator/kodata/knative-serving/1.23.0/2-serving-core.yaml"},
	{"knative.dev/operator", "config/crd/bases/operator.knative.dev_knativeservings.yaml"},
	{"istio.io/api", "kubernetes/customresourcedefinitions.gen.yaml"},
}

// readManifests returns the objects of the release files, in their order. The
// go command checks the modules against e2e/manifests/go.sum.
func readManifests(ctx context.Context, source string) (all []*unstructured.Unstructured, err error) {
	module := filepath.Join(source, "manifests")
	for _, m := range manifests {
		version, err := goCommand(ctx, module, "list", "-m", "-f", "{{.Version}}", m.module)
		if err != nil {
			return nil, err
		}
		out, err := goCommand(ctx, module, "mod", "download", "-json", m.module+"@"+strings.TrimSpace(version))
		if err != nil {
			return nil, err
		}
		var download struct{ Dir string }
		if err := json.Unmarshal([]byte(out), &download); err != nil {
			return nil, err
		}
		data, err := os.ReadFile(filepath.Join(download.Dir, filepath.FromSlash(m.path)))
		if err != nil {
			return nil, err
		}
		objects, err := Objects(data)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.path, err)
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
