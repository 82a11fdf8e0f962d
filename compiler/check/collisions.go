package check

import (
	"cmp"
	"slices"
	"strings"

	"github.com/belay-sh/belay/internal/diag"
)

// Collisions reports the names and hosts that are taken twice in a run: at the
// one written last, with the other as related; and service accounts by which
// callers would not be who is meant.
func Collisions(claims []ReservedName) (diags diag.List) {
	diags = append(checkIdentities(claims), checkInjection(claims)...)
	claims = slices.DeleteFunc(slices.Clone(claims), func(c ReservedName) bool { return c.identity != noIdentity })
	slices.SortStableFunc(claims, func(a, b ReservedName) int {
		return cmp.Or(
			cmp.Compare(a.Namespace, b.Namespace),
			cmp.Compare(a.Name, b.Name),
			a.At.Compare(b.At))
	})
	for i := 0; i < len(claims); {
		first := claims[i]
		end := i + 1
		for end < len(claims) && claims[end].Namespace == first.Namespace && claims[end].Name == first.Name {
			end++
		}
		if first.Namespace == "" {
			diags.Add(hostCollisions(claims[i:end])...)
		} else {
			for j := i + 1; j < end; j++ {
				diags.Add(collision(claims[j-1], claims[j]))
			}
		}
		i = end
	}
	diags.Add(numbered(claims)...)
	return append(diags, overlaps(claims)...)
}

// hostCollisions reports the claims of one host but the first. Two Routes or
// tags of one name in one namespace are left out: their names collide already.
func hostCollisions(claims []ReservedName) (diags diag.List) {
	for i, c := range claims {
		same := func(o ReservedName) bool { return o.route == c.route && c.route != "" }
		if i == 0 || slices.ContainsFunc(claims[:i], same) {
			continue
		}
		diags.Add(hostCollision(claims[0], c))
	}
	return diags
}

func hostCollision(first, second ReservedName) diag.Diagnostic {
	d := diag.Diagnostic{Code: diag.HostCollision, Severity: diag.Error, At: second.At, Path: second.Path}
	switch {
	case first.route == "" && second.route == "":
		d.Code = diag.DuplicateDomain
		d.Message = "the domain " + second.Name + " is mapped twice; it has one owner in a cluster"
	case second.route == "":
		d.Message = "the domain " + second.Name + " is the host that Knative gives " + first.What + "; requests would go to one of the two"
		d = d.WithHint("remove the domain, or choose one that Knative gives no app")
	case first.route == "":
		d.Message = "Knative gives " + second.What + " the host " + second.Name + ", which is also the " + first.What + "; requests would go to one of the two"
		d = d.WithHint("choose a domain that Knative gives no app, or rename the app or tag")
	default:
		d.Message = "Knative gives " + second.What + " the host " + second.Name + ", and " + first.What + " the same; requests would go to one of the two"
		d = d.WithHint("rename one of them, or use all of {{.Name}}, {{.Namespace}} and {{.Domain}} in the target's domain-template")
	}
	return d.WithRelated(first.At, "%s", first.What)
}

// numbered tells names that Knative gives to the revisions of a Configuration:
// its own and a number of five digits, and the same with "-private" behind it
// (knative.dev/serving/pkg/reconciler/revision/resources/names).
func numbered(claims []ReservedName) (diags diag.List) {
	configurations := map[string]ReservedName{}
	for _, c := range claims {
		if c.numbered {
			configurations[c.Namespace+"/"+c.Name] = c
		}
	}
	for _, c := range claims {
		of, ok := configurations[c.Namespace+"/"+configurationOf(c.Name)]
		if !ok || c.Namespace == "" {
			continue
		}
		of.What, of.own = "a revision that Knative makes for "+of.What, false
		if of.At.Compare(c.At) > 0 {
			c, of = of, c
			c.Name = of.Name
		}
		diags.Add(collision(of, c))
	}
	return diags
}

// configurationOf is the name of the Configuration that a name is numbered
// after, or "".
func configurationOf(name string) string {
	name = strings.TrimSuffix(name, "-private")
	at := len(name) - numberSuffix
	if at <= 0 || name[at] != '-' || strings.Trim(name[at+1:], "0123456789") != "" {
		return ""
	}
	return name[:at]
}

// overlaps tells apps whose revisions look to Knative's activator like those of
// an app with callers: the name of a revision is that of its Configuration and
// a number, and a policy can't ask for all of a pattern but its beginning.
func overlaps(claims []ReservedName) (diags diag.List) {
	var own []ReservedName
	for _, c := range claims {
		if c.own {
			own = append(own, c)
		}
	}
	slices.SortStableFunc(own, func(a, b ReservedName) int { return cmp.Compare(a.Name, b.Name) })
	for _, g := range claims {
		if !g.guarded {
			continue
		}
		prefix := g.Name + "-"
		i, _ := slices.BinarySearchFunc(own, prefix, func(c ReservedName, name string) int { return cmp.Compare(c.Name, name) })
		for ; i < len(own) && strings.HasPrefix(own[i].Name, prefix); i++ {
			if own[i].Namespace != g.Namespace {
				continue // the activator tells namespaces apart
			}
			if digit := own[i].Name[len(prefix):]; digit != "" && digit[0] >= '0' && digit[0] <= '9' {
				diags.Add(overlap(g, own[i]))
			}
		}
	}
	return diags
}

func overlap(guarded, other ReservedName) diag.Diagnostic {
	first, last := guarded, other
	if first.At.Compare(last.At) > 0 {
		first, last = last, first
	}
	d := diag.Diagnostic{Code: diag.CallerOverlap, Severity: diag.Error, At: last.At, Path: last.Path}
	d.Message = "the callers of " + guarded.What + " would be held to " + other.What + " as well: in Knative's activator its revisions have names that begin alike"
	return d.WithRelated(first.At, "%s", first.What).WithHint("rename one of the two")
}

func collision(first, second ReservedName) diag.Diagnostic {
	d := diag.Diagnostic{Code: diag.NameCollision, Severity: diag.Error, At: second.At, Path: second.Path}
	switch {
	case first.own && second.own:
		d.Code = diag.DuplicateName
		d.Message = "two apps are called " + second.Name + " in namespace " + second.Namespace
	default:
		d.Message = second.What + " takes the name " + second.Name + " in namespace " + second.Namespace + ", and so does " + first.What
	}
	return d.WithRelated(first.At, "%s", first.What)
}
