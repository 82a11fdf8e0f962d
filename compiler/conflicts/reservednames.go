package conflicts

import (
	"cmp"

	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
)

// A ReservedName is a name that an app takes, or a host. Names are shared by all apps of
// a namespace: a Route, the host of each tag and each revision is a Kubernetes
// Service of that name, and Knative takes over none that is not its own
// (knative.dev/serving/pkg/reconciler/route/resources/service.go). Hosts are
// shared by the whole cluster: where two VirtualServices of one gateway have
// the same host, Istio takes the routes of the older.
type ReservedName struct {
	Namespace       string // "" for a host, which the whole cluster shares
	Name            string
	What            string // "app web", "tag next of app web"
	At              diag.Range
	Path            string
	isApp           bool     // the name of an app itself
	isConfiguration bool     // of a Configuration: its revisions are called so, with a number behind it
	route           string   // of a host that Knative gives: the name of its Route or tag, with its namespace; "" for a domain
	identity        identity // what it says of a service account, whose name it then has, or of sidecars
	app             string   // with that, the app that is meant, as namespace/name
	hasCallers      bool     // the policy at the activator applies to all revisions whose names begin with this one
}

// ReservedNames are the names that an app takes.
func ReservedNames(t *target.Target, a *ir.App) []ReservedName {
	app := nameAt(a, a.Node, true, a.Name, "app "+a.Name)
	if n := a.Node.Field("name"); n != nil {
		app.At, app.Path = n.At, n.Path()
	}
	app.isApp, app.isConfiguration = true, !a.Declared()
	guarded := a.Spec.Mesh != nil && len(a.Spec.Mesh.Callers) > 0 && !a.BypassesActivator()
	app.hasCallers = guarded && !a.Declared()
	claims := []ReservedName{app}
	for _, r := range a.Revisions {
		if r.ID == "" {
			continue
		}
		n := r.Written
		if tag := r.Tag(); tag != "" {
			at, own := n, n.Field("tag")
			if own != nil {
				at = own
			}
			if host, err := t.Hostname(a.Name, tag); err == nil {
				claims = append(claims, nameAt(a, at, own == nil, host, "tag "+tag+" of app "+a.Name))
			}
		}
		if r.Spec.Existing == "" && a.Spec.Strategy != "service" {
			c := nameAt(a, n, true, a.Name+"-"+r.ID, "revision "+r.ID+" of app "+a.Name)
			c.hasCallers, c.isConfiguration = guarded, true
			claims = append(claims, c)
		}
	}
	claims = append(claims, hostsOf(t, a, app, "")...)
	for _, r := range a.Revisions {
		if tag := r.Tag(); tag != "" {
			claims = append(claims, hostsOf(t, a, nameAtTag(a, r), tag)...)
		}
	}
	claims = append(claims, identitiesOf(a)...)
	claims = append(claims, sidecarsOf(a)...)
	for _, n := range a.Node.Field("domains").Fields() {
		claims = append(claims, domainOf(a, n))
	}
	for _, n := range a.Node.Field("domains").Elements() {
		claims = append(claims, domainOf(a, n))
	}
	return claims
}

// nameAtTag returns the name that a revision reserves, at its tag, or at its ID if it
// has no tag.
func nameAtTag(a *ir.App, r *ir.Revision) ReservedName {
	n := r.Written
	if tag := n.Field("tag"); tag != nil {
		return nameAt(a, tag, false, "", "tag "+r.Tag()+" of app "+a.Name)
	}
	return nameAt(a, n, true, "", "tag "+r.Tag()+" of app "+a.Name)
}

// hostsOf are the hosts that Knative gives an app or one of its tags: the
// one inside the cluster, and of a public app the one outside. The claim that
// they are made from has their place.
func hostsOf(t *target.Target, a *ir.App, from ReservedName, tag string) (claims []ReservedName) {
	hostname, err := t.Hostname(a.Name, tag)
	if err != nil {
		return nil // reported once, at the template
	}
	hosts := map[string]bool{}
	for _, private := range []bool{true, a.Spec.Visibility == "cluster-local"} {
		host, err := t.DomainName(hostname, a.Namespace, private, a.Spec.Labels, a.Spec.Annotations)
		if err != nil || hosts[host] {
			continue
		}
		hosts[host] = true
		claims = append(claims, ReservedName{
			Name: host, What: from.What + " in namespace " + a.Namespace, At: from.At, Path: from.Path,
			route: a.Namespace + "/" + hostname,
		})
	}
	return claims
}

func domainOf(a *ir.App, n *ir.Node) ReservedName {
	c := nameAt(a, n, true, cmp.Or(n.Text, n.Name), "domain of app "+a.Name+" in namespace "+a.Namespace)
	c.Namespace = ""
	return c
}

// nameAt is a name that an app takes at a node: at its key, or at its value.
func nameAt(a *ir.App, n *ir.Node, key bool, name, what string) ReservedName {
	at := n.At
	if key {
		at = n.Key
	}
	return ReservedName{Namespace: a.Namespace, Name: name, What: what, At: at, Path: n.Path()}
}

// ReservedRevisionNames are the names of revisions that belay computed, and of their
// private Services.
func ReservedRevisionNames(names []ir.RevisionName) (claims []ReservedName) {
	for _, n := range names {
		c := ReservedName{Namespace: n.Namespace, Name: n.Name, What: "revision " + n.ID + " of app " + n.App, At: n.Node.Key, Path: n.Node.Path()}
		private := c
		private.Name += "-private"
		claims = append(claims, c, private)
	}
	return claims
}
