// Package mesh has the rules over what Istio does for an app.
package mesh

import "github.com/belay-sh/belay/compiler/rules"

// Rules are the rules of this package.
var Rules = rules.Join(ambientRules, bypassRules, callerRules, egressRules, mtlsRules, resilienceRules, sidecarRules, tokenRules)
