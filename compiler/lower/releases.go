package lower

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
)

// releaseRefusals are the reasons for which the target's release rejects an
// object, or does not read a part of it. The webhook's code that belay runs is
// the newest release's, which knows nothing of that. The object is given as
// JSON too, as it was written: defaults are not the user's.
func releaseRefusals(t *target.Target, o upstreamObject, written []byte) []refusal {
	var v struct {
		Spec struct {
			Template struct{ Spec any }
		}
	}
	if err := json.Unmarshal(written, &v); err != nil {
		return nil
	}
	out := metadataRefusals(t, "metadata.", o.GetObjectMeta().GetAnnotations(), o.GetObjectMeta().GetLabels())
	template := templateOf(o)
	if template == nil {
		return out
	}
	out = append(out, metadataRefusals(t, "spec.template.metadata.", template.Annotations, nil)...)
	walkFields(v.Spec.Template.Spec, "", "", func(field, at string) {
		if since, later := target.FieldSince(field); later && !t.HasField(field) && isFirst(field) {
			out = append(out, unsupported(t, at, "Knative %s has no %s; it came with %s", t.Knative, path.Base(strings.ReplaceAll(field, ".", "/")), since))
		}
	})
	pod := &template.Spec.PodSpec
	for i, c := range pod.Containers {
		out = append(out, containerRefusals(t, fmt.Sprintf("spec.template.spec.containers[%d]", i), c, serves(pod, c))...)
	}
	for i, c := range pod.InitContainers {
		out = append(out, mountRefusals(t, fmt.Sprintf("spec.template.spec.initContainers[%d]", i), c)...)
	}
	return append(out, timeRefusals(template.Spec.TimeoutSeconds, template.Spec.ResponseStartTimeoutSeconds, template.Spec.IdleTimeoutSeconds)...)
}

// walkFields visits all fields of a value, each with its path without and with
// indices.
func walkFields(v any, field, at string, visit func(field, at string)) {
	switch v := v.(type) {
	case map[string]any:
		for _, name := range ir.Sorted(v) {
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

// unsupported is about what came with a later release.
func unsupported(t *target.Target, at, format string, args ...any) refusal {
	since, _ := args[len(args)-1].(target.Version)
	return refusal{path: at, message: fmt.Sprintf(format, args...), code: diag.UnsupportedField,
		hint: fmt.Sprintf("set target: knative: %q or newer", target.KnownSince(since))}
}

// metadataRefusals are about annotations that the release does not read, and
// labels that it reads only with one value.
func metadataRefusals(t *target.Target, at string, annotations, labels map[string]string) (out []refusal) {
	for _, key := range ir.Sorted(annotations) {
		if why, hint := t.Unread(key); why != "" {
			out = append(out, refusal{path: at + "annotations." + key, message: "the annotation " + key + " has no effect: " + why, hint: hint, code: diag.UnsupportedField})
		} else if values, ok := target.Accepts(key, annotations[key]); !ok {
			out = append(out, refusal{path: at + "annotations." + key, code: diag.InvalidAnnotation,
				message: fmt.Sprintf("%s is %q; Knative reads only %s", key, annotations[key], strings.Join(values, ", "))})
		}
	}
	const visibility = "networking.knative.dev/visibility"
	if value, ok := labels[visibility]; ok && value != "cluster-local" {
		out = append(out, refusal{path: at + "labels." + visibility, code: diag.InvalidAnnotation,
			message: fmt.Sprintf("the label %s is %q, which Knative ignores: the app is public", visibility, value)})
	}
	return out
}

// serves reports whether a container is the one that requests go to.
func serves(pod *corev1.PodSpec, c corev1.Container) bool {
	return len(pod.Containers) == 1 || len(c.Ports) > 0
}

// containerRefusals are about mounts, ports and probes of a container.
func containerRefusals(t *target.Target, at string, c corev1.Container, serving bool) []refusal {
	out := mountRefusals(t, at, c)
	port := int32(8080)
	for i, p := range c.Ports {
		port = p.ContainerPort
		if slices.Contains(target.ReservedPorts, port) {
			out = append(out, refusal{path: fmt.Sprintf("%s.ports[%d].containerPort", at, i), code: diag.ReservedPort,
				message: fmt.Sprintf("port %d is taken by Knative's queue-proxy in the same pod", port)})
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

// mountRefusals are about paths that Knative keeps for itself.
func mountRefusals(t *target.Target, at string, c corev1.Container) (out []refusal) {
	for i, m := range c.VolumeMounts {
		if clean := path.Clean(m.MountPath); slices.Contains(t.ReservedPaths(), clean) {
			out = append(out, refusal{path: fmt.Sprintf("%s.volumeMounts[%d].mountPath", at, i), code: diag.ReservedPath,
				message: fmt.Sprintf("Knative %s keeps %s for itself; nothing can be mounted there", t.Knative, clean)})
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

// unreadBy is about a part of a template that the target's controllers do not
// read.
func unreadBy(t *target.Target, what, at string) []refusal {
	ok, since, flag := t.Reads(what)
	switch {
	case ok:
		return nil
	case flag != "":
		return []refusal{{path: at, code: diag.FeatureDisabled, message: fmt.Sprintf("%s needs Knative's flag %s, which is %s at the target", what, flag, t.Flag(flag))}}
	}
	return []refusal{unsupported(t, at, "the controllers of Knative %s do not read %s; those of %s and newer do", t.Knative, what, since)}
}

// timeRefusals are about timeouts that end after the request.
func timeRefusals(total, start, idle *int64) (out []refusal) {
	for _, timeout := range []struct {
		name  string
		value *int64
	}{{"responseStartTimeoutSeconds", start}, {"idleTimeoutSeconds", idle}} {
		if total != nil && timeout.value != nil && *timeout.value > *total {
			out = append(out, refusal{path: "spec.template.spec." + timeout.name, code: diag.TimeoutOrder,
				message: fmt.Sprintf("%s is %d, more than timeoutSeconds, %d: the request ends before", timeout.name, *timeout.value, *total)})
		}
	}
	return out
}
