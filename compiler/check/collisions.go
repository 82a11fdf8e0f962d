package check

import (
	"cmp"
	"slices"

	"github.com/belay-sh/belay/diag"
	"github.com/belay-sh/belay/ir"
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
}

// Claims are the names that an app takes.
func Claims(a *ir.App) []Claim {
	claim := func(n *ir.Node, key bool, name, what string) Claim {
		at := n.At
		if key {
			at = n.Key
		}
		return Claim{Namespace: a.Namespace, Name: name, What: what, At: at, Path: n.Path()}
	}
	app := claim(a.Node, true, a.Name, "app "+a.Name)
	if n := a.Node.Field("name"); n != nil {
		app.At, app.Path = n.At, n.Path()
	}
	app.own = true
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
			claims = append(claims, claim(at, own == nil, tag+"-"+a.Name, "tag "+tag+" of app "+a.Name))
		}
		if r.Spec.Existing == "" && a.Spec.Strategy != "service" {
			claims = append(claims, claim(n, true, a.Name+"-"+r.ID, "revision "+r.ID+" of app "+a.Name))
		}
	}
	if domains := a.Node.Field("domains"); domains != nil {
		for _, n := range domains.Children {
			c := claim(n, true, cmp.Or(n.Text, n.Name), "domain of app "+a.Name)
			c.Namespace = ""
			claims = append(claims, c)
		}
	}
	return claims
}

// Collisions tells names that are taken twice in a run: at the one written
// last, with the other as related.
func Collisions(claims []Claim) (diags diag.List) {
	slices.SortStableFunc(claims, func(a, b Claim) int {
		return cmp.Or(
			cmp.Compare(a.Namespace, b.Namespace),
			cmp.Compare(a.Name, b.Name),
			a.At.Compare(b.At))
	})
	for i := 1; i < len(claims); i++ {
		first, second := claims[i-1], claims[i]
		if first.Namespace == second.Namespace && first.Name == second.Name {
			diags.Add(collision(first, second))
		}
	}
	return diags
}

func collision(first, second Claim) diag.Diagnostic {
	d := diag.Diagnostic{Code: diag.NameCollision, Severity: diag.Error, At: second.At, Path: second.Path}
	switch {
	case second.Namespace == "":
		d.Code = diag.DuplicateDomain
		d.Message = "the domain " + second.Name + " is mapped twice; it has one owner in a cluster"
	case first.own && second.own:
		d.Code = diag.DuplicateName
		d.Message = "two apps are called " + second.Name + " in namespace " + second.Namespace
	default:
		d.Message = second.What + " takes the name " + second.Name + " in namespace " + second.Namespace + ", and so does " + first.What
	}
	return d.WithRelated(first.At, "%s", first.What)
}
