package ir

// AppRecord is what the ledger of a lock keeps of a compiled app, besides the
// names of its revisions.
type AppRecord struct {
	Target    string // name of the cluster that the bundle is for; "" if the repository has only one
	Namespace string
	Open      bool // the spec names no namespace: see App.OpenNamespace
	App       string
	Kind      string            // Service or Route
	Tracks    map[string]string // of a Route: "sha256:…" of each revision's template, by id
	Node      *Node
	Lock      string // the path of the lock whose ledger has it
}

// Kind is the kind of the object that an app is in a cluster: a Knative
// Service, or a Route over a Configuration for each revision.
func (a *App) Kind() string {
	if a.Declared() && a.Spec.Strategy != "service" {
		return "Route"
	}
	return "Service"
}
