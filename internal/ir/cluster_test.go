package ir_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/belay-sh/belay/internal/ir"
)

func TestCluster_Objects(t *testing.T) {
	objects := []ir.Object{
		{Kind: "Namespace", Cluster: ir.AllClusters},
		{Kind: "Service", Cluster: ir.Dataplane},
		{Kind: "PeerAuthentication", Cluster: ir.Mesh},
	}
	for cluster, want := range map[ir.Cluster][]string{
		ir.AllClusters: {"Namespace", "Service", "PeerAuthentication"},
		ir.Dataplane:   {"Namespace", "Service"},
		ir.Mesh:        {"Namespace", "PeerAuthentication"},
	} {
		var kinds []string
		for _, o := range cluster.Objects(objects) {
			kinds = append(kinds, o.Kind)
		}
		assert.Equal(t, want, kinds, "%q", cluster)
	}
}

func TestParseCluster(t *testing.T) {
	for _, text := range []string{"", "dataplane", "mesh"} {
		c, err := ir.ParseCluster(text)
		require.NoError(t, err)
		assert.Equal(t, ir.Cluster(text), c)
	}
	for _, text := range []string{"moon", "Mesh", "both"} {
		_, err := ir.ParseCluster(text)
		assert.EqualError(t, err, text+" is neither dataplane nor mesh")
	}
}

func TestBundle_Clusters(t *testing.T) {
	assert.Equal(t, []ir.Cluster{ir.AllClusters}, ir.Bundle{}.Clusters())
	assert.Equal(t, []ir.Cluster{ir.Dataplane, ir.Mesh}, ir.Bundle{Separate: true}.Clusters())
}
