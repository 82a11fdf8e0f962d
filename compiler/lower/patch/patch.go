// Package patch applies the patches of an app to its objects: the user's last
// word, which is validated like everything else. The result of a patch is
// admitted again, as an object of the same identity; it must not change what a
// computed name stands for, bring in an image without a digest, take an app out
// of its own mesh policies, or do what the platform's policy does not permit.
//
// Apply is all that the package exports. blame.go finds out which of several
// patches of an object is wrong, and source.go at which of its tokens.
package patch

import (
	"fmt"
	"strings"
	"sync"

	jsonpatch "github.com/evanphx/json-patch/v5"
	"sigs.k8s.io/kustomize/kyaml/openapi"
	kyaml "sigs.k8s.io/kustomize/kyaml/yaml"
	"sigs.k8s.io/kustomize/kyaml/yaml/merge2"
	"sigs.k8s.io/yaml"

	"github.com/belay-sh/belay/compiler/admission"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/policy"
	"github.com/belay-sh/belay/internal/target"
	"github.com/belay-sh/belay/schema"
)

// Rules are what a patched object is validated by.
type Rules struct {
	Admission *admission.Controller
	Target    *target.Target
	Policy    *policy.Policy // what the platform permits
}

// Apply replaces each object of an app that has patches by the patched one. An
// object that cannot be patched stays, and is reported at the patches. Defaults
// and rules are applied after all patches of an object: one may add what another
// needs.
func Apply(app *ir.App, objects []ir.Object, rules Rules) diag.List {
	p := &patcher{Rules: rules, app: app, objects: objects}
	of := make([][]int, len(objects)) // the patches of an object
	for i, patch := range app.Spec.Patches {
		matched := false
		for j, o := range objects {
			if o.Kind == patch.Kind && (patch.Name == "" || o.Name == patch.Name) {
				of[j] = append(of[j], i)
				matched = true
			}
		}
		if !matched {
			p.diags.Add(p.unmatched(p.node(i), patch))
		}
	}
	for j, patches := range of {
		if len(patches) == 0 {
			continue
		}
		result := p.patched(objects[j], patches...)
		if len(result.violations) > 0 {
			p.blame(objects[j], patches)
			continue
		}
		objects[j] = result.object
	}
	return p.diags
}

// A patcher applies the patches of one app.
type patcher struct {
	Rules
	app     *ir.App
	objects []ir.Object
	diags   diag.List
}

func (p *patcher) node(i int) *ir.Node { return p.app.Node.Field("patches").Children[i] }

// unmatched is the diagnostic of a patch that is for none of the objects.
func (p *patcher) unmatched(n *ir.Node, patch schema.Patch) diag.Diagnostic {
	var have []string
	for _, o := range p.objects {
		have = append(have, o.Kind+" "+o.Name)
	}
	what := patch.Kind
	at := n.Field("kind")
	if patch.Name != "" {
		what += " " + patch.Name
		at = n.Field("name")
	}
	return at.Errorf(diag.InvalidPatch, "the patch matches nothing: app %q has no %s", p.app.Name, what).
		WithHint("it has %s", strings.Join(have, ", "))
}

// patched applies some patches to an object, and validates the result.
func (p *patcher) patched(o ir.Object, patches ...int) result {
	data := o.JSON
	for _, i := range patches {
		var err error
		if data, err = apply(data, p.app.Spec.Patches[i]); err != nil {
			return unreadable(o, admission.Violation{Message: err.Error()})
		}
	}
	return p.validate(o, data)
}

// withoutSchemas keeps kyaml from reading the schemas of Kubernetes' own kinds, which
// takes a tenth of a second: only Knative's and Istio's kinds are merged here. It
// changes a variable of the whole process, once, because other goroutines may be
// merging; nothing else of belay's uses these schemas.
var withoutSchemas = sync.OnceFunc(openapi.SuppressBuiltInSchemaUse)

// apply applies a patch to an object, as JSON.
func apply(data []byte, p schema.Patch) ([]byte, error) {
	if p.JSON != nil {
		patch, err := jsonpatch.DecodePatch(p.JSON)
		if err != nil {
			return nil, err
		}
		return patch.Apply(data)
	}
	withoutSchemas()
	merged, err := merge2.MergeStrings(asYAML(p.Merge), asYAML(data), true, kyaml.MergeOptions{ListIncreaseDirection: kyaml.MergeOptionsListAppend})
	if err != nil {
		return nil, err
	}
	return yaml.YAMLToJSON([]byte(merged))
}

// asYAML writes JSON so that YAML reads it as the same: with escapes for the
// characters that YAML rejects, or takes for the end of a line.
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
