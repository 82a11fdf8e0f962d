package conflicts

import (
	"fmt"
	"strings"

	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/schema"
)

// An AppIndex finds the apps of a document by name.
type AppIndex struct {
	checked *ir.Checked
	apps    map[string]*ir.App // by namespace/name
	faulty  map[string]bool    // the names of apps that are left out, because of mistakes that are reported
}

// NewAppIndex indexes the apps of a document.
func NewAppIndex(c *ir.Checked) *AppIndex {
	x := &AppIndex{checked: c, apps: map[string]*ir.App{}, faulty: map[string]bool{}}
	whole := map[*ir.Node]bool{}
	for _, a := range c.Apps {
		whole[a.Node] = true
		if key := a.Namespace + "/" + a.Name; x.apps[key] == nil {
			x.apps[key] = a
		}
	}
	for _, n := range c.Node.Field("apps").Fields() {
		if whole[n] {
			continue
		}
		name := n.Name
		if field := n.Field("name"); field != nil {
			name = field.Text
		}
		x.faulty[name] = true
	}
	return x
}

// ResolveCallers replaces the callers of an app that name another one by the
// service accounts of that app. The app must be in the same document, so that a
// run over some of the specs compiles the same policies. Check compares later
// whether another app of the run uses the account.
func (x *AppIndex) ResolveCallers(a *ir.App) (diags diag.List) {
	n := a.Node.Field("mesh").Field("callers")
	if n == nil {
		return nil
	}
	var callers []schema.Caller
	for i, caller := range a.Spec.Mesh.Callers {
		if caller.App == "" {
			callers = append(callers, caller)
			continue
		}
		accounts, found := x.callerAccounts(a, caller.App, n.Children[i].Field("app"))
		diags.Add(found...)
		for _, account := range accounts {
			byAccount := caller
			byAccount.App, byAccount.ServiceAccount = "", account
			callers = append(callers, byAccount)
		}
	}
	a.Spec.Mesh.Callers = callers
	return diags
}

// callerAccounts returns the service accounts of the app that a caller names at n.
func (x *AppIndex) callerAccounts(a *ir.App, app string, n *ir.Node) (accounts []string, diags diag.List) {
	namespace, name := appReference(a, app)
	caller := x.apps[namespace+"/"+name]
	if caller == nil {
		if x.faulty[name] {
			return nil, nil
		}
		d := n.Errorf(diag.UnknownCaller, "this document has no app %s in namespace %s", name, namespace)
		return nil, diag.List{d.WithHint("name its service account instead: {serviceAccount: %q}", namespace+"/"+name)}
	}
	if !inMesh(x.checked, caller) {
		hint := fmt.Sprintf("put it in the mesh: apps: %s: mesh: {}", caller.Node.Name)
		if caller.Spec.Mesh != nil {
			hint = "remove its inject: false"
		}
		return nil, diag.List{n.Errorf(diag.CallerIdentity, "app %q is not in the mesh: nothing proves that a request is from it", caller.Name).
			WithRelated(caller.Node.Key, "app %s", caller.Name).
			WithHint("%s", hint)}
	}
	for _, account := range serviceAccounts(caller) {
		if account.name == defaultAccount {
			return nil, diag.List{n.Errorf(diag.CallerIdentity, "app %q has no service account of its own: all pods of the namespace %s that name none share the account %q", caller.Name, namespace, defaultAccount).
				WithRelated(caller.Node.Key, "app %s", caller.Name).
				WithHint("give it one, and create it: apps: %s: serviceAccount: %q", caller.Node.Name, caller.Name)}
		}
		accounts = append(accounts, namespace+"/"+account.name)
	}
	return accounts, nil
}

// appReference returns the namespace and the name that a reference to an app
// means.
func appReference(a *ir.App, reference string) (namespace, name string) {
	if namespace, name, ok := strings.Cut(reference, "/"); ok {
		return namespace, name
	}
	return a.Namespace, reference
}

// inMesh reports whether an app's pods have an identity in the mesh: by the app
// itself, or by its namespace.
func inMesh(c *ir.Checked, a *ir.App) bool {
	if a.Spec.Mesh != nil {
		return a.Spec.Mesh.Ambient || !a.Spec.Mesh.WithoutSidecars()
	}
	for _, ns := range c.Namespaces {
		if ns.Name == a.Namespace {
			return ns.Spec.Revision != "" || ns.Spec.Inject != nil && *ns.Spec.Inject || ns.Spec.IsAmbient()
		}
	}
	return false
}

// defaultAccount is the service account of pods that name none.
const defaultAccount = "default"

// An account is a service account that revisions of an app run as.
type account struct {
	name string
	node *ir.Node // where it is written; the app if nowhere
}

// serviceAccounts are those that the app's declared revisions run as, each once.
func serviceAccounts(a *ir.App) (accounts []account) {
	seen := map[string]bool{}
	for _, r := range a.Revisions {
		found := account{name: defaultAccount, node: a.Node}
		if n := r.Node.Field("serviceAccount"); n != nil {
			found = account{name: n.Text, node: n}
		}
		if r.Spec.Existing == "" && !seen[found.name] {
			seen[found.name] = true
			accounts = append(accounts, found)
		}
	}
	return accounts
}
