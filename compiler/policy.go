package compiler

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/policy"
)

// readPolicy reads the policy of the run. Its file is the caller's, not the
// spec's: it is read outside of the root of a confined run as well, which is
// where it belongs. The error is about a file that is not there.
func (r *run) readPolicy() (diag.List, error) {
	name := r.opts.Policy
	if name == "" {
		name = policy.Own
		if r.opts.Root != nil {
			name = policy.Tenant
		}
	}
	var known bool
	if r.policy, known = policy.Named(name); known && r.opts.PolicyText == nil {
		return nil, nil
	}
	opts := load.Options{Dir: r.opts.Dir, Files: r.opts.Files, Limits: r.opts.Limits}
	path := opts.Abs(name)
	if r.opts.PolicyText != nil {
		opts.Files = map[string][]byte{path: r.opts.PolicyText}
	} else if r.opts.Root != nil && isInDirectory(r.opts.Root.Name(), path) {
		return nil, fmt.Errorf("--policy %s is inside %s, where those write whom the policy is for; put it outside", name, r.opts.Root.Name())
	}
	root, diags := load.YAML(path, opts)
	if root == nil && !diags.HasErrors() {
		return nil, fmt.Errorf("--policy %s is not %s, %s or a file; for example: --policy policy.yaml", name, policy.Own, policy.Tenant)
	}
	if diags.HasErrors() {
		return diags, nil
	}
	r.policy, diags = policy.Decode(name, root)
	r.opts.Overrides.Target = r.policy.Target
	return diags, nil
}

// isInDirectory reports whether a path is in a directory, links considered.
func isInDirectory(dir, path string) bool {
	for _, resolve := range []func(string) (string, error){filepath.Abs, filepath.EvalSymlinks} {
		d, err := resolve(dir)
		p, missing := resolve(path)
		if err != nil || missing != nil {
			continue // reported as not there
		}
		if rel, err := filepath.Rel(d, p); err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
			return true
		}
	}
	return false
}

// permit reports what a spec may not emit by the policy, and removes it from the
// spec, so that the objects are not reported as well. It leaves out what the rules
// of specs have reported already.
func (r *run) permit(c *ir.Checked, reported diag.List) diag.List {
	diags := r.policy.Check(c)
	denied := func(n *ir.Node) bool { return n != nil && diags.HasErrorsBelow(n.Path()) }
	if denied(c.Node.Field("platform")) || denied(c.Node.Field("namespaces")) {
		c.Platform, c.Namespaces = nil, nil
	}
	c.Apps = slices.DeleteFunc(c.Apps, func(a *ir.App) bool { return denied(a.Node) })
	return slices.DeleteFunc(diags, func(d diag.Diagnostic) bool {
		field, _, _ := strings.Cut(d.Path, "[") // of an element
		return slices.ContainsFunc(reported, func(r diag.Diagnostic) bool {
			return r.Severity == diag.Error && (r.Path == d.Path || r.Path == field)
		})
	})
}
