package policy

import (
	"slices"
	"strings"

	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/reference"
	"github.com/belay-sh/belay/internal/target"
	"github.com/belay-sh/belay/schema"
)

// Check reports what of a spec the policy does not permit, at the place where
// the spec has it. An app with errors is held to the policy with all of its
// values that are well-formed, so that a mistake hides no violation.
func (p *Policy) Check(c *ir.Checked) diag.List {
	s := &checking{Policy: p, spec: c}
	if p.tenant {
		for _, r := range denials {
			s.denied(r)
		}
		if p.Target == nil {
			for _, r := range settings {
				s.denied(r)
			}
		}
	}
	for _, r := range p.deny {
		for _, n := range find(c.Node, r.path...) {
			s.report(n, "deny: "+r.text, "%s is denied", n.Path())
		}
	}
	s.keys(c.Node, "namespaces", "*")
	for _, app := range c.Apps {
		s.app(app)
	}
	for _, app := range c.Faulty {
		s.app(app)
	}
	return s.diags
}

// denials are the parts of a spec that a tenant does not write.
var denials = []rule{
	mustRule("platform", "it installs Knative for the whole cluster"),
	mustRule("platform.urls", "what is at a URL is not compiled"),
	mustRule("namespaces", "the platform makes the namespaces"),
	mustRule("argocd", "it makes Applications of any project"),
	mustRule("apps.*.**.mounts.*.hostPath", "it opens the node's files to the pods"),
}

// settings are the parts of a target that say what the cluster's own settings
// are. They decide what is valid and which hosts are whose.
var settings = []rule{
	mustRule("target.config", "the settings of the cluster are the platform's to state"),
	mustRule("target.domain", "the domain of the cluster is the platform's to state"),
	mustRule("target.mesh", "the settings of the mesh are the platform's to state"),
}

// A checking is the check of one spec.
type checking struct {
	*Policy
	spec  *ir.Checked
	diags diag.List
}

// denied reports what a tenant's policy denies, unless the policy allows it.
func (s *checking) denied(r rule) {
	for _, n := range find(s.spec.Node, r.path...) {
		if !s.allowed(n) || r.text == "platform.urls" {
			s.report(n, r.text, "%s", r.why)
			if last := &s.diags[len(s.diags)-1]; r.text != "platform.urls" && last.Path == n.Path() {
				last.Hint = "remove it; whoever runs belay permits it with allow: [" + r.text + "] in the file of a policy"
			}
		}
	}
}

// allowed reports whether the policy allows a value of the spec that tenants do
// not have.
func (p *Policy) allowed(n *ir.Node) bool {
	return !p.tenant || slices.ContainsFunc(p.allow, func(r rule) bool { return r.covers(n) })
}

// report reports a violation: at the name of a field, or at what it is set to
// if that is a scalar which the rule is about.
func (s *checking) report(n *ir.Node, rule, format string, args ...any) {
	if slices.ContainsFunc(s.diags, func(d diag.Diagnostic) bool {
		return d.Path == n.Path() || strings.HasPrefix(n.Path(), d.Path+".") && d.Path != ""
	}) {
		return // it is in what is not permitted as a whole
	}
	at := n.Errorf
	if n.Kind == schema.Struct || n.Kind == schema.List {
		at = n.KeyErrorf
	}
	s.diags.Add(s.violation(at(diag.NotPermitted, format, args...), rule))
}

// violation names the policy and the rule of a diagnostic.
func (p *Policy) violation(d diag.Diagnostic, rule string) diag.Diagnostic {
	d.Message = "the policy " + p.Name + " does not permit this (" + rule + "): " + d.Message
	return d
}

// app checks an app.
func (s *checking) app(a *ir.App) {
	at := a.Node.Field("namespace")
	if at == nil {
		at = a.Node
	}
	switch {
	case lostNamespace(a):
		// which one is meant is not known
	case s.tenant && isReserved(s.spec.Target, a.Namespace):
		s.report(at, "namespaces", "%s is a namespace of the cluster's own", a.Namespace)
	case !s.namespaces.permits(a.Namespace):
		s.report(at, "namespaces", "%s is not one of %s", a.Namespace, s.namespaces)
	}
	s.keys(a.Node)
	s.names(a.Node)
	s.hosts(a.Node.Field("domains"))
	if s.tenant {
		for _, path := range places("security", "capabilities", "*") {
			for _, n := range find(a.Node, path...) {
				if !slices.Contains(profileCapabilities, n.Text) && !s.allowed(n) {
					s.report(n, "capabilities", "%s is none that a profile has", n.Text)
				}
			}
		}
		for _, n := range find(a.Node, "patches", "*", "kind") {
			if !slices.Contains(patched, n.Text) && !s.allowed(n) {
				s.report(n, "patches", "patches are for %s, and this one is for %s", strings.Join(patched, ", "), n.Text)
			}
		}
	}
}

// lostNamespace reports whether the spec names a namespace that is not
// well-formed, so that the app is without it.
func lostNamespace(a *ir.App) bool {
	written := a.Node.Parent.Field(a.Node.Name)
	return a.Node.Field("namespace") == nil && written.Field("namespace") != nil
}

// profileCapabilities are the capabilities that a profile of security leaves a
// container.
var profileCapabilities = []string{"NET_BIND_SERVICE"}

// patched are the kinds of objects that a tenant's patches are for.
var patched = []string{"Service", "Route", "Configuration"}

func (l list) String() string {
	if len(l.patterns) == 0 {
		return "the " + l.name + " that are permitted: there are none"
	}
	return strings.Join(l.patterns, ", ")
}

// isReserved reports whether a namespace is one of Kubernetes, of Knative or of
// the mesh.
func isReserved(t *target.Target, namespace string) bool {
	if namespace == t.Mesh.RootNamespace {
		return true
	}
	for _, pattern := range []string{"kube-*", "knative-*", "istio-*"} {
		if matches(pattern, namespace) {
			return true
		}
	}
	return slices.Contains(t.GatewayNamespaces(), namespace)
}

// keys reports labels and annotations that another tool obeys, of what a path
// leads to.
func (s *checking) keys(n *ir.Node, path ...string) {
	for _, metadata := range []string{"labels", "annotations"} {
		for _, entry := range find(n, slices.Concat(path, []string{metadata, "*"})...) {
			if tool := s.obeyed(entry.Name); tool != "" && !s.reported(entry) {
				s.diags.Add(s.violation(entry.KeyErrorf(diag.NotPermitted, "%s is for %s to obey", entry.Name, tool), metadata))
			}
		}
	}
}

// reported reports whether a value is part of what is not permitted already.
func (s *checking) reported(n *ir.Node) bool {
	return slices.ContainsFunc(s.diags, func(d diag.Diagnostic) bool { return strings.HasPrefix(n.Path(), d.Path+".") })
}

// places are the paths of a field in everything of an app that may have it: the
// app's container and those beside it, and the same of its revisions.
func places(field ...string) (paths [][]string) {
	for _, container := range [][]string{nil, {"sidecars", "*"}, {"init", "*"}} {
		path := slices.Concat(container, field)
		paths = append(paths, path, slices.Concat([]string{"revisions", "*"}, path))
	}
	return paths
}

// names checks the names of Secrets, service accounts and images.
func (s *checking) names(app *ir.Node) {
	for _, field := range [][]string{
		{"env", "*", "secret"}, {"envFrom", "*", "secret"}, {"pullSecrets", "*"},
		{"mounts", "*", "secret"}, {"mounts", "*", "csi", "secret"}, {"mounts", "*", "projected", "*", "secret"},
	} {
		s.listed(app, s.secrets, func(n *ir.Node) string { return n.Text }, field...)
	}
	s.listed(app, s.serviceAccounts, func(n *ir.Node) string { return n.Text }, "serviceAccount")
	s.listed(app, s.images, func(n *ir.Node) string { return repository(n.Text) }, "image")
	s.listed(app, s.images, func(n *ir.Node) string { return repository(n.Text) }, "mounts", "*", "image")
}

// listed holds the values of a field, wherever an app has it, to a list.
func (s *checking) listed(app *ir.Node, l list, name func(*ir.Node) string, field ...string) {
	if !l.given {
		return
	}
	for _, path := range places(field...) {
		for _, n := range find(app, path...) {
			if !l.permits(name(n)) {
				s.report(n, l.name, "%s is not one of %s", name(n), l)
			}
		}
	}
}

// repository is what an image is named without its tag and digest, with the
// registry that it is from.
func repository(image string) string {
	r, err := reference.Parse(image)
	if err != nil {
		return "an invalid reference" // no list has it
	}
	registry, path := r.Registry, r.Repository
	switch registry {
	case "", "index.docker.io":
		registry = "docker.io"
	}
	if registry == "docker.io" && !strings.Contains(path, "/") {
		path = "library/" + path
	}
	return registry + "/" + path
}

// hosts checks the domains of an app, in either form, and their certificates.
func (s *checking) hosts(domains *ir.Node) {
	if domains == nil {
		return
	}
	for _, n := range domains.Children {
		host := n.Name
		if domains.Kind == schema.List {
			host = n.Text
		}
		if !s.domains.permits(host) {
			d := n.KeyErrorf(diag.NotPermitted, "%s is not one of %s", host, s.domains)
			s.diags.Add(s.violation(d, "domains"))
			continue
		}
		tls := n.Field("tls")
		if tls == nil {
			continue
		}
		switch {
		case s.tenant && !s.secrets.given && !s.allowed(tls):
			s.report(tls, "secrets", "the policy names no Secrets, and %s may be the certificate of others", tls.Text)
		case !s.secrets.permits(tls.Text):
			s.report(tls, "secrets", "%s is not one of %s", tls.Text, s.secrets)
		}
	}
}
