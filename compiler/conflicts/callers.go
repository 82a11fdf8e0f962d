package conflicts

import (
	"fmt"
	"slices"
	"strings"

	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/schema"
)

// ResolveCallers replaces the callers of an app that name another one by the
// service accounts of that app. The app must be in the same document, so that a run over some of
// the specs compiles the same policies. Whether another app of the run uses the
// account is compared later (see Collisions).
func ResolveCallers(c *ir.Checked, a *ir.App) (diags diag.List) {
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
		accounts, found := callerAccounts(c, a, caller.App, n.Children[i].Field("app"))
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

// callerAccounts are the service accounts of the app that a caller names at n.
func callerAccounts(c *ir.Checked, a *ir.App, app string, n *ir.Node) (accounts []string, diags diag.List) {
	namespace, name := appReference(a, app)
	caller := findApp(c, namespace, name)
	if caller == nil {
		if isFaulty(c, name) {
			return nil, nil
		}
		d := n.Errorf(diag.UnknownCaller, "this document has no app %s in namespace %s", name, namespace)
		return nil, diag.List{d.WithHint("name its service account instead: {serviceAccount: %q}", namespace+"/"+name)}
	}
	if !inMesh(c, caller) {
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

// appReference is the namespace and the name that a reference to an app means.
func appReference(a *ir.App, reference string) (namespace, name string) {
	if namespace, name, ok := strings.Cut(reference, "/"); ok {
		return namespace, name
	}
	return a.Namespace, reference
}

func findApp(c *ir.Checked, namespace, name string) *ir.App {
	for _, a := range c.Apps {
		if a.Namespace == namespace && a.Name == name {
			return a
		}
	}
	return nil
}

// isFaulty reports whether a document declares an app of a name that is not
// among its apps, because of mistakes that have been reported.
func isFaulty(c *ir.Checked, name string) bool {
	for _, n := range c.Node.Field("apps").Fields() {
		own := n.Name
		if field := n.Field("name"); field != nil {
			own = field.Text
		}
		whole := slices.ContainsFunc(c.Apps, func(a *ir.App) bool { return a.Node == n })
		if own == name && !whole {
			return true
		}
	}
	return false
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
