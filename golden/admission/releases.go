package admission

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"

	"github.com/belay-sh/belay/internal/target"
)

// release is a Go module with the CRDs of a release.
type release struct {
	since  target.Version // the first release of the product that it stands for
	module string
}

// knatives are the modules of Knative Serving's releases.
var knatives = []release{
	{target.Version{Major: 0, Minor: 26}, "knative.dev/serving@v0.26.0"},
	{target.Version{Major: 1, Minor: 0}, "knative.dev/serving@v0.27.0"},
	{target.Version{Major: 1, Minor: 12}, "knative.dev/serving@v0.39.0"},
	{target.Version{Major: 1, Minor: 15}, "knative.dev/serving@v0.42.0"},
	{target.Version{Major: 1, Minor: 16}, "knative.dev/serving@v0.43.0"},
	{target.Version{Major: 1, Minor: 17}, "knative.dev/serving@v0.44.0"},
	{target.Version{Major: 1, Minor: 18}, "knative.dev/serving@v0.45.0"},
	{target.Version{Major: 1, Minor: 19}, "knative.dev/serving@v0.46.0"},
	{target.Version{Major: 1, Minor: 20}, "knative.dev/serving@v0.47.0"},
	{target.Version{Major: 1, Minor: 21}, "knative.dev/serving@v0.48.0"},
	{target.Version{Major: 1, Minor: 22}, "knative.dev/serving@v0.49.0"},
	{target.Version{Major: 1, Minor: 23}, "knative.dev/serving@v0.50.0"},
}

// istios are modules of Istio's API. The proxy has not all of them: one stands
// for the releases up to the next, and the first also for those before it.
var istios = []release{
	{target.Version{Major: 1, Minor: 12}, "istio.io/api@v1.20.0"},
	{target.Version{Major: 1, Minor: 22}, "istio.io/api@v1.22.0"},
	{target.Version{Major: 1, Minor: 24}, "istio.io/api@v1.24.0"},
	{target.Version{Major: 1, Minor: 31}, "istio.io/api@v1.31.1"},
}

// Modules with a CRD that is the same for all releases.
const (
	networking = "knative.dev/networking@v0.0.0-20260727162500-c7a7b772cac9" // ClusterDomainClaim
	Operator   = "knative.dev/operator@v0.50.0"                              // KnativeServing; also has the manifests of Knative's releases
	argoCD     = "github.com/argoproj/argo-cd/v3@v3.1.0"                     // Application
)

var known sync.Map // of func() (*CRDs, error), by modules

// At is the CRDs of a target's releases. The first call for a release may take
// a download from the module proxy.
func At(t *target.Target) (*CRDs, error) {
	key := [2]string{moduleOf(knatives, t.Knative), moduleOf(istios, t.Istio)}
	read, _ := known.LoadOrStore(key, sync.OnceValues(func() (*CRDs, error) { return readModules(key[0], key[1]) }))
	return read.(func() (*CRDs, error))()
}

// moduleOf is the newest module that is no newer than a release.
func moduleOf(releases []release, v target.Version) (module string) {
	for _, r := range releases {
		if v.AtLeast(r.since) {
			module = r.module
		}
	}
	return module
}

func readModules(knative, istio string) (*CRDs, error) {
	var files []string
	for _, crds := range []struct{ module, pattern string }{
		{knative, "config/core/300-resources/*.yaml"},
		{networking, "config/domain-claim.yaml"},
		{Operator, "config/crd/bases/operator.knative.dev_knativeservings.yaml"},
		{argoCD, "manifests/crds/application-crd.yaml"},
		{istio, "kubernetes/customresourcedefinitions.gen.yaml"},
	} {
		dir, err := Module(crds.module)
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

// sums is the directory whose go.sum has the hashes of the modules above.
var sums = sync.OnceValues(func() (string, error) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/belay-sh/belay").Output()
	return filepath.Join(strings.TrimSpace(string(out)), "golden", "admission", "releases"), err
})

// Module is the directory of a Go module of those above, downloaded if need be.
func Module(module string) (dir string, err error) {
	cmd := exec.Command("go", "mod", "download", "-json", module)
	if cmd.Dir, err = sums(); err != nil {
		return "", err
	}
	out, runErr := cmd.Output()
	var info struct{ Dir, Error string }
	if err := json.Unmarshal(out, &info); err != nil {
		return "", fmt.Errorf("%s: %w", module, runErr)
	}
	if info.Error != "" {
		return "", fmt.Errorf("%s: %s", module, info.Error)
	}
	return info.Dir, nil
}
