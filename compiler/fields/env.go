package fields

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/schema"
)

// envValue maps a variable: its value, or where the value comes from.
var envValue = Table[schema.EnvValue, corev1.EnvVar]{
	{
		Spec: "", Object: "value",
		write: func(_ *Conversion, _ *ir.Node, s *schema.EnvValue, o *corev1.EnvVar) {
			if s.From == nil {
				o.Value = s.Value
			}
		},
		read: func(_ *Conversion, o *corev1.EnvVar, s *schema.EnvValue) {
			if o.ValueFrom == nil {
				s.Value = o.Value
			}
		},
	},
	{
		Spec: "secret", Object: "valueFrom.secretKeyRef.name", Others: []string{"valueFrom.secretKeyRef"},
		write: func(_ *Conversion, _ *ir.Node, s *schema.EnvValue, o *corev1.EnvVar) {
			if from := s.From; from != nil && from.Secret != "" {
				o.ValueFrom = &corev1.EnvVarSource{SecretKeyRef: &corev1.SecretKeySelector{
					LocalObjectReference: corev1.LocalObjectReference{Name: from.Secret}, Key: from.Key, Optional: from.Optional,
				}}
			}
		},
		read: func(_ *Conversion, o *corev1.EnvVar, s *schema.EnvValue) {
			if o.ValueFrom != nil && o.ValueFrom.SecretKeyRef != nil {
				ref := o.ValueFrom.SecretKeyRef
				s.From = &schema.EnvSource{Secret: ref.Name, Key: ref.Key, Optional: ref.Optional}
			}
		},
	},
	{
		Spec: "configMap", Object: "valueFrom.configMapKeyRef.name", Others: []string{"valueFrom.configMapKeyRef"},
		write: func(_ *Conversion, _ *ir.Node, s *schema.EnvValue, o *corev1.EnvVar) {
			if from := s.From; from != nil && from.ConfigMap != "" {
				o.ValueFrom = &corev1.EnvVarSource{ConfigMapKeyRef: &corev1.ConfigMapKeySelector{
					LocalObjectReference: corev1.LocalObjectReference{Name: from.ConfigMap}, Key: from.Key, Optional: from.Optional,
				}}
			}
		},
		read: func(_ *Conversion, o *corev1.EnvVar, s *schema.EnvValue) {
			if o.ValueFrom != nil && o.ValueFrom.ConfigMapKeyRef != nil {
				ref := o.ValueFrom.ConfigMapKeyRef
				s.From = &schema.EnvSource{ConfigMap: ref.Name, Key: ref.Key, Optional: ref.Optional}
			}
		},
	},
	with[schema.EnvValue, corev1.EnvVar]("key", "valueFrom.secretKeyRef.key", "valueFrom.configMapKeyRef.key"),
	with[schema.EnvValue, corev1.EnvVar]("optional", "valueFrom.secretKeyRef.optional", "valueFrom.configMapKeyRef.optional"),
	{
		Spec: "field", Object: "valueFrom.fieldRef.fieldPath", Others: []string{"valueFrom.fieldRef"},
		write: func(_ *Conversion, _ *ir.Node, s *schema.EnvValue, o *corev1.EnvVar) {
			if s.From != nil && o.ValueFrom == nil {
				o.ValueFrom = &corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{FieldPath: s.From.Field}}
			}
		},
		read: func(_ *Conversion, o *corev1.EnvVar, s *schema.EnvValue) {
			if o.ValueFrom != nil && o.ValueFrom.FieldRef != nil {
				s.From = &schema.EnvSource{Field: o.ValueFrom.FieldRef.FieldPath}
			}
		},
	},
}

// envSource maps a source of variables.
var envSource = Table[schema.EnvFrom, corev1.EnvFromSource]{
	same("prefix", "prefix", func(s *schema.EnvFrom) *string { return &s.Prefix }, func(o *corev1.EnvFromSource) *string { return &o.Prefix }),
	{
		Spec: "secret", Object: "secretRef.name", Others: []string{"secretRef"},
		write: func(_ *Conversion, _ *ir.Node, s *schema.EnvFrom, o *corev1.EnvFromSource) {
			if s.Secret != "" {
				o.SecretRef = &corev1.SecretEnvSource{LocalObjectReference: corev1.LocalObjectReference{Name: s.Secret}, Optional: s.Optional}
			}
		},
		read: func(_ *Conversion, o *corev1.EnvFromSource, s *schema.EnvFrom) {
			if o.SecretRef != nil {
				s.Secret, s.Optional = o.SecretRef.Name, o.SecretRef.Optional
			}
		},
	},
	{
		Spec: "configMap", Object: "configMapRef.name", Others: []string{"configMapRef"},
		write: func(_ *Conversion, _ *ir.Node, s *schema.EnvFrom, o *corev1.EnvFromSource) {
			if s.ConfigMap != "" {
				o.ConfigMapRef = &corev1.ConfigMapEnvSource{LocalObjectReference: corev1.LocalObjectReference{Name: s.ConfigMap}, Optional: s.Optional}
			}
		},
		read: func(_ *Conversion, o *corev1.EnvFromSource, s *schema.EnvFrom) {
			if o.ConfigMapRef != nil {
				s.ConfigMap, s.Optional = o.ConfigMapRef.Name, o.ConfigMapRef.Optional
			}
		},
	},
	with[schema.EnvFrom, corev1.EnvFromSource]("optional", "secretRef.optional", "configMapRef.optional"),
}

// usedFirst returns the names of variables, sorted; but one that another uses
// comes before it, since Kubernetes expands only what comes before.
func usedFirst(values map[string]schema.EnvValue) []string {
	if len(values) == 0 {
		return nil
	}
	out := make([]string, 0, len(values))
	done := make(map[string]bool, len(values))
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
		out = append(out, name)
	}
	for _, name := range ir.Sorted(values) {
		add(name)
	}
	return out
}
