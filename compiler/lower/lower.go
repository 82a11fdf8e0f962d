// Package lower is the fourth stage: from a pinned spec to the objects of its
// bundle. All objects are built with upstream's own types, go through upstream's
// own defaulting and validation (compiler/admission), and are final: nothing is
// added after this stage. It is pure.
//
// This package has the kinds of Knative, one file for each, and puts an app's
// objects together: lower/mesh makes those of the mesh, lower/patch applies the
// user's patches, compiler/fields has the fields of templates and leads from an
// error in an object back to the spec, and compiler/install makes the objects of
// the cluster.
package lower

import (
	"slices"

	"github.com/belay-sh/belay/compiler/admission"
	"github.com/belay-sh/belay/compiler/install"
	"github.com/belay-sh/belay/compiler/lower/mesh"
	"github.com/belay-sh/belay/compiler/lower/patch"
	"github.com/belay-sh/belay/compiler/meshpolicy"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/policy"
)

// A kind is how the objects of a kind are made. One of build and mesh is nil.
type kind struct {
	name  string
	wave  int                           // objects of a lower wave are applied first
	build func(*builder)                // adds the app's objects of the kind, if it has any
	mesh  func(*mesh.App) []mesh.Object // makes those that the mesh's control plane reads
}

// kinds are the kinds of objects that apps have, in the order of application:
// policies and Configurations before the Services and Routes that need them, a
// claim before its mapping. The order within a wave is that of ir.Object.
var kinds = []kind{
	{name: "ServiceEntry", wave: -1, mesh: (*mesh.App).ServiceEntries},
	{name: "Sidecar", wave: -1, mesh: (*mesh.App).Sidecars},
	{name: "Configuration", wave: 1, build: (*builder).configurations},
	{name: "AuthorizationPolicy", wave: 1, mesh: (*mesh.App).AuthorizationPolicies},
	{name: "RequestAuthentication", wave: 1, mesh: (*mesh.App).RequestAuthentications},
	{name: "PeerAuthentication", wave: 1, mesh: (*mesh.App).PeerAuthentications},
	{name: "Telemetry", wave: 1, mesh: (*mesh.App).Telemetries},
	{name: "DestinationRule", wave: 1, mesh: (*mesh.App).DestinationRules},
	{name: "EnvoyFilter", wave: 1, mesh: (*mesh.App).EnvoyFilters},
	{name: "Service", wave: 2, build: (*builder).service},
	{name: "Route", wave: 2, build: (*builder).route},
	{name: "ClusterDomainClaim", wave: 3, build: (*builder).clusterDomainClaims},
	{name: "Gateway", wave: 3, mesh: (*mesh.App).Gateways},
	{name: "VirtualService", wave: 3, mesh: (*mesh.App).VirtualServices},
	{name: "DomainMapping", wave: 3, build: (*builder).domainMappings},
}

// A ForEach calls a function with each number from 0 to below n: in order, or
// several at a time. It returns when all calls have.
type ForEach func(n int, call func(i int))

// InOrder is the ForEach that makes one call after the other.
func InOrder(n int, call func(i int)) {
	for i := range n {
		call(i)
	}
}

// Lower compiles a spec. Apps with errors, and those with what the policy does
// not permit, leave nothing in the manifest. The apps are compiled by forEach;
// the result does not depend on the order.
func Lower(pinned ir.Pinned, p *policy.Policy, forEach ForEach) (ir.Bundle, diag.List) {
	m := ir.Bundle{Separate: pinned.Target.Mesh.Separate, ArgoCD: pinned.ArgoCD}
	controller, diags := controller(pinned.Checked)
	if diags.HasErrors() {
		return m, diags
	}
	diags.Add(install.Add(pinned.Checked, &m)...)
	diags.Add(permitShared(pinned, p, m.Objects)...)
	apps := make([]loweredApp, len(pinned.Apps))
	forEach(len(apps), func(i int) {
		b := &builder{admission: controller, pinned: pinned, policy: p, app: pinned.Apps[i]}
		apps[i] = b.lower()
	})
	diags.Add(addApps(&m, apps)...)
	for i := range m.Objects {
		m.Objects[i].Target = pinned.Target.Name
	}
	return m, diags
}

// A loweredApp is what one app compiles to. With errors it is only these.
type loweredApp struct {
	objects   []ir.Object
	revisions []ir.RevisionName
	record    ir.AppRecord
	diags     diag.List
}

// addApps adds what apps compile to to a bundle, and returns what is wrong with
// them.
func addApps(m *ir.Bundle, apps []loweredApp) (diags diag.List) {
	objects, revisions := 0, 0
	for _, app := range apps {
		objects, revisions = objects+len(app.objects), revisions+len(app.revisions)
	}
	m.Objects, m.Revisions = slices.Grow(m.Objects, objects), slices.Grow(m.Revisions, revisions)
	for i, app := range apps {
		apps[i] = loweredApp{} // its memory is of use again
		diags.Add(app.diags...)
		if app.record.App != "" {
			m.Apps = append(m.Apps, app.record)
		}
		m.Objects = append(m.Objects, app.objects...)
		m.Revisions = append(m.Revisions, app.revisions...)
	}
	return diags
}

// A builder makes the objects of one app.
type builder struct {
	admission *admission.Controller
	pinned    ir.Pinned
	policy    *policy.Policy
	app       *ir.App
	kind      kind // of the objects that are made now
	objects   []ir.Object
	diags     diag.List

	named   []ir.RevisionName // computed once, by names
	tracked map[string]string // hashes of the templates of tracks, by id
}

// lower compiles the app.
func (b *builder) lower() loweredApp {
	for _, k := range kinds {
		b.build(k)
	}
	b.patch()
	if !b.diags.HasErrors() && !b.pinned.Target.Mesh.Separate {
		meshpolicy.Note(b.objects) // those in another cluster are out of an overlay's sight
	}
	b.permit()
	record := b.record()
	if b.diags.HasErrors() {
		return loweredApp{diags: b.diags}
	}
	return loweredApp{b.objects, b.names(), record, b.diags}
}

// patch applies the app's patches.
func (b *builder) patch() {
	if b.diags.HasErrors() || len(b.app.Spec.Patches) == 0 {
		return
	}
	b.diags.Add(patch.Apply(b.app, b.objects, patch.Rules{Admission: b.admission, Target: b.pinned.Target, Policy: b.policy})...)
}

// build adds the app's objects of a kind.
func (b *builder) build(k kind) {
	b.kind = k
	if k.mesh == nil {
		k.build(b)
		return
	}
	for _, o := range k.mesh(&mesh.App{App: b.app, Target: b.pinned.Target, RevisionNames: b.revisionNames}) {
		b.addMesh(o)
	}
}
