package fields

import (
	corev1 "k8s.io/api/core/v1"
	"knative.dev/pkg/ptr"

	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/schema"
)

// mount maps how a container mounts a volume.
var mount = Table[schema.Mount, corev1.VolumeMount]{
	{
		Spec: "readOnly", Object: "readOnly",
		write: func(_ *Conversion, _ *ir.Node, s *schema.Mount, o *corev1.VolumeMount) { o.ReadOnly = readOnly(s) },
		read: func(_ *Conversion, o *corev1.VolumeMount, s *schema.Mount) {
			if o.ReadOnly != readOnly(s) {
				s.ReadOnly = &o.ReadOnly
			}
		},
	},
	same("subPath", "subPath", func(s *schema.Mount) *string { return &s.SubPath }, func(o *corev1.VolumeMount) *string { return &o.SubPath }),
}

func readOnly(m *schema.Mount) bool {
	if m.ReadOnly != nil {
		return *m.ReadOnly
	}
	return m.EmptyDir == nil && m.Ephemeral == nil
}

// volume maps the source of a volume. Its name follows from the source.
var volume = Table[schema.Mount, corev1.Volume]{
	{
		Spec: "secret", Object: "secret.secretName", Others: []string{"secret"},
		write: func(_ *Conversion, _ *ir.Node, s *schema.Mount, o *corev1.Volume) {
			if s.Secret != "" {
				o.Secret = &corev1.SecretVolumeSource{SecretName: s.Secret, Items: items(s.Items), DefaultMode: (*int32)(s.Mode), Optional: s.Optional}
			}
		},
		read: func(_ *Conversion, o *corev1.Volume, s *schema.Mount) {
			if from := o.Secret; from != nil {
				s.Secret, s.Items, s.Mode, s.Optional = from.SecretName, paths(from.Items), (*schema.Mode)(from.DefaultMode), from.Optional
			}
		},
	},
	{
		Spec: "configMap", Object: "configMap.name", Others: []string{"configMap"},
		write: func(_ *Conversion, _ *ir.Node, s *schema.Mount, o *corev1.Volume) {
			if s.ConfigMap != "" {
				o.ConfigMap = &corev1.ConfigMapVolumeSource{LocalObjectReference: corev1.LocalObjectReference{Name: s.ConfigMap}, Items: items(s.Items), DefaultMode: (*int32)(s.Mode), Optional: s.Optional}
			}
		},
		read: func(_ *Conversion, o *corev1.Volume, s *schema.Mount) {
			if from := o.ConfigMap; from != nil {
				s.ConfigMap, s.Items, s.Mode, s.Optional = from.Name, paths(from.Items), (*schema.Mode)(from.DefaultMode), from.Optional
			}
		},
	},
	withItems[schema.Mount, corev1.Volume](func(s *schema.Mount) map[string]string { return s.Items }),
	with[schema.Mount, corev1.Volume]("mode", "secret.defaultMode", "configMap.defaultMode", "projected.defaultMode"),
	with[schema.Mount, corev1.Volume]("optional", "secret.optional", "configMap.optional"),
	{
		Spec: "pvc", Object: "persistentVolumeClaim.claimName", Others: []string{"persistentVolumeClaim"},
		write: func(_ *Conversion, _ *ir.Node, s *schema.Mount, o *corev1.Volume) {
			if s.PVC != "" {
				o.PersistentVolumeClaim = &corev1.PersistentVolumeClaimVolumeSource{ClaimName: s.PVC, ReadOnly: readOnly(s)}
			}
		},
		read: func(_ *Conversion, o *corev1.Volume, s *schema.Mount) {
			if o.PersistentVolumeClaim != nil {
				s.PVC = o.PersistentVolumeClaim.ClaimName
			}
		},
	},
	with[schema.Mount, corev1.Volume]("readOnly", "persistentVolumeClaim.readOnly", "csi.readOnly"),
	{
		Spec: "emptyDir", Object: "emptyDir",
		write: func(_ *Conversion, _ *ir.Node, s *schema.Mount, o *corev1.Volume) {
			if s.EmptyDir != nil {
				o.EmptyDir = &corev1.EmptyDirVolumeSource{Medium: corev1.StorageMedium(s.EmptyDir.Medium)}
			}
		},
		read: func(_ *Conversion, o *corev1.Volume, s *schema.Mount) {
			if o.EmptyDir != nil {
				s.EmptyDir = &schema.EmptyDir{Medium: string(o.EmptyDir.Medium)}
			}
		},
	},
	with[schema.Mount, corev1.Volume]("emptyDir.name", "name"),
	with[schema.Mount, corev1.Volume]("emptyDir.medium", "emptyDir.medium"),
	{
		Spec: "emptyDir.sizeLimit", Object: "emptyDir.sizeLimit",
		write: func(c *Conversion, n *ir.Node, s *schema.Mount, o *corev1.Volume) {
			if s.EmptyDir != nil && s.EmptyDir.SizeLimit != "" {
				limit := c.quantity(s.EmptyDir.SizeLimit, n, "emptyDir", "sizeLimit")
				o.EmptyDir.SizeLimit = &limit
			}
		},
		read: func(_ *Conversion, o *corev1.Volume, s *schema.Mount) {
			if o.EmptyDir != nil && o.EmptyDir.SizeLimit != nil {
				s.EmptyDir.SizeLimit = schema.Quantity(o.EmptyDir.SizeLimit.String())
			}
		},
	},
	{
		Spec: "projected[]", Object: "projected.sources[]", Others: []string{"projected"},
		write: func(c *Conversion, n *ir.Node, s *schema.Mount, o *corev1.Volume) {
			if len(s.Projected) > 0 {
				o.Projected = &corev1.ProjectedVolumeSource{DefaultMode: (*int32)(s.Mode)}
				projections.write(c, n, s, o.Projected)
			}
		},
		read: func(c *Conversion, o *corev1.Volume, s *schema.Mount) {
			if o.Projected != nil {
				s.Mode = (*schema.Mode)(o.Projected.DefaultMode)
				projections.read(c, o.Projected, s)
			}
		},
		find:  projections.find,
		below: under("", "projected", projections.below),
	},
	{
		Spec: "hostPath.path", Object: "hostPath.path", Others: []string{"hostPath"},
		write: func(_ *Conversion, _ *ir.Node, s *schema.Mount, o *corev1.Volume) {
			if s.HostPath != nil {
				o.HostPath = &corev1.HostPathVolumeSource{Path: s.HostPath.Path, Type: pointer(corev1.HostPathType(s.HostPath.Type))}
			}
		},
		read: func(_ *Conversion, o *corev1.Volume, s *schema.Mount) {
			if o.HostPath == nil {
				return
			}
			s.HostPath = &schema.HostPath{Path: o.HostPath.Path}
			if o.HostPath.Type != nil {
				s.HostPath.Type = string(*o.HostPath.Type)
			}
		},
	},
	with[schema.Mount, corev1.Volume]("hostPath.type", "hostPath.type"),
	{
		Spec: "csi.driver", Object: "csi.driver", Others: []string{"csi"},
		write: func(_ *Conversion, _ *ir.Node, s *schema.Mount, o *corev1.Volume) {
			if s.CSI == nil {
				return
			}
			o.CSI = &corev1.CSIVolumeSource{Driver: s.CSI.Driver, ReadOnly: ptr.Bool(readOnly(s)), FSType: pointer(s.CSI.FSType), VolumeAttributes: s.CSI.Attributes}
			if s.CSI.Secret != "" {
				o.CSI.NodePublishSecretRef = &corev1.LocalObjectReference{Name: s.CSI.Secret}
			}
		},
		read: func(_ *Conversion, o *corev1.Volume, s *schema.Mount) {
			if o.CSI == nil {
				return
			}
			s.CSI = &schema.CSI{Driver: o.CSI.Driver, Attributes: o.CSI.VolumeAttributes}
			if o.CSI.FSType != nil {
				s.CSI.FSType = *o.CSI.FSType
			}
			if o.CSI.NodePublishSecretRef != nil {
				s.CSI.Secret = o.CSI.NodePublishSecretRef.Name
			}
		},
	},
	with[schema.Mount, corev1.Volume]("csi.fsType", "csi.fsType"),
	with[schema.Mount, corev1.Volume]("csi.attributes", "csi.volumeAttributes"),
	with[schema.Mount, corev1.Volume]("csi.secret", "csi.nodePublishSecretRef"),
	{
		Spec: "image", Object: "image.reference", Others: []string{"image"},
		write: func(c *Conversion, _ *ir.Node, s *schema.Mount, o *corev1.Volume) {
			if s.Image != "" {
				o.Image = &corev1.ImageVolumeSource{Reference: c.Image(s.Image)}
			}
		},
		read: func(c *Conversion, o *corev1.Volume, s *schema.Mount) {
			if o.Image != nil {
				s.Image = c.Image(o.Image.Reference)
			}
		},
	},
	{
		Spec: "ephemeral", Object: "ephemeral.volumeClaimTemplate.spec", Others: []string{"ephemeral"}, whole: true,
		write: func(c *Conversion, n *ir.Node, s *schema.Mount, o *corev1.Volume) {
			if s.Ephemeral != nil {
				o.Ephemeral = &corev1.EphemeralVolumeSource{VolumeClaimTemplate: &corev1.PersistentVolumeClaimTemplate{}}
				c.decode(n.Find("ephemeral"), s.Ephemeral, &o.Ephemeral.VolumeClaimTemplate.Spec)
			}
		},
		read: func(_ *Conversion, o *corev1.Volume, s *schema.Mount) {
			if o.Ephemeral != nil && o.Ephemeral.VolumeClaimTemplate != nil {
				s.Ephemeral = encode(o.Ephemeral.VolumeClaimTemplate.Spec)
			}
		},
	},
}

// withItems maps the files of a Secret or a ConfigMap, which the rows of these
// write and read.
func withItems[S, O any](of func(*S) map[string]string) Row[S, O] {
	return Row[S, O]{
		Spec: "items[]", Object: "secret.items[]", Others: []string{"configMap.items[]"},
		find: func(_ *Conversion, n *ir.Node, s *S, path string) *ir.Node {
			n = n.Find("items")
			index, _ := element(path)
			keys := ir.Sorted(of(s))
			if path == "" || index >= len(keys) {
				return n
			}
			return n.Find(keys[index])
		},
	}
}

// items returns the items of a volume for a map from keys to paths, sorted by key.
func items(paths map[string]string) []corev1.KeyToPath {
	var out []corev1.KeyToPath
	for _, key := range ir.Sorted(paths) {
		out = append(out, corev1.KeyToPath{Key: key, Path: paths[key]})
	}
	return out
}

// paths returns the map of paths by key that a list stands for.
func paths(items []corev1.KeyToPath) map[string]string {
	if len(items) == 0 {
		return nil
	}
	out := make(map[string]string, len(items))
	for _, item := range items {
		out[item.Key] = item.Path
	}
	return out
}
