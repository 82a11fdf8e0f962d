// The modules whose YAML is installed; no Go package of them is built, so that
// "go mod tidy" would empty this file. Knative 1.23.0 is in its operator, Istio's
// CRDs are in its API.
module github.com/belay-sh/belay/e2e/manifests

go 1.26

require (
	istio.io/api v1.31.1
	knative.dev/operator v0.50.0
)
