package lower

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	jsonpatch "github.com/evanphx/json-patch/v5"
	"github.com/go-json-experiment/json/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	networkingv1alpha1 "knative.dev/networking/pkg/apis/networking/v1alpha1"
	"sigs.k8s.io/kustomize/kyaml/openapi"
	kyaml "sigs.k8s.io/kustomize/kyaml/yaml"
	"sigs.k8s.io/kustomize/kyaml/yaml/merge2"
	"sigs.k8s.io/yaml"

	"github.com/belay-sh/belay/diag"
	"github.com/belay-sh/belay/ir"
	"github.com/belay-sh/belay/schema"
)

// patch applies the app's patches, the user's last word. A patched object goes
// through defaulting and validation once more; what is refused then is the
// patch's mistake.
func (b *builder) patch() {
	if b.diags.HasErrors() {
		return
	}
	for i, p := range b.app.Spec.Patches {
		n := b.app.Node.Field("patches").Children[i]
		matched := false
		for j, o := range b.objects {
			if o.Kind != p.Kind || p.Name != "" && o.Name != p.Name {
				continue
			}
			matched = true
			patched, err := b.patched(o, p)
			if err != nil {
				b.diags.Add(n.KeyErrorf(diag.InvalidPatch, "the patch on %s %s: %v", o.Kind, o.Name, err))
				continue
			}
			b.objects[j] = patched
		}
		if !matched {
			b.diags.Add(b.unmatched(n, p))
		}
	}
}

func (b *builder) unmatched(n *ir.Node, p schema.Patch) diag.Diagnostic {
	var have []string
	for _, o := range b.objects {
		have = append(have, o.Kind+" "+o.Name)
	}
	what := p.Kind
	at := n.Field("kind")
	if p.Name != "" {
		what += " " + p.Name
		at = n.Field("name")
	}
	return at.Errorf(diag.InvalidPatch, "the patch matches nothing: app %q has no %s", b.app.Name, what).
		WithHint("it has %s", joined(have))
}

func joined(words []string) string {
	var b bytes.Buffer
	for i, w := range words {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(w)
	}
	return b.String()
}

func (b *builder) patched(o ir.Object, p schema.Patch) (ir.Object, error) {
	data, err := applyPatch(o.JSON, p)
	if err != nil {
		return o, err
	}
	return b.readmit(o, data)
}

func applyPatch(data []byte, p schema.Patch) ([]byte, error) {
	if p.JSON != nil {
		patch, err := jsonpatch.DecodePatch(p.JSON)
		if err != nil {
			return nil, err
		}
		return patch.Apply(data)
	}
	// Only Knative's and Istio's kinds are merged here; the schemas of
	// Kubernetes' own kinds would take a tenth of a second to read.
	openapi.SuppressBuiltInSchemaUse()
	merged, err := merge2.MergeStrings(asYAML(p.Merge), asYAML(data), true, kyaml.MergeOptions{ListIncreaseDirection: kyaml.MergeOptionsListAppend})
	if err != nil {
		return nil, err
	}
	return yaml.YAMLToJSON([]byte(merged))
}

// asYAML is JSON that YAML reads as the same: with escapes for the characters
// that it refuses, or takes for the end of a line.
func asYAML(data []byte) string {
	var out strings.Builder
	for _, r := range string(data) {
		if r >= 0x7f && r < 0xa0 || r == 0xfeff || r == 0xfffe || r == 0xffff {
			fmt.Fprintf(&out, `\u%04x`, r)
		} else {
			out.WriteRune(r)
		}
	}
	return out.String()
}

// readmit makes an object of patched JSON: of the same identity, without
// fields that its type does not have, defaulted and valid.
func (b *builder) readmit(o ir.Object, data []byte) (ir.Object, error) {
	var head struct {
		metav1.TypeMeta
		Metadata metav1.ObjectMeta
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return o, err
	}
	if head.APIVersion != o.APIVersion || head.Kind != o.Kind || head.Metadata.Name != o.Name || head.Metadata.Namespace != o.Namespace {
		return o, errors.New("it changes what the object is: its apiVersion, kind, name or namespace")
	}
	if o.Mesh {
		return readmitIstio(b.pinned.Target, o, head.Metadata, data)
	}
	u := newUpstream(o.APIVersion, o.Kind)
	if u == nil {
		return readmitPlain(o, head.Metadata, data)
	}
	before := o.JSON
	if err := strict(data, u); err != nil {
		return o, err
	}
	u.SetDefaults(b.ctx)
	if refused := refusals(u.Validate(b.ctx)); len(refused) > 0 {
		return o, fmt.Errorf("the result is refused by Knative: %s", refused[0].message)
	}
	o.JSON = object(o.APIVersion, o.Kind, *u.GetObjectMeta().(*metav1.ObjectMeta), specOf(u)).JSON
	return o, sameTemplate(before, o.JSON)
}

// readmitPlain is readmit for the kind that upstream has no code for.
func readmitPlain(o ir.Object, meta metav1.ObjectMeta, data []byte) (ir.Object, error) {
	var claim networkingv1alpha1.ClusterDomainClaim
	if err := strict(data, &claim); err != nil {
		return o, err
	}
	o.JSON = object(o.APIVersion, o.Kind, meta, claim.Spec).JSON
	return o, nil
}

// sameTemplate refuses a patch that changes a template with a name: the name
// was computed from the content before.
func sameTemplate(before, after []byte) error {
	var old, patched struct {
		Spec struct {
			Template struct {
				Metadata struct{ Name string }
			}
		}
	}
	if json.Unmarshal(before, &old) != nil || json.Unmarshal(after, &patched) != nil || old.Spec.Template.Metadata.Name == "" {
		return nil
	}
	if !bytes.Equal(template(before), template(after)) {
		return errors.New("it changes the template of a named revision; with strategy \"service\" the name is computed from the spec, so change the spec")
	}
	return nil
}

func template(data []byte) []byte {
	var o struct {
		Spec struct{ Template json.RawMessage }
	}
	if err := json.Unmarshal(data, &o); err != nil {
		return nil
	}
	return o.Spec.Template
}

// strict decodes JSON, and refuses fields that the type does not have: the API
// server would drop them without a word.
func strict(data []byte, into any) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	return dec.Decode(into)
}

// kubernetes decodes a part of the spec that is a type of Kubernetes' own.
func (b *builder) kubernetes(n *ir.Node, into any) {
	if n == nil {
		return
	}
	data, err := n.MarshalJSON()
	if err == nil {
		err = strict(data, into)
	}
	if err != nil {
		b.diags.Add(n.KeyErrorf(diag.InvalidValue, "%s is not what Kubernetes takes: %v", n.Name, err))
	}
}
