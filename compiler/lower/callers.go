package lower

import (
	"slices"
	"strconv"
	"strings"

	security "istio.io/api/security/v1beta1"

	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/schema"
)

// A breach is what callers do not admit: requests from a source, for one of
// some operations; an empty one is any.
type breach struct {
	from       *security.Source
	operations []*security.Operation
}

// breaches are all that callers do not admit: requests of whoever is not among
// them, and of those who may not ask for everything, what they may not ask for.
func breaches(callers []schema.Caller, trustDomain string) []breach {
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
	out := []breach{{strangers, []*security.Operation{{}}}}
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
		if operations := refused(entries); len(operations) > 0 {
			out = append(out, breach{from, operations})
		}
	}
	return out
}

func principal(trustDomain, serviceAccount string) string {
	namespace, name, _ := strings.Cut(serviceAccount, "/")
	return trustDomain + "/ns/" + namespace + "/sa/" + name
}

// refused are the operations that none of some callers' entries admits: of each
// method that an entry lists, the paths that no entry has for it, methods with
// the same paths together; and of all other methods, the paths that no entry
// has for any method.
func refused(entries []schema.Caller) (operations []*security.Operation) {
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

// refuseAtPods are the rules at the app's pods: the activator is admitted
// there, unless it is never in the path; then only its probes are.
func (b *builder) refuseAtPods() (rules []*security.Rule) {
	all := breaches(b.app.Spec.Mesh.Callers, b.pinned.Target.Mesh.TrustDomain)
	strangers := all[0].from
	if !b.app.BypassesActivator() {
		activator := principal(b.pinned.Target.Mesh.TrustDomain, ir.ServingNamespace+"/"+b.pinned.Target.ActivatorAccount())
		if !slices.Contains(strangers.NotPrincipals, activator) {
			strangers.NotPrincipals = append(strangers.NotPrincipals, activator)
		}
	}
	for _, breach := range all {
		rules = append(rules, b.exceptProbes(breach.from, breach.operations)...)
	}
	if !b.app.BypassesActivator() {
		rules = append(rules, b.denyOddHosts()...)
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
// recognize: with a port other than HTTP's, or with what is no port. A pattern
// has no wildcard in the middle, so that a rule at the activator could not be
// limited to hosts of the app's namespace.
func (b *builder) denyOddHosts() []*security.Rule {
	prefixes := b.numberedPrefixes()
	if len(prefixes) == 0 {
		return nil
	}
	activator := &security.Source{Principals: []string{principal(b.pinned.Target.Mesh.TrustDomain, ir.ServingNamespace+"/"+b.pinned.Target.ActivatorAccount())}}
	operation := &security.Operation{Ports: b.servingPorts(), Hosts: prefixes, NotHosts: slices.Concat(b.hostSuffixes(), b.ownHosts())}
	return []*security.Rule{rule(activator, []*security.Operation{operation}, noHeader(probeHeader, "probe", "queue"))}
}

// hostSuffixes are patterns for the hosts of the namespace's revisions.
func (b *builder) hostSuffixes() []string {
	host := "*." + b.app.Namespace + ".svc.cluster.local"
	return []string{host, host + ":80"}
}

// ownHosts are the domains of the app and the hosts of its tags, with any port:
// they may look like those of its revisions.
func (b *builder) ownHosts() (hosts []string) {
	for _, domain := range ir.Sorted(b.app.Spec.Domains) {
		hosts = append(hosts, domain, domain+":*")
	}
	for _, r := range b.app.Revisions {
		hostname, err := b.pinned.Target.Hostname(b.app.Name, r.Tag())
		if r.Tag() == "" || err != nil {
			continue
		}
		if host, err := b.pinned.Target.DomainName(hostname, b.app.Namespace, false, b.app.Spec.Labels, b.app.Spec.Annotations); err == nil {
			hosts = append(hosts, host, host+":*")
		}
	}
	return hosts
}

// refuseAtActivator are the rules at Knative's activator, on requests for the
// app's revisions, and for those of no other namespace. It goes by two headers,
// which the mesh's VirtualServices set; or, where one of them is empty, by the
// host (knative.dev/serving/pkg/activator/handler/context_handler.go), which it
// compares letter by letter. Of a header that stands twice it takes the first,
// and Envoy sees both, with a comma between. Probes it answers itself.
func (b *builder) refuseAtActivator() (rules []*security.Rule) {
	ports := []string{"8012", "8013"}
	notProbe := noHeader(probeHeader, "probe", "activator")
	prefixes, names := b.numberedPrefixes(), b.existingNames()
	revisions := slices.Clone(prefixes)
	var hosts []string
	for _, name := range names {
		revisions = append(revisions, name, name+",*")
		host := name + "." + b.app.Namespace + ".svc.cluster.local"
		hosts = append(hosts, host, host+":*")
	}
	for _, breach := range breaches(b.app.Spec.Mesh.Callers, b.pinned.Target.Mesh.TrustDomain) {
		byHeader := each(breach.operations, func(o *security.Operation) { o.Ports = ports })
		rules = append(rules, rule(breach.from, byHeader, notProbe,
			header(namespaceHeader, b.app.Namespace, b.app.Namespace+",*"),
			header(revisionHeader, revisions...)))
		if len(prefixes) > 0 {
			byHost := each(byHeader, func(o *security.Operation) { o.Hosts = prefixes })
			rules = append(rules, rule(breach.from, byHost, notProbe, header(":authority", b.hostSuffixes()...)))
		}
		if len(hosts) > 0 {
			byName := each(byHeader, func(o *security.Operation) { o.Hosts = hosts })
			rules = append(rules, rule(breach.from, byName, notProbe))
		}
	}
	return rules
}

// numberedPrefixes are patterns for the names of the app's revisions that the
// cluster numbers: a Configuration's name and the number of its generation, of
// five digits or more (kmeta.ChildName).
func (b *builder) numberedPrefixes() (patterns []string) {
	for _, r := range b.app.Revisions {
		if r.Spec.Existing != "" {
			continue
		}
		name := b.app.Name
		if b.tracks() {
			name = configurationName(b.app.Name, r.ID)
		}
		for digit := range 10 {
			patterns = append(patterns, name+"-"+strconv.Itoa(digit)+"*")
		}
	}
	return patterns
}

// existingNames are the names of the app's revisions that the cluster has
// already.
func (b *builder) existingNames() (names []string) {
	for _, r := range b.app.Revisions {
		if r.Spec.Existing != "" {
			names = append(names, r.Spec.Existing)
		}
	}
	return names
}
