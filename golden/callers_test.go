package golden_test

import (
	"maps"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	security "istio.io/api/security/v1beta1"
	typeapi "istio.io/api/type/v1beta1"
)

// Who sends requests in the tables below.
const (
	plain      = "" // no sidecar: kubelet, Prometheus, net-istio's controller, a pod outside the mesh
	frontend   = "cluster.local/ns/web/sa/frontend"
	admin      = "cluster.local/ns/web/sa/admin"
	webDefault = "cluster.local/ns/web/sa/default"
	job        = "cluster.local/ns/jobs/sa/nightly"
	stranger   = "cluster.local/ns/other/sa/default"
	gateway    = "cluster.local/ns/istio-system/sa/istio-ingressgateway-service-account"
	activator  = "cluster.local/ns/knative-serving/sa/activator"
	autoscaler = "cluster.local/ns/knative-serving/sa/controller"
)

var activatorPods = workload{"knative-serving", map[string]string{"app": "activator"}}

// pods are those of an app: with belay's label, and with the one that Knative
// sets on the pods of a Service.
func pods(app string) workload {
	labels := map[string]string{"belay.sh/app": app}
	if app != "prices" && app != "history" { // which have tracks
		labels["serving.knative.dev/service"] = app
	}
	return workload{"shop", labels}
}

// with changes a hop.
type with func(*hop)

func onPath(p string) with    { return func(h *hop) { h.path = p } }
func onMethod(m string) with  { return func(h *hop) { h.method = m } }
func onPort(p string) with    { return func(h *hop) { h.port = p } }
func onHost(n string) with    { return func(h *hop) { h.host = n } }
func withToken(i string) with { return func(h *hop) { h.issuer = i } }
func badToken(h *hop)         { h.badToken = true }
func tcp(h *hop)              { h.tcp = true }
func headers(pairs ...string) with {
	return func(h *hop) {
		h.headers = maps.Clone(h.headers)
		if h.headers == nil {
			h.headers = map[string][]string{}
		}
		for i := 0; i < len(pairs); i += 2 {
			h.headers[pairs[i]] = append(h.headers[pairs[i]], pairs[i+1])
		}
	}
}
func without(name string) with {
	return func(h *hop) {
		h.headers = maps.Clone(h.headers)
		delete(h.headers, name)
	}
}

// direct is a request to the app's pods.
func direct(from, app string, changes ...with) []hop {
	h := hop{at: pods(app), principal: from, port: "8012", method: "GET", path: "/", host: app + ".shop.svc.cluster.local"}
	if app == "stock" {
		h.port = "8013"
	}
	for _, change := range changes {
		change(&h)
	}
	return []hop{h}
}

// throughActivator is a request by way of Knative's activator: the sender's
// until there, and from there the activator's, without the headers that led it.
func throughActivator(from, app, revision string, changes ...with) []hop {
	to := direct(from, app, append([]with{headers("Knative-Serving-Namespace", "shop", "Knative-Serving-Revision", revision)}, changes...)...)[0]
	to.at = activatorPods
	on := to
	on.at, on.principal = pods(app), activator
	for _, name := range []string{"Knative-Serving-Namespace", "Knative-Serving-Revision"} {
		without(name)(&on)
	}
	return []hop{to, on}
}

// elsewhere is a request for an app of another namespace at the activator, led
// by the host.
func elsewhere(host string) []hop {
	return []hop{{at: activatorPods, principal: stranger, port: "8012", method: "GET", path: "/", host: host}}
}

type verdict struct {
	name string
	hops []hop
	want bool
}

const (
	admitted = true
	refused  = false
)

func policiesOf(t *testing.T, name string) policySet {
	t.Helper()
	for _, f := range fixtures(t) {
		if f.Name == name {
			_, m, diags := f.compile(t)
			require.False(t, diags.HasErrors(), diags)
			return readPolicies(t, m.Objects)
		}
	}
	require.Fail(t, "no fixture "+name)
	return policySet{}
}

func judge(t *testing.T, set policySet, rows []verdict) {
	t.Helper()
	for _, row := range rows {
		assert.Equal(t, row.want, set.admitsAll(row.hops), row.name)
	}
}

// TestCallers evaluates the policies that callers become, hop by hop.
// TRAP marks what other forms of the same policy get wrong.
func TestCallers(t *testing.T) {
	judge(t, policiesOf(t, "mesh-callers"), []verdict{
		{"allowed caller, direct", direct(frontend, "orders"), admitted},
		{"allowed caller through the activator", throughActivator(frontend, "orders", "orders-00001"), admitted},
		{"allowed namespace, direct", direct(job, "orders"), admitted},
		{"allowed namespace through the activator", throughActivator(job, "orders", "orders-00001"), admitted},
		{"stranger, direct", direct(stranger, "orders"), refused},
		{"TRAP 1: stranger through the activator", throughActivator(stranger, "orders", "orders-00001"), refused},
		{"TRAP 1: neighbour of the caller through the activator", throughActivator(webDefault, "orders", "orders-00001"), refused},
		{"neighbour of the caller, direct", direct(webDefault, "orders"), refused},
		{"plain text, direct", direct(plain, "orders"), refused},
		{"TRAP: the activator past the mesh, in plain text; hence strict mTLS, at which it sees that there is a mesh", direct(plain, "orders", headers("K-Network-Probe", "queue", "User-Agent", "Knative-Activator-Probe")), refused},
		{"plain text through the activator", throughActivator(plain, "orders", "orders-00001"), refused},
		{"public traffic through the ingress gateway", direct(gateway, "orders", onHost("orders.shop.example.com")), refused},
		{"TRAP 1: public traffic through the gateway and the activator", throughActivator(gateway, "orders", "orders-00001", onHost("orders.shop.example.com")), refused},
		{"TRAP 1: a later revision through the activator", throughActivator(stranger, "orders", "orders-00042"), refused},
		{"TRAP 1: a revision of more than five digits", throughActivator(stranger, "orders", "orders-123456"), refused},
		{"allowed caller, a revision of more than five digits", throughActivator(frontend, "orders", "orders-123456"), admitted},

		{"TRAP: the activator led by the host, no headers", throughActivator(stranger, "orders", "", without("Knative-Serving-Namespace"), without("Knative-Serving-Revision"), onHost("orders-00001.shop.svc.cluster.local")), refused},
		{"TRAP: the activator led by the host, empty headers", throughActivator(stranger, "orders", "", without("Knative-Serving-Namespace"), headers("Knative-Serving-Namespace", ""), onHost("orders-00001.shop.svc.cluster.local")), refused},
		{"TRAP: the activator led by the host, one empty header", throughActivator(stranger, "orders", "orders-00001", without("Knative-Serving-Namespace"), onHost("orders-00001.shop.svc.cluster.local")), refused},
		{"allowed caller, the activator led by the host", throughActivator(frontend, "orders", "", without("Knative-Serving-Namespace"), without("Knative-Serving-Revision"), onHost("orders-00001.shop.svc.cluster.local")), admitted},
		{"TRAP: the namespace twice, another one last", throughActivator(stranger, "orders", "orders-00001", headers("Knative-Serving-Namespace", "other")), refused},
		{"TRAP: the revision twice, another one last", throughActivator(stranger, "orders", "orders-00001", headers("Knative-Serving-Revision", "zebra-00001")), refused},
		{"TRAP: a host of another app for a revision of this one", throughActivator(stranger, "orders", "orders-00001", onHost("prices.shop.svc.cluster.local")), refused},
		{"another app of the namespace through the activator", throughActivator(stranger, "open", "open-00001"), admitted},
		{"an app whose name goes on, through the activator", throughActivator(stranger, "orders-admin", "orders-admin-00001"), admitted},
		{"an app of that name in another namespace", throughActivator(stranger, "open", "orders-00001", without("Knative-Serving-Namespace"), headers("Knative-Serving-Namespace", "elsewhere")), admitted},

		{"gateway probe at the pods", direct(gateway, "orders", onPath("/healthz"), headers("K-Network-Probe", "probe", "User-Agent", "Knative-Ingress-Probe")), admitted},
		{"gateway probe at the activator", throughActivator(gateway, "orders", "orders-00001", onPath("/healthz"), headers("K-Network-Probe", "probe"))[:1], admitted},
		{"activator probe at the pods", direct(activator, "orders", onPath("/healthz"), headers("K-Network-Probe", "queue", "User-Agent", "Knative-Activator-Probe")), admitted},
		{"autoscaler probes that the activator is in the path", throughActivator(autoscaler, "orders", "", without("Knative-Serving-Namespace"), without("Knative-Serving-Revision"), headers("K-Network-Probe", "activator"), onHost("orders-00001.shop.svc.cluster.local"))[:1], admitted},
		{"autoscaler scrapes", direct(autoscaler, "orders", onPort("9090"), onPath("/metrics")), admitted},
		{"Prometheus scrapes, in the mesh", direct(stranger, "orders", onPort("9091"), onPath("/metrics")), admitted},
		{"a stranger starts the drain of queue-proxy", direct(stranger, "orders", onPort("8022"), onPath("/wait-for-drain")), refused},
		{"a caller starts the drain of queue-proxy", direct(frontend, "orders", onPort("8022"), onPath("/wait-for-drain")), refused},
		{"kubelet starts the drain of queue-proxy, where plain text is taken", direct(plain, "login", onPort("8022"), onPath("/wait-for-drain")), admitted},
		{"a stranger scrapes for the autoscaler", direct(stranger, "orders", onPort("9090"), onPath("/metrics")), refused},
		{"a caller scrapes for the autoscaler", direct(frontend, "orders", onPort("9090"), onPath("/metrics")), refused},

		{"an app of another namespace whose name goes on, through the activator led by the host", elsewhere("payments-api-00001.team-b.svc.cluster.local"), admitted},
		{"an app of another namespace with a number in its name, led by the host", elsewhere("orders-2-00001.team-b.svc.cluster.local"), admitted},
		{"an app of another namespace by its public host", elsewhere("orders-2.team-b.example.com"), admitted},
		{"an existing revision, stranger through the activator", throughActivator(stranger, "history", "history-old"), refused},
		{"an existing revision, the revision twice", throughActivator(stranger, "history", "history-old", headers("Knative-Serving-Revision", "zebra")), refused},
		{"an existing revision, led by the host", throughActivator(stranger, "history", "", without("Knative-Serving-Namespace"), without("Knative-Serving-Revision"), onHost("history-old.shop.svc.cluster.local")), refused},
		{"an existing revision, led by the host with a port", throughActivator(stranger, "history", "", without("Knative-Serving-Namespace"), without("Knative-Serving-Revision"), onHost("history-old.shop.svc.cluster.local:81")), refused},
		{"an existing revision, allowed caller", throughActivator(frontend, "history", "history-old"), admitted},
		{"a revision of a neighbour whose name goes on after an existing one", throughActivator(stranger, "open", "history-older-00001"), admitted},
		{"the same, led by the host", throughActivator(stranger, "open", "", without("Knative-Serving-Namespace"), without("Knative-Serving-Revision"), onHost("history-older-00001.shop.svc.cluster.local")), admitted},
		{"TRAP: the activator led by the host, with the port of HTTP", throughActivator(stranger, "orders", "", without("Knative-Serving-Namespace"), without("Knative-Serving-Revision"), onHost("orders-00001.shop.svc.cluster.local:80")), refused},
		{"TRAP: the activator led by the host, with another port", throughActivator(stranger, "orders", "", without("Knative-Serving-Namespace"), without("Knative-Serving-Revision"), onHost("orders-00001.shop.svc.cluster.local:9999")), refused},
		{"TRAP: the activator led by the host, with what is no port", throughActivator(stranger, "orders", "", without("Knative-Serving-Namespace"), without("Knative-Serving-Revision"), onHost("orders-00001.shop.svc.cluster.local:x")), refused},
		{"allowed caller, the activator led by the host, with the port of HTTP", throughActivator(frontend, "orders", "", without("Knative-Serving-Namespace"), without("Knative-Serving-Revision"), onHost("orders-00001.shop.svc.cluster.local:80")), admitted},
		{"public traffic of a domain that looks like a revision, through the activator", throughActivator(gateway, "site", "site-00001", onPath("/api/list"), onHost("site-2.example.org")), admitted},
		{"TRAP: a stranger that calls itself a queue probe goes on to the app", direct(stranger, "orders", headers("K-Network-Probe", "queue")), refused},
		{"TRAP: a stranger with another probe value goes on to the app", direct(stranger, "orders", onPath("/healthz"), headers("K-Network-Probe", "other")), refused},
		{"TRAP: two probe values", direct(stranger, "orders", headers("K-Network-Probe", "other", "K-Network-Probe", "probe")), refused},
		{"TRAP: a probe header through the activator", throughActivator(stranger, "orders", "orders-00001", headers("K-Network-Probe", "queue")), refused},
		{"stranger to a health check without a probe's header", direct(stranger, "orders", onPath("/healthz")), refused},
		{"TRAP: the app's own port, past queue-proxy", direct(stranger, "orders", onPort("8080")), refused},
		{"TRAP: the app's own port, as a probe", direct(stranger, "orders", onPort("8080"), onPath("/healthz"), headers("K-Network-Probe", "probe")), refused},
		{"stranger by TCP to the app's own port", direct(stranger, "orders", onPort("8080"), tcp), refused},
		{"allowed caller by TCP", direct(frontend, "orders", tcp), admitted},

		{"declared revision, allowed caller through the activator", throughActivator(frontend, "prices", "prices-green-00003"), admitted},
		{"TRAP 1: declared revision, stranger through the activator", throughActivator(stranger, "prices", "prices-green-00003"), refused},
		{"TRAP 1: the other declared revision", throughActivator(stranger, "prices", "prices-blue-00001"), refused},

		{"paths: listed", direct(frontend, "stock", onPath("/api/list")), admitted},
		{"paths: a slash that the app may decode", direct(frontend, "stock", onPath("/api/..%2finternal")), refused},
		{"paths: the same in upper case", direct(frontend, "stock", onPath("/api/..%2Finternal")), refused},
		{"paths: a backslash that the app may decode", direct(frontend, "stock", onPath("/api/..%5Cinternal")), refused},
		{"paths: encoded twice", direct(frontend, "stock", onPath("/api/%252e%252e/internal")), refused},
		{"paths: a parameter of a segment", direct(frontend, "stock", onPath("/api/..;/internal")), refused},
		{"paths: two slashes", direct(frontend, "stock", onPath("/api//internal")), refused},
		{"paths: the same through the activator", throughActivator(frontend, "stock", "stock-00001", onPath("/api/..%2finternal")), refused},
		{"paths: other letters that are encoded", direct(frontend, "stock", onPath("/api/caf%C3%A9")), admitted},
		{"no paths in callers: the app's own matter", direct(frontend, "orders", onPath("/a%2fb;c")), admitted},
		{"paths: listed exactly", direct(frontend, "stock", onPath("/status")), admitted},
		{"paths: not listed", direct(frontend, "stock", onPath("/internal")), refused},
		{"paths: not listed, through the activator", throughActivator(frontend, "stock", "stock-00001", onPath("/internal")), refused},
		{"TRAP: paths: not listed, the activator led by the host", throughActivator(frontend, "stock", "", without("Knative-Serving-Namespace"), without("Knative-Serving-Revision"), onPath("/internal"), onHost("stock-00001.shop.svc.cluster.local")), refused},
		{"paths: listed, through the activator", throughActivator(frontend, "stock", "stock-00001", onPath("/api/list")), admitted},
		{"methods: not listed", direct(frontend, "stock", onPath("/api/list"), onMethod("POST")), refused},
		{"methods: by another entry", direct(frontend, "stock", onPath("/internal"), onMethod("HEAD")), admitted},
		{"paths: the namespace's, for one of its accounts", direct(frontend, "stock", onPath("/public/a"), onMethod("POST")), admitted},
		{"paths: the namespace's", direct(webDefault, "stock", onPath("/public/a")), admitted},
		{"paths: not the namespace's", direct(webDefault, "stock", onPath("/api/list")), refused},
		{"an account with all, in a namespace with some", direct(admin, "stock", onPath("/internal"), onMethod("DELETE")), admitted},
		{"the same through the activator", throughActivator(admin, "stock", "stock-00001", onPath("/internal"), onMethod("DELETE")), admitted},

		{"gateways as callers: public traffic to a listed path", direct(gateway, "site", onPath("/api/list")), admitted},
		{"gateways as callers: through the activator", throughActivator(gateway, "site", "site-00001", onPath("/api/list")), admitted},
		{"gateways as callers: not a listed path", direct(gateway, "site", onPath("/internal")), refused},
		{"gateways as callers: not a listed path, through the activator", throughActivator(gateway, "site", "site-00001", onPath("/internal")), refused},
		{"TRAP 2: gateways as callers: their probe of another path", direct(gateway, "site", onPath("/healthz"), headers("K-Network-Probe", "probe")), admitted},
		{"gateways as callers: a stranger", direct(stranger, "site", onPath("/api/list")), refused},

		{"no activator in the path: allowed caller", direct(frontend, "login"), admitted},
		{"no activator in the path: stranger", direct(stranger, "login"), refused},
		{"no activator in the path: what comes through it all the same", throughActivator(frontend, "login", "login-00001"), refused},
		{"no activator in the path: its probe", direct(plain, "login", onPath("/healthz"), headers("K-Network-Probe", "queue", "User-Agent", "Knative-Activator-Probe")), admitted},
		{"no activator in the path: kubelet's probe", direct(plain, "login", headers("K-Network-Probe", "queue", "User-Agent", "kube-probe/1.35")), admitted},
		{"no activator in the path: autoscaler scrapes in plain text", direct(plain, "login", onPort("9090"), onPath("/metrics")), admitted},
	})
}

// TestTokens evaluates the policies that jwt becomes.
func TestTokens(t *testing.T) {
	const accounts, partners, visitors = "https://accounts.example.com", "https://partners.example.com", "https://visitors.example.com"
	set := policiesOf(t, "mesh-jwt")
	normalized := policiesOf(t, "mesh-normalized")
	set.peer = append(set.peer, normalized.peer...)
	set.request = append(set.request, normalized.request...)
	set.authorize = append(set.authorize, normalized.authorize...)
	set.paths = append(set.paths, normalized.paths...)
	at := func(hops []hop) []hop {
		for i := range hops {
			if hops[i].at.namespace == "shop" {
				hops[i].at.namespace = "default"
			}
		}
		return hops
	}
	judge(t, set, []verdict{
		{"a token", at(direct(gateway, "api", withToken(accounts))), admitted},
		{"a token of the other issuer", at(direct(gateway, "api", withToken(partners))), admitted},
		{"a token through the activator", at(throughActivator(gateway, "api", "api-00001", withToken(accounts))), admitted},
		{"no token", at(direct(gateway, "api")), refused},
		{"TRAP 1: no token, through the activator", at(throughActivator(gateway, "api", "api-00001")), refused},
		{"no token, from inside", at(direct(frontend, "api")), refused},
		{"a token of an issuer whose name goes on", at(direct(gateway, "api", withToken(accounts+"/guests"))), refused},
		{"no token on a path that one of two issuers excepts", at(direct(gateway, "api", onPath("/partners/a"))), refused},
		{"no token on a path with a slash that the app may decode", at(direct(gateway, "api", onPath("/public/..%2fadmin"))), refused},
		{"a token on a path with a slash that the app may decode", at(direct(gateway, "api", withToken(accounts), onPath("/public/..%2fadmin"))), refused},
		{"no token on a path with a parameter", at(direct(gateway, "api", onPath("/public/..;/admin"))), refused},
		{"no token on a path with a parameter, at a target that says how its mesh reads paths", at(direct(gateway, "normalized", onPath("/public/a;b"))), admitted},
		{"a bad token", at(direct(gateway, "api", badToken)), refused},
		{"a bad token on a path without", at(direct(gateway, "api", badToken, onPath("/public/a"))), refused},
		{"a token that is not enough", at(direct(gateway, "api", withToken(visitors))), refused},
		{"no token on a path without", at(direct(gateway, "api", onPath("/public/a"))), admitted},
		{"no token on a path that looks alike", at(direct(gateway, "api", onPath("/publicity"))), refused},
		{"gateway probe", at(direct(gateway, "api", onPath("/healthz"), headers("K-Network-Probe", "probe"))), admitted},
		{"activator probe", at(direct(activator, "api", onPath("/healthz"), headers("K-Network-Probe", "queue", "User-Agent", "Knative-Activator-Probe"))), admitted},
		{"TRAP: a path of the app's, as a queue probe", at(direct(gateway, "api", headers("K-Network-Probe", "queue"))), refused},
		{"TRAP: the app's own port, past queue-proxy", at(direct(stranger, "api", onPort("8080"))), refused},
		{"autoscaler scrapes", at(direct(plain, "api", onPort("9090"), onPath("/metrics"))), admitted},
		{"tokens that are not required: none", at(direct(gateway, "site")), admitted},
		{"tokens that are not required: a bad one", at(direct(gateway, "site", badToken)), refused},
	})
}

// TestPolicyEvaluator_DetectsActivatorBypass gives the evaluator itself a policy that
// is known to be wrong: the list of callers, and Knative's namespace beside it. The
// other tests of policies would pass with an evaluator that sees no bypass.
func TestPolicyEvaluator_DetectsActivatorBypass(t *testing.T) {
	allow := &security.AuthorizationPolicy{
		Selector: &typeapi.WorkloadSelector{MatchLabels: map[string]string{"belay.sh/app": "orders"}},
		Rules: []*security.Rule{
			{From: []*security.Rule_From{{Source: &security.Source{Principals: []string{frontend}}}}},
			{From: []*security.Rule_From{{Source: &security.Source{Namespaces: []string{"knative-serving"}}}}},
		},
	}
	set := policySet{authorize: []policy[*security.AuthorizationPolicy]{{"shop", allow.Selector.MatchLabels, allow}}}
	judge(t, set, []verdict{
		{"allowed caller", direct(frontend, "orders"), admitted},
		{"stranger", direct(stranger, "orders"), refused},
		{"the trap: the policy lets the stranger in", throughActivator(stranger, "orders", "orders-00001"), admitted},
		{"a gateway's probe is shut out", direct(gateway, "orders", onPath("/healthz"), headers("K-Network-Probe", "probe")), refused},
	})
}

// TestCallers_AdmitWhatTheSpecSays compares the policies with the spec itself,
// for every sender, path and method, at the pods and through the activator. The
// evaluator was written here, after Istio's documentation, and the spec's paths are
// matched by its own matchesText: what the test adds is that no combination falls
// between the policies. That Envoy reads them in the same way, it does not show.
func TestCallers_AdmitWhatTheSpecSays(t *testing.T) {
	set := policiesOf(t, "mesh-callers")
	spec := func(from, path, method string) bool { // stock's callers, by hand
		in := func(list ...string) bool {
			for _, p := range list {
				if matchesText(path, p) {
					return true
				}
			}
			return false
		}
		switch from {
		case frontend:
			return in("/api/*", "/status") && method == "GET" || method == "HEAD" || in("/public/*")
		case admin:
			return true
		case webDefault:
			return in("/public/*")
		}
		return false
	}
	for _, from := range []string{plain, frontend, admin, webDefault, job, stranger, gateway} {
		for _, p := range []string{"/", "/api/", "/api/list", "/api", "/status", "/status/x", "/public/", "/public/a", "/publicity", "/healthz"} {
			for _, m := range []string{"GET", "HEAD", "POST", "DELETE"} {
				want := spec(from, p, m)
				assert.Equal(t, want, set.admitsAll(direct(from, "stock", onPath(p), onMethod(m))), "%s %s from %q", m, p, from)
				assert.Equal(t, want, set.admitsAll(throughActivator(from, "stock", "stock-00001", onPath(p), onMethod(m))), "%s %s from %q through the activator", m, p, from)
			}
		}
	}
}
