package node

import (
	"context"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/dynamic/dynamicinformer"
	"k8s.io/client-go/rest"
)

// statuses are what the parts of a cluster that Knative leaves its networking
// to report in the end, by the kind of the object that Knative hands to them.
var statuses = map[string]func() map[string]any{
	"ingresses":    ingressStatus,
	"certificates": certificateStatus,
}

// startNetworking reports each Ingress of Knative's ready, as net-istio does
// once the gateways answer its probes, and each Certificate, as net-certmanager
// does once it is issued.
func startNetworking(ctx context.Context, config *rest.Config) error {
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return err
	}
	factory := dynamicinformer.NewDynamicSharedInformerFactory(client, resync)
	for resource, status := range statuses {
		kind := schema.GroupVersionResource{Group: "networking.internal.knative.dev", Version: "v1alpha1", Resource: resource}
		if err := watch(ctx, factory.ForResource(kind).Informer(), func(o any) error {
			return report(ctx, client.Resource(kind), o.(*unstructured.Unstructured), status)
		}); err != nil {
			return err
		}
	}
	factory.Start(ctx.Done())
	return nil
}

// report gives an object its status, unless it has one for what it says now.
func report(ctx context.Context, client dynamic.NamespaceableResourceInterface, u *unstructured.Unstructured, status func() map[string]any) error {
	if observed, _, _ := unstructured.NestedInt64(u.Object, "status", "observedGeneration"); observed == u.GetGeneration() {
		return nil
	}
	u = u.DeepCopy()
	reported := status()
	reported["observedGeneration"] = u.GetGeneration()
	u.Object["status"] = reported
	_, err := client.Namespace(u.GetNamespace()).UpdateStatus(ctx, u, metav1.UpdateOptions{})
	return err
}

func ingressStatus() map[string]any {
	balancer := map[string]any{"ingress": []any{map[string]any{"domainInternal": "ingress.example.svc.cluster.local"}}}
	return map[string]any{
		"conditions":         conditions("LoadBalancerReady", "NetworkConfigured", "Ready"),
		"publicLoadBalancer": balancer, "privateLoadBalancer": balancer,
	}
}

func certificateStatus() map[string]any {
	return map[string]any{"conditions": conditions("Ready")}
}

// conditions are those of the types given, all true.
func conditions(types ...string) (all []any) {
	for _, t := range types {
		all = append(all, map[string]any{
			"type": t, "status": "True", "lastTransitionTime": time.Now().UTC().Format(time.RFC3339),
		})
	}
	return all
}
