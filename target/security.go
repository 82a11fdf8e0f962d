package target

// A SecurityField is a field of a container's securityContext that not every
// release allows.
type SecurityField string

// The fields (knative.dev/serving/pkg/apis/serving/fieldmask.go,
// SecurityContextMask, over the releases).
const (
	AllowPrivilegeEscalation SecurityField = "allowPrivilegeEscalation"
	RunAsNonRoot             SecurityField = "runAsNonRoot"
	SeccompProfile           SecurityField = "seccompProfile"
)

// SecurityFields are the fields that the target allows.
func (t *Target) SecurityFields() []SecurityField {
	return []SecurityField{AllowPrivilegeEscalation, RunAsNonRoot, SeccompProfile}
}

// BindsLowPorts reports whether the capability NET_BIND_SERVICE may be added
// (fieldmask.go, CapabilitiesMask).
func (t *Target) BindsLowPorts() bool {
	secure := t.Flag("secure-pod-defaults")
	return t.Permits("kubernetes.containerspec-addcapabilities") || secure == Enabled || secure == AllowRootBounded
}
