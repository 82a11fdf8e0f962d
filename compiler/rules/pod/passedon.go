package pod

import (
	"github.com/belay-sh/belay/compiler/kubernetes"
	"github.com/belay-sh/belay/compiler/rules"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/spelling"
	"github.com/belay-sh/belay/internal/target"
	"github.com/belay-sh/belay/schema"
)

// passedOnRules are the rules of this file.
var passedOnRules = rules.Set{
	Container: []func(*target.Target, ir.Container) diag.List{checkPassedOn, checkRootUser},
}

// validate reports what Kubernetes has against a value of the spec.
func validate(n *ir.Node, validator kubernetes.Validator) diag.List {
	if n == nil {
		return nil
	}
	data, err := n.MarshalJSON()
	if err != nil {
		return nil
	}
	return place(n, validator(data))
}

// place places findings about a value at the elements and fields that they
// are about.
func place(n *ir.Node, found []kubernetes.Finding) (diags diag.List) {
	for _, f := range found {
		at := n.Find(f.Path...)
		d := at.Errorf(f.Code, "%s", f.Message)
		if at.Kind == schema.Struct || f.Code == diag.MisplacedField {
			d = at.KeyErrorf(f.Code, "%s", f.Message)
		}
		d.Severity, d.Hint = f.Severity, f.Hint
		diags.Add(d)
	}
	return diags
}

// checkPassedOn validates what else of a container Knative passes on unread.
func checkPassedOn(_ *target.Target, c ir.Container) (diags diag.List) {
	for _, n := range c.Node.Field("env").Fields() {
		if f := n.Field("field"); f != nil {
			diags.Add(reportNearest(f, kubernetes.EnvField(f.Text), kubernetes.EnvFields)...)
		}
	}
	for _, list := range []string{"requests", "limits"} {
		for _, q := range c.Node.Field("resources").Field(list).Fields() {
			diags.Add(checkResourceName(q)...)
		}
	}
	for _, m := range c.Node.Field("mounts").Fields() {
		diags.Add(validate(m.Field("ephemeral"), kubernetes.ValidateClaim)...)
		for _, source := range m.Field("projected").Elements() {
			for _, f := range source.Field("fields").Fields() {
				diags.Add(checkVolumeField(f)...)
			}
		}
	}
	for _, n := range c.Node.Field("security").Field("capabilities").Elements() {
		diags.Add(reportNearest(n, kubernetes.Capability(n.Text), kubernetes.Capabilities)...)
	}
	return diags
}

// checkVolumeField validates a field of the pod that a file has, and proposes
// the reverse if the field is written in the place of the file.
func checkVolumeField(f *ir.Node) diag.List {
	diags := reportNearest(f, kubernetes.VolumeField(f.Text), kubernetes.VolumeFields)
	if len(diags) > 0 && len(kubernetes.VolumeField(f.Name)) == 0 {
		diags[0] = diags[0].WithHint("the two are in reverse order; write fields: %q: %q", f.Text, f.Name)
	}
	return diags
}

// reportNearest reports findings about a word, with the nearest word that there is.
func reportNearest(n *ir.Node, found []kubernetes.Finding, words []string) (diags diag.List) {
	for _, d := range place(n, found) {
		if near := spelling.Nearest(n.Text, words); near != "" && d.Hint == "" {
			d = d.WithHint("did you mean %q?", near)
		}
		diags.Add(d)
	}
	return diags
}

func checkResourceName(q *ir.Node) (diags diag.List) {
	for _, f := range kubernetes.ResourceName(q.Name) {
		d := q.KeyErrorf(f.Code, "%s", f.Message)
		if near := spelling.Nearest(q.Name, kubernetes.StandardResources); near != "" && near != "cpu" {
			d = d.WithHint("did you mean %s?", near)
		}
		diags.Add(d)
	}
	return diags
}

// checkRootUser reports a container that is to run as root and must not
// (k8s.io/kubernetes/pkg/kubelet/kuberuntime, verifyRunAsNonRoot).
func checkRootUser(_ *target.Target, c ir.Container) diag.List {
	n, s := c.Node.Field("security"), c.Spec.Security
	if s.Profile != "strict" || s.User == nil || *s.User != 0 {
		return nil
	}
	return diag.List{rules.InOrder(n.Field("profile"), n.Field("user"), diag.RootUser, "profile \"strict\" sets runAsNonRoot, and user 0 is root: the kubelet does not start the container").
		WithHint(`user: 65532, or profile: "bounded"`)}
}
