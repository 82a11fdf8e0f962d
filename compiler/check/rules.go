package check

import (
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
)

// The rules, by what they look at. Each is a pure function; each finding
// carries the place in the spec and the upstream rule it stands for in the
// page of its code. The order is of no consequence.
var (
	appRules = []func(*target.Target, *ir.App) diag.List{
		checkTraffic,
		checkStrategy,
		checkApart,
		checkMatch,
		checkExisting,
		checkAppNames,
		checkHosts,
		checkLabels,
		checkAnnotations,
		checkDependentAnnotations,
		checkRedirect,
		checkRollout,
		checkDomains,
		checkForeignDomains,
		checkMTLS,
		checkSidecar,
		checkAmbient,
		checkCallers,
		checkInternalTLS,
		checkTokens,
		checkPaths,
		checkBypass,
		checkFront,
		checkFrontGateways,
		checkHostRules,
		checkRetries,
		checkMeshTimes,
		checkFault,
		checkEgress,
	}
	revisionRules = []func(*target.Target, *ir.App, *ir.Revision) diag.List{
		checkImages,
		checkPullSecrets,
		checkPorts,
		checkContainerNames,
		checkVolumes,
		checkBehaviour,
		checkScale,
		checkMetric,
		checkUnreadScale,
		checkHPATarget,
		checkProxyID,
		checkSidecarPorts,
		checkAutoscaler,
		checkScheduling,
	}
	containerRules = []func(*target.Target, ir.Container) diag.List{
		checkPort,
		checkEnv,
		checkEnvCycles,
		checkProbes,
		checkProbeReaders,
		checkMounts,
		checkMountOptions,
		checkResources,
		checkQuantities,
		checkPassedOn,
		checkRootUser,
		checkSecurity,
	}
)

func applyRules(t *target.Target, a *ir.App) (diags diag.List) {
	for _, rule := range appRules {
		diags.Add(rule(t, a)...)
	}
	for _, r := range a.Revisions {
		if r.Spec.Existing != "" {
			continue
		}
		for _, rule := range revisionRules {
			diags.Add(rule(t, a, r)...)
		}
		for _, c := range r.Containers() {
			for _, rule := range containerRules {
				diags.Add(rule(t, c)...)
			}
		}
	}
	return diags
}
