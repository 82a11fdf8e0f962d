// Package traffic has the rules over how requests get to an app: weights, tags,
// matches, hosts and domains, and the metadata that Knative reads for them.
package traffic

import "github.com/belay-sh/belay/compiler/rules"

// Rules are the rules of this package.
var Rules = rules.Join(domainRules, hostRules, matchRules, metadataRules, nameRules, redirectRules, rolloutRules, strategyRules, weightRules)
