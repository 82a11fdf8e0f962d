package mesh

import (
	"slices"
	"strings"

	security "istio.io/api/security/v1beta1"

	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/naming"
	"github.com/belay-sh/belay/schema"
)

// A denial is what callers do not admit: requests from a source, for one of
// some operations. An empty operation is any.
type denial struct {
	from       *security.Source
	operations []*security.Operation
}

// denialsFor returns what must be denied: every request from a source that is
// not listed, and from each listed source the operations that it is not granted.
func denialsFor(callers []schema.Caller, trustDomain string) []denial {
	strangers := &security.Source{}
	of := map[string][]schema.Caller{} // by principal or namespace, which has no '/'
	var order []string
	for _, c := range callers {
		key := c.Namespace
		if c.ServiceAccount != "" {
			key = principal(trustDomain, c.ServiceAccount)
		}
		if _, ok := of[key]; !ok {
			order = append(order, key)
		}
		of[key] = append(of[key], c)
	}
	slices.Sort(order)
	for _, key := range order {
		if of[key][0].Namespace != "" {
			strangers.NotNamespaces = append(strangers.NotNamespaces, key)
		} else {
			strangers.NotPrincipals = append(strangers.NotPrincipals, key)
		}
	}
	out := []denial{{strangers, []*security.Operation{{}}}}
	for _, key := range order {
		from, entries := &security.Source{Namespaces: []string{key}}, of[key]
		if account := of[key][0].ServiceAccount; account != "" {
			// A service account may do what its namespace may.
			namespace, _, _ := strings.Cut(account, "/")
			from, entries = &security.Source{Principals: []string{key}}, slices.Concat(entries, of[namespace])
		} else {
			for _, other := range order {
				if strings.Contains(other, "/ns/"+key+"/") {
					from.NotPrincipals = append(from.NotPrincipals, other)
				}
			}
		}
		if operations := deniedOperations(entries); len(operations) > 0 {
			out = append(out, denial{from, operations})
		}
	}
	return out
}

func principal(trustDomain, serviceAccount string) string {
	namespace, name, _ := strings.Cut(serviceAccount, "/")
	return trustDomain + "/ns/" + namespace + "/sa/" + name
}

// deniedOperations returns the operations that none of some callers' entries
// admits: of each method that an entry lists, the paths that no entry has for it, methods with
// the same paths together; and of all other methods, the paths that no entry
// has for any method.
func deniedOperations(entries []schema.Caller) (operations []*security.Operation) {
	var listed []string
	for _, e := range entries {
		listed = append(listed, e.Methods...)
	}
	slices.Sort(listed)
	listed = slices.Compact(listed)

	byPaths := map[string]*security.Operation{}
	for _, method := range listed {
		paths, all := admittedPaths(entries, method)
		if all {
			continue
		}
		key := strings.Join(paths, "\n")
		if byPaths[key] == nil {
			byPaths[key] = &security.Operation{NotPaths: paths}
			operations = append(operations, byPaths[key])
		}
		byPaths[key].Methods = append(byPaths[key].Methods, method)
	}
	if paths, all := admittedPaths(entries, ""); !all {
		operations = append(operations, &security.Operation{NotMethods: listed, NotPaths: paths})
	}
	return operations
}

// admittedPaths are the paths that entries admit for a method, or with "" for
// any; all of them if an entry names none.
func admittedPaths(entries []schema.Caller, method string) (paths []string, all bool) {
	for _, e := range entries {
		switch {
		case len(e.Methods) > 0 && !slices.Contains(e.Methods, method):
		case len(e.Paths) == 0:
			return nil, true
		default:
			paths = append(paths, e.Paths...)
		}
	}
	slices.Sort(paths)
	return slices.Compact(paths), false
}

// denyAtPods returns the rules at the app's pods: the activator is admitted
// there, unless it is never in the path; then only its probes are.
func (a *App) denyAtPods() (rules []*security.Rule) {
	all := denialsFor(a.Spec.Mesh.Callers, a.Target.Mesh.TrustDomain)
	strangers := all[0].from
	if !a.BypassesActivator() {
		activator := principal(a.Target.Mesh.TrustDomain, ir.ServingNamespace+"/"+a.Target.ActivatorAccount())
		if !slices.Contains(strangers.NotPrincipals, activator) {
			strangers.NotPrincipals = append(strangers.NotPrincipals, activator)
		}
	}
	for _, d := range all {
		rules = append(rules, a.exceptProbes(d.from, d.operations)...)
	}
	if !a.BypassesActivator() {
		rules = append(rules, a.denyOddHosts()...)
	}
	return append(rules, denyOwnPorts()...)
}

// denyOwnPorts are the rules at the app's pods on the ports of queue-proxy that
// are for one sender each. Kubelet has no certificate, and the autoscaler is in
// Knative's namespace.
func denyOwnPorts() []*security.Rule {
	return []*security.Rule{
		rule(&security.Source{Principals: []string{"*"}}, []*security.Operation{{Ports: []string{drainPort}}}),
		rule(&security.Source{Principals: []string{"*"}, NotNamespaces: []string{ir.ServingNamespace}}, []*security.Operation{{Ports: []string{scrapePort}}}),
	}
}

// denyOddHosts are the rules at the app's pods on requests that came through the
// activator by the host of a revision, in a form that the rule there does not
// recognize: with a port other than HTTP's, or with what is not a port. A pattern
// has no wildcard in the middle, so that a rule at the activator could not be
// limited to hosts of the app's namespace.
func (a *App) denyOddHosts() []*security.Rule {
	prefixes := a.numberedPrefixes()
	if len(prefixes) == 0 {
		return nil
	}
	activator := &security.Source{Principals: []string{principal(a.Target.Mesh.TrustDomain, ir.ServingNamespace+"/"+a.Target.ActivatorAccount())}}
	operation := &security.Operation{Ports: a.servingPorts(), Hosts: prefixes, NotHosts: slices.Concat(naming.NamespaceHosts(a.Namespace), a.ownHosts())}
	return []*security.Rule{rule(activator, []*security.Operation{operation}, noHeader(probeHeader, "probe", "queue"))}
}

// ownHosts are the domains of the app and the hosts of its tags, with any port:
// they may look like those of its revisions.
func (a *App) ownHosts() (hosts []string) {
	for _, domain := range ir.Sorted(a.Spec.Domains) {
		hosts = append(hosts, domain, domain+":*")
	}
	for _, r := range a.Revisions {
		hostname, err := a.Target.Hostname(a.Name, r.Tag())
		if r.Tag() == "" || err != nil {
			continue
		}
		if host, err := a.Target.DomainName(hostname, a.Namespace, false, a.Spec.Labels, a.Spec.Annotations); err == nil {
			hosts = append(hosts, host, host+":*")
		}
	}
	return hosts
}

// denyAtActivator returns the rules at Knative's activator, on requests for the
// app's revisions, and for those of no other namespace. It goes by two headers,
// which the mesh's VirtualServices set; or, where one of them is empty, by the
// host (knative.dev/serving/pkg/activator/handler/context_handler.go), which it
// compares letter by letter. Of a header that is given twice it takes the first,
// and Envoy sees both, with a comma between. Probes it answers itself.
func (a *App) denyAtActivator() (rules []*security.Rule) {
	ports := []string{"8012", "8013"}
	notProbe := noHeader(probeHeader, "probe", "activator")
	prefixes, names := a.numberedPrefixes(), a.existingNames()
	revisions := slices.Clone(prefixes)
	var hosts []string
	for _, name := range names {
		revisions = append(revisions, name, name+",*")
		host := name + "." + a.Namespace + ".svc.cluster.local"
		hosts = append(hosts, host, host+":*")
	}
	for _, d := range denialsFor(a.Spec.Mesh.Callers, a.Target.Mesh.TrustDomain) {
		byHeader := each(d.operations, func(o *security.Operation) { o.Ports = ports })
		rules = append(rules, rule(d.from, byHeader, notProbe,
			header(naming.NamespaceHeader, naming.NamespaceValues(a.Namespace)...),
			header(naming.RevisionHeader, revisions...)))
		if len(prefixes) > 0 {
			byHost := each(byHeader, func(o *security.Operation) { o.Hosts = prefixes })
			rules = append(rules, rule(d.from, byHost, notProbe, header(":authority", naming.NamespaceHosts(a.Namespace)...)))
		}
		if len(hosts) > 0 {
			byName := each(byHeader, func(o *security.Operation) { o.Hosts = hosts })
			rules = append(rules, rule(d.from, byName, notProbe))
		}
	}
	return rules
}

// numberedPrefixes are patterns for the names of the app's revisions that the
// cluster numbers: a Configuration's name and the number of its generation, of
// five digits or more (kmeta.ChildName).
func (a *App) numberedPrefixes() (patterns []string) {
	for _, r := range a.Revisions {
		if r.Spec.Existing != "" {
			continue
		}
		name := a.Name
		if a.HasTracks() {
			name = a.ConfigurationName(r.ID)
		}
		patterns = append(patterns, naming.NumberedRevisions(name)...)
	}
	return patterns
}

// existingNames are the names of the app's revisions that the cluster has
// already.
func (a *App) existingNames() (names []string) {
	for _, r := range a.Revisions {
		if r.Spec.Existing != "" {
			names = append(names, r.Spec.Existing)
		}
	}
	return names
}
