package admission

import (
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"knative.dev/pkg/network"
)

// TestClusterDomain runs itself in processes whose environment names another
// domain, or none: validation sees the fixed one, and the environment that
// child processes inherit is unchanged.
func TestClusterDomain(t *testing.T) {
	if want, inner := os.LookupEnv("TEST_CLUSTER_DOMAIN"); inner {
		assert.Equal(t, "cluster.local", clusterDomain)
		assert.Equal(t, "cluster.local", network.GetClusterDomainName())
		assert.Equal(t, want, os.Getenv(domainVariable))
		return
	}
	self, err := os.Executable()
	require.NoError(t, err)
	for _, domain := range []string{"", "corp.example.com"} {
		cmd := exec.Command(self, "-test.run=^TestClusterDomain$", "-test.count=1")
		cmd.Env = append(os.Environ(), "TEST_CLUSTER_DOMAIN="+domain, domainVariable+"="+domain)
		out, err := cmd.CombinedOutput()
		assert.NoError(t, err, "%s", out)
	}
}
