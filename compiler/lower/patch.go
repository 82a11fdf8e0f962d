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
	"sigs.k8s.io/kustomize/kyaml/openapi"
	kyaml "sigs.k8s.io/kustomize/kyaml/yaml"
	"sigs.k8s.io/kustomize/kyaml/yaml/merge2"
	"sigs.k8s.io/yaml"

	"github.com/belay-sh/belay/compiler/admission"
	"github.com/belay-sh/belay/compiler/meshpolicy"
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
		b.blameFor(o, i, slices.DeleteFunc(refused, func(r admission.Violation) bool {
			return r.Path != "" && !slices.Contains(together, r) // another patch mends it
		}))
	}
	if len(b.diags) == blamed { // each is valid without the others
		b.blameFor(o, patches[len(patches)-1], together)
	}
}

// blameFor reports at a patch why the object with it is refused.
func (b *builder) blameFor(o ir.Object, i int, refused []admission.Violation) {
	p := b.app.Spec.Patches[i]
	for _, r := range refused {
		n := patchSource(b.patchNode(i), p, r.Path)
		at := n.Errorf
		if n.Kind == schema.Struct || n.Kind == schema.List {
			at = n.KeyErrorf
		}
		if b.isBlamed(n, r) {
			continue
		}
		d := at(patchCode(r), "the patch on %s %s: %s", o.Kind, o.Name, r.Message)
		d.Hint = r.Hint
		b.diags.Add(d)
	}
}

// patchCode is the code of a violation. What only a webhook's code reports is a
// matter of the patch.
func patchCode(v admission.Violation) diag.Code {
	if v.Code == diag.RejectedByAdmission {
		return diag.InvalidPatch
	}
	return cmp.Or(v.Code, diag.InvalidPatch)
}

// isBlamed reports whether a patch of several objects is reported already for
// what is wrong with it, by another of them.
func (b *builder) isBlamed(n *ir.Node, r admission.Violation) bool {
	return slices.ContainsFunc(b.diags, func(d diag.Diagnostic) bool {
		return (d.At == n.At || d.At == n.Key) && strings.HasPrefix(d.Message, "the patch on ") && strings.HasSuffix(d.Message, ": "+r.Message)
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
func (b *builder) patched(o ir.Object, patches ...int) (ir.Object, []admission.Violation) {
	data := o.JSON
	for _, i := range patches {
		var err error
		if data, err = applyPatch(data, b.app.Spec.Patches[i]); err != nil {
			return o, []admission.Violation{{Message: err.Error()}}
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
func (b *builder) readmit(before ir.Object, data []byte) (ir.Object, []admission.Violation) {
	if err := sameIdentity(before, data); err != nil {
		return before, []admission.Violation{{Message: err.Error()}}
	}
	after := before
	var violations []admission.Violation
	after.JSON, violations = b.admission.Admit(data)
	for i, v := range violations {
		violations[i].Message = wording[v.By] + v.Message
		if v.By == admission.Decoding {
			return before, violations
		}
	}
	violations = append(violations, unpinnedImages(before.JSON, after.JSON)...)
	if err := sameTemplate(before.JSON, after.JSON); err != nil {
		violations = append(violations, admission.Violation{Path: "spec.template", Message: err.Error()})
	}
	if len(violations) > 0 {
		return before, violations
	}
	for _, f := range meshpolicy.Weakened(before, after, meshpolicy.Any(b.objects)) {
		violations = append(violations, admission.Violation{Path: f.Path, Message: f.Message})
	}
	return after, append(violations, b.notPermitted(before, after)...)
}

// wording is what comes before a violation of a patched object.
var wording = map[admission.Validator]string{
	admission.Knative: "the result is refused by Knative: ",
	admission.Istio:   "the result does not work with Istio: ",
}

// sameIdentity reports a patch that makes another object of one, or none.
func sameIdentity(o ir.Object, data []byte) error {
	var head struct {
		metav1.TypeMeta
		Metadata metav1.ObjectMeta
		Spec     json.RawMessage
	}
	switch err := json.Unmarshal(data, &head); {
	case err != nil:
		return err
	case head.APIVersion != o.APIVersion || head.Kind != o.Kind || head.Metadata.Name != o.Name || head.Metadata.Namespace != o.Namespace:
		return errors.New("it changes what the object is: its apiVersion, kind, name or namespace")
	case len(head.Spec) == 0:
		return errors.New("it removes the spec; to be without the object, leave out the field of the app that it is made from")
	}
	return nil
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
