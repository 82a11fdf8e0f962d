package fields

import (
	"github.com/go-json-experiment/json/v1"
	corev1 "k8s.io/api/core/v1"
	servingv1 "knative.dev/serving/pkg/apis/serving/v1"

	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/schema"
)

// Template maps the template of a revision: how it behaves, and its pod.
var Template = Table[ir.Revision, servingv1.RevisionSpec]{
	same("concurrency", "containerConcurrency", func(s *ir.Revision) **int64 { return &s.Spec.Concurrency }, func(o *servingv1.RevisionSpec) **int64 { return &o.ContainerConcurrency }),
	same("timeoutSeconds", "timeoutSeconds", func(s *ir.Revision) **int64 { return &s.Spec.TimeoutSeconds }, func(o *servingv1.RevisionSpec) **int64 { return &o.TimeoutSeconds }),
	same("responseStartTimeoutSeconds", "responseStartTimeoutSeconds", func(s *ir.Revision) **int64 { return &s.Spec.ResponseStartTimeoutSeconds }, func(o *servingv1.RevisionSpec) **int64 { return &o.ResponseStartTimeoutSeconds }),
	same("idleTimeoutSeconds", "idleTimeoutSeconds", func(s *ir.Revision) **int64 { return &s.Spec.IdleTimeoutSeconds }, func(o *servingv1.RevisionSpec) **int64 { return &o.IdleTimeoutSeconds }),
	same("serviceAccount", "serviceAccountName", func(s *ir.Revision) *string { return &s.Spec.ServiceAccount }, func(o *servingv1.RevisionSpec) *string { return &o.ServiceAccountName }),
	listed("pullSecrets", "imagePullSecrets",
		func(s *ir.Revision) *[]string { return &s.Spec.PullSecrets },
		valuesOf(func(o *servingv1.RevisionSpec) *[]corev1.LocalObjectReference { return &o.ImagePullSecrets }),
		whole("name", func(e *corev1.LocalObjectReference) *string { return &e.Name })),
	{
		Spec: "security.fsGroup", Object: "securityContext.fsGroup", Others: []string{"securityContext"},
		write: func(_ *Conversion, _ *ir.Node, s *ir.Revision, o *servingv1.RevisionSpec) {
			if s.Spec.Security.FSGroup != nil {
				o.SecurityContext = &corev1.PodSecurityContext{FSGroup: s.Spec.Security.FSGroup}
			}
		},
		read: func(_ *Conversion, o *servingv1.RevisionSpec, s *ir.Revision) {
			if o.SecurityContext != nil {
				s.Spec.Security.FSGroup = o.SecurityContext.FSGroup
			}
		},
	},
	same("scheduling.nodeSelector", "nodeSelector", func(s *ir.Revision) *map[string]string { return &s.Spec.Scheduling.NodeSelector }, func(o *servingv1.RevisionSpec) *map[string]string { return &o.NodeSelector }),
	kubernetes("scheduling.tolerations", "tolerations", func(s *ir.Revision) *json.RawMessage { return &s.Spec.Scheduling.Tolerations }, func(o *servingv1.RevisionSpec) *[]corev1.Toleration { return &o.Tolerations }),
	kubernetes("scheduling.affinity", "affinity", func(s *ir.Revision) *json.RawMessage { return &s.Spec.Scheduling.Affinity }, func(o *servingv1.RevisionSpec) **corev1.Affinity { return &o.Affinity }),
	kubernetes("scheduling.topologySpread", "topologySpreadConstraints", func(s *ir.Revision) *json.RawMessage { return &s.Spec.Scheduling.TopologySpread }, func(o *servingv1.RevisionSpec) *[]corev1.TopologySpreadConstraint {
		return &o.TopologySpreadConstraints
	}),
	same("scheduling.priorityClass", "priorityClassName", func(s *ir.Revision) *string { return &s.Spec.Scheduling.PriorityClass }, func(o *servingv1.RevisionSpec) *string { return &o.PriorityClassName }),
	optional("scheduling.runtimeClass", "runtimeClassName", func(s *ir.Revision) *string { return &s.Spec.Scheduling.RuntimeClass }, func(o *servingv1.RevisionSpec) **string { return &o.RuntimeClassName }),
	{
		Spec: "", Object: "containers[]",
		write: writeContainers,
		read:  readContainers,
		find:  findContainer(false),
		below: concat(under("", "containers[]", container.Mappings), under("sidecars[]", "containers[]", container.Mappings)),
	},
	{Spec: "sidecars[]", Object: "containers[]"},
	{Spec: "init[]", Object: "initContainers[]", find: findContainer(true), below: under("init[]", "initContainers[]", container.Mappings)},
	{Spec: "mounts[]", Object: "volumes[]", find: findVolume, below: concat(
		under("mounts[]", "volumes[]", volume.Mappings),
		under("sidecars[].mounts[]", "volumes[]", volume.Mappings),
		under("init[].mounts[]", "volumes[]", volume.Mappings))},
}

// writeContainers sets the containers of a pod and its volumes.
func writeContainers(c *Conversion, _ *ir.Node, s *ir.Revision, o *servingv1.RevisionSpec) {
	containers := s.Containers()
	volumes := newVolumes(c, containers)
	o.Volumes = volumes.list
	for i := range containers {
		in := &containers[i]
		out := corev1.Container{Name: ContainerName(*in)}
		container.Write(c, in.Node, in, &out)
		out.VolumeMounts = volumes.mounts(c, *in)
		if in.Role == ir.Init {
			o.InitContainers = append(o.InitContainers, out)
		} else {
			o.Containers = append(o.Containers, out)
		}
	}
}

// readContainers sets the containers of a revision, with the volumes that they
// mount.
func readContainers(c *Conversion, o *servingv1.RevisionSpec, s *ir.Revision) {
	read := func(from *corev1.Container, role ir.Role, to *schema.Container) {
		container.Read(c, from, &ir.Container{Name: from.Name, Role: role, Spec: to})
		readMounts(c, from, &o.PodSpec, to)
	}
	serving := servingIndex(o.Containers)
	for i := range o.Containers {
		if i == serving {
			read(&o.Containers[i], ir.Serving, &s.Spec.Container)
			continue
		}
		var sidecar schema.Container
		read(&o.Containers[i], ir.Sidecar, &sidecar)
		if s.Spec.Sidecars == nil {
			s.Spec.Sidecars = map[string]schema.Container{}
		}
		s.Spec.Sidecars[o.Containers[i].Name] = sidecar
	}
	for i := range o.InitContainers {
		var init schema.Container
		read(&o.InitContainers[i], ir.Init, &init)
		if s.Spec.Init == nil {
			s.Spec.Init = map[string]schema.Container{}
		}
		s.Spec.Init[o.InitContainers[i].Name] = init
	}
}

// servingIndex returns the number of the container that takes the requests: the
// one with a port, which upstream requires if there are several, or the first.
func servingIndex(containers []corev1.Container) int {
	for i := range containers {
		if len(containers[i].Ports) > 0 {
			return i
		}
	}
	return 0
}

// findContainer returns a function that returns the node of a field of a
// container, by the number of the container.
func findContainer(init bool) func(*Conversion, *ir.Node, *ir.Revision, string) *ir.Node {
	return func(c *Conversion, n *ir.Node, s *ir.Revision, path string) *ir.Node {
		if path == "" {
			return n
		}
		index, rest := element(path)
		for _, in := range s.Containers() {
			if (in.Role == ir.Init) != init {
				continue
			}
			if index == 0 {
				return container.Find(c, in.Node, &in, rest)
			}
			index--
		}
		return n
	}
}
