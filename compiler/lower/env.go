package lower

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/schema"
)

// env makes a container's variables, by name; but one that uses another comes
// after it, since Kubernetes expands only what stands before.
func env(values map[string]schema.EnvValue) []corev1.EnvVar {
	var out []corev1.EnvVar
	done := map[string]bool{}
	var add func(string)
	add = func(name string) {
		value, ok := values[name]
		if !ok || done[name] {
			return
		}
		done[name] = true
		for _, used := range value.Uses() {
			add(used)
		}
		out = append(out, envVar(name, value))
	}
	for _, name := range ir.Sorted(values) {
		add(name)
	}
	return out
}

func envVar(name string, value schema.EnvValue) corev1.EnvVar {
	from := value.From
	if from == nil {
		return corev1.EnvVar{Name: name, Value: value.Value}
	}
	source := &corev1.EnvVarSource{}
	switch {
	case from.Secret != "":
		source.SecretKeyRef = &corev1.SecretKeySelector{
			LocalObjectReference: corev1.LocalObjectReference{Name: from.Secret}, Key: from.Key, Optional: from.Optional,
		}
	case from.ConfigMap != "":
		source.ConfigMapKeyRef = &corev1.ConfigMapKeySelector{
			LocalObjectReference: corev1.LocalObjectReference{Name: from.ConfigMap}, Key: from.Key, Optional: from.Optional,
		}
	default:
		source.FieldRef = &corev1.ObjectFieldSelector{FieldPath: from.Field}
	}
	return corev1.EnvVar{Name: name, ValueFrom: source}
}

func envFrom(sources []schema.EnvFrom) []corev1.EnvFromSource {
	var out []corev1.EnvFromSource
	for _, s := range sources {
		e := corev1.EnvFromSource{Prefix: s.Prefix}
		if s.Secret != "" {
			e.SecretRef = &corev1.SecretEnvSource{LocalObjectReference: corev1.LocalObjectReference{Name: s.Secret}, Optional: s.Optional}
		} else {
			e.ConfigMapRef = &corev1.ConfigMapEnvSource{LocalObjectReference: corev1.LocalObjectReference{Name: s.ConfigMap}, Optional: s.Optional}
		}
		out = append(out, e)
	}
	return out
}
