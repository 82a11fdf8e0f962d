package lower

import (
	corev1 "k8s.io/api/core/v1"
	"knative.dev/pkg/ptr"
	servingv1 "knative.dev/serving/pkg/apis/serving/v1"

	"github.com/belay-sh/belay/internal/ir"
)

// template makes the template of a revision, without a name and before
// upstream's defaults.
func (b *builder) template(r *ir.Revision) servingv1.RevisionTemplateSpec {
	return servingv1.RevisionTemplateSpec{
		ObjectMeta: b.podMeta(r),
		Spec: servingv1.RevisionSpec{
			PodSpec:                     b.pod(r),
			ContainerConcurrency:        r.Spec.Concurrency,
			TimeoutSeconds:              r.Spec.TimeoutSeconds,
			ResponseStartTimeoutSeconds: r.Spec.ResponseStartTimeoutSeconds,
			IdleTimeoutSeconds:          r.Spec.IdleTimeoutSeconds,
		},
	}
}

func (b *builder) pod(r *ir.Revision) corev1.PodSpec {
	s := r.Spec
	pod := corev1.PodSpec{
		ServiceAccountName: s.ServiceAccount,
		NodeSelector:       s.Scheduling.NodeSelector,
		PriorityClassName:  s.Scheduling.PriorityClass,
	}
	scheduling := r.Node.Field("scheduling")
	b.kubernetes(scheduling.Field("tolerations"), &pod.Tolerations)
	b.kubernetes(scheduling.Field("affinity"), &pod.Affinity)
	b.kubernetes(scheduling.Field("topologySpread"), &pod.TopologySpreadConstraints)
	if s.Scheduling.RuntimeClass != "" {
		pod.RuntimeClassName = ptr.String(s.Scheduling.RuntimeClass)
	}
	for _, name := range s.PullSecrets {
		pod.ImagePullSecrets = append(pod.ImagePullSecrets, corev1.LocalObjectReference{Name: name})
	}
	if s.Security.FSGroup != nil {
		pod.SecurityContext = &corev1.PodSecurityContext{FSGroup: s.Security.FSGroup}
	}
	volumes := newVolumes(b, r)
	pod.Volumes = volumes.list
	for _, c := range r.Containers() {
		container := b.container(c, volumes)
		if c.Role == ir.Init {
			pod.InitContainers = append(pod.InitContainers, container)
		} else {
			pod.Containers = append(pod.Containers, container)
		}
	}
	return pod
}
