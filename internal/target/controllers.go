package target

// A reading is a part of a revision's template that a controller of Knative
// reads only from a release on, or only with a flag. The webhook accepts it
// at every release.
type reading struct {
	what  string
	since Version
	flag  string // of config-features, which must be on as well; "" for none
}

// The parts that readings are about.
const (
	HPAWindow            = "scale.window with class hpa"
	ReadinessPort        = "probes.readiness.port"
	LivenessPort         = "probes.liveness.port"
	SidecarReadinessExec = "sidecars.probes.readiness.exec"
)

var readings = []reading{
	// pkg/reconciler/autoscaling/hpa/resources/hpa.go, MakeHPA, at v0.27 and v0.28.
	{what: HPAWindow, since: Version{1, 1}},
	// pkg/reconciler/revision/resources/queue.go, makeQueueContainer, at v0.29
	// and v0.30: before, the queue-proxy probes the port of the container.
	{what: ReadinessPort, since: Version{1, 3}},
	// pkg/reconciler/revision/resources/deploy.go, rewriteUserLivenessProbe, at
	// v0.48 and v0.49: before, and without the flag, the port of the container
	// replaces that of a probe by HTTP or TCP.
	{what: LivenessPort, since: Version{1, 22}, flag: "multi-container-probing"},
	// pkg/reconciler/revision/resources/queue.go, makeQueueContainer, at v0.44
	// and v0.45: before, the revision gets no Deployment, for want of a port.
	{what: SidecarReadinessExec, since: Version{1, 18}},
}

// Reads reports whether the controllers of the target's release read a part of
// a template. If they do not, since is the release that began to, and flag is
// the flag that it takes besides; either is zero if it is not what is missing.
func (t *Target) Reads(what string) (ok bool, since Version, flag string) {
	for _, r := range readings {
		switch {
		case r.what != what:
		case !t.Knative.AtLeast(r.since):
			return false, r.since, ""
		case r.flag != "" && !t.Permits(r.flag):
			return false, Version{}, r.flag
		}
	}
	return true, Version{}, ""
}
