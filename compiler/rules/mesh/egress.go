package mesh

import (
	"fmt"
	"strings"

	"github.com/belay-sh/belay/compiler/rules"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
)

// egressRules are the rules of this file.
var egressRules = rules.Set{
	App: []func(*target.Target, *ir.App) diag.List{checkEgress},
	DependsOn: map[diag.Code][]string{
		diag.DuplicateHost: {"host", "port", "protocol", "egress"},
		diag.InternalHost:  {rules.WholeTarget},
	},
}

// checkEgress reports hosts that the mesh cannot distinguish, and ports of a
// host that are listed more than once.
func checkEgress(_ *target.Target, a *ir.App) (diags diag.List) {
	n := a.Node.Field("mesh").Field("egress")
	if n == nil {
		return nil
	}
	seen := map[string]*ir.Node{}
	for i, e := range a.Spec.Mesh.Egress {
		entry := n.Children[i]
		if e.Namespace != "" {
			for _, name := range []string{"port", "protocol"} {
				if f := entry.Field(name); f != nil {
					diags.Add(f.KeyErrorf(diag.MisplacedField, "%s goes with host only: of a namespace all hosts are meant", name))
				}
			}
			continue
		}
		host := entry
		if f := entry.Field("host"); f != nil {
			host = f
		}
		switch tcp := e.Protocol == "TCP" || e.Protocol == "MONGO"; {
		case strings.HasSuffix(e.Host, ".cluster.local"), strings.HasSuffix(e.Host, ".svc"):
			diags.Add(host.Errorf(diag.InternalHost, "%s is a host of the cluster, which the mesh knows itself", e.Host).
				WithHint("name its namespace instead: {namespace: …}"))
		case tcp && e.Port == 0:
			diags.Add(entry.KeyErrorf(diag.MissingField, "%s lacks the field port: %s has none of its own", entry.DisplayName(), e.Protocol))
		case tcp && strings.HasPrefix(e.Host, "*"):
			diags.Add(host.Errorf(diag.InvalidValue, "%s stands for many hosts, and %s has no name by which the mesh could tell one", e.Host, e.Protocol).
				WithHint("name the hosts one by one"))
		}
		_, port := e.On()
		key := fmt.Sprintf("port %d of %s", port, e.Host)
		if first := seen[key]; first != nil {
			diags.Add(entry.KeyErrorf(diag.DuplicateHost, "%s stands twice", key).WithRelated(first.At, "the first"))
		}
		seen[key] = entry
	}
	return diags
}
