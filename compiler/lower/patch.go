package lower

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	jsonpatch "github.com/evanphx/json-patch/v5"
	"github.com/go-json-experiment/json/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	networkingv1alpha1 "knative.dev/networking/pkg/apis/networking/v1alpha1"
	"sigs.k8s.io/kustomize/kyaml/openapi"
	kyaml "sigs.k8s.io/kustomize/kyaml/yaml"
	"sigs.k8s.io/kustomize/kyaml/yaml/merge2"
	"sigs.k8s.io/yaml"

	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/schema"
)

// patch applies the app's patches, the user's last word. A patched object goes
// through defaulting and validation once more, after all of its patches: one
// may add what another needs.
func (b *builder) patch() {
	if b.diags.HasErrors() {
		return
	}
	of := make([][]int, len(b.objects)) // the patches of an object
	for i, p := range b.app.Spec.Patches {
		matched := false
		for j, o := range b.objects {
			if o.Kind == p.Kind && (p.Name == "" || o.Name == p.Name) {
				of[j] = append(of[j], i)
				matched = true
			}
		}
		if !matched {
			b.diags.Add(b.unmatched(b.patchNode(i), p))
		}
	}
	for j, patches := range of {
		if len(patches) == 0 {
			continue
		}
		patched, refused := b.patched(b.objects[j], patches...)
		if len(refused) > 0 {
			b.blame(b.objects[j], patches)
			continue
		}
		b.objects[j] = patched
	}
}

func (b *builder) patchNode(i int) *ir.Node { return b.app.Node.Field("patches").Children[i] }

// blame reports the patches that an object cannot be patched with. Patches
// that are valid together are set aside, so that each of the others is
// reported for what is wrong with it alone.
func (b *builder) blame(o ir.Object, patches []int) {
	valid, pending := []int{}, []int{}
	for _, i := range patches {
		candidates := [][]int{slices.Concat(pending, []int{i}), {i}}
		for k := range pending {
			candidates = append(candidates, append(slices.Delete(slices.Clone(pending), k, k+1), i))
		}
		pending = append(pending, i)
		for _, c := range candidates {
			if _, refused := b.patched(o, slices.Concat(valid, c)...); len(refused) == 0 {
				valid = append(valid, c...)
				pending = slices.DeleteFunc(pending, func(i int) bool { return slices.Contains(c, i) })
				break
			}
		}
	}
	_, together := b.patched(o, patches...)
	blamed := len(b.diags)
	for _, i := range pending {
		_, refused := b.patched(o, append(slices.Clone(valid), i)...)
		b.blameFor(o, i, slices.DeleteFunc(refused, func(r refusal) bool {
			return r.path != "" && !slices.Contains(together, r) // another patch mends it
		}))
	}
	if len(b.diags) == blamed { // each is valid without the others
		b.blameFor(o, patches[len(patches)-1], together)
	}
}

// blameFor reports at a patch why the object with it is refused.
func (b *builder) blameFor(o ir.Object, i int, refused []refusal) {
	p := b.app.Spec.Patches[i]
	for _, r := range refused {
		n := patchSource(b.patchNode(i), p, r.path)
		at := n.Errorf
		if n.Kind == schema.Struct || n.Kind == schema.List {
			at = n.KeyErrorf
		}
		if b.isBlamed(n, r) {
			continue
		}
		d := at(cmp.Or(r.code, diag.InvalidPatch), "the patch on %s %s: %s", o.Kind, o.Name, r.message)
		d.Hint = r.hint
		b.diags.Add(d)
	}
}

// isBlamed reports whether a patch of several objects is reported already for
// what is wrong with it, by another of them.
func (b *builder) isBlamed(n *ir.Node, r refusal) bool {
	return slices.ContainsFunc(b.diags, func(d diag.Diagnostic) bool {
		return (d.At == n.At || d.At == n.Key) && strings.HasPrefix(d.Message, "the patch on ") && strings.HasSuffix(d.Message, ": "+r.message)
	})
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

// patched is an object with patches applied, and the reasons for which it is
// refused then.
func (b *builder) patched(o ir.Object, patches ...int) (ir.Object, []refusal) {
	data := o.JSON
	for _, i := range patches {
		var err error
		if data, err = applyPatch(data, b.app.Spec.Patches[i]); err != nil {
			return o, []refusal{{message: err.Error()}}
		}
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
// fields that its type does not have, defaulted and valid at the target.
func (b *builder) readmit(o ir.Object, data []byte) (ir.Object, []refusal) {
	var head struct {
		metav1.TypeMeta
		Metadata metav1.ObjectMeta
	}
	err := json.Unmarshal(data, &head)
	before := o
	switch u := newUpstream(o.APIVersion, o.Kind); {
	case err != nil:
	case head.APIVersion != o.APIVersion || head.Kind != o.Kind || head.Metadata.Name != o.Name || head.Metadata.Namespace != o.Namespace:
		err = errors.New("it changes what the object is: its apiVersion, kind, name or namespace")
	case o.Cluster == ir.Mesh:
		o, err = readmitIstio(b.pinned.Target, o, head.Metadata, data)
	case u == nil:
		o, err = readmitPlain(o, head.Metadata, data)
	default:
		var refused []refusal
		if o, refused = b.readmitKnative(o, u, data); len(refused) > 0 {
			return o, refused
		}
	}
	if err != nil {
		return o, []refusal{{message: err.Error()}}
	}
	return o, append(b.undone(before, o), b.notPermitted(before, o)...)
}

// readmitKnative is readmit for a kind that upstream has code for.
func (b *builder) readmitKnative(o ir.Object, u upstreamObject, data []byte) (ir.Object, []refusal) {
	if err := strict(data, u); err != nil {
		return o, []refusal{{message: err.Error()}}
	}
	u.SetDefaults(b.ctx)
	var refused []refusal
	for _, r := range flagRefusals(b.pinned.Target, refusals(u.Validate(b.ctx))) {
		if r.code == "" {
			r.message = "the result is refused by Knative: " + r.message
		}
		refused = append(refused, r)
	}
	refused = append(refused, podRefusals(u)...)
	refused = append(refused, releaseRefusals(b.pinned.Target, u, data)...)
	before := o.JSON
	refused = append(refused, unpinnedImages(before, u)...)
	o.JSON = object(o.APIVersion, o.Kind, *u.GetObjectMeta().(*metav1.ObjectMeta), specOf(u)).JSON
	if err := sameTemplate(before, o.JSON); err != nil {
		refused = append(refused, refusal{path: "spec.template", message: err.Error()})
	}
	return o, refused
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
	err := dec.Decode(into)
	if err != nil {
		if _, field, ok := strings.Cut(err.Error(), "unknown field "); ok {
			return fmt.Errorf("its type has no field %s, which the API server would drop", field)
		}
	}
	return err
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
