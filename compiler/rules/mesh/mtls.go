package mesh

import (
	"strings"

	"github.com/belay-sh/belay/compiler/rules"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
)

// mtlsRules are the rules of this file.
var mtlsRules = rules.Set{
	App: []func(*target.Target, *ir.App) diag.List{checkMTLS, checkInternalTLS},
	DependsOn: map[diag.Code][]string{
		diag.InternalTLS: {rules.WholeTarget},
	},
}

// checkMTLS reports strict mTLS where Knative's own components have no sidecar:
// the pods would reject the activator's requests and the autoscaler's scraping.
func checkMTLS(t *target.Target, a *ir.App) diag.List {
	mtls := a.Node.Field("mesh").Field("mtls")
	if mtls == nil || mtls.Text != "strict" {
		return nil
	}
	return rules.RequireInjectedServing(t, mtls)
}

// checkInternalTLS reports policies on requests where Knative's own TLS hides
// requests from sidecars: to those it is one more TCP connection.
func checkInternalTLS(t *target.Target, a *ir.App) (diags diag.List) {
	if !strings.EqualFold(t.Setting("network", "system-internal-tls"), "enabled") {
		return nil
	}
	for _, name := range []string{"callers", "jwt", "rateLimit"} {
		if n := a.Node.Field("mesh").Field(name); n != nil {
			diags.Add(n.KeyErrorf(diag.InternalTLS, "%s looks at requests, and Knative's own TLS at the target (system-internal-tls) hides them from the sidecars", name).
				WithHint("let the mesh encrypt alone: target: config: network: \"system-internal-tls\": \"disabled\""))
		}
	}
	return diags
}
