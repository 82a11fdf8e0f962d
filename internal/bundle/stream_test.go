package bundle_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/belay-sh/belay/internal/bundle"
	"github.com/belay-sh/belay/internal/ir"
)

var (
	service   = ir.Object{Kind: "Service", Cluster: ir.Dataplane}
	mtls      = ir.Object{Kind: "PeerAuthentication", Cluster: ir.Mesh}
	namespace = ir.Object{Kind: "Namespace"}
	job       = ir.Object{Kind: "Job", Cluster: ir.Dataplane}
)

func TestSelect(t *testing.T) {
	how := bundle.Choice{Target: "--target", Cluster: "--cluster"}
	one := ir.Bundle{Objects: []ir.Object{service, mtls, namespace}, Hooks: []ir.Object{job}}
	separate, remote := one, one
	separate.Separate = true
	remote.Remote = &ir.Remote{}
	onlyRemote := ir.Bundle{Target: "prod", Remote: &ir.Remote{}}
	for _, test := range []struct {
		name    string
		bundles []ir.Bundle
		cluster ir.Cluster
		want    []ir.Object
		err     string
	}{
		{"one cluster", []ir.Bundle{one}, ir.AllClusters, one.Objects, ""},
		{"the apps' part of one cluster", []ir.Bundle{one}, ir.Dataplane, []ir.Object{service, namespace}, ""},
		{"the mesh's cluster", []ir.Bundle{separate}, ir.Mesh, []ir.Object{mtls, namespace}, ""},
		{"two clusters", []ir.Bundle{separate}, ir.AllClusters, nil, "the bundle is for two clusters; choose one with --cluster"},
		{"a platform at URLs", []ir.Bundle{remote}, ir.AllClusters, nil, bundle.ErrRemote.Error()},
		{"a platform at URLs, in the apps' cluster", []ir.Bundle{remote}, ir.Dataplane, nil, bundle.ErrRemote.Error()},
		{"a platform at URLs is not in the mesh's cluster", []ir.Bundle{remote}, ir.Mesh, []ir.Object{mtls, namespace}, ""},
		{"nothing but URLs is not empty", []ir.Bundle{onlyRemote}, ir.AllClusters, nil, bundle.ErrRemote.Error()},
		{"no bundle", nil, ir.AllClusters, nil, bundle.ErrEmpty.Error()},
		{"bundles without objects", []ir.Bundle{{Target: "a"}, {Target: "b"}}, ir.AllClusters, nil, bundle.ErrEmpty.Error()},
		{"two targets", []ir.Bundle{{Target: "a"}, onlyRemote}, ir.Mesh, nil, "the specs are for the targets a, prod; choose one with --target"},
	} {
		t.Run(test.name, func(t *testing.T) {
			b, err := bundle.Select(test.bundles, test.cluster, how)
			if test.err != "" {
				assert.EqualError(t, err, test.err)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, test.want, b.Objects)
		})
	}
}

// TestSelect_Hooks selects hooks like objects: those of another cluster would run
// where what they wait for is not.
func TestSelect_Hooks(t *testing.T) {
	b, err := bundle.Select([]ir.Bundle{{Separate: true, Objects: []ir.Object{mtls}, Hooks: []ir.Object{job}}}, ir.Mesh, bundle.Choice{})
	require.NoError(t, err)
	assert.Empty(t, b.Hooks)
}

func TestOnly_DoesNotSayHow(t *testing.T) {
	_, err := bundle.Only([]ir.Bundle{{Target: "a"}, {Target: "b"}})
	var several *bundle.SeveralTargetsError
	require.True(t, errors.As(err, &several))
	assert.Equal(t, []string{"a", "b"}, several.Names)
	assert.EqualError(t, err, "the specs are for the targets a, b; choose one")
}
