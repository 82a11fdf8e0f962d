// Package target is what belay knows of the releases it compiles for: which
// versions of Knative and Istio there are, which API versions, fields, flags
// and settings each has, and what a cluster's own settings make of them. The
// tables are data; the rules that read them are in compiler/rules and
// compiler/lower.
package target

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Version is a release: major and minor.
type Version struct{ Major, Minor int }

// Parse reads "1.23"; a leading "v" and a patch number are accepted and dropped.
func Parse(s string) (Version, bool) {
	major, rest, ok := strings.Cut(strings.TrimPrefix(s, "v"), ".")
	if !ok {
		return Version{}, false
	}
	minor, _, _ := strings.Cut(rest, ".")
	a, err1 := strconv.Atoi(major)
	b, err2 := strconv.Atoi(minor)
	return Version{a, b}, err1 == nil && err2 == nil
}

// MustParse is Parse for the tables of this module.
func MustParse(s string) Version {
	v, ok := Parse(s)
	if !ok {
		panic("belay internal: version " + s)
	}
	return v
}

// String is "1.23".
func (v Version) String() string { return fmt.Sprintf("%d.%d", v.Major, v.Minor) }

// AtLeast reports whether v is o or newer.
func (v Version) AtLeast(o Version) bool {
	return cmp.Or(cmp.Compare(v.Major, o.Major), cmp.Compare(v.Minor, o.Minor)) >= 0
}

// Target is a cluster to compile for: releases, and the cluster's own settings.
type Target struct {
	Name    string // of the cluster, as the spec gives it; "" if the repository has only one
	Knative Version
	Istio   Version
	Domain  string // of the cluster's routes
	Config  map[string]map[string]string
	Mesh    Mesh
	NoHPA   bool // Knative's autoscaler for class hpa, a component of its own, is not installed
}

// Mesh is how the target's mesh is laid out.
type Mesh struct {
	Separate        bool // Istio objects go to a cluster of their own
	DataplaneAPI    bool
	InjectedServing bool
	RootNamespace   string
	TrustDomain     string

	PathNormalization string // how the mesh reads paths, if the cluster says so; "" for the release's way
}

// Default returns the target of a spec that says nothing of one: the releases in
// defaults, with their own settings.
func Default() *Target {
	return &Target{
		Knative: MustParse(defaults.Knative),
		Istio:   MustParse(defaults.Istio),
		Mesh: Mesh{
			DataplaneAPI:  true,
			RootNamespace: "istio-system",
			TrustDomain:   "cluster.local",
		},
	}
}

// Known reports whether a version is in a list of releases, and what the list
// has, for a message.
func Known(v Version, releases []Version) (ok bool, list string) {
	names := make([]string, len(releases))
	for i, r := range releases {
		names[i] = r.String()
	}
	return slices.Contains(releases, v), strings.Join(names, ", ")
}

// KnownSince is the oldest release of Knative that belay knows and that is v or
// newer.
func KnownSince(v Version) Version {
	for _, k := range Knatives {
		if k.AtLeast(v) {
			return k
		}
	}
	return Knatives[len(Knatives)-1]
}

// privateSince is the release from which a cluster without config-domain has
// only private routes (pkg/reconciler/route/config/domain.go at v0.34 and v0.35).
var privateSince = Version{1, 8}

// Private reports whether the cluster's routes are private for want of a
// domain.
func (t *Target) Private() bool { return t.Domain == "" && t.Knative.AtLeast(privateSince) }

// RouteDomain is the domain of the cluster's public routes.
func (t *Target) RouteDomain() string {
	if t.Domain != "" {
		return t.Domain
	}
	if t.Private() {
		return clusterDomain
	}
	return "example.com"
}
