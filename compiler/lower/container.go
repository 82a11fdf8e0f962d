package lower

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"knative.dev/pkg/ptr"

	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/pin"
	"github.com/belay-sh/belay/schema"
)

// servingContainer is the name of the app's own container: what Knative calls
// one without a name.
const servingContainer = "user-container"

func containerName(c ir.Container) string {
	if c.Role == ir.Serving {
		return servingContainer
	}
	return c.Name
}

func (b *builder) container(c ir.Container, volumes *volumes) corev1.Container {
	s := c.Spec
	out := corev1.Container{
		Name:            containerName(c),
		Image:           pin.Pinned(s.Image, b.pinned.Digests[s.Image]),
		ImagePullPolicy: corev1.PullPolicy(s.PullPolicy),
		Command:         s.Command,
		Args:            s.Args,
		WorkingDir:      s.WorkingDir,
		Env:             env(s.Env),
		EnvFrom:         envFrom(s.EnvFrom),
		Resources: corev1.ResourceRequirements{
			Requests: b.resources(s.Resources.Requests, c.Node.Find("resources", "requests")),
			Limits:   b.resources(s.Resources.Limits, c.Node.Find("resources", "limits")),
		},
		ReadinessProbe:  probe(s.Probes.Readiness, 0),
		LivenessProbe:   liveness(s.Probes.Liveness, ownPort(c)),
		StartupProbe:    probe(s.Probes.Startup, ownPort(c)),
		VolumeMounts:    volumes.mounts(c),
		SecurityContext: b.securityContext(s),
	}
	if s.Port != 0 {
		out.Ports = []corev1.ContainerPort{{ContainerPort: s.Port, Protocol: corev1.ProtocolTCP}}
		if s.Protocol == "h2c" {
			out.Ports[0].Name = s.Protocol
		}
	}
	return out
}

func (b *builder) resources(quantities map[string]schema.Quantity, n *ir.Node) corev1.ResourceList {
	if len(quantities) == 0 {
		return nil
	}
	list := corev1.ResourceList{}
	for _, name := range ir.Sorted(quantities) {
		list[corev1.ResourceName(name)] = b.quantity(quantities[name], n.Find(name))
	}
	return list
}

// quantity reads a quantity; the API server stores its canonical form, which
// is what it marshals to.
func (b *builder) quantity(q schema.Quantity, n *ir.Node) resource.Quantity {
	parsed, err := resource.ParseQuantity(string(q))
	if err != nil {
		b.diags.Add(n.Errorf(diag.InvalidValue, "%s is %q, which Kubernetes does not read as a quantity: %v", n.Name, q, err))
	}
	return parsed
}

// securityContext makes what a profile stands for. "bounded" is what upstream's
// secure-pod-defaults: AllowRootBounded would set (revision_defaults.go,
// defaultSecurityContext).
func (b *builder) securityContext(s *schema.Container) *corev1.SecurityContext {
	out := &corev1.SecurityContext{
		RunAsUser:              s.Security.User,
		RunAsGroup:             s.Security.Group,
		ReadOnlyRootFilesystem: s.Security.ReadOnlyRoot,
	}
	for _, c := range s.Security.Capabilities {
		out.Capabilities = addCapability(out.Capabilities, corev1.Capability(c))
	}
	if s.Security.Profile != "none" {
		b.bound(out, s)
	}
	if *out == (corev1.SecurityContext{}) {
		return nil
	}
	return out
}

func (b *builder) bound(out *corev1.SecurityContext, s *schema.Container) {
	const netBind = "NET_BIND_SERVICE"
	has := func(field string) bool { return b.pinned.Target.HasField("containers.securityContext." + field) }
	if out.Capabilities == nil {
		out.Capabilities = &corev1.Capabilities{}
	}
	out.Capabilities.Drop = []corev1.Capability{"ALL"}
	if s.Port != 0 && s.Port < 1024 && b.pinned.Target.BindsLowPorts() && !slices.Contains(out.Capabilities.Add, netBind) {
		out.Capabilities = addCapability(out.Capabilities, netBind)
	}
	if has("allowPrivilegeEscalation") {
		out.AllowPrivilegeEscalation = ptr.Bool(false)
	}
	if has("seccompProfile") {
		out.SeccompProfile = &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault}
	}
	if s.Security.Profile == "strict" && has("runAsNonRoot") {
		out.RunAsNonRoot = ptr.Bool(true)
	}
}

func addCapability(c *corev1.Capabilities, add corev1.Capability) *corev1.Capabilities {
	if c == nil {
		c = &corev1.Capabilities{}
	}
	c.Add = append(c.Add, add)
	return c
}
