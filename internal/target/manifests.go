package target

import (
	_ "embed"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
)

//go:generate go run generate_manifests.go

//go:embed manifests.sha256
var manifestSums string

// ReleaseFile is a file of a release: Kubernetes objects to apply.
type ReleaseFile struct {
	Name   string // "serving-core.yaml"
	URL    string // where the release has it; "" if that is not known
	SHA256 string // in hex

	version string // "1.23.0"
}

// manifests are the files of all releases that belay has checksums of, sorted
// by name and release.
var manifests = sync.OnceValue(func() (all []ReleaseFile) {
	for line := range strings.Lines(manifestSums) {
		sum, url, _ := strings.Cut(strings.TrimSpace(line), "  ")
		all = append(all, ReleaseFile{
			Name: path.Base(url), URL: url, SHA256: sum, version: strings.TrimPrefix(path.Base(path.Dir(url)), "knative-v"),
		})
	}
	slices.SortStableFunc(all, func(a, b ReleaseFile) int {
		if a.Name != b.Name {
			return strings.Compare(a.Name, b.Name)
		}
		return comparePatches(a.version, b.version)
	})
	return all
})

// comparePatches orders releases with patch numbers.
func comparePatches(a, b string) int {
	return slices.CompareFunc(strings.Split(a, "."), strings.Split(b, "."), func(a, b string) int {
		x, _ := strconv.Atoi(a)
		y, _ := strconv.Atoi(b)
		return x - y
	})
}

// Patches are the patch releases of the target's Knative that belay has
// checksums of, oldest first; none of releases before 1.20.
func (t *Target) Patches() (versions []string) {
	for _, m := range manifests() {
		if v, _ := Parse(m.version); m.Name == ServingCore && v == t.Knative {
			versions = append(versions, m.version)
		}
	}
	return versions
}

// The files that install Knative Serving with Istio as its ingress.
const (
	ServingCRDs = "serving-crds.yaml"
	ServingCore = "serving-core.yaml" // has the CRDs once more
	ServingHPA  = "serving-hpa.yaml"  // the autoscaler for class hpa
	NetIstio    = "net-istio.yaml"
	ServingJobs = "serving-post-install-jobs.yaml" // migrate what an older release stored
)

// InstallFiles are those files in the order of application.
var InstallFiles = []string{ServingCRDs, ServingCore, ServingHPA, NetIstio, ServingJobs}

// Manifests are the files of a patch release of Knative Serving by name, and
// net-istio.yaml, the newest of the same minor release; none if belay has no
// checksums of it.
func Manifests(version string) map[string]ReleaseFile {
	files := map[string]ReleaseFile{}
	minor, _ := Parse(version)
	for _, m := range manifests() {
		v, _ := Parse(m.version)
		if m.version == version || m.Name == NetIstio && v == minor {
			files[m.Name] = m
		}
	}
	return files
}

//go:embed manifests.objects
var manifestObjects string

// releasedObjects are the objects that a release of Knative Serving or of
// net-istio installs, of all releases whose files generate_manifests.go reads:
// "ConfigMap knative-serving config-domain".
var releasedObjects = sync.OnceValue(func() map[string]bool {
	all := map[string]bool{}
	for line := range strings.Lines(manifestObjects) {
		all[strings.TrimSuffix(line, "\n")] = true
	}
	return all
})

// IsReleased reports whether a release of Knative Serving or of net-istio
// installs an object of that kind and name; the namespace is "" for what is the
// whole cluster's.
func IsReleased(kind, namespace, name string) bool {
	if namespace == "" {
		namespace = "-"
	}
	return releasedObjects()[kind+" "+namespace+" "+name]
}
