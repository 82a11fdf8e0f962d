package pod

import (
	"slices"

	"github.com/belay-sh/belay/compiler/rules"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
)

// containerRules are the rules of this file.
var containerRules = rules.Set{
	Revision:  []func(*target.Target, *ir.App, *ir.Revision) diag.List{checkImages, checkPullSecrets, checkPorts},
	Container: []func(*target.Target, ir.Container) diag.List{checkPort, checkSecurity},
	DependsOn: map[diag.Code][]string{
		diag.LowPort:      {rules.TargetFeatures, rules.TargetKnative, "profile", "capabilities", "security"},
		diag.PortRequired: {"port", "sidecars"},
	},
}

// checkImages reports revisions without an image. If all revisions of an app
// have none, the app is reported once.
func checkImages(_ *target.Target, a *ir.App, r *ir.Revision) diag.List {
	if r.Spec.Image != "" {
		return nil
	}
	nowhere := !slices.ContainsFunc(a.Revisions, func(r *ir.Revision) bool { return r.Spec.Image != "" })
	if nowhere || !a.Declared() {
		return diag.List{a.Node.KeyErrorf(diag.MissingField, "app %q lacks the field image", a.Name)}
	}
	return diag.List{r.Written.KeyErrorf(diag.MissingField, "revision %q lacks the field image, and so does app %q", r.ID, a.Name)}
}

// checkPullSecrets reports a pull secret that is listed more than once: for the
// API server they are a map by name, as for Kubernetes' own pods (listMapKeys
// of the CRDs).
func checkPullSecrets(_ *target.Target, _ *ir.App, r *ir.Revision) (diags diag.List) {
	seen := map[string]*ir.Node{}
	for _, n := range r.Node.Field("pullSecrets").Elements() {
		if first := seen[n.Text]; first != nil {
			diags.Add(n.Errorf(diag.DuplicateName, "the pull secret %s stands twice", n.Text).WithRelated(first.At, "the first"))
			continue
		}
		seen[n.Text] = n
	}
	return diags
}

// checkPorts reports pods that do not have exactly one port, on the container
// that serves (knative.dev/serving/pkg/apis/serving/k8s_validation.go,
// validateContainersPorts).
func checkPorts(_ *target.Target, a *ir.App, r *ir.Revision) (diags diag.List) {
	if len(r.Spec.Sidecars) > 0 && r.Spec.Port == 0 {
		diags.Add(a.Node.KeyErrorf(diag.PortRequired, "app %q has sidecars; Knative then asks which container serves, by its port", a.Name).
			WithHint("port: 8080"))
	}
	for _, c := range r.Containers()[1:] {
		for _, field := range []string{"port", "protocol"} {
			if n := c.Node.Field(field); n != nil {
				diags.Add(n.KeyErrorf(diag.SidecarPort, "%s of a container beside the app's: Knative routes to one port of one container", field).
					WithHint("leave it out; other containers of the pod reach it on localhost all the same"))
			}
		}
	}
	if n := r.Node.Field("protocol"); n != nil && r.Spec.Port == 0 {
		diags.Add(n.KeyErrorf(diag.PortRequired, "protocol is a property of the port, and there is none").
			WithHint("port: 8080"))
	}
	return diags
}

// checkPort reports ports that Knative's own container uses, and those that the
// app may not bind.
func checkPort(t *target.Target, c ir.Container) (diags diag.List) {
	n := c.Node.Field("port")
	if n == nil || c.Role != ir.Serving {
		return nil
	}
	if slices.Contains(target.ReservedPorts, c.Spec.Port) {
		diags.Add(n.Errorf(diag.ReservedPort, "port %d is taken by Knative's queue-proxy in the same pod", c.Spec.Port).
			WithHint("let the app listen elsewhere, on 8080 say"))
	}
	bounded := c.Spec.Security.Profile != "none" && !slices.Contains(c.Spec.Security.Capabilities, "NET_BIND_SERVICE")
	if c.Spec.Port < 1024 && bounded && !t.BindsLowPorts() {
		diags.Add(n.Warnf(diag.LowPort, "port %d needs the capability NET_BIND_SERVICE where the node asks for it, and the target does not allow it to be added", c.Spec.Port).
			WithHint("listen above 1023, or enable the flag kubernetes.containerspec-addcapabilities"))
	}
	return diags
}

// checkSecurity reports fields of the pod's security on another container than
// the app's own.
func checkSecurity(_ *target.Target, c ir.Container) diag.List {
	if n := c.Node.Field("security").Field("fsGroup"); n != nil && c.Role != ir.Serving {
		return diag.List{n.KeyErrorf(diag.MisplacedField, "fsGroup belongs to the pod; set it in the app's own security")}
	}
	return nil
}
