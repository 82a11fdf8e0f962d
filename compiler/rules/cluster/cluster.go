// Package cluster has the rules over what a spec says of its cluster: the target,
// the platform, the namespaces, and Argo CD. Each is called for the field that
// it is about, and not applied to apps.
package cluster

import "github.com/belay-sh/belay/compiler/rules"

// Rules are the consequences of the rules of this package.
var Rules = rules.Join(gatewayRules, manifestRules, platformRules, settingRules)
