package admission

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	servingv1 "knative.dev/serving/pkg/apis/serving/v1"

	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/objectmeta"
	"github.com/belay-sh/belay/internal/target"
)

// releaseViolations returns the reasons for which the target's release rejects an
// object, or does not read a part of it. The webhook's code that belay runs is the
// newest release's, which accepts that. The object is given as JSON too, as it was
// written: defaults are not the user's.
func releaseViolations(t *target.Target, meta metav1.ObjectMeta, template *servingv1.RevisionTemplateSpec, written []byte) []Violation {
	var v struct {
		Spec struct {
			Template struct{ Spec any }
		}
	}
	if err := json.Unmarshal(written, &v); err != nil {
		return nil
	}
	out := metadataViolations(t, "metadata.", meta.Annotations, meta.Labels)
	if template == nil {
		return out
	}
	out = append(out, metadataViolations(t, "spec.template.metadata.", template.Annotations, nil)...)
	walkFields(v.Spec.Template.Spec, "", "", func(field, at string) {
		if since, later := target.FieldSince(field); later && !t.HasField(field) && isFirst(field) {
			out = append(out, unsupported(t, at, "Knative %s has no %s; it came with %s", t.Knative, path.Base(strings.ReplaceAll(field, ".", "/")), since))
		}
	})
	pod := &template.Spec.PodSpec
	for i, c := range pod.Containers {
		out = append(out, containerViolations(t, fmt.Sprintf("spec.template.spec.containers[%d]", i), c, serves(pod, c))...)
	}
	for i, c := range pod.InitContainers {
		out = append(out, mountViolations(t, fmt.Sprintf("spec.template.spec.initContainers[%d]", i), c)...)
	}
	return append(out, timeViolations(template.Spec.TimeoutSeconds, template.Spec.ResponseStartTimeoutSeconds, template.Spec.IdleTimeoutSeconds)...)
}

// walkFields visits all fields of a value, each with its path without and with
// indices.
func walkFields(v any, field, at string, visit func(field, at string)) {
	switch v := v.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			below := strings.TrimPrefix(field+"."+name, ".")
			visit(below, "spec.template.spec"+at+"."+name)
			walkFields(v[name], below, at+"."+name, visit)
		}
	case []any:
		for i, e := range v {
			walkFields(e, field, at+"["+strconv.Itoa(i)+"]", visit)
		}
	}
}

// isFirst reports whether a path is where a field that came later begins, and
// not one below it.
func isFirst(field string) bool {
	i := strings.LastIndexByte(field, '.')
	if i < 0 {
		return true
	}
	_, later := target.FieldSince(field[:i])
	return !later
}

// unsupported returns the violation of what came with a later release. The last
// of args is that release.
func unsupported(t *target.Target, at, format string, args ...any) Violation {
	since, _ := args[len(args)-1].(target.Version)
	return Violation{Path: at, Message: fmt.Sprintf(format, args...), By: Release, Code: diag.UnsupportedField,
		Hint: fmt.Sprintf("set target: knative: %q or newer", target.KnownSince(since))}
}

// metadataViolations returns those of annotations that the release does not read, and
// labels that it reads only with one value.
func metadataViolations(t *target.Target, at string, annotations, labels map[string]string) (out []Violation) {
	for _, key := range slices.Sorted(maps.Keys(annotations)) {
		if why, hint := t.Unread(key); why != "" {
			out = append(out, Violation{Path: at + "annotations." + key, Message: "the annotation " + key + " has no effect: " + why, Hint: hint, By: Release, Code: diag.UnsupportedField})
		} else if values, ok := target.Accepts(key, annotations[key]); !ok {
			out = append(out, Violation{Path: at + "annotations." + key, By: Release, Code: diag.InvalidAnnotation,
				Message: fmt.Sprintf("%s is %q; Knative reads only %s", key, annotations[key], strings.Join(values, ", "))})
		}
	}
	const visibility = objectmeta.VisibilityLabel
	if value, ok := labels[visibility]; ok && value != "cluster-local" {
		out = append(out, Violation{Path: at + "labels." + visibility, By: Release, Code: diag.InvalidAnnotation,
			Message: fmt.Sprintf("the label %s is %q, which Knative ignores: the app is public", visibility, value)})
	}
	return out
}

// serves reports whether a container is the one that requests go to.
func serves(pod *corev1.PodSpec, c corev1.Container) bool {
	return len(pod.Containers) == 1 || len(c.Ports) > 0
}

// containerViolations returns those of mounts, ports and probes of a container.
func containerViolations(t *target.Target, at string, c corev1.Container, serving bool) []Violation {
	out := mountViolations(t, at, c)
	port := int32(8080)
	for i, p := range c.Ports {
		port = p.ContainerPort
		if slices.Contains(target.ReservedPorts, port) {
			out = append(out, Violation{Path: fmt.Sprintf("%s.ports[%d].containerPort", at, i), By: Release, Code: diag.ReservedPort,
				Message: fmt.Sprintf("port %d is taken by Knative's queue-proxy in the same pod", port)})
		}
	}
	if !serving {
		if p := c.ReadinessProbe; p != nil && p.Exec != nil {
			out = append(out, unreadBy(t, target.SidecarReadinessExec, at+".readinessProbe.exec")...)
		}
		return out
	}
	if elsewhere(c.ReadinessProbe, port) {
		out = append(out, unreadBy(t, target.ReadinessPort, at+".readinessProbe")...)
	}
	if elsewhere(c.LivenessProbe, port) {
		out = append(out, unreadBy(t, target.LivenessPort, at+".livenessProbe")...)
	}
	return out
}

// mountViolations returns those of paths that Knative keeps for itself.
func mountViolations(t *target.Target, at string, c corev1.Container) (out []Violation) {
	for i, m := range c.VolumeMounts {
		if clean := path.Clean(m.MountPath); slices.Contains(t.ReservedPaths(), clean) {
			out = append(out, Violation{Path: fmt.Sprintf("%s.volumeMounts[%d].mountPath", at, i), By: Release, Code: diag.ReservedPath,
				Message: fmt.Sprintf("Knative %s keeps %s for itself; nothing can be mounted there", t.Knative, clean)})
		}
	}
	return out
}

// elsewhere reports whether a probe by HTTP or TCP is about another port than
// the container's.
func elsewhere(p *corev1.Probe, port int32) bool {
	switch {
	case p == nil:
		return false
	case p.HTTPGet != nil:
		return p.HTTPGet.Port.IntVal != 0 && p.HTTPGet.Port.IntVal != port
	case p.TCPSocket != nil:
		return p.TCPSocket.Port.IntVal != 0 && p.TCPSocket.Port.IntVal != port
	}
	return false
}

// unreadBy returns the violation of a part of a template that the target's
// controllers do not read; none if they do.
func unreadBy(t *target.Target, what, at string) []Violation {
	ok, since, flag := t.Reads(what)
	switch {
	case ok:
		return nil
	case flag != "":
		return []Violation{{Path: at, By: Release, Code: diag.FeatureDisabled, Message: fmt.Sprintf("%s needs Knative's flag %s, which is %s at the target", what, flag, t.Flag(flag))}}
	}
	return []Violation{unsupported(t, at, "the controllers of Knative %s do not read %s; those of %s and newer do", t.Knative, what, since)}
}

// timeViolations returns those of timeouts that end after the request.
func timeViolations(total, start, idle *int64) (out []Violation) {
	for _, timeout := range []struct {
		name  string
		value *int64
	}{{"responseStartTimeoutSeconds", start}, {"idleTimeoutSeconds", idle}} {
		if total != nil && timeout.value != nil && *timeout.value > *total {
			out = append(out, Violation{Path: "spec.template.spec." + timeout.name, By: Release, Code: diag.TimeoutOrder,
				Message: fmt.Sprintf("%s is %d, more than timeoutSeconds, %d: the request ends before", timeout.name, *timeout.value, *total)})
		}
	}
	return out
}
