// Package scaling has the rules over how many pods a revision has, and over the
// requests that each of them serves.
package scaling

import "github.com/belay-sh/belay/compiler/rules"

// Rules are the rules of this package.
var Rules = rules.Join(autoscalerRules, limitRules, scaleRules)
