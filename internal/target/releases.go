package target

import "fmt"

// This file has what belay lists by hand of the releases that it knows. All else
// that differs between them is in tables that "make release" generates out of the
// modules named here.

// Knatives are the releases of Knative Serving that belay knows, oldest first.
var Knatives = []Version{
	{0, 26}, {1, 0}, {1, 12}, {1, 15}, {1, 16}, {1, 17}, {1, 18}, {1, 19}, {1, 20}, {1, 21}, {1, 22}, {1, 23}, {1, 24},
}

// Istios are the releases of Istio that belay knows, oldest first.
var Istios = minors(12, 32)

// defaults are the releases of a target, where nothing names others: the newest
// whose objects the end-to-end tests apply. Newer ones are known as soon as their
// types and CRDs can be read.
var defaults = Releases{Knative: "1.23", Istio: "1.31"}

// istioModules are modules of Istio's API, each with the first release that it
// stands for. The module proxy does not have all: one stands for the releases up to
// the next, and the first also for those before it.
var istioModules = []struct {
	since  Version
	module string
}{
	{Version{1, 12}, "istio.io/api@v1.20.0"},
	{Version{1, 22}, "istio.io/api@v1.22.0"},
	{Version{1, 24}, "istio.io/api@v1.24.0"},
	{Version{1, 31}, "istio.io/api@v1.31.1"},
	{Version{1, 32}, "istio.io/api@v1.32.0"},
}

// OperatorModules are modules of Knative's operator, oldest first, whose files are
// the manifests of Knative's releases. The newest has those that belay knows
// the checksums of, the others have the names of objects of older releases.
var OperatorModules = []string{"knative.dev/operator@v0.31.0", "knative.dev/operator@v0.39.0", "knative.dev/operator@v0.50.0"}

// networkingModules are the modules of knative.dev/networking to read instead of
// the one that a release of Knative Serving is built with, where the module proxy does
// not have that.
var networkingModules = map[Version]string{
	{1, 24}: "knative.dev/networking@v0.0.0-20260727162500-c7a7b772cac9", // of 1.23
}

// Releases are the releases of a target as texts, such as "1.23"; "" is a
// product without one.
type Releases struct{ Knative, Istio string }

// BeforeLocks are the newest releases that belay knew as long as its locks had
// none. A bundle whose lock is of that time was compiled for these, if its specs
// name no other: nothing in its files says so.
var BeforeLocks = Releases{Knative: "1.23", Istio: "1.31"}

// minors returns the releases from 1.first to 1.last.
func minors(first, last int) (releases []Version) {
	for minor := first; minor <= last; minor++ {
		releases = append(releases, Version{1, minor})
	}
	return releases
}

// ServingModule returns the Go module of a release of Knative Serving, which
// numbered its modules on when the release after 0.26 was named 1.0.
func ServingModule(v Version) string {
	minor := v.Minor
	if v.Major == 1 {
		minor += 27
	}
	return fmt.Sprintf("knative.dev/serving@v0.%d.0", minor)
}

// NetworkingModule returns the module of knative.dev/networking that stands for
// the one that a release of Knative Serving is built with; "" if that itself is to be read.
func NetworkingModule(v Version) string { return networkingModules[v] }

// IstioModule returns the module of Istio's API that has the CRDs of a release.
func IstioModule(v Version) (module string) {
	module = istioModules[0].module
	for _, m := range istioModules {
		if v.AtLeast(m.since) {
			module = m.module
		}
	}
	return module
}

// OperatorModule returns the newest module of Knative's operator.
func OperatorModule() string { return OperatorModules[len(OperatorModules)-1] }
