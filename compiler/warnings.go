package compiler

import (
	"slices"
	"strings"

	"github.com/belay-sh/belay/internal/diag"
)

// warnings returns the warnings about each app of a run: those of its own spec
// by their path, and those that compare specs by their file as well, since the
// apps of several specs may have one path.
func warnings(compiled []compiledUnit, all diag.List) map[App]diag.List {
	found := map[App]diag.List{}
	own := map[string]bool{}
	for _, c := range compiled {
		for _, d := range c.diags {
			own[key(d)] = true
		}
		for _, a := range c.apps {
			for _, d := range c.diags {
				if d.Severity == diag.Warning && a.place.has(d.Path) {
					found[a.app] = append(found[a.app], d)
				}
			}
		}
	}
	apps := places(compiled)
	for _, d := range all {
		if d.Severity != diag.Warning || own[key(d)] {
			continue
		}
		for app, place := range apps {
			if place.has(d.Path) && place.At.File == d.At.File {
				found[app] = append(found[app], d)
			}
		}
	}
	for app, list := range found {
		found[app] = slices.Clip(list.Sorted())
	}
	return found
}

// has reports whether a path of the spec is that of the place, or below it.
func (p Place) has(path string) bool {
	rest, ok := strings.CutPrefix(path, p.Path)
	return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
}

func key(d diag.Diagnostic) string {
	return d.At.String() + " " + string(d.Code) + " " + d.Message
}
