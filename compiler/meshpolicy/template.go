package meshpolicy

import (
	"fmt"
	"maps"
	"slices"

	"github.com/go-json-experiment/json/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/belay-sh/belay/internal/objectmeta"
	"github.com/belay-sh/belay/internal/target"
)

type readableTemplate struct {
	Metadata metav1.ObjectMeta
	Spec     corev1.PodSpec
}

// readTemplate is the template of a Service or a Configuration; of another
// object it is empty.
func readTemplate(data []byte) readableTemplate {
	var o struct {
		Spec struct{ Template readableTemplate }
	}
	if err := json.Unmarshal(data, &o); err != nil {
		return readableTemplate{} // validation reports it
	}
	return o.Spec.Template
}

// templateFaults are the ways in which the pods of an object's template get out
// of the sidecar.
func templateFaults(data []byte) (faults []Fault) {
	t := readTemplate(data)
	const metadata, spec = "spec.template.metadata", "spec.template.spec"
	ambient := t.Metadata.Labels[objectmeta.DataplaneModeLabel] == objectmeta.Ambient
	if inject := t.Metadata.Labels[objectmeta.InjectLabel]; inject == "false" && !ambient {
		faults = append(faults, Fault{metadata + ".labels", "the pods get no sidecar: the label sidecar.istio.io/inject is \"false\""})
	}
	for _, keys := range []struct {
		path string
		of   map[string]string
	}{{metadata + ".labels", t.Metadata.Labels}, {metadata + ".annotations", t.Metadata.Annotations}} {
		for _, key := range slices.Sorted(maps.Keys(keys.of)) {
			own := key == objectmeta.InjectLabel && keys.path == metadata+".labels" || key == objectmeta.DataplaneModeLabel && ambient
			if why := target.Bypassed(key, keys.of[key]); why != "" && !own {
				faults = append(faults, Fault{keys.path, fmt.Sprintf("%s is %q: %s", key, keys.of[key], why)})
			}
		}
	}
	if t.Spec.HostNetwork {
		faults = append(faults, Fault{spec + ".hostNetwork", "pods in the network of their node get no sidecar"})
	}
	if s := t.Spec.SecurityContext; s != nil {
		faults = append(faults, identityFaults(spec+".securityContext", s.RunAsUser, s.RunAsGroup)...)
	}
	for _, c := range slices.Concat(t.Spec.InitContainers, t.Spec.Containers) {
		if s := c.SecurityContext; s != nil {
			faults = append(faults, identityFaults(spec+".containers", s.RunAsUser, s.RunAsGroup)...)
		}
		for _, port := range c.Ports {
			if slices.Contains(target.SidecarPorts, port.ContainerPort) {
				faults = append(faults, Fault{spec + ".containers", fmt.Sprintf("the sidecar itself listens on port %d", port.ContainerPort)})
			}
		}
	}
	return faults
}

func identityFaults(path string, user, group *int64) (faults []Fault) {
	if user != nil && *user == target.ProxyID {
		faults = append(faults, Fault{path, fmt.Sprintf("a container runs as user %d, the sidecar's, and its traffic passes the sidecar by", target.ProxyID)})
	}
	if group != nil && *group == target.ProxyID {
		faults = append(faults, Fault{path, fmt.Sprintf("a container runs as group %d, the sidecar's, and its traffic passes the sidecar by", target.ProxyID)})
	}
	return faults
}
