package fields

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/schema"
)

// servingContainer is the name of the app's own container, which Knative gives
// to one without a name.
const servingContainer = "user-container"

// ContainerName returns the name that a container has in its pod.
func ContainerName(c ir.Container) string {
	if c.Role == ir.Serving {
		return servingContainer
	}
	return c.Name
}

// container maps a container. Its mounts are written with the volumes of the
// pod, which it may share with others.
var container = append(Table[ir.Container, corev1.Container]{
	{
		Spec: "image", Object: "image",
		write: func(c *Conversion, _ *ir.Node, s *ir.Container, o *corev1.Container) { o.Image = c.Image(s.Spec.Image) },
		read:  func(c *Conversion, o *corev1.Container, s *ir.Container) { s.Spec.Image = c.Image(o.Image) },
	},
	same("command", "command", func(s *ir.Container) *[]string { return &s.Spec.Command }, func(o *corev1.Container) *[]string { return &o.Command }),
	same("args", "args", func(s *ir.Container) *[]string { return &s.Spec.Args }, func(o *corev1.Container) *[]string { return &o.Args }),
	same("workingDir", "workingDir", func(s *ir.Container) *string { return &s.Spec.WorkingDir }, func(o *corev1.Container) *string { return &o.WorkingDir }),
	text("pullPolicy", "imagePullPolicy", func(s *ir.Container) *string { return &s.Spec.PullPolicy }, func(o *corev1.Container) *corev1.PullPolicy { return &o.ImagePullPolicy }),
	keyed("env", "env",
		func(s *ir.Container) *map[string]schema.EnvValue { return &s.Spec.Env }, usedFirst,
		func(o *corev1.Container) *[]corev1.EnvVar { return &o.Env }, func(e *corev1.EnvVar) *string { return &e.Name }, envValue),
	listed("envFrom", "envFrom",
		func(s *ir.Container) *[]schema.EnvFrom { return &s.Spec.EnvFrom },
		valuesOf(func(o *corev1.Container) *[]corev1.EnvFromSource { return &o.EnvFrom }), envSource),
	{
		Spec: "port", Object: "ports[0].containerPort", Others: []string{"ports"},
		write: func(_ *Conversion, _ *ir.Node, s *ir.Container, o *corev1.Container) {
			if s.Spec.Port == 0 {
				return
			}
			o.Ports = []corev1.ContainerPort{{ContainerPort: s.Spec.Port, Protocol: corev1.ProtocolTCP}}
			if s.Spec.Protocol == "h2c" {
				o.Ports[0].Name = s.Spec.Protocol
			}
		},
		read: func(_ *Conversion, o *corev1.Container, s *ir.Container) {
			if len(o.Ports) == 0 {
				return
			}
			s.Spec.Port = o.Ports[0].ContainerPort
			if o.Ports[0].Name == "h2c" {
				s.Spec.Protocol = "h2c"
			}
		},
	},
	with[ir.Container, corev1.Container]("protocol", "ports[0].name", "ports.name"),
	quantities("resources.requests", "resources.requests",
		func(r *schema.Resources) *map[string]schema.Quantity { return &r.Requests },
		func(r *corev1.ResourceRequirements) *corev1.ResourceList { return &r.Requests }),
	quantities("resources.limits", "resources.limits",
		func(r *schema.Resources) *map[string]schema.Quantity { return &r.Limits },
		func(r *corev1.ResourceRequirements) *corev1.ResourceList { return &r.Limits }),
	probeOf("readiness", "readinessProbe",
		func(p *schema.Probes) **schema.Probe { return &p.Readiness },
		func(o *corev1.Container) **corev1.Probe { return &o.ReadinessProbe }, noPort, noPort),
	// Knative fills in the port of a liveness probe by HTTP or TCP, and of no
	// other (pkg/reconciler/revision/resources/deploy.go,
	// rewriteUserLivenessProbe): port 0 then fails the dry run of the pod by which
	// its webhook ends.
	probeOf("liveness", "livenessProbe",
		func(p *schema.Probes) **schema.Probe { return &p.Liveness },
		func(o *corev1.Container) **corev1.Probe { return &o.LivenessProbe }, ownPort, noPort),
	probeOf("startup", "startupProbe",
		func(p *schema.Probes) **schema.Probe { return &p.Startup },
		func(o *corev1.Container) **corev1.Probe { return &o.StartupProbe }, ownPort, ownPort),
	{Spec: "mounts[]", Object: "volumeMounts[]", find: findMount, below: under("mounts[]", "volumeMounts[]", mount.Mappings)},
}, permissions...)

// findMount returns the node of a mount of a container, by its number.
func findMount(c *Conversion, n *ir.Node, s *ir.Container, path string) *ir.Node {
	index, rest := element(path)
	paths := ir.Sorted(s.Spec.Mounts)
	if path == "" || index >= len(paths) {
		return n.Find("mounts")
	}
	m := s.Spec.Mounts[paths[index]]
	return mount.Find(c, n.Find("mounts", paths[index]), &m, rest)
}

// quantities maps amounts of resources.
func quantities(spec, object string, from func(*schema.Resources) *map[string]schema.Quantity, to func(*corev1.ResourceRequirements) *corev1.ResourceList) Row[ir.Container, corev1.Container] {
	return Row[ir.Container, corev1.Container]{
		Spec: spec, Object: object,
		write: func(c *Conversion, n *ir.Node, s *ir.Container, o *corev1.Container) {
			amounts := *from(&s.Spec.Resources)
			if len(amounts) == 0 {
				return
			}
			n = n.Find(split(spec)...)
			list := make(corev1.ResourceList, len(amounts))
			for _, name := range ir.Sorted(amounts) {
				list[corev1.ResourceName(name)] = c.quantity(amounts[name], n, name)
			}
			*to(&o.Resources) = list
		},
		read: func(_ *Conversion, o *corev1.Container, s *ir.Container) {
			list := *to(&o.Resources)
			if len(list) == 0 {
				return
			}
			amounts := make(map[string]schema.Quantity, len(list))
			for name, q := range list {
				amounts[string(name)] = schema.Quantity(q.String())
			}
			*from(&s.Spec.Resources) = amounts
		},
	}
}

// quantity parses the quantity that is in a field of a node. The API server
// stores its canonical form, which is what it marshals to.
func (c *Conversion) quantity(q schema.Quantity, n *ir.Node, path ...string) resource.Quantity {
	parsed, err := resource.ParseQuantity(string(q))
	if err != nil {
		n = n.Find(path...)
		c.Diags.Add(n.Errorf(diag.InvalidValue, "%s is %q, which Kubernetes does not read as a quantity: %v", n.Name, q, err))
	}
	return parsed
}

func trimDot(path string) string { return strings.TrimPrefix(path, ".") }
