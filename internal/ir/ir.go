package ir

import (
	"bytes"
	"cmp"
	"path"
	"slices"

	"github.com/belay-sh/belay/internal/objectmeta"
	"github.com/belay-sh/belay/internal/target"
	"github.com/belay-sh/belay/schema"
)

// Checked is a spec in which every rule holds that one document can be held
// to. What has errors is in Faulty alone; the diagnostics speak for it.
type Checked struct {
	Node       *Node // the whole spec
	Target     *target.Target
	Declared   target.Target  // as the field target gives it, without what the platform adds
	Origin     Origin         // of the target's releases
	Namespaces []Namespace    // sorted by name
	Apps       []*App         // sorted by namespace and name
	Faulty     []*App         // what is well-formed of apps with errors, for the rules of the run; in the order of Apps
	Platform   *Platform      // nil if the spec has none
	ArgoCD     *schema.ArgoCD // nil if the spec has none
}

// Origin is where the releases of a target are from.
type Origin struct{ Knative, Istio Source }

// Source is what names a release.
type Source int

// What may name a release; what comes first goes before the others.
const (
	FromCaller Source = iota
	FromSpec
	FromLock
	FromDefault // nothing names one
)

// Platform is the install of Knative.
type Platform struct {
	Spec    schema.Platform
	Node    *Node
	Version string // with its patch number
	Files   []ReleaseFile
}

// ReleaseFile is a file of a platform's release.
type ReleaseFile struct {
	target.ReleaseFile
	Data []byte // nil until it is read
}

// ServingNamespace is the namespace that Knative is installed in.
const ServingNamespace = "knative-serving"

// Namespace is a namespace to emit.
type Namespace struct {
	Name string
	Spec schema.Namespace
	Node *Node
}

// App is an app of a checked spec.
type App struct {
	Name      string
	Namespace string
	Spec      schema.App
	Node      *Node

	OpenNamespace bool // the spec names no namespace; Namespace is the caller's, or "default"

	// Revisions are what traffic goes to, sorted by id. An app that declares
	// none has one without an id, its own template at 100 percent.
	Revisions []*Revision
}

// Declared reports whether the app declares revisions.
func (a *App) Declared() bool { return len(a.Spec.Revisions) > 0 }

// HasTracks reports whether the app's revisions are Configurations of their own,
// under a Route.
func (a *App) HasTracks() bool { return a.Kind() == "Route" }

// ConfigurationName is the name of the Configuration of a revision, for an app
// with tracks.
func (a *App) ConfigurationName(id string) string { return a.Name + "-" + id }

// Template is the revision that a Knative Service of the app is made from:
// the only one, or the one that latest names.
func (a *App) Template() *Revision {
	for _, r := range a.Revisions {
		if r.ID == a.Spec.Latest || !a.Declared() {
			return r
		}
	}
	return nil
}

// BypassesActivator reports whether requests never pass Knative's activator: each revision
// keeps a pod, and the autoscaler is told to hold no capacity for bursts, with
// which the activator stays in the path.
func (a *App) BypassesActivator() bool {
	for _, r := range a.Revisions {
		least, err := r.Spec.Scale.Min.Int64()
		burst, _ := r.Spec.Scale.BurstCapacity.Float64()
		if err != nil || least < 1 || r.Spec.Scale.BurstCapacity == "" || burst != 0 {
			return false
		}
	}
	return true
}

// HasVirtualService reports whether a VirtualService of the app's own serves its domains,
// instead of DomainMappings: for what Knative's routing does not have.
func (a *App) HasVirtualService() bool {
	if len(a.Spec.Domains) == 0 {
		return false
	}
	if m := a.Spec.Mesh; m != nil && (m.Fault != nil || m.Resilience.Retries != nil || m.Resilience.Timeout != "") {
		return true
	}
	return slices.ContainsFunc(a.Revisions, (*Revision).RoutedByRequest)
}

// RouteLabels are the labels of the app's route, as net-istio sees them when it
// chooses gateways: those of the Service or Route, and what Knative adds
// (knative.dev/serving/pkg/reconciler/route/resources, MakeIngress).
func (a *App) RouteLabels() map[string]string {
	labels := map[string]string{}
	for key, value := range a.Spec.Labels {
		if place := target.Label(key).Place; place == target.OnObjects || place == target.Everywhere {
			labels[key] = value
		}
	}
	labels[objectmeta.NameLabel] = a.Name
	labels[objectmeta.ManagedByLabel] = objectmeta.ManagedByBelay
	labels["serving.knative.dev/route"] = a.Name
	labels["serving.knative.dev/routeNamespace"] = a.Namespace
	if a.Kind() == "Service" {
		labels[objectmeta.ServiceLabel] = a.Name
	}
	if a.Spec.Visibility == "cluster-local" {
		labels[objectmeta.VisibilityLabel] = objectmeta.ClusterLocal
	}
	return labels
}

// Revision is a revision with the app's fields filled in.
type Revision struct {
	ID   string
	Spec schema.Revision // its Template is the app's, overridden
	Node *Node           // the app's fields, overridden, each at its own place

	Written *Node // the revision as it is written, without what it inherits; nil if the app declares none
}

// RoutedByRequest reports whether requests go to the revision apart from the weights.
func (r *Revision) RoutedByRequest() bool { return len(r.Spec.Match) > 0 || r.Spec.Mirror != "" }

// Tag is the revision's tag, or "". A revision that requests go to apart from
// the weights has its id for one.
func (r *Revision) Tag() string {
	if r.Spec.Tag == "" && r.RoutedByRequest() {
		return r.ID
	}
	return r.Spec.Tag
}

// Containers are the revision's containers: the app's own, named "", then
// sidecars and init containers by name.
func (r *Revision) Containers() []Container {
	out := []Container{{Role: Serving, Spec: &r.Spec.Container, Node: r.Node}}
	out = appendContainers(out, Sidecar, r.Spec.Sidecars, r.Node.Field("sidecars"))
	return appendContainers(out, Init, r.Spec.Init, r.Node.Field("init"))
}

func appendContainers(out []Container, role Role, specs map[string]schema.Container, node *Node) []Container {
	nodes := NewFinder(node)
	for _, name := range Sorted(specs) {
		spec := specs[name]
		out = append(out, Container{Name: name, Role: role, Spec: &spec, Node: nodes.Field(name)})
	}
	return out
}

// Container is a container of a revision.
type Container struct {
	Name string // "" for the app's own
	Role Role
	Spec *schema.Container
	Node *Node
}

// Role is what a container is for.
type Role int

// The roles of containers.
const (
	Serving Role = iota // the app's own, which takes the requests
	Sidecar
	Init
)

// Pinned is a checked spec with a digest for every image.
type Pinned struct {
	*Checked
	Digests map[string]string // by reference, as written; those that have a digest are not in it
}

// Object is an object of a bundle, in its final form.
type Object struct {
	Target     string // name of the cluster that the bundle is for; "" if the repository has only one
	APIVersion string
	Kind       string
	Namespace  string // "" for cluster-scoped objects
	Name       string
	FileKey    FileKey
	Wave       int      // objects of a lower wave are applied first
	Cluster    Cluster  // where the object goes, if the mesh has a cluster of its own
	Owners     []string // the specs that emit it, as headers of files name them; sorted
	JSON       []byte
}

// FileKey is the file that an object goes to: its app's, or one that the specs of
// a bundle share, for a part of the platform or a Namespace.
type FileKey struct {
	Namespace string
	App       string
	Shared    string // the path of the file, without extension
}

// namespacesDirectory is the directory that the files of Namespaces are in.
const namespacesDirectory = "namespaces"

// NamespaceFileKey is the home of a Namespace.
func NamespaceFileKey(name string) FileKey {
	return FileKey{Shared: path.Join(namespacesDirectory, name)}
}

// File returns the path of the file in a bundle. An app whose namespace is
// called like the directory of the Namespaces is in another directory, and what
// is called like a kustomization in another file, so that neither takes the
// place of the other. No name of an object has a dot there.
func (h FileKey) File() string {
	file := h.Shared
	if file == "" {
		directory := h.Namespace
		if directory == namespacesDirectory {
			directory += ".apps"
		}
		file = path.Join(directory, h.App)
	}
	if path.Base(file) == "kustomization" {
		file += ".objects"
	}
	return file + ".yaml"
}

// RevisionName is a name that belay computed for a revision, and the hash of
// all that the name stands for.
type RevisionName struct {
	Target    string // name of the cluster that the bundle is for; "" if the repository has only one
	Namespace string
	Open      bool // the spec names no namespace: see App.OpenNamespace
	App       string
	ID        string // of the revision in the spec
	Name      string
	Released  string // the name with the defaults of the release instead of the cluster's; "" if it has no others
	Hash      string // "sha256:…", over the template's labels, annotations and spec
	Latest    bool   // the Service's template
	Node      *Node
	Lock      string // the path of the lock whose ledger has it
}

// Bundle is what a spec compiles to.
type Bundle struct {
	Target    string // name of the cluster that the bundle is for; "" if the repository has only one
	Objects   []Object
	Hooks     []Object // what only Argo CD applies, after the others
	Remote    *Remote  // what kustomize has to fetch; nil if nothing
	Revisions []RevisionName
	Apps      []AppRecord
	Separate  bool           // the mesh has a cluster of its own
	ArgoCD    *schema.ArgoCD // how Argo CD reads the bundle; nil if no spec says so

	ArgoCDOwners []string // the specs that say so
}

// Remote is a part of a bundle that belay never sees: manifests at URLs, for
// the cluster of the apps. Only a kustomization can hold it.
type Remote struct {
	URLs    []string
	Patches []Object // what is to be merged into objects of theirs
	Owners  []string // the specs that it comes from
}

// Compare orders objects: by wave, then kind, namespace and name.
func (o Object) Compare(p Object) int {
	return cmp.Or(
		cmp.Compare(o.Wave, p.Wave),
		cmp.Compare(o.Kind, p.Kind),
		cmp.Compare(o.Namespace, p.Namespace),
		cmp.Compare(o.Name, p.Name))
}

// Same reports whether two objects are one: of the same identity, and alike.
func (o Object) Same(p Object) bool {
	return o.Compare(p) == 0 && o.APIVersion == p.APIVersion && bytes.Equal(o.JSON, p.JSON)
}
