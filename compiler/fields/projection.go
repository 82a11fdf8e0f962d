package fields

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/schema"
)

// projections maps the sources of a projected volume.
var projections = listed("projected", "sources",
	func(s *schema.Mount) *[]schema.Projection { return &s.Projected },
	valuesOf(func(o *corev1.ProjectedVolumeSource) *[]corev1.VolumeProjection { return &o.Sources }), projection)

// projection maps a source of a projected volume.
var projection = Table[schema.Projection, corev1.VolumeProjection]{
	{
		Spec: "secret", Object: "secret.name", Others: []string{"secret"},
		write: func(_ *Conversion, _ *ir.Node, s *schema.Projection, o *corev1.VolumeProjection) {
			if s.Secret != "" {
				o.Secret = &corev1.SecretProjection{LocalObjectReference: corev1.LocalObjectReference{Name: s.Secret}, Items: items(s.Items), Optional: s.Optional}
			}
		},
		read: func(_ *Conversion, o *corev1.VolumeProjection, s *schema.Projection) {
			if from := o.Secret; from != nil {
				s.Secret, s.Items, s.Optional = from.Name, paths(from.Items), from.Optional
			}
		},
	},
	{
		Spec: "configMap", Object: "configMap.name", Others: []string{"configMap"},
		write: func(_ *Conversion, _ *ir.Node, s *schema.Projection, o *corev1.VolumeProjection) {
			if s.ConfigMap != "" {
				o.ConfigMap = &corev1.ConfigMapProjection{LocalObjectReference: corev1.LocalObjectReference{Name: s.ConfigMap}, Items: items(s.Items), Optional: s.Optional}
			}
		},
		read: func(_ *Conversion, o *corev1.VolumeProjection, s *schema.Projection) {
			if from := o.ConfigMap; from != nil {
				s.ConfigMap, s.Items, s.Optional = from.Name, paths(from.Items), from.Optional
			}
		},
	},
	withItems[schema.Projection, corev1.VolumeProjection](func(s *schema.Projection) map[string]string { return s.Items }),
	with[schema.Projection, corev1.VolumeProjection]("optional", "secret.optional", "configMap.optional"),
	{
		Spec: "token.path", Object: "serviceAccountToken.path", Others: []string{"serviceAccountToken"},
		write: func(_ *Conversion, _ *ir.Node, s *schema.Projection, o *corev1.VolumeProjection) {
			if s.Token != nil {
				o.ServiceAccountToken = &corev1.ServiceAccountTokenProjection{Path: s.Token.Path, Audience: s.Token.Audience, ExpirationSeconds: s.Token.ExpirationSeconds}
			}
		},
		read: func(_ *Conversion, o *corev1.VolumeProjection, s *schema.Projection) {
			if from := o.ServiceAccountToken; from != nil {
				s.Token = &schema.Token{Path: from.Path, Audience: from.Audience, ExpirationSeconds: from.ExpirationSeconds}
			}
		},
	},
	with[schema.Projection, corev1.VolumeProjection]("token.audience", "serviceAccountToken.audience"),
	with[schema.Projection, corev1.VolumeProjection]("token.expirationSeconds", "serviceAccountToken.expirationSeconds"),
	{
		Spec: "fields[]", Object: "downwardAPI.items[]", Others: []string{"downwardAPI"},
		write: func(c *Conversion, n *ir.Node, s *schema.Projection, o *corev1.VolumeProjection) {
			if s.Fields != nil {
				o.DownwardAPI = &corev1.DownwardAPIProjection{}
				podFields.write(c, n, s, o.DownwardAPI)
			}
		},
		read: func(c *Conversion, o *corev1.VolumeProjection, s *schema.Projection) {
			if o.DownwardAPI != nil {
				podFields.read(c, o.DownwardAPI, s)
			}
		},
		find:  podFields.find,
		below: under("", "downwardAPI", podFields.below),
	},
}

// podFields maps the files of a projected volume that have a field of the pod.
var podFields = keyed("fields", "items",
	func(s *schema.Projection) *map[string]string { return &s.Fields }, ir.Sorted,
	func(o *corev1.DownwardAPIProjection) *[]corev1.DownwardAPIVolumeFile { return &o.Items },
	func(e *corev1.DownwardAPIVolumeFile) *string { return &e.Path },
	Table[string, corev1.DownwardAPIVolumeFile]{{
		Object: "fieldRef.fieldPath", Others: []string{"fieldRef"},
		write: func(_ *Conversion, _ *ir.Node, s *string, o *corev1.DownwardAPIVolumeFile) {
			o.FieldRef = &corev1.ObjectFieldSelector{FieldPath: *s}
		},
		read: func(_ *Conversion, o *corev1.DownwardAPIVolumeFile, s *string) {
			if o.FieldRef != nil {
				*s = o.FieldRef.FieldPath
			}
		},
	}})
