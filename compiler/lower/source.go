package lower

import (
	"strconv"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/belay-sh/belay/internal/ir"
)

// A lead is how fields of an object lead back to fields of the spec: those at
// and below a path to those at and below another. Both are without indices.
type lead struct{ from, to string }

// follow is the place in the spec that the longest of the leads to a path
// gives, and what of the path is left. With no lead it is "".
func follow(leads []lead, path string) (to, rest string) {
	longest := -1
	for _, l := range leads {
		after, ok := strings.CutPrefix(path, l.from)
		if ok && len(l.from) > longest && (after == "" || strings.ContainsAny(after[:1], ".[")) {
			longest, to, rest = len(l.from), l.to, after
		}
	}
	return to, rest
}

// split is a path in the spec by its parts.
func split(path string) []string {
	return strings.FieldsFunc(path, func(r rune) bool { return r == '.' || r == '[' || r == ']' })
}

// source is the place in the spec that a field of an emitted object comes
// from, given its path as upstream's validation writes it: the nearest one that
// the user wrote. The object is made of a revision's template, or r is nil.
func (b *builder) source(meta metav1.ObjectMeta, r *ir.Revision, path string) *ir.Node {
	switch {
	case strings.HasPrefix(path, "spec.traffic"):
		return b.trafficSource(strings.TrimPrefix(path, "spec.traffic"))
	case b.kind.name == "DomainMapping":
		return b.domainSource(meta.Name, path)
	case r == nil:
		return b.objectSource(path)
	}
	if field, ok := strings.CutPrefix(path, "spec.template.metadata.annotations."); ok {
		return b.annotationSource(r, strings.Trim(field, "[]"))
	}
	field, ok := strings.CutPrefix(path, "spec.template.spec.")
	if !ok {
		if path == "metadata.name" && b.kind.name == "Configuration" {
			return b.app.Node.Find("revisions", r.ID)
		}
		return b.objectSource(path)
	}
	switch list, i, rest := element(field); list {
	case "containers", "initContainers":
		return containerSource(r, list == "initContainers", i, rest)
	case "volumes":
		return b.volumeSourceOf(r, i, rest)
	}
	to, rest := follow(podLeads, field)
	return entry(r.Node.Find(split(to)...), rest)
}

// element takes a path apart that begins with an element of a list:
// "containers[1].env[0]" is number 1 of containers, and "env[0]". All of a
// list, as "containers[*]", stands for the first.
func element(path string) (list string, i int, rest string) {
	list, after, ok := strings.Cut(path, "[")
	if !ok || strings.Contains(list, ".") {
		return "", 0, path
	}
	index, rest, _ := strings.Cut(after, "]")
	i, _ = strconv.Atoi(index)
	return list, i, strings.TrimPrefix(rest, ".")
}

// objectLeads lead from an app's own object to the app.
var objectLeads = []lead{
	{"metadata.name", "name"},
	{"metadata.annotations", "annotations"},
	{"metadata.labels", "labels"},
	{"metadata.labels.networking.knative.dev/visibility", "visibility"},
	{"metadata.annotations.serving.knative.dev/rollout-duration", "rollout.duration"},
	{"metadata.annotations.serving.knative.dev/rolloutDuration", "rollout.duration"},
}

func (b *builder) objectSource(path string) *ir.Node {
	to, rest := follow(objectLeads, path)
	return entry(b.app.Node.Find(split(to)...), rest)
}

// entry is the entry of a map, or the element of a list, that what is left of
// a path names: ".example.com/gpu", "[cpu]" or "[1].name".
func entry(n *ir.Node, rest string) *ir.Node {
	if named := n.Field(strings.Trim(rest, ".[]")); named != nil {
		return named
	}
	return n.Find(split(rest)...)
}

// trafficLeads lead from a target of traffic to a revision.
var trafficLeads = []lead{{"tag", "tag"}, {"percent", "weight"}, {"revisionName", "existing"}}

func (b *builder) trafficSource(path string) *ir.Node {
	_, i, rest := element("traffic" + path)
	if path == "" || len(b.app.Revisions) == 0 {
		return b.app.Node.Find("revisions")
	}
	r := b.app.Revisions[min(i, len(b.app.Revisions)-1)]
	to, _ := follow(trafficLeads, rest)
	return b.app.Node.Find("revisions", r.ID).Find(split(to)...)
}

// domainSource leads from a DomainMapping to the domain that it is called
// after; its certificate is a setting of that domain.
func (b *builder) domainSource(domain, path string) *ir.Node {
	domains := b.app.Node.Field("domains")
	if domains == nil {
		return b.app.Node
	}
	for _, n := range domains.Children {
		if n.Text == domain {
			return n
		}
	}
	if strings.HasPrefix(path, "spec.tls") {
		return domains.Find(domain, "tls")
	}
	return domains.Find(domain)
}

// annotationSource leads from an annotation of a template to that of the app,
// or to the setting of the autoscaler that it stands for. Upstream writes more
// behind the name of some.
func (b *builder) annotationSource(r *ir.Revision, key string) *ir.Node {
	if n := b.app.Node.Field("annotations").Field(key); n != nil {
		return n
	}
	for _, s := range scaleSettings(b.pinned.Target, r.Spec.Scale) {
		name := b.pinned.Target.AutoscalingKey(s.name)
		if key == name || strings.HasPrefix(key, name) && !strings.HasPrefix(key, name+"-") {
			return r.Node.Find(append([]string{"scale"}, split(s.field)...)...)
		}
	}
	return r.Node.Find("scale")
}

// podLeads lead from a template's spec to the revision.
var podLeads = []lead{
	{"containerConcurrency", "concurrency"},
	{"timeoutSeconds", "timeoutSeconds"},
	{"responseStartTimeoutSeconds", "responseStartTimeoutSeconds"},
	{"idleTimeoutSeconds", "idleTimeoutSeconds"},
	{"serviceAccountName", "serviceAccount"},
	{"imagePullSecrets", "pullSecrets"},
	{"securityContext", "security.fsGroup"},
	{"nodeSelector", "scheduling.nodeSelector"},
	{"tolerations", "scheduling.tolerations"},
	{"affinity", "scheduling.affinity"},
	{"topologySpreadConstraints", "scheduling.topologySpread"},
	{"priorityClassName", "scheduling.priorityClass"},
	{"runtimeClassName", "scheduling.runtimeClass"},
	{"containers", ""},
	{"initContainers", "init"},
	{"volumes", "mounts"},
}

// containerLeads lead from a container to that of the spec.
var containerLeads = []lead{
	{"image", "image"},
	{"command", "command"},
	{"args", "args"},
	{"workingDir", "workingDir"},
	{"imagePullPolicy", "pullPolicy"},
	{"envFrom", "envFrom"},
	{"ports", "port"},
	{"ports.name", "protocol"},
	{"resources", "resources"},
	{"resources.requests", "resources.requests"},
	{"resources.limits", "resources.limits"},
	{"securityContext", "security"},
	{"securityContext.runAsUser", "security.user"},
	{"securityContext.runAsGroup", "security.group"},
	{"securityContext.readOnlyRootFilesystem", "security.readOnlyRoot"},
	{"securityContext.capabilities.add", "security.capabilities"},
	{"readinessProbe", "probes.readiness"},
	{"livenessProbe", "probes.liveness"},
	{"startupProbe", "probes.startup"},
}

// probeLeads lead from a probe to that of the spec.
var probeLeads = []lead{
	{"httpGet", "http"},
	{"httpGet.port", "port"},
	{"httpGet.httpHeaders", "headers"},
	{"tcpSocket", "tcp"},
	{"tcpSocket.port", "port"},
	{"grpc", "grpc"},
	{"grpc.port", "port"},
	{"exec", "exec"},
	{"initialDelaySeconds", "delay"},
	{"periodSeconds", "period"},
	{"timeoutSeconds", "timeout"},
	{"failureThreshold", "failures"},
	{"successThreshold", "successes"},
}

// mountLeads lead from a mount of a container to that of the spec.
var mountLeads = []lead{{"readOnly", "readOnly"}, {"subPath", "subPath"}}

// containerSource leads from a container, by its number, to that of the spec.
// Lists are sorted maps of the spec, so that an index leads back to a name.
func containerSource(r *ir.Revision, init bool, index int, path string) *ir.Node {
	c, ok := containerAt(r, init, index)
	if !ok {
		return r.Node
	}
	switch list, i, rest := element(path); list {
	case "env":
		if vars := env(c.Spec.Env); i < len(vars) {
			return c.Node.Find("env", vars[i].Name)
		}
	case "volumeMounts":
		if paths := ir.Sorted(c.Spec.Mounts); i < len(paths) {
			to, _ := follow(mountLeads, rest)
			return c.Node.Find("mounts", paths[i]).Find(split(to)...)
		}
	}
	to, rest := follow(containerLeads, path)
	n := c.Node.Find(split(to)...)
	if strings.HasPrefix(to, "probes.") {
		to, _ := follow(probeLeads, strings.TrimPrefix(rest, "."))
		return n.Find(split(to)...)
	}
	return entry(n, rest)
}

func containerAt(r *ir.Revision, init bool, index int) (ir.Container, bool) {
	for _, c := range r.Containers() {
		if (c.Role == ir.Init) != init {
			continue
		}
		if index == 0 {
			return c, true
		}
		index--
	}
	return ir.Container{}, false
}

// volumeLeads lead from a volume to the mount that it is made for.
var volumeLeads = []lead{
	{"secret", "secret"}, {"secret.items", "items"},
	{"configMap", "configMap"}, {"configMap.items", "items"},
	{"persistentVolumeClaim", "pvc"},
	{"emptyDir", "emptyDir"}, {"emptyDir.medium", "emptyDir.medium"}, {"emptyDir.sizeLimit", "emptyDir.sizeLimit"},
	{"projected", "projected"},
	{"hostPath", "hostPath"}, {"csi", "csi"}, {"ephemeral", "ephemeral"}, {"image", "image"},
}

// volumeSourceOf leads from a volume, by its number, to the first mount of it.
func (b *builder) volumeSourceOf(r *ir.Revision, index int, path string) *ir.Node {
	volumes := newVolumes(b, r)
	for _, c := range r.Containers() {
		for _, mount := range ir.Sorted(c.Spec.Mounts) {
			if index >= len(volumes.list) || volumes.byPath[c.Name+" "+mount] != volumes.list[index].Name {
				continue
			}
			to, rest := follow(volumeLeads, path)
			return entry(c.Node.Find("mounts", mount).Find(split(to)...), rest)
		}
	}
	return r.Node.Find("mounts")
}
