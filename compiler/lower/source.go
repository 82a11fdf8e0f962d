package lower

import (
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/belay-sh/belay/ir"
)

// source is the place in the spec that a field of an emitted object comes
// from, given its path: the nearest one that the user wrote. Lists of objects
// are sorted maps of the spec, so that an index leads back to a name.
func (b *builder) source(r *ir.Revision, path string) *ir.Node {
	if m := indexed().FindStringSubmatch(strings.TrimPrefix(path, "spec.")); m != nil && m[1] == "traffic" {
		i, _ := strconv.Atoi(m[2])
		return b.app.Node.Find("revisions", b.app.Revisions[min(i, len(b.app.Revisions)-1)].ID)
	}
	if r == nil {
		return b.app.Node.Find(objectFields[path]...)
	}
	if m := containerPath().FindStringSubmatch(path); m != nil {
		i, _ := strconv.Atoi(m[2])
		return b.containerSource(r, m[1] == "initContainers", i, m[3])
	}
	if m := annotated().FindStringSubmatch(path); m != nil && b.app.Node.Field("annotations").Field(m[1]) != nil {
		return b.app.Node.Find("annotations", m[1])
	}
	for _, f := range templateFields {
		if strings.HasPrefix(path, f.path) {
			return r.Node.Find(f.field...)
		}
	}
	return b.app.Node.Find(objectFields[path]...)
}

// annotated is the path of an annotation, whose name is its last element.
var annotated = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`annotations\.\[?([^\]]+)\]?$`) })

// templateFields lead from a template to the spec.
var templateFields = []struct {
	path  string
	field []string
}{
	{"spec.template.metadata.annotations", []string{"scale"}},
	{"spec.template.spec.containerConcurrency", []string{"concurrency"}},
	{"spec.template.spec.timeoutSeconds", []string{"timeoutSeconds"}},
	{"spec.template.spec.responseStartTimeoutSeconds", []string{"responseStartTimeoutSeconds"}},
	{"spec.template.spec.idleTimeoutSeconds", []string{"idleTimeoutSeconds"}},
	{"spec.template.spec.serviceAccountName", []string{"serviceAccount"}},
	{"spec.template.spec.imagePullSecrets", []string{"pullSecrets"}},
	{"spec.template.spec.volumes", []string{"mounts"}},
	{"spec.template.spec.securityContext", []string{"security", "fsGroup"}},
	{"spec.template.spec", []string{"scheduling"}},
}

var objectFields = map[string][]string{
	"metadata.name":        {"name"},
	"metadata.annotations": {"annotations"},
	"metadata.labels":      {"labels"},
}

// containerFields lead from a container to the spec.
var containerFields = map[string][]string{
	"image":           {"image"},
	"command":         {"command"},
	"args":            {"args"},
	"workingDir":      {"workingDir"},
	"env":             {"env"},
	"envFrom":         {"envFrom"},
	"ports":           {"port"},
	"resources":       {"resources"},
	"readinessProbe":  {"probes", "readiness"},
	"livenessProbe":   {"probes", "liveness"},
	"startupProbe":    {"probes", "startup"},
	"volumeMounts":    {"mounts"},
	"securityContext": {"security"},
	"imagePullPolicy": {"pullPolicy"},
}

func (b *builder) containerSource(r *ir.Revision, init bool, index int, rest string) *ir.Node {
	for _, c := range r.Containers() {
		if (c.Role == ir.Init) != init {
			continue
		}
		if index > 0 {
			index--
			continue
		}
		field, _, _ := strings.Cut(rest, ".")
		name, at, _ := strings.Cut(strings.TrimSuffix(field, "]"), "[")
		n := c.Node.Find(containerFields[name]...)
		i, err := strconv.Atoi(at)
		if err != nil {
			return n
		}
		return n.Find(elementName(c, name, i))
	}
	return r.Node
}

// elementName is what the spec calls the i-th element of a list of a container.
func elementName(c ir.Container, field string, i int) string {
	switch field {
	case "env":
		if vars := env(c.Spec.Env); i < len(vars) {
			return vars[i].Name
		}
	case "volumeMounts":
		if paths := ir.Sorted(c.Spec.Mounts); i < len(paths) {
			return paths[i]
		}
	}
	return strconv.Itoa(i)
}
