// Package mesh makes the objects of an app that the mesh's control plane reads:
// Istio's policies, routing and configuration. It has one file for each kind. An
// App has one method for each kind, which returns the app's objects of the kind;
// compiler/lower gives them their metadata, validates them and puts them in
// order.
//
// Knative and Istio meet here. Requests come to pods through Knative's activator
// or around it, and to revisions by names that the cluster makes: see callers.go
// and authorizationpolicy.go for policies that hold on both ways, and
// virtualservice.go for routing in front of Knative's own.
package mesh

import (
	"google.golang.org/protobuf/proto"

	"github.com/belay-sh/belay/compiler/fields"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
)

// An App is what the objects of an app are made from.
type App struct {
	*ir.App
	Target        *target.Target
	RevisionNames func() []string // of the revisions that traffic goes to by name, with strategy "service"
}

// An Object is an object of the mesh, without what all of belay's objects have.
type Object struct {
	Name      string
	Namespace string // "" for the app's
	Spec      proto.Message
}

// conversion returns what the tables of fields need to write an object.
func (a *App) conversion() *fields.Conversion { return &fields.Conversion{Target: a.Target} }
