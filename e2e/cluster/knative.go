package cluster

import (
	"context"
	"fmt"
	"net"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// ServingNamespace is the namespace that Knative is installed in.
const ServingNamespace = "knative-serving"

// knative starts a process of Knative's. The closed proxy keeps it on this
// machine: no tag is resolved, no pod is scraped.
func (c *Cluster) knative(n int, name, podIP string, env ...string) (*process, error) {
	const proxy = "http://127.0.0.1:9"
	return c.run("knative-"+name, append([]string{
		"KUBECONFIG=" + c.kubeconfig, "SYSTEM_NAMESPACE=" + ServingNamespace,
		"POD_NAME=" + name + "-0", "HOSTNAME=" + name + "-0", "POD_IP=" + podIP,
		"CONFIG_LOGGING_NAME=config-logging", "CONFIG_OBSERVABILITY_NAME=config-observability",
		"OTEL_SDK_DISABLED=true", fmt.Sprintf("PROFILING_PORT=%d", c.ports.pprof(n)),
		"HTTP_PROXY=" + proxy, "HTTPS_PROXY=" + proxy, "NO_PROXY=127.0.0.1,localhost",
	}, env...), name)
}

var webhookConfigurations = []schema.GroupVersionKind{
	{Group: "admissionregistration.k8s.io", Version: "v1", Kind: "ValidatingWebhookConfiguration"},
	{Group: "admissionregistration.k8s.io", Version: "v1", Kind: "MutatingWebhookConfiguration"},
}

// startWebhooks starts Istio's admission and Knative's, and waits for the
// latter: it writes its certificate into its configurations first, and answers
// some time after.
func (c *Cluster) startWebhooks(ctx context.Context) error {
	if _, err := c.run("istio", nil, "istio",
		"-addr", fmt.Sprintf("127.0.0.1:%d", c.ports.istio()), "-cert", c.pki.certFile, "-key", c.pki.keyFile); err != nil {
		return err
	}
	p, err := c.knative(0, "webhook", "127.0.0.1", "WEBHOOK_NAME=webhook", fmt.Sprintf("WEBHOOK_PORT=%d", c.ports.webhook()))
	if err != nil {
		return err
	}
	return c.wait(ctx, p, func(ctx context.Context) error {
		for _, kind := range webhookConfigurations {
			list, err := c.List(ctx, kind, "", "")
			if err != nil {
				return err
			}
			for i := range list {
				hooks, _, _ := unstructured.NestedSlice(list[i].Object, "webhooks")
				if ca, _, _ := unstructured.NestedString(hooks[0].(map[string]any), "clientConfig", "caBundle"); ca == "" {
					return fmt.Errorf("%s has no certificate yet", list[i].GetName())
				}
			}
		}
		_, err := c.Apply(ctx, probe(), "e2e", true)
		return err
	})
}

// probe is a Service whose container has no name: Knative's webhook gives it
// one by its settings.
func probe() *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "serving.knative.dev/v1",
		"kind":       "Service",
		"metadata":   map[string]any{"name": "probe", "namespace": "default"},
		"spec": map[string]any{"template": map[string]any{"spec": map[string]any{
			"containers": []any{map[string]any{"image": "registry.example.com/probe"}},
		}}},
	}}
}

// startControllers starts Knative's controllers.
func (c *Cluster) startControllers(ctx context.Context) error {
	ip, err := HostAddress()
	if err != nil {
		return err
	}
	for i, name := range []string{"controller", "autoscaler", "autoscaler-hpa"} {
		if _, err := c.knative(1+i, name, ip); err != nil {
			return err
		}
	}
	// Revisions that get no requests yet want endpoints of the activator. Its
	// pod needs a service account, which a controller makes.
	return c.wait(ctx, c.manager, func(ctx context.Context) error {
		_, err := c.Apply(ctx, activator(), "e2e", false)
		return err
	})
}

func activator() *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1",
		"kind":       "Pod",
		"metadata":   map[string]any{"name": "activator", "namespace": ServingNamespace, "labels": map[string]any{"app": "activator"}},
		"spec": map[string]any{"containers": []any{map[string]any{
			"name": "activator", "image": "registry.example.com/activator",
			"ports": []any{map[string]any{"name": "http", "containerPort": int64(8012)}},
		}}},
	}}
}

// HostAddress is an address of this machine, for what must have one that is
// not a loopback address, as endpoints must. Without any it is a reserved one.
func HostAddress() (string, error) {
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		return "", err
	}
	for _, a := range addresses {
		if n, ok := a.(*net.IPNet); ok && n.IP.IsGlobalUnicast() && n.IP.To4() != nil {
			return n.IP.String(), nil
		}
	}
	return "192.0.2.1", nil
}
