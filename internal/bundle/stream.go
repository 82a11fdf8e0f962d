package bundle

import (
	"errors"
	"slices"
	"strings"

	"github.com/belay-sh/belay/internal/ir"
)

// A Choice is how a caller chooses one target and one cluster of a run, as text
// that follows "choose one with": flags, parameters, or fields.
type Choice struct{ Target, Cluster string }

// The errors of Select for a run whose objects are not one stream. The text of
// SeveralTargetsError and SeveralClustersError ends with the caller's Choice.
type (
	SeveralTargetsError struct {
		Names []string
		how   string
	}
	SeveralClustersError struct{ how string }
)

var (
	// ErrRemote is the error for a platform whose manifests belay never sees.
	ErrRemote = errors.New("the platform is at URLs, which only a kustomization can hold; write the bundle with -o")
	// ErrEmpty is the error for a run without objects.
	ErrEmpty = errors.New("the specs have no apps; nothing to render")
)

func (e *SeveralTargetsError) Error() string {
	return "the specs are for the targets " + strings.Join(e.Names, ", ") + choose(e.how)
}

func (e *SeveralClustersError) Error() string {
	return "the bundle is for two clusters" + choose(e.how)
}

func choose(how string) string {
	if how == "" {
		return "; choose one"
	}
	return "; choose one with " + how
}

// Select returns the bundle of a run as a stream can hold it: of one target, with
// the objects of one cluster. It is the only place that decides what a stream can
// hold, so that all front ends decide alike.
func Select(bundles []ir.Bundle, cluster ir.Cluster, how Choice) (ir.Bundle, error) {
	if IsEmpty(bundles) {
		return ir.Bundle{}, ErrEmpty
	}
	b, err := only(bundles, how)
	switch {
	case err != nil:
		return ir.Bundle{}, err
	case b.Separate && cluster == ir.AllClusters:
		return ir.Bundle{}, &SeveralClustersError{how.Cluster}
	case b.Remote != nil && cluster != ir.Mesh:
		return ir.Bundle{}, ErrRemote
	}
	b.Objects, b.Hooks = cluster.Objects(b.Objects), cluster.Objects(b.Hooks)
	return b, nil
}

// IsEmpty reports whether the bundles of a run have nothing to render.
func IsEmpty(bundles []ir.Bundle) bool {
	return !slices.ContainsFunc(bundles, func(b ir.Bundle) bool { return len(b.Objects) > 0 || b.Remote != nil })
}

// Only returns the bundle of a run for one target; an empty one, if there is
// none. The error is a SeveralTargetsError.
func Only(bundles []ir.Bundle) (ir.Bundle, error) { return only(bundles, Choice{}) }

func only(bundles []ir.Bundle, how Choice) (ir.Bundle, error) {
	switch len(bundles) {
	case 0:
		return ir.Bundle{}, nil
	case 1:
		return bundles[0], nil
	}
	var names []string
	for _, b := range bundles {
		names = append(names, b.Target)
	}
	return ir.Bundle{}, &SeveralTargetsError{names, how.Target}
}
