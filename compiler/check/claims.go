package check

import (
	"cmp"

	"github.com/belay-sh/belay/diag"
	"github.com/belay-sh/belay/ir"
	"github.com/belay-sh/belay/target"
)

// A Claim is a name that an app takes. Names are shared by all apps of a
// namespace: a Route, the host of each tag and each revision is a Kubernetes
// Service of that name, and Knative takes over none that is not its own
// (knative.dev/serving/pkg/reconciler/route/resources/service.go).
type Claim struct {
	Namespace string // "" for a domain, which the whole cluster shares
	Name      string
	What      string // "app web", "tag next of app web"
	At        diag.Range
	Path      string
	own       bool // the name of an app itself
	numbered  bool // of a Configuration: its revisions are called so, with a number behind it
	guarded   bool // Knative's activator holds the callers of the app to all revisions whose names begin so
}

// Claims are the names that an app takes.
func Claims(t *target.Target, a *ir.App) []Claim {
	app := claim(a, a.Node, true, a.Name, "app "+a.Name)
	if n := a.Node.Field("name"); n != nil {
		app.At, app.Path = n.At, n.Path()
	}
	app.own, app.numbered = true, !a.Declared()
	guarded := a.Spec.Mesh != nil && len(a.Spec.Mesh.Callers) > 0 && !a.Direct()
	app.guarded = guarded && !a.Declared()
	claims := []Claim{app}
	for _, r := range a.Revisions {
		if r.ID == "" {
			continue
		}
		n := declared(a, r)
		if tag := r.Tag(); tag != "" {
			at, own := n, n.Field("tag")
			if own != nil {
				at = own
			}
			if host, err := t.Hostname(a.Name, tag); err == nil {
				claims = append(claims, claim(a, at, own == nil, host, "tag "+tag+" of app "+a.Name))
			}
		}
		if r.Spec.Existing == "" && a.Spec.Strategy != "service" {
			c := claim(a, n, true, a.Name+"-"+r.ID, "revision "+r.ID+" of app "+a.Name)
			c.guarded, c.numbered = guarded, true
			claims = append(claims, c)
		}
	}
	if domains := a.Node.Field("domains"); domains != nil {
		for _, n := range domains.Children {
			c := claim(a, n, true, cmp.Or(n.Text, n.Name), "domain of app "+a.Name)
			c.Namespace = ""
			claims = append(claims, c)
		}
	}
	return claims
}

// claim is a name that an app takes at a node: at its key, or at its value.
func claim(a *ir.App, n *ir.Node, key bool, name, what string) Claim {
	at := n.At
	if key {
		at = n.Key
	}
	return Claim{Namespace: a.Namespace, Name: name, What: what, At: at, Path: n.Path()}
}

// NamedClaims are the names of revisions that belay computed, and of their
// private Services.
func NamedClaims(names []ir.RevisionName) (claims []Claim) {
	for _, n := range names {
		c := Claim{Namespace: n.Namespace, Name: n.Name, What: "revision " + n.ID + " of app " + n.App, At: n.Node.Key, Path: n.Node.Path()}
		private := c
		private.Name += "-private"
		claims = append(claims, c, private)
	}
	return claims
}
