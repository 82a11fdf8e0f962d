package cluster

import (
	"context"
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// install applies the release files, in three steps, and starts the webhooks.
func (c *Cluster) install(ctx context.Context, objects []*unstructured.Unstructured) error {
	steps := map[place][]*unstructured.Unstructured{}
	for _, u := range objects {
		if err := adjust(u, c.ports.webhook()); err != nil {
			return fmt.Errorf("%s: %w", Name(u), err)
		}
		at := placeOf(u)
		steps[at] = append(steps[at], u)
	}
	steps[webhook] = append(steps[webhook], istioWebhook(c.ports.istio(), c.pki.ca))
	if err := c.applyAll(ctx, steps[definition]); err != nil {
		return err
	}
	if err := c.wait(ctx, c.apiserver, func(ctx context.Context) error {
		return c.established(ctx, len(steps[definition]))
	}); err != nil {
		return err
	}
	c.mapper.Reset()
	if err := c.startManager(); err != nil {
		return err
	}
	// The namespace comes before what is in it.
	slices.SortStableFunc(steps[base], func(a, b *unstructured.Unstructured) int {
		return len(a.GetNamespace()) - len(b.GetNamespace())
	})
	if err := c.applyAll(ctx, steps[base]); err != nil {
		return err
	}
	if err := c.applyAll(ctx, steps[webhook]); err != nil {
		return err
	}
	return c.startWebhooks(ctx)
}

func (c *Cluster) applyAll(ctx context.Context, objects []*unstructured.Unstructured) error {
	for _, u := range objects {
		if _, err := c.Apply(ctx, u, "e2e-install", false); err != nil {
			return fmt.Errorf("installing %s: %w", Name(u), err)
		}
	}
	return nil
}

var definitions = schema.GroupVersionKind{Group: "apiextensions.k8s.io", Version: "v1", Kind: "CustomResourceDefinition"}

func (c *Cluster) established(ctx context.Context, want int) error {
	list, err := c.List(ctx, definitions, "", "")
	if err != nil {
		return err
	}
	got := 0
	for i := range list {
		if Condition(&list[i], "Established") == "True" {
			got++
		}
	}
	if got < want {
		return fmt.Errorf("%d of %d CRDs are established", got, want)
	}
	return nil
}

// Condition is the status of one of an object's conditions, "" without it.
func Condition(u *unstructured.Unstructured, kind string) string {
	conditions, _, _ := unstructured.NestedSlice(u.Object, "status", "conditions")
	for _, c := range conditions {
		if m, ok := c.(map[string]any); ok && m["type"] == kind {
			status, _ := m["status"].(string)
			return status
		}
	}
	return ""
}
