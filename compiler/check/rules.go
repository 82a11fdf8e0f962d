package check

import (
	"github.com/belay-sh/belay/compiler/rules"
	"github.com/belay-sh/belay/compiler/rules/mesh"
	"github.com/belay-sh/belay/compiler/rules/pod"
	"github.com/belay-sh/belay/compiler/rules/scaling"
	"github.com/belay-sh/belay/compiler/rules/traffic"
)

// appRules are all rules over one app.
var appRules = rules.Join(pod.Rules, scaling.Rules, traffic.Rules, mesh.Rules)
