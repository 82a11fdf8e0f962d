package fields

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"knative.dev/pkg/ptr"

	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
	"github.com/belay-sh/belay/schema"
)

// permissions maps what a container may do. The row of the profile reads the
// capabilities as well.
var permissions = Table[ir.Container, corev1.Container]{
	permission("security.user", "securityContext.runAsUser",
		func(s *schema.Security) **int64 { return &s.User }, func(o *corev1.SecurityContext) **int64 { return &o.RunAsUser }),
	permission("security.group", "securityContext.runAsGroup",
		func(s *schema.Security) **int64 { return &s.Group }, func(o *corev1.SecurityContext) **int64 { return &o.RunAsGroup }),
	permission("security.readOnlyRoot", "securityContext.readOnlyRootFilesystem",
		func(s *schema.Security) **bool { return &s.ReadOnlyRoot }, func(o *corev1.SecurityContext) **bool { return &o.ReadOnlyRootFilesystem }),
	{
		Spec: "security.capabilities", Object: "securityContext.capabilities.add", Others: []string{"securityContext.capabilities"},
		write: func(_ *Conversion, _ *ir.Node, s *ir.Container, o *corev1.Container) {
			for _, capability := range s.Spec.Security.Capabilities {
				addCapability(securityContext(o), corev1.Capability(capability))
			}
		},
	},
	{
		Spec: "security.profile", Object: "securityContext.capabilities.drop", Others: []string{"securityContext.allowPrivilegeEscalation", "securityContext.seccompProfile", "securityContext.runAsNonRoot"},
		write: func(c *Conversion, _ *ir.Node, s *ir.Container, o *corev1.Container) {
			if s.Spec.Security.Profile == "none" {
				return
			}
			context := securityContext(o)
			restrict(c.Target, s.Spec.Security.Profile, context)
			if bindsLowPort(c.Target, s.Spec) && !slices.Contains(context.Capabilities.Add, netBind) {
				addCapability(context, netBind)
			}
		},
		read: readProfile,
	},
}

const netBind corev1.Capability = "NET_BIND_SERVICE"

// permission maps an optional field of a security context.
func permission[V any](spec, object string, from func(*schema.Security) **V, to func(*corev1.SecurityContext) **V) Row[ir.Container, corev1.Container] {
	return Row[ir.Container, corev1.Container]{
		Spec: spec, Object: object,
		write: func(_ *Conversion, _ *ir.Node, s *ir.Container, o *corev1.Container) {
			if value := *from(&s.Spec.Security); value != nil {
				*to(securityContext(o)) = value
			}
		},
		read: func(_ *Conversion, o *corev1.Container, s *ir.Container) {
			if o.SecurityContext != nil {
				*from(&s.Spec.Security) = *to(o.SecurityContext)
			}
		},
	}
}

// securityContext returns the security context of a container, which it adds if
// there is none.
func securityContext(o *corev1.Container) *corev1.SecurityContext {
	if o.SecurityContext == nil {
		o.SecurityContext = &corev1.SecurityContext{}
	}
	return o.SecurityContext
}

func addCapability(context *corev1.SecurityContext, capability corev1.Capability) {
	if context.Capabilities == nil {
		context.Capabilities = &corev1.Capabilities{}
	}
	context.Capabilities.Add = append(context.Capabilities.Add, capability)
}

// restrict sets what a profile stands for, as far as the target has the fields.
// "bounded" is what upstream's secure-pod-defaults: AllowRootBounded would set
// (revision_defaults.go, defaultSecurityContext).
func restrict(t *target.Target, profile string, context *corev1.SecurityContext) {
	has := func(field string) bool { return t.HasField("containers.securityContext." + field) }
	if context.Capabilities == nil {
		context.Capabilities = &corev1.Capabilities{}
	}
	context.Capabilities.Drop = []corev1.Capability{"ALL"}
	if has("allowPrivilegeEscalation") {
		context.AllowPrivilegeEscalation = ptr.Bool(false)
	}
	if has("seccompProfile") {
		context.SeccompProfile = &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault}
	}
	if profile == "strict" && has("runAsNonRoot") {
		context.RunAsNonRoot = ptr.Bool(true)
	}
}

// bindsLowPort reports whether a profile adds the capability to listen on the
// port of a container.
func bindsLowPort(t *target.Target, s *schema.Container) bool {
	return s.Port != 0 && s.Port < 1024 && t.BindsLowPorts()
}

// readProfile sets the profile that gives the restrictions of a container, and
// the capabilities that it has besides.
func readProfile(c *Conversion, o *corev1.Container, s *ir.Container) {
	context := o.SecurityContext
	if context == nil {
		context = &corev1.SecurityContext{}
	}
	security := &s.Spec.Security
	switch {
	case isRestricted(c.Target, "bounded", context): // the default
	case isRestricted(c.Target, "strict", context):
		security.Profile = "strict"
	default:
		security.Profile = "none"
	}
	if context.Capabilities == nil {
		return
	}
	added := context.Capabilities.Add
	implied := security.Profile != "none" && bindsLowPort(c.Target, s.Spec)
	if last := len(added) - 1; implied && last >= 0 && slices.Index(added, netBind) == last {
		added = added[:last]
	}
	for _, capability := range added {
		security.Capabilities = append(security.Capabilities, string(capability))
	}
}

// isRestricted reports whether a security context has what a profile stands for,
// and no other value in its place.
func isRestricted(t *target.Target, profile string, context *corev1.SecurityContext) bool {
	restricted := context.DeepCopy()
	restricted.RunAsNonRoot = nil
	restrict(t, profile, restricted)
	return equality.Semantic.DeepEqual(restricted, context)
}
