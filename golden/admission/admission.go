// Package admission is what an API server does with a custom object before
// any webhook sees it: it drops unknown fields, writes defaults, and validates
// against the structural schema and the CEL rules of the CRD. It is the API
// server's own code, run in this process over the CRDs that the releases of
// Knative and Istio ship. Nothing but tests uses it.
package admission

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apiextensions-apiserver/pkg/registry/customresource"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	runtimeschema "k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apimachinery/pkg/util/yaml"
)

// CRDs are custom resource definitions that objects can be held to.
type CRDs struct {
	compile map[runtime.TypeMeta]func() (*compiled, error) // by version of a kind; done when an object of it comes
}

// Read reads the CRDs in YAML files; other objects in them are passed over.
func Read(files ...string) (*CRDs, error) {
	c := &CRDs{compile: map[runtime.TypeMeta]func() (*compiled, error){}}
	for _, name := range files {
		if err := c.read(name); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return c, nil
}

func (c *CRDs) read(name string) error {
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	for dec := yaml.NewYAMLOrJSONDecoder(file, 4096); ; {
		var crd apiextensionsv1.CustomResourceDefinition
		if err := dec.Decode(&crd); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if crd.Kind != "CustomResourceDefinition" {
			continue
		}
		for _, v := range crd.Spec.Versions {
			if v.Served {
				c.add(&crd, v)
			}
		}
	}
}

func (c *CRDs) add(crd *apiextensionsv1.CustomResourceDefinition, v apiextensionsv1.CustomResourceDefinitionVersion) {
	kind := runtime.TypeMeta{APIVersion: crd.Spec.Group + "/" + v.Name, Kind: crd.Spec.Names.Kind}
	namespaced := crd.Spec.Scope == apiextensionsv1.NamespaceScoped
	c.compile[kind] = sync.OnceValues(func() (*compiled, error) { return compile(kind, namespaced, v) })
}

// compiled is what an API server makes of a version of a CRD.
type compiled struct {
	structural *schema.Structural
	validate   func(context.Context, runtime.Object) field.ErrorList
}

func compile(kind runtime.TypeMeta, namespaced bool, v apiextensionsv1.CustomResourceDefinitionVersion) (*compiled, error) {
	var props apiextensions.JSONSchemaProps
	if err := apiextensionsv1.Convert_v1_JSONSchemaProps_To_apiextensions_JSONSchemaProps(v.Schema.OpenAPIV3Schema, &props, nil); err != nil {
		return nil, err
	}
	structural, err := schema.NewStructural(&props)
	if err != nil {
		return nil, err
	}
	validator, _, err := validation.NewSchemaValidator(&props)
	if err != nil {
		return nil, err
	}
	gvk := runtimeschema.FromAPIVersionAndKind(kind.APIVersion, kind.Kind)
	strategy := customresource.NewStrategy(nil, namespaced, gvk, validator, nil, structural, nil, nil, nil)
	return &compiled{structural, strategy.Validate}, nil
}

// Admit returns what an API server would not take of an object, given as JSON,
// or would change in it. It takes only kinds that the CRDs serve.
func (c *CRDs) Admit(object []byte) (findings []string) {
	u := &unstructured.Unstructured{}
	if err := u.UnmarshalJSON(object); err != nil {
		return []string{err.Error()}
	}
	compile := c.compile[runtime.TypeMeta{APIVersion: u.GetAPIVersion(), Kind: u.GetKind()}]
	if compile == nil {
		return []string{fmt.Sprintf("no CRD serves %s %s", u.GetAPIVersion(), u.GetKind())}
	}
	crd, err := compile()
	if err != nil {
		return []string{err.Error()}
	}
	track := schema.UnknownFieldPathOptions{TrackUnknownFieldPaths: true}
	for _, path := range pruning.PruneWithOptions(u.Object, crd.structural, true, track) {
		findings = append(findings, "unknown field "+path)
	}
	before := u.DeepCopy()
	defaulting.Default(u.Object, crd.structural)
	if !equality.Semantic.DeepEqual(before.Object, u.Object) {
		after, _ := json.Marshal(u)
		findings = append(findings, "defaults change it to "+string(after))
	}
	for _, e := range crd.validate(context.Background(), u) {
		findings = append(findings, e.Error())
	}
	return findings
}
