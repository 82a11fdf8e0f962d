package admission

import (
	"os"

	"knative.dev/pkg/network"
)

// domainVariable is the environment variable from which Knative's code takes
// the cluster's domain.
const domainVariable = "CLUSTER_DOMAIN"

// clusterDomain is the cluster's domain for Knative's validation of domains.
// Knative's code takes it from the environment or from this machine's
// resolv.conf, and keeps the first answer for the life of the process. It is
// fixed here so that the output does not depend on the machine; and while
// packages are initialised, because the environment must not change once there
// are goroutines that may read it.
var clusterDomain = fixClusterDomain("cluster.local")

// fixClusterDomain has Knative's code read a domain, leaves the environment as
// it was, and returns what Knative's code has kept.
func fixClusterDomain(domain string) string {
	before, wasSet := os.LookupEnv(domainVariable)
	os.Setenv(domainVariable, domain)
	kept := network.GetClusterDomainName()
	if wasSet {
		os.Setenv(domainVariable, before)
	} else {
		os.Unsetenv(domainVariable)
	}
	return kept
}
