package krm

import (
	"slices"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/belay-sh/belay/compiler"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/invocation"
	"github.com/belay-sh/belay/internal/overlay"
	"github.com/belay-sh/belay/internal/pin"
	"github.com/belay-sh/belay/internal/target"
)

// pin gives the images of all items their digests.
func (c *call) pin() error {
	lock, err := c.lock()
	if err != nil || lock == nil {
		return err
	}
	findings, err := overlay.Pin(c.items, lock)
	c.addFindings(findings)
	return err
}

// finalize repairs the items.
func (c *call) finalize() error {
	lock, err := c.lock()
	if err != nil || lock == nil {
		return err
	}
	t, err := c.target()
	if err != nil || c.results.HasErrors() {
		return err
	}
	findings, err := overlay.Finalize(c.objects(), t, lock)
	c.addFindings(findings)
	return err
}

// vet validates the items.
//
// kustomize accepts only an empty output of a validator (it compares the items
// with its own, and its runtime has added annotations to these), and deletes
// everything if a transformer's output is empty. So the items are passed on, for
// transformers, unless spec.emit is none, for validators.
func (c *call) vet() error {
	t, err := c.target()
	if err != nil {
		return err
	}
	emit := c.config.text("spec", "emit")
	switch emit {
	case "", "all", "none":
	default:
		c.results.add(newResult(c.config.node, diag.Error, diag.UnknownValue, "spec.emit", "%q is neither all nor none", emit))
	}
	if c.results.HasErrors() {
		return nil
	}
	findings, err := overlay.Vet(c.objects(), t)
	c.addFindings(findings)
	if emit == "none" {
		c.items = nil
	}
	return err
}

// objects returns the items without the configuration of the function, which kpt
// passes among them.
func (c *call) objects() []*yaml.RNode {
	return slices.DeleteFunc(slices.Clone(c.items), func(item *yaml.RNode) bool {
		return overlay.Identifier(item) == overlay.Identifier(c.config.node)
	})
}

// addFindings adds what was found in items as results.
func (c *call) addFindings(findings []overlay.Finding) {
	// Which specs the objects are of is not known.
	all := invocation.Invocation{Paths: []string{"./..."}, Where: invocation.AtRoot}
	for _, f := range findings {
		r := newResult(f.Object, f.Severity, f.Code, f.Path, "%s", f.Message)
		*r.ResourceRef = f.Called
		if f.Hint != "" {
			r = r.withHint("%s", all.CompleteHint(f.Hint))
		}
		if r.Field != nil {
			r.Field.CurrentValue, r.Field.ProposedValue = f.Current, f.Proposed
		}
		c.results.add(r)
	}
}

// lock returns the lock of the function's directory, with the configuration's own
// digests. It is nil if the lock is invalid, which the results then report.
func (c *call) lock() (*pin.Lock, error) {
	if err := c.readPins(); err != nil || c.results.HasErrors() {
		return nil, err
	}
	lock, diags := compiler.NearestLock(c.opts.Dir, c.opts)
	for _, d := range diags {
		c.results.add(c.fileResult(d))
	}
	if diags.HasErrors() {
		return nil, nil
	}
	return lock, nil
}

// target returns the target that the configuration describes, in the form that a
// spec has it in; the default one if it describes none.
func (c *call) target() (*target.Target, error) {
	described := c.config.field("target")
	if described == nil {
		return target.Default(), nil
	}
	document := yaml.NewMapRNode(nil)
	if err := document.PipeE(yaml.SetField("target", described)); err != nil {
		return nil, err
	}
	paths, err := c.inline(document)
	if err != nil {
		return nil, err
	}
	specs, diags, err := compiler.Check(c.ctx, paths, c.opts)
	for _, d := range diags {
		c.results.add(c.fieldResult(d))
	}
	if err != nil || len(specs) == 0 {
		return target.Default(), err
	}
	return specs[0].Target, nil
}
