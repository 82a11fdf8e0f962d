// Package pod has the rules over the containers and volumes of a revision, and
// over where its pods may run.
package pod

import "github.com/belay-sh/belay/compiler/rules"

// Rules are the rules of this package.
var Rules = rules.Join(containerRules, containerNameRules, envRules, mountRules, passedOnRules, probeReaderRules, probeRules, quantityRules, resourceRules, schedulingRules)
