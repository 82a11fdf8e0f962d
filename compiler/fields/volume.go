package fields

import (
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/v1"
	corev1 "k8s.io/api/core/v1"
	"knative.dev/pkg/kmeta"

	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/schema"
)

// volumes are the volumes of a pod. Mounts of the same source share one volume,
// in whichever container; an emptyDir is shared only by name.
type volumes struct {
	list   []corev1.Volume
	byPath map[string]string // the volume's name, by container and path
}

func newVolumes(c *Conversion, containers []ir.Container) *volumes {
	v := &volumes{byPath: map[string]string{}}
	bySource := map[string]string{}
	taken := map[string]bool{}
	for _, in := range containers {
		for _, path := range ir.Sorted(in.Spec.Mounts) {
			m := in.Spec.Mounts[path]
			var made corev1.Volume
			volume.Write(c, in.Node.Find("mounts", path), &m, &made)
			place := mountPlace(in, path)
			key := sourceKey(m, made.VolumeSource, place)
			if _, ok := bySource[key]; !ok {
				made.Name = free(VolumeName(m), taken)
				bySource[key] = made.Name
				v.list = append(v.list, made)
			}
			v.byPath[place] = bySource[key]
		}
	}
	return v
}

func mountPlace(c ir.Container, path string) string { return c.Name + " " + path }

// sourceKey returns what mounts of one volume have in common.
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

// VolumeName returns the name that a volume has after its source.
func VolumeName(m schema.Mount) string {
	switch {
	case m.Secret != "":
		return dnsLabel("secret-" + m.Secret)
	case m.ConfigMap != "":
		return dnsLabel("configmap-" + m.ConfigMap)
	case m.PVC != "":
		return dnsLabel("pvc-" + m.PVC)
	case m.EmptyDir != nil && m.EmptyDir.Name != "":
		return dnsLabel(emptyDirPrefix + m.EmptyDir.Name)
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

// dnsLabel makes a DNS label of a DNS subdomain.
func dnsLabel(name string) string {
	out := []byte(kmeta.ChildName(name, ""))
	for i, c := range out {
		if c == '.' {
			out[i] = '-'
		}
	}
	return string(out)
}

// free returns a name, with the first number that makes it one that is not taken.
func free(name string, taken map[string]bool) string {
	candidate := name
	for i := 2; taken[candidate]; i++ {
		candidate = kmeta.ChildName(name, "-"+strconv.Itoa(i))
	}
	taken[candidate] = true
	return candidate
}

const emptyDirPrefix = "emptydir-"

// mounts makes the mounts of a container, by path.
func (v *volumes) mounts(c *Conversion, in ir.Container) []corev1.VolumeMount {
	var out []corev1.VolumeMount
	for _, path := range ir.Sorted(in.Spec.Mounts) {
		m := in.Spec.Mounts[path]
		made := corev1.VolumeMount{Name: v.byPath[mountPlace(in, path)], MountPath: path}
		mount.Write(c, in.Node, &m, &made)
		out = append(out, made)
	}
	return out
}

// readMounts sets the mounts of a container of a pod. An emptyDir has a name
// if its volume has one of that form, or several mounts share it.
func readMounts(c *Conversion, o *corev1.Container, pod *corev1.PodSpec, s *schema.Container) {
	for i := range o.VolumeMounts {
		from := &o.VolumeMounts[i]
		for j := range pod.Volumes {
			if pod.Volumes[j].Name != from.Name {
				continue
			}
			var m schema.Mount
			volume.Read(c, &pod.Volumes[j], &m)
			mount.Read(c, from, &m)
			if name, ok := strings.CutPrefix(from.Name, emptyDirPrefix); m.EmptyDir != nil && (ok || countMounts(pod, from.Name) > 1) {
				m.EmptyDir.Name = name
			}
			if s.Mounts == nil {
				s.Mounts = map[string]schema.Mount{}
			}
			s.Mounts[from.MountPath] = m
		}
	}
}

// countMounts returns how many mounts a volume has in a pod.
func countMounts(pod *corev1.PodSpec, name string) (n int) {
	for _, containers := range [][]corev1.Container{pod.Containers, pod.InitContainers} {
		for _, c := range containers {
			for _, m := range c.VolumeMounts {
				if m.Name == name {
					n++
				}
			}
		}
	}
	return n
}

// findVolume returns the node that a field of a volume comes from, in the first
// mount of the volume, which is given by its number.
func findVolume(c *Conversion, n *ir.Node, s *ir.Revision, path string) *ir.Node {
	index, rest := element(path)
	containers := s.Containers()
	volumes := newVolumes(c, containers)
	if path == "" || index >= len(volumes.list) {
		return n.Find("mounts")
	}
	for _, in := range containers {
		for _, at := range ir.Sorted(in.Spec.Mounts) {
			if volumes.byPath[mountPlace(in, at)] == volumes.list[index].Name {
				m := in.Spec.Mounts[at]
				return volume.Find(c, in.Node.Find("mounts", at), &m, rest)
			}
		}
	}
	return n.Find("mounts")
}
