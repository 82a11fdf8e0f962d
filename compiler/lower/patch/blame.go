package patch

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/belay-sh/belay/compiler/admission"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/schema"
)

// blame reports the patches that an object cannot be patched with. Patches
// that are valid together are set aside, so that each of the others is
// reported for what is wrong with it alone.
func (p *patcher) blame(o ir.Object, patches []int) {
	valid, pending := []int{}, []int{}
	for _, i := range patches {
		candidates := [][]int{slices.Concat(pending, []int{i}), {i}}
		for k := range pending {
			candidates = append(candidates, append(slices.Delete(slices.Clone(pending), k, k+1), i))
		}
		pending = append(pending, i)
		for _, c := range candidates {
			if len(p.patched(o, slices.Concat(valid, c)...).violations) == 0 {
				valid = append(valid, c...)
				pending = slices.DeleteFunc(pending, func(i int) bool { return slices.Contains(c, i) })
				break
			}
		}
	}
	together := p.patched(o, patches...)
	blamed := len(p.diags)
	for _, i := range pending {
		alone := p.patched(o, append(slices.Clone(valid), i)...)
		p.blameFor(o, i, slices.DeleteFunc(alone.violations, func(v admission.Violation) bool {
			anotherRepairs := v.Path != "" && alone.reached <= together.reached && !has(together.violations, v)
			return anotherRepairs
		}))
	}
	if len(p.diags) == blamed { // each is valid without the others
		p.blameFor(o, patches[len(patches)-1], together.violations)
	}
}

// has reports whether a violation is among others, perhaps at another element of
// a list, since another patch may have added one before it.
func has(violations []admission.Violation, v admission.Violation) bool {
	return slices.ContainsFunc(violations, func(o admission.Violation) bool {
		return withoutIndices(o.Message) == withoutIndices(v.Message) && withoutIndices(o.Path) == withoutIndices(v.Path)
	})
}

var indices = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\[\d+\]`) })

func withoutIndices(text string) string { return indices().ReplaceAllString(text, "") }

// blameFor reports at a patch why the object with it is rejected.
func (p *patcher) blameFor(o ir.Object, i int, violations []admission.Violation) {
	for _, v := range violations {
		n := sourceOf(p.node(i), p.app.Spec.Patches[i], v.Path)
		at := n.Errorf
		if n.Kind == schema.Struct || n.Kind == schema.List {
			at = n.KeyErrorf
		}
		if p.isBlamed(n, v) {
			continue
		}
		d := at(codeOf(v), "the patch on %s %s: %s", o.Kind, o.Name, v.Message)
		d.Hint = v.Hint
		p.diags.Add(d)
	}
}

// codeOf is the code of a violation. What only a webhook's code reports is a
// matter of the patch.
func codeOf(v admission.Violation) diag.Code {
	if v.Code == diag.RejectedByAdmission {
		return diag.InvalidPatch
	}
	return cmp.Or(v.Code, diag.InvalidPatch)
}

// isBlamed reports whether a patch of several objects is reported already for
// what is wrong with it, by another of them.
func (p *patcher) isBlamed(n *ir.Node, v admission.Violation) bool {
	return slices.ContainsFunc(p.diags, func(d diag.Diagnostic) bool {
		return (d.At == n.At || d.At == n.Key) && strings.HasPrefix(d.Message, "the patch on ") && strings.HasSuffix(d.Message, ": "+v.Message)
	})
}
