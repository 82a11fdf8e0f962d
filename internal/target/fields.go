package target

import "strings"

// field is a field of a revision's template that came after the oldest
// release that belay knows.
type field struct {
	path  string // below the template's spec, without indices: "containers.startupProbe"
	since Version
}

// FieldSince is the release from which the template of a revision has a field,
// given its path in the template's spec without indices. Init containers have
// the fields of containers.
func FieldSince(path string) (since Version, later bool) {
	path = strings.Replace(path, "initContainers", "containers", 1)
	for _, f := range fields {
		if path == f.path || strings.HasPrefix(path, f.path+".") {
			return f.since, true
		}
	}
	return first, false
}

// HasField reports whether the target's templates have a field.
func (t *Target) HasField(path string) bool {
	since, _ := FieldSince(path)
	return t.Knative.AtLeast(since)
}

// Lacks are the fields of a template that the target does not have yet, each
// with the first release that has it: "containers.startupProbe (1.15)".
func (t *Target) Lacks() (lacking []string) {
	for _, f := range fields {
		if !t.Knative.AtLeast(f.since) {
			lacking = append(lacking, f.path+" ("+f.since.String()+")")
		}
	}
	return lacking
}

// BindsLowPorts reports whether the capability NET_BIND_SERVICE may be added
// (fieldmask.go, CapabilitiesMask).
func (t *Target) BindsLowPorts() bool {
	secure := t.Flag("secure-pod-defaults")
	return t.Permits("kubernetes.containerspec-addcapabilities") || secure == Enabled || secure == AllowRootBounded
}
