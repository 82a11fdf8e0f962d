package cluster

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"unicode/utf8"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
)

// Client speaks to the API server about objects of any kind.
type Client struct {
	dynamic dynamic.Interface
	mapper  meta.ResettableRESTMapper
}

func newClient(config *rest.Config) (*Client, error) {
	d, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	kinds, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return nil, err
	}
	return &Client{d, restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(kinds))}, nil
}

// resource is the endpoint for objects of a kind, in a namespace where the kind
// has any.
func (c *Client) resource(kind schema.GroupVersionKind, namespace string) (dynamic.ResourceInterface, error) {
	m, err := c.mapper.RESTMapping(kind.GroupKind(), kind.Version)
	if err != nil {
		return nil, err
	}
	if m.Scope.Name() == meta.RESTScopeNameNamespace {
		return c.dynamic.Resource(m.Resource).Namespace(namespace), nil
	}
	return c.dynamic.Resource(m.Resource), nil
}

// controls are characters that JSON takes as they are and YAML does not: the
// server reads what is applied as YAML.
var controls = regexp.MustCompile("[\u007f-\u009f\ufeff\ufffe\uffff]")

// Apply applies an object server-side, with strict validation and without
// force, and returns what the server made of it. Dry does all but keep it.
func (c *Client) Apply(ctx context.Context, u *unstructured.Unstructured, manager string, dry bool) (*unstructured.Unstructured, error) {
	r, err := c.resource(u.GroupVersionKind(), u.GetNamespace())
	if err != nil {
		return nil, err
	}
	data, err := json.Marshal(u)
	if err != nil {
		return nil, err
	}
	data = controls.ReplaceAllFunc(data, func(c []byte) []byte {
		r, _ := utf8.DecodeRune(c)
		return fmt.Appendf(nil, "\\u%04x", r)
	})
	opts := metav1.PatchOptions{FieldManager: manager, FieldValidation: metav1.FieldValidationStrict}
	if dry {
		opts.DryRun = []string{metav1.DryRunAll}
	}
	return r.Patch(ctx, u.GetName(), types.ApplyPatchType, data, opts)
}

// Get returns the object that lives under the name of u.
func (c *Client) Get(ctx context.Context, u *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	r, err := c.resource(u.GroupVersionKind(), u.GetNamespace())
	if err != nil {
		return nil, err
	}
	return r.Get(ctx, u.GetName(), metav1.GetOptions{})
}

// List returns the objects of a kind in a namespace, or in all if it is empty.
func (c *Client) List(ctx context.Context, kind schema.GroupVersionKind, namespace, selector string) ([]unstructured.Unstructured, error) {
	r, err := c.resource(kind, namespace)
	if err != nil {
		return nil, err
	}
	list, err := r.List(ctx, metav1.ListOptions{LabelSelector: selector})
	if err != nil {
		return nil, err
	}
	return list.Items, nil
}

// Delete deletes the object under the name of u once all that belongs to it is
// gone. It does not wait for that.
func (c *Client) Delete(ctx context.Context, u *unstructured.Unstructured) error {
	r, err := c.resource(u.GroupVersionKind(), u.GetNamespace())
	if err != nil {
		return err
	}
	foreground := metav1.DeletePropagationForeground
	return r.Delete(ctx, u.GetName(), metav1.DeleteOptions{PropagationPolicy: &foreground})
}

// Merge patches the object under the name of u with the fields of u.
func (c *Client) Merge(ctx context.Context, u *unstructured.Unstructured) error {
	r, err := c.resource(u.GroupVersionKind(), u.GetNamespace())
	if err != nil {
		return err
	}
	data, err := json.Marshal(u)
	if err != nil {
		return err
	}
	_, err = r.Patch(ctx, u.GetName(), types.MergePatchType, data, metav1.PatchOptions{})
	return err
}

// Name says which object it is, for messages.
func Name(u *unstructured.Unstructured) string {
	return fmt.Sprintf("%s %s", u.GetKind(), types.NamespacedName{Namespace: u.GetNamespace(), Name: u.GetName()})
}
