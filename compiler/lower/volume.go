package lower

import (
	"strconv"

	"github.com/go-json-experiment/json/v1"
	corev1 "k8s.io/api/core/v1"
	"knative.dev/pkg/kmeta"
	"knative.dev/pkg/ptr"

	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/pin"
	"github.com/belay-sh/belay/schema"
)

// volumes are the volumes of a pod. Mounts of the same source are one volume,
// in whichever container; an emptyDir is shared only by name.
type volumes struct {
	list   []corev1.Volume
	byPath map[string]string // the volume's name, by container and path
}

func newVolumes(b *builder, r *ir.Revision) *volumes {
	v := &volumes{byPath: map[string]string{}}
	bySource := map[string]string{}
	taken := map[string]bool{}
	for _, c := range r.Containers() {
		for _, path := range ir.Sorted(c.Spec.Mounts) {
			m := c.Spec.Mounts[path]
			place := c.Name + " " + path
			source := b.volumeSource(m, c.Node.Find("mounts", path))
			key := sourceKey(m, source, place)
			if _, ok := bySource[key]; !ok {
				bySource[key] = free(volumeName(m), taken)
				v.list = append(v.list, corev1.Volume{Name: bySource[key], VolumeSource: source})
			}
			v.byPath[place] = bySource[key]
		}
	}
	return v
}

// sourceKey tells volumes apart.
func sourceKey(m schema.Mount, source corev1.VolumeSource, place string) string {
	private := m.Ephemeral != nil || m.EmptyDir != nil && m.EmptyDir.Name == ""
	if private {
		return place
	}
	data, err := json.Marshal(source)
	if err != nil {
		panic("belay internal: volume source: " + err.Error())
	}
	if m.EmptyDir != nil {
		return m.EmptyDir.Name + " " + string(data)
	}
	return string(data)
}

// volumeName is what a volume is called after its source.
func volumeName(m schema.Mount) string {
	switch {
	case m.Secret != "":
		return label("secret-" + m.Secret)
	case m.ConfigMap != "":
		return label("configmap-" + m.ConfigMap)
	case m.PVC != "":
		return label("pvc-" + m.PVC)
	case m.EmptyDir != nil && m.EmptyDir.Name != "":
		return label("emptydir-" + m.EmptyDir.Name)
	case m.EmptyDir != nil:
		return "emptydir"
	case len(m.Projected) > 0:
		return "projected"
	case m.HostPath != nil:
		return "hostpath"
	case m.CSI != nil:
		return "csi"
	case m.Image != "":
		return "image"
	}
	return "ephemeral"
}

// label makes a DNS label of a DNS subdomain.
func label(name string) string {
	out := []byte(kmeta.ChildName(name, ""))
	for i, c := range out {
		if c == '.' {
			out[i] = '-'
		}
	}
	return string(out)
}

// free is name, or name with the first number that nothing else has.
func free(name string, taken map[string]bool) string {
	candidate := name
	for i := 2; taken[candidate]; i++ {
		candidate = kmeta.ChildName(name, "-"+strconv.Itoa(i))
	}
	taken[candidate] = true
	return candidate
}

// mounts makes a container's mounts, by path.
func (v *volumes) mounts(c ir.Container) []corev1.VolumeMount {
	var out []corev1.VolumeMount
	for _, path := range ir.Sorted(c.Spec.Mounts) {
		m := c.Spec.Mounts[path]
		out = append(out, corev1.VolumeMount{
			Name:      v.byPath[c.Name+" "+path],
			MountPath: path,
			SubPath:   m.SubPath,
			ReadOnly:  readOnly(m),
		})
	}
	return out
}

func readOnly(m schema.Mount) bool {
	if m.ReadOnly != nil {
		return *m.ReadOnly
	}
	return m.EmptyDir == nil && m.Ephemeral == nil
}

func (b *builder) volumeSource(m schema.Mount, n *ir.Node) (s corev1.VolumeSource) {
	mode := (*int32)(m.Mode)
	switch {
	case m.Secret != "":
		s.Secret = &corev1.SecretVolumeSource{SecretName: m.Secret, Items: items(m.Items), DefaultMode: mode, Optional: m.Optional}
	case m.ConfigMap != "":
		s.ConfigMap = &corev1.ConfigMapVolumeSource{LocalObjectReference: corev1.LocalObjectReference{Name: m.ConfigMap}, Items: items(m.Items), DefaultMode: mode, Optional: m.Optional}
	case m.PVC != "":
		s.PersistentVolumeClaim = &corev1.PersistentVolumeClaimVolumeSource{ClaimName: m.PVC, ReadOnly: readOnly(m)}
	case m.EmptyDir != nil:
		s.EmptyDir = &corev1.EmptyDirVolumeSource{Medium: corev1.StorageMedium(m.EmptyDir.Medium)}
		if m.EmptyDir.SizeLimit != "" {
			limit := b.quantity(m.EmptyDir.SizeLimit, n.Find("emptyDir", "sizeLimit"))
			s.EmptyDir.SizeLimit = &limit
		}
	case len(m.Projected) > 0:
		s.Projected = projected(m.Projected, mode)
	case m.HostPath != nil:
		s.HostPath = &corev1.HostPathVolumeSource{Path: m.HostPath.Path}
		if m.HostPath.Type != "" {
			s.HostPath.Type = (*corev1.HostPathType)(&m.HostPath.Type)
		}
	case m.CSI != nil:
		s.CSI = csi(m)
	case m.Image != "":
		s.Image = &corev1.ImageVolumeSource{Reference: pin.Pinned(m.Image, b.pinned.Digests[m.Image])}
	default:
		s.Ephemeral = &corev1.EphemeralVolumeSource{VolumeClaimTemplate: &corev1.PersistentVolumeClaimTemplate{}}
		b.kubernetes(n.Field("ephemeral"), &s.Ephemeral.VolumeClaimTemplate.Spec)
	}
	return s
}

func csi(m schema.Mount) *corev1.CSIVolumeSource {
	out := &corev1.CSIVolumeSource{Driver: m.CSI.Driver, ReadOnly: ptr.Bool(readOnly(m)), VolumeAttributes: m.CSI.Attributes}
	if m.CSI.FSType != "" {
		out.FSType = ptr.String(m.CSI.FSType)
	}
	if m.CSI.Secret != "" {
		out.NodePublishSecretRef = &corev1.LocalObjectReference{Name: m.CSI.Secret}
	}
	return out
}

func items(paths map[string]string) []corev1.KeyToPath {
	var out []corev1.KeyToPath
	for _, key := range ir.Sorted(paths) {
		out = append(out, corev1.KeyToPath{Key: key, Path: paths[key]})
	}
	return out
}

func projected(sources []schema.Projection, mode *int32) *corev1.ProjectedVolumeSource {
	out := &corev1.ProjectedVolumeSource{DefaultMode: mode}
	for _, s := range sources {
		out.Sources = append(out.Sources, projection(s))
	}
	return out
}

func projection(s schema.Projection) (p corev1.VolumeProjection) {
	switch {
	case s.Secret != "":
		p.Secret = &corev1.SecretProjection{LocalObjectReference: corev1.LocalObjectReference{Name: s.Secret}, Items: items(s.Items), Optional: s.Optional}
	case s.ConfigMap != "":
		p.ConfigMap = &corev1.ConfigMapProjection{LocalObjectReference: corev1.LocalObjectReference{Name: s.ConfigMap}, Items: items(s.Items), Optional: s.Optional}
	case s.Token != nil:
		p.ServiceAccountToken = &corev1.ServiceAccountTokenProjection{Path: s.Token.Path, Audience: s.Token.Audience, ExpirationSeconds: s.Token.ExpirationSeconds}
	default:
		p.DownwardAPI = &corev1.DownwardAPIProjection{}
		for _, path := range ir.Sorted(s.Fields) {
			p.DownwardAPI.Items = append(p.DownwardAPI.Items, corev1.DownwardAPIVolumeFile{
				Path: path, FieldRef: &corev1.ObjectFieldSelector{FieldPath: s.Fields[path]},
			})
		}
	}
	return p
}
