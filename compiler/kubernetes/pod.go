package kubernetes

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/reference"
)

// Pod validates the spec of a revision's pod, as far as Knative's webhook does
// not (k8s.io/kubernetes/pkg/apis/core/validation, ValidatePodSpec).
func Pod(pod *corev1.PodSpec) []Finding {
	return collect(func(f findings) {
		f.at("tolerations").below(Tolerations(pod.Tolerations))
		f.at("affinity").below(Affinity(pod.Affinity))
		f.at("topologySpreadConstraints").below(TopologySpread(pod.TopologySpreadConstraints))
		f.at("nodeSelector").labels(pod.NodeSelector)
		f.at("priorityClassName").name("priorityClassName", pod.PriorityClassName)
		if class := pod.RuntimeClassName; class != nil {
			f.at("runtimeClassName").name("runtimeClassName", *class)
		}
		for i, v := range pod.Volumes {
			f.at("volumes").index(i).volume(v)
		}
		for i, c := range pod.InitContainers {
			f.at("initContainers").index(i).container(pod, c)
		}
		for i, c := range pod.Containers {
			f.at("containers").index(i).container(pod, c)
		}
	})
}

// below adds what was found about a part, under the path of the part.
func (f findings) below(found []Finding) {
	for _, x := range found {
		x.Path = f.at(x.Path...).path
		*f.found = append(*f.found, x)
	}
}

func (f findings) labels(labels map[string]string) {
	for key, value := range sorted(labels) {
		f.at(key).labelName("the label", key)
		f.at(key).labelValue(key, value)
	}
}

// name validates the name of an object; "" is none.
func (f findings) name(field, name string) {
	if name != "" && len(validation.IsDNS1123Subdomain(name)) > 0 {
		f.add(diag.InvalidName, diag.Error, "", "%s is %q; it takes a DNS-1123 subdomain: at most 253 lower-case letters, digits, '-' and '.'", field, name)
	}
}

// container validates a container (validateContainerCommon).
func (f findings) container(pod *corev1.PodSpec, c corev1.Container) {
	if c.Image != "" {
		f.at("image").image(c.Image)
	}
	f.at("env").env(c.Env)
	f.at("resources").resources(c.Resources)
	for _, p := range []struct {
		field string
		probe *corev1.Probe
	}{{"livenessProbe", c.LivenessProbe}, {"readinessProbe", c.ReadinessProbe}, {"startupProbe", c.StartupProbe}} {
		if p.probe != nil && p.probe.HTTPGet != nil {
			f.at(p.field, "httpGet").httpGet(p.probe.HTTPGet)
		}
	}
	f.at("securityContext").security(pod.SecurityContext, c.SecurityContext)
}

// image validates the reference of an image as a kubelet parses it.
func (f findings) image(text string) {
	if _, err := reference.Parse(text); err != nil {
		hint := ""
		if repaired := reference.Repair(text); repaired != "" {
			hint = fmt.Sprintf("write %q", repaired)
		}
		f.add(diag.InvalidImage, diag.Error, hint, "%q is not a valid image reference: %v", text, err)
	}
}

func (f findings) httpGet(get *corev1.HTTPGetAction) {
	for i, h := range get.HTTPHeaders {
		if len(validation.IsHTTPHeaderName(h.Name)) > 0 {
			f.at("httpHeaders").index(i).at("name").invalid("the header is %q; it takes letters, digits and '-'", h.Name)
		}
	}
}
