package check

import (
	"cmp"
	"slices"
	"strings"

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
	guarded   bool // Knative's activator holds the callers of the app to all revisions whose names begin so
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
			claims = append(claims, claim(at, own == nil, tag+"-"+a.Name, "tag "+tag+" of app "+a.Name))
		}
		if r.Spec.Existing == "" && a.Spec.Strategy != "service" {
			c := claim(n, true, a.Name+"-"+r.ID, "revision "+r.ID+" of app "+a.Name)
			c.guarded = guarded
			claims = append(claims, c)
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
	return append(diags, overlaps(claims)...)
}

// overlaps tells apps whose revisions look to Knative's activator like those of
// an app with callers: the name of a revision is that of its Configuration and
// a number, and a policy can't ask for all of a pattern but its beginning.
func overlaps(claims []Claim) (diags diag.List) {
	var own []Claim
	for _, c := range claims {
		if c.own {
			own = append(own, c)
		}
	}
	slices.SortStableFunc(own, func(a, b Claim) int { return cmp.Compare(a.Name, b.Name) })
	for _, g := range claims {
		if !g.guarded {
			continue
		}
		prefix := g.Name + "-"
		i, _ := slices.BinarySearchFunc(own, prefix, func(c Claim, name string) int { return cmp.Compare(c.Name, name) })
		for ; i < len(own) && strings.HasPrefix(own[i].Name, prefix); i++ {
			if digit := own[i].Name[len(prefix):]; digit != "" && digit[0] >= '0' && digit[0] <= '9' {
				diags.Add(overlap(g, own[i]))
			}
		}
	}
	return diags
}

func overlap(guarded, other Claim) diag.Diagnostic {
	first, last := guarded, other
	if first.At.Compare(last.At) > 0 {
		first, last = last, first
	}
	d := diag.Diagnostic{Code: diag.CallerOverlap, Severity: diag.Error, At: last.At, Path: last.Path}
	d.Message = "the callers of " + guarded.What + " would be held to " + other.What + " as well: in Knative's activator its revisions have names that begin alike"
	return d.WithRelated(first.At, "%s", first.What).WithHint("rename one of the two")
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
