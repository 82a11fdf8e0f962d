package check

import (
	"github.com/belay-sh/belay/compiler/kubernetes"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
	"github.com/belay-sh/belay/schema"
)

// checkScheduling validates where pods may run, as Kubernetes does when it
// makes the pods: Knative stores these values unread.
func checkScheduling(_ *target.Target, a *ir.App, r *ir.Revision) (diags diag.List) {
	n := r.Node.Field("scheduling")
	for _, part := range []struct {
		field    string
		validate kubernetes.Validator
	}{
		{"tolerations", kubernetes.ValidateTolerations},
		{"affinity", kubernetes.ValidateAffinity},
		{"topologySpread", kubernetes.ValidateTopologySpread},
		{"topologySpread", kubernetes.ValidateSpreadOf(podLabels(a))},
	} {
		for _, d := range validate(n.Field(part.field), part.validate) {
			if d.Code == diag.UnreadSetting {
				d = d.WithHint(`labelSelector: matchLabels: "belay.sh/app": %q`, a.Name)
			}
			diags.Add(d)
		}
	}
	return diags
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
	return report(n, validator(data))
}

// report places findings about a value at the elements and fields that they
// are about.
func report(n *ir.Node, found []kubernetes.Finding) (diags diag.List) {
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

// podLabels are the labels of an app's pods. Knative sets the label app to the
// name of the revision, which no selector can be written for.
func podLabels(a *ir.App) map[string]string {
	labels := map[string]string{"app": "", "app.kubernetes.io/name": a.Name, "belay.sh/app": a.Name}
	for key, value := range a.Spec.Labels {
		if place := target.Label(key).Place; place == target.Everywhere || place == target.OnPods {
			labels[key] = value
		}
	}
	return labels
}

// checkPassedOn validates what else of a container Knative passes on unread.
func checkPassedOn(_ *target.Target, c ir.Container) (diags diag.List) {
	for _, n := range children(c.Node.Field("env")) {
		if f := n.Field("field"); f != nil {
			diags.Add(nearby(f, kubernetes.EnvField(f.Text), kubernetes.EnvFields)...)
		}
	}
	for _, list := range []string{"requests", "limits"} {
		for _, q := range children(c.Node.Field("resources").Field(list)) {
			diags.Add(checkResourceName(q)...)
		}
	}
	for _, m := range children(c.Node.Field("mounts")) {
		diags.Add(validate(m.Field("ephemeral"), kubernetes.ValidateClaim)...)
		for _, source := range elements(m.Field("projected")) {
			for _, f := range children(source.Field("fields")) {
				diags.Add(nearby(f, kubernetes.VolumeField(f.Text), kubernetes.VolumeFields)...)
			}
		}
	}
	for _, n := range elements(c.Node.Field("security").Field("capabilities")) {
		diags.Add(nearby(n, kubernetes.Capability(n.Text), kubernetes.Capabilities)...)
	}
	return diags
}

// nearby reports findings about a word, with the nearest word that there is.
func nearby(n *ir.Node, found []kubernetes.Finding, words []string) (diags diag.List) {
	for _, d := range report(n, found) {
		if near := nearest(n.Text, words); near != "" && d.Hint == "" {
			d = d.WithHint("did you mean %q?", near)
		}
		diags.Add(d)
	}
	return diags
}

func checkResourceName(q *ir.Node) (diags diag.List) {
	for _, f := range kubernetes.ResourceName(q.Name) {
		d := q.KeyErrorf(f.Code, "%s", f.Message)
		if near := nearest(q.Name, kubernetes.StandardResources); near != "" && near != "cpu" {
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
	return diag.List{inOrder(n.Field("profile"), n.Field("user"), diag.RootUser, "profile \"strict\" sets runAsNonRoot, and user 0 is root: the kubelet does not start the container").
		WithHint(`user: 65532, or profile: "bounded"`)}
}
