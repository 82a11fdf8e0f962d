package check

import (
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/reference"
	"github.com/belay-sh/belay/schema"
)

// checkReference validates an image reference as the webhook and a kubelet do.
func checkReference(n *ir.Node) diag.List {
	_, err := reference.Parse(n.Text)
	if err == nil {
		return nil
	}
	d := n.Errorf(diag.InvalidImage, "%s is not a valid image reference: %v", n.DisplayValue(), err)
	if repaired := reference.Repair(n.Text); repaired != "" {
		return diag.List{d.WithHint("write %q", repaired)}
	}
	return diag.List{d.WithHint(`write it as "registry.example.com/team/app:v1"`)}
}

// checkDisguise reports text that looks like another text. A text with a form
// is a name, which something else refers to: there it is an error. Other texts
// are the app's own affair, and it is a warning.
func (c *typechecker) checkDisguise(n *ir.Node, t *schema.Type) {
	what := diag.Disguise(n.Text)
	if what == "" {
		return
	}
	d := n.Errorf(diag.DisguisedText, "%s contains %s", n.DisplayName(), what)
	if t.Pattern == nil {
		c.diags.Add(d.AsWarning().WithHint("remove it, unless the app needs it; copied text often brings such characters along"))
		return
	}
	c.diags.Add(d.WithHint("remove it"))
}

// disguisedKey reports a key that looks like another one.
func disguisedKey(n *ir.Node) diag.List {
	what := diag.Disguise(n.Name)
	if what == "" {
		return nil
	}
	return diag.List{n.KeyErrorf(diag.DisguisedText, "the name %q contains %s", n.Name, what).WithHint("remove it")}
}

// disguised adds to a mistake in a text what a reader can't see in it.
func disguised(d diag.Diagnostic, text string) diag.Diagnostic {
	if what := unreadable(text); what != "" {
		return d.WithHint("it contains %s", what)
	}
	return d
}

// unreadable describes the first character that makes a name another one than
// it seems to be: names are ASCII.
func unreadable(text string) string {
	if what := diag.Disguise(text); what != "" {
		return what
	}
	for _, r := range text {
		if r > 0x7f {
			return diag.Describe(r)
		}
	}
	return ""
}
