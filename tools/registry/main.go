// Registry is the CNCF distribution registry with what the tests of belay use
// of it: storage in memory, passwords, tokens. Its own command links the
// drivers of all clouds, and takes minutes to build.
package main

import (
	"github.com/distribution/distribution/v3/registry"
	_ "github.com/distribution/distribution/v3/registry/auth/htpasswd"
	_ "github.com/distribution/distribution/v3/registry/auth/token"
	_ "github.com/distribution/distribution/v3/registry/storage/driver/inmemory"
)

func main() { _ = registry.RootCmd.Execute() }
