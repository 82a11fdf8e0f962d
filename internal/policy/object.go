package policy

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/v1"

	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/objectmeta"
	"github.com/belay-sh/belay/internal/target"
)

// A Violation is what of an emitted object a policy does not permit.
type Violation struct {
	Path    string // of the field in the object, as "spec.template.spec.volumes[0].hostPath"; "" if it is about the object
	Message string
}

// An object is what of an emitted object the rules look at.
type object struct {
	Metadata metadata
	Spec     spec
}

type spec struct {
	Template struct {
		Metadata metadata
		Spec     pod
	}
	Namespace        string // of a claim
	Ref              struct{ Namespace string }
	TLS              struct{ SecretName string }
	Hosts            []string
	ExportTo         []string
	Servers          []server
	Selector         struct{ MatchLabels map[string]string }
	WorkloadSelector struct{ Labels, MatchLabels map[string]string }
}

// specFields are the fields of spec that a kind has, where it has others than
// selectors: others have fields of the same name and another form.
var specFields = map[string][]string{
	"Service":            {"template"},
	"Configuration":      {"template"},
	"ClusterDomainClaim": {"namespace"},
	"DomainMapping":      {"ref", "tls"},
	"VirtualService":     {"hosts"},
	"ServiceEntry":       {"exportTo", "workloadSelector"},
	"Gateway":            {"servers"},
}

// selectors are the fields of spec of all other kinds, so that a kind that is new
// cannot select the pods of other apps.
var selectors = []string{"selector", "workloadSelector"}

// newObject reads an object of an app.
func newObject(o ir.Object) (read object, err error) {
	var raw struct {
		Metadata metadata
		Spec     map[string]json.RawMessage
	}
	if err := json.Unmarshal(o.JSON, &raw); err != nil {
		return read, err
	}
	read.Metadata = raw.Metadata
	fields, listed := specFields[o.Kind]
	if !listed {
		fields = selectors
	}
	for name := range raw.Spec {
		if !slices.Contains(fields, name) {
			delete(raw.Spec, name)
		}
	}
	data, err := json.Marshal(raw.Spec)
	if err != nil {
		return read, err
	}
	return read, json.Unmarshal(data, &read.Spec)
}

type metadata struct{ Labels, Annotations map[string]string }

type server struct {
	Hosts []string
	TLS   struct{ CredentialName string }
}

// Object returns what of an emitted object the policy does not permit. The app
// that it belongs to is nil for objects of the platform and for Namespaces.
func (p *Policy) Object(t *target.Target, a *ir.App, o ir.Object) []Violation {
	switch {
	case a == nil && p.tenant:
		return p.shared(o)
	case !p.tenant && !p.limited() && !mentionsTool(o.JSON):
		return nil
	}
	read, err := newObject(o)
	if err != nil {
		return []Violation{{Message: "it cannot be read: " + err.Error()}}
	}
	j := &judging{Policy: p, app: a, object: o}
	j.keys("metadata", read.Metadata)
	j.keys("spec.template.metadata", read.Spec.Template.Metadata)
	if a == nil {
		return j.found
	}
	j.pod(read.Spec.Template.Spec)
	j.lists(read)
	if p.tenant {
		j.place(t, read)
		j.reach(read)
	}
	return j.found
}

// shared is Object for what no app has: a tenant emits it only with what the
// policy allows.
func (p *Policy) shared(o ir.Object) []Violation {
	field := "platform"
	if o.Kind == "Namespace" && o.Name != ir.ServingNamespace {
		field = "namespaces"
	}
	if slices.ContainsFunc(p.allow, func(r rule) bool { return leads(r.path, []string{field}) }) {
		return nil
	}
	return []Violation{{Message: "a " + o.Kind + " is not an app's"}}
}

// Patched returns what patches have changed of an object that they may not.
func (p *Policy) Patched(a *ir.App, before, after ir.Object) []Violation {
	patches := a.Node.Field("patches")
	if !p.tenant || patches != nil && p.allowed(patches) {
		return nil
	}
	var old, changed map[string]any
	if json.Unmarshal(before.JSON, &old) != nil || json.Unmarshal(after.JSON, &changed) != nil {
		return nil // readmit has it from its own type
	}
	for _, path := range []string{"metadata.labels", "metadata.annotations", "spec.template"} {
		without(old, path)
		without(changed, path)
	}
	if path := difference("", old, changed); path != "" {
		return []Violation{{path, "a tenant's patch changes the template, labels and annotations, and nothing else"}}
	}
	return nil
}

// without removes a field.
func without(object map[string]any, path string) {
	first, rest, deeper := strings.Cut(path, ".")
	if !deeper {
		delete(object, first)
	} else if inner, ok := object[first].(map[string]any); ok {
		without(inner, rest)
	}
}

// difference is the path of the first field that differs; "" if none does.
func difference(path string, a, b any) string {
	x, isMap := a.(map[string]any)
	y, both := b.(map[string]any)
	if !isMap || !both {
		if reflect.DeepEqual(a, b) {
			return ""
		}
		return path
	}
	for _, name := range slices.Compact(slices.Sorted(slices.Values(slices.Concat(ir.Sorted(x), ir.Sorted(y))))) {
		if at := difference(strings.TrimPrefix(path+"."+name, "."), x[name], y[name]); at != "" {
			return at
		}
	}
	return ""
}

// A judging is the check of one object of an app.
type judging struct {
	*Policy
	app    *ir.App
	object ir.Object
	found  []Violation
}

func (j *judging) report(path, format string, args ...any) {
	j.found = append(j.found, Violation{path, fmt.Sprintf(format, args...)})
}

func (j *judging) keys(path string, m metadata) {
	for _, of := range []struct {
		name string
		keys map[string]string
	}{{"labels", m.Labels}, {"annotations", m.Annotations}} {
		for _, key := range ir.Sorted(of.keys) {
			if tool := j.obeyed(key); tool != "" {
				j.report(path+"."+of.name+"."+key, "%s is for %s to obey", key, tool)
			}
		}
	}
}

// groups are the API groups of the objects that a tenant's app has. Which kinds of
// them belay makes is decided in compiler/lower, and no patch makes another kind
// of an object.
var groups = []string{
	"serving.knative.dev", "networking.internal.knative.dev",
	"networking.istio.io", "security.istio.io", "telemetry.istio.io",
}

// place holds an object to the namespace of its app. The policies at Knative's
// activator are in Knative's namespace; they are made of callers alone.
func (j *judging) place(t *target.Target, read object) {
	o, a := j.object, j.app
	group, _, _ := strings.Cut(o.APIVersion, "/")
	atActivator := o.Kind == "AuthorizationPolicy" && o.Namespace == ir.ServingNamespace && o.Name == a.Namespace+"."+a.Name &&
		a.Spec.Mesh != nil && len(a.Spec.Mesh.Callers) > 0
	claim := o.Kind == "ClusterDomainClaim" && o.Namespace == "" && read.Spec.Namespace == a.Namespace && j.hasDomain(o.Name)
	switch {
	case !slices.Contains(groups, group):
		j.report("", "a %s of %s is not an app's", o.Kind, group)
	case isReserved(t, a.Namespace):
		j.report("", "%s is a namespace of the cluster's own", a.Namespace)
	case o.Namespace != a.Namespace && !atActivator && !claim:
		j.report("", "it is in the namespace %q, and not in that of the app, %s", o.Namespace, a.Namespace)
	case atActivator && read.Spec.Selector.MatchLabels["app"] != "activator":
		j.report("spec.selector", "it selects other pods than those of the activator")
	}
}

func (j *judging) hasDomain(host string) bool {
	_, ok := j.app.Spec.Domains[host]
	return ok
}

// reach holds an object to the app's own pods and hosts.
func (j *judging) reach(read object) {
	a := j.app
	for _, selector := range []map[string]string{read.Spec.Selector.MatchLabels, read.Spec.WorkloadSelector.Labels, read.Spec.WorkloadSelector.MatchLabels} {
		own := selector[objectmeta.AppLabel] == a.Name || selector[objectmeta.ServiceLabel] == a.Name
		if len(selector) > 0 && j.object.Namespace == a.Namespace && !own {
			j.report("spec.selector", "it selects pods of other apps")
		}
	}
	inside := a.Name + "." + a.Namespace + ".svc.cluster.local"
	switch j.object.Kind {
	case "DomainMapping":
		if !j.hasDomain(j.object.Name) || read.Spec.Ref.Namespace != "" && read.Spec.Ref.Namespace != a.Namespace {
			j.report("spec.ref", "it is for another domain, or leads to another namespace")
		}
	case "VirtualService":
		for i, host := range read.Spec.Hosts {
			if !j.hasDomain(host) && host != inside && host != inside+"-shadow" {
				j.report(fmt.Sprintf("spec.hosts[%d]", i), "the host %s is not one of the app's domains", host)
			}
		}
	case "ServiceEntry":
		if len(read.Spec.ExportTo) != 1 || read.Spec.ExportTo[0] != "." {
			j.report("spec.exportTo", "it is visible outside of the app's namespace")
		}
	}
	for i, s := range read.Spec.Servers {
		for k, host := range s.Hosts {
			if !j.hasDomain(host) {
				j.report(fmt.Sprintf("spec.servers[%d].hosts[%d]", i, k), "the host %s is not one of the app's domains", host)
			}
		}
	}
}

// lists holds hosts and certificates to the policy's lists.
func (j *judging) lists(read object) {
	if j.object.Kind == "DomainMapping" || j.object.Kind == "ClusterDomainClaim" {
		if !j.domains.permits(j.object.Name) {
			j.report("metadata.name", "%s is not one of %s", j.object.Name, j.domains)
		}
	}
	j.certificate("spec.tls.secretName", read.Spec.TLS.SecretName)
	for i, s := range read.Spec.Servers {
		j.certificate(fmt.Sprintf("spec.servers[%d].tls.credentialName", i), s.TLS.CredentialName)
	}
	if !j.namespaces.permits(j.app.Namespace) {
		j.report("", "%s is not one of %s", j.app.Namespace, j.namespaces)
	}
}

func (j *judging) certificate(path, name string) {
	if name == "" {
		return
	}
	tls := find(j.app.Node, "domains", "*", "tls")
	allowed := slices.ContainsFunc(tls, func(n *ir.Node) bool { return n.Text == name && j.allowed(n) })
	if j.tenant && !j.secrets.given && !allowed || !j.secrets.permits(name) {
		j.report(path, "the certificate %s is not one of %s", name, j.secrets)
	}
}
