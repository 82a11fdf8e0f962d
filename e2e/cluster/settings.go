package cluster

import (
	"context"
	"fmt"
	"maps"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// settings counts the changes to the ConfigMaps of Knative.
type settings struct{ changes int }

// Set gives Knative's ConfigMaps the values given, by name without "config-"
// and key, and returns when the webhook goes by them. restore takes them back.
// One caller at a time.
func (c *Cluster) Set(ctx context.Context, values map[string]map[string]string) (restore func(context.Context) error, err error) {
	before := map[string]map[string]any{}
	change := map[string]map[string]any{}
	for name, keys := range values {
		live, err := c.Get(ctx, configMap(name, nil))
		if err != nil {
			return nil, err
		}
		data, _, _ := unstructured.NestedMap(live.Object, "data")
		before[name], change[name] = map[string]any{}, map[string]any{}
		for key, value := range keys {
			before[name][key] = data[key] // nil, which takes it away again, if it is not there
			change[name][key] = value
		}
	}
	restore = func(ctx context.Context) error { return c.change(ctx, before, nil, "user-container") }
	c.settings.changes++
	mark := fmt.Sprintf("settings-%d", c.settings.changes)
	return restore, c.change(ctx, change, mark, mark)
}

// change patches the ConfigMaps. The template for the names of containers that
// have none, set last, tells by the webhook's answers that it has read them
// all: it watches them in one stream. No case has a container without a name.
func (c *Cluster) change(ctx context.Context, values map[string]map[string]any, template any, name string) error {
	for name, data := range values {
		if err := c.Merge(ctx, configMap(name, data)); err != nil {
			return fmt.Errorf("config-%s: %w", name, err)
		}
	}
	if err := c.Merge(ctx, configMap("defaults", map[string]any{"container-name-template": template})); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		answer, err := c.Apply(ctx, probe(), "e2e", true)
		if err == nil {
			containers, _, _ := unstructured.NestedSlice(answer.Object, "spec", "template", "spec", "containers")
			if len(containers) == 1 && containers[0].(map[string]any)["name"] == name {
				return nil
			}
			err = fmt.Errorf("containers are %v, not %s", containers, name)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for the webhook to follow its settings: %w", err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func configMap(name string, data map[string]any) *unstructured.Unstructured {
	u := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1",
		"kind":       "ConfigMap",
		"metadata":   map[string]any{"name": "config-" + name, "namespace": ServingNamespace},
	}}
	if data != nil {
		u.Object["data"] = maps.Clone(data)
	}
	return u
}
