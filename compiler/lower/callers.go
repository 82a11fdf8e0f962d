package lower

import (
	"slices"
	"strconv"
	"strings"

	security "istio.io/api/security/v1beta1"

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
	if !b.app.Direct() {
		activator := principal(b.pinned.Target.Mesh.TrustDomain, "knative-serving/"+b.pinned.Target.ActivatorAccount())
		if !slices.Contains(strangers.NotPrincipals, activator) {
			strangers.NotPrincipals = append(strangers.NotPrincipals, activator)
		}
	}
	for _, breach := range all {
		rules = append(rules, b.exceptProbes(breach.from, breach.operations)...)
	}
	return rules
}

// refuseAtActivator are the rules at Knative's activator, on requests for the
// app's revisions. It goes by two headers, which the mesh's VirtualServices
// set; or, where one of them is empty, by the host (knative.dev/serving/pkg/
// activator/handler/context_handler.go). Of a header that stands twice it
// takes the first, and Envoy sees both, with a comma between. Probes it
// answers itself.
func (b *builder) refuseAtActivator() (rules []*security.Rule) {
	ports := []string{"8012", "8013"}
	notProbe := noHeader(probeHeader, "probe", "activator")
	for _, breach := range breaches(b.app.Spec.Mesh.Callers, b.pinned.Target.Mesh.TrustDomain) {
		byHeader := each(breach.operations, func(o *security.Operation) { o.Ports = ports })
		byHost := each(byHeader, func(o *security.Operation) { o.Hosts = b.revisionPrefixes() })
		rules = append(rules,
			rule(breach.from, byHeader, notProbe,
				header(namespaceHeader, b.app.Namespace, b.app.Namespace+",*"),
				header(revisionHeader, b.revisionPrefixes()...)),
			rule(breach.from, byHost, notProbe))
	}
	return rules
}

// revisionPrefixes are patterns for the names of the app's revisions, which the
// cluster gives: a Configuration's name and the number of its generation, of
// five digits or more (kmeta.ChildName).
func (b *builder) revisionPrefixes() (patterns []string) {
	for _, r := range b.app.Revisions {
		name := b.app.Name
		switch {
		case r.Spec.Existing != "":
			patterns = append(patterns, r.Spec.Existing+"*")
			continue
		case b.tracks():
			name = configurationName(b.app.Name, r.ID)
		}
		for digit := range 10 {
			patterns = append(patterns, name+"-"+strconv.Itoa(digit)+"*")
		}
	}
	return patterns
}
