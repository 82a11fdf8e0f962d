// Package lower is the fourth stage: from a pinned spec to the objects of its
// bundle. It has one file for each kind of object and each part of one. All
// objects are built with upstream's own types, go through upstream's own
// defaulting and validation, and are final: nothing is added below this line.
// It is pure.
package lower

import (
	"context"

	"github.com/belay-sh/belay/diag"
	"github.com/belay-sh/belay/ir"
)

// kinds are the functions that make objects of an app, one for each kind. The
// order of the bundle is another: see ir.Object.
var kinds = []func(*builder){
	(*builder).service,
	(*builder).configurations,
	(*builder).route,
	(*builder).domainMappings,
	(*builder).clusterDomainClaims,
	(*builder).peerAuthentication,
}

// waves are the order of application: policies and Configurations before the
// Services and Routes that need them, a claim before its mapping.
var waves = map[string]int{
	"Namespace":          -5,
	"Configuration":      1,
	"PeerAuthentication": 1,
	"Service":            2,
	"Route":              2,
	"ClusterDomainClaim": 3,
	"DomainMapping":      3,
}

// Lower compiles a spec. Apps with errors leave nothing in the manifest.
func Lower(pinned ir.Pinned) (ir.Manifest, diag.List) {
	m := ir.Manifest{Separate: pinned.Target.Mesh.Separate}
	ctx, diags := upstreamContext(pinned.Checked)
	if diags.HasErrors() {
		return m, diags
	}
	for _, ns := range pinned.Namespaces {
		m.Objects = append(m.Objects, namespace(ns))
	}
	for _, app := range pinned.Apps {
		b := &builder{ctx: ctx, pinned: pinned, app: app}
		for _, make := range kinds {
			make(b)
		}
		b.patch()
		diags.Add(b.diags...)
		if !b.diags.HasErrors() {
			m.Objects = append(m.Objects, b.objects...)
			m.Revisions = append(m.Revisions, b.names()...)
		}
	}
	return m, diags
}

// A builder makes the objects of one app.
type builder struct {
	ctx     context.Context
	pinned  ir.Pinned
	app     *ir.App
	objects []ir.Object
	diags   diag.List

	named []ir.RevisionName // computed once, by names
}
