package admission

import (
	"path/filepath"
	"sync"

	"github.com/belay-sh/belay/golden/modules"
	"github.com/belay-sh/belay/internal/target"
)

// Modules with a CRD that is the same for all releases.
const (
	networking = "knative.dev/networking@v0.0.0-20260727162500-c7a7b772cac9" // ClusterDomainClaim
	argoCD     = "github.com/argoproj/argo-cd/v3@v3.1.0"                     // Application
)

var known sync.Map // of func() (*CRDs, error), by modules

// At is the CRDs of a target's releases. The first call for a release may take
// a download from the module proxy.
func At(t *target.Target) (*CRDs, error) {
	key := [2]string{target.ServingModule(t.Knative), target.IstioModule(t.Istio)}
	read, _ := known.LoadOrStore(key, sync.OnceValues(func() (*CRDs, error) { return readModules(key[0], key[1]) }))
	return read.(func() (*CRDs, error))()
}

func readModules(knative, istio string) (*CRDs, error) {
	var files []string
	for _, crds := range []struct{ module, pattern string }{
		{knative, "config/core/300-resources/*.yaml"},
		{networking, "config/domain-claim.yaml"},
		{target.OperatorModule(), "config/crd/bases/operator.knative.dev_knativeservings.yaml"},
		{argoCD, "manifests/crds/application-crd.yaml"},
		{istio, "kubernetes/customresourcedefinitions.gen.yaml"},
	} {
		dir, err := modules.Directory(crds.module)
		if err != nil {
			return nil, err
		}
		found, err := filepath.Glob(filepath.Join(dir, crds.pattern))
		if err != nil {
			return nil, err
		}
		files = append(files, found...)
	}
	return Read(files...)
}
