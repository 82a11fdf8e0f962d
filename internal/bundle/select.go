package bundle

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/belay-sh/belay/internal/ir"
)

// A Selection is the part of a run that the caller wants: the specs of one
// target, and of those some apps. Specs may be selected concurrently.
type Selection struct {
	Target string   // the name of a target; all if empty
	Apps   []string // names, or namespace/name; all if empty

	mu    sync.Mutex
	found map[string]bool // the names in Apps that a spec has
}

// Has reports whether a spec is for the selected target.
func (s *Selection) Has(d Declaration) bool { return s.Target == "" || d.Name() == s.Target }

// Reduce drops the apps that are not selected. If apps are selected, it also
// drops the namespaces and the platform, which belong to no app.
func (s *Selection) Reduce(c *ir.Checked) {
	if len(s.Apps) == 0 {
		return
	}
	c.Namespaces, c.Platform = nil, nil
	others := func(a *ir.App) bool { return !s.hasApp(a) }
	c.Apps, c.Faulty = slices.DeleteFunc(c.Apps, others), slices.DeleteFunc(c.Faulty, others)
}

func (s *Selection) hasApp(a *ir.App) bool {
	for _, name := range []string{a.Name, a.Namespace + "/" + a.Name} {
		if slices.Contains(s.Apps, name) {
			s.mu.Lock()
			defer s.mu.Unlock()
			if s.found == nil {
				s.found = map[string]bool{}
			}
			s.found[name] = true
			return true
		}
	}
	return false
}

// Bundles returns the bundles of the selected target.
func (s *Selection) Bundles(all []ir.Bundle) []ir.Bundle {
	return slices.DeleteFunc(all, func(b ir.Bundle) bool { return s.Target != "" && b.Target != s.Target })
}

// UnknownTarget is the error of a selection whose target no spec has, or nil.
func (s *Selection) UnknownTarget(specs []Declaration) error {
	var names []string
	for _, d := range specs {
		if s.Has(d) {
			return nil
		}
		if d.Name() != "" {
			names = append(names, d.Name())
		}
	}
	if len(names) == 0 {
		return fmt.Errorf("no spec in the given paths has a target with a name, so there is no target %s", s.Target)
	}
	slices.Sort(names)
	return fmt.Errorf("no spec in the given paths is for the target %s; there are %s", s.Target, strings.Join(slices.Compact(names), ", "))
}

// UnknownApps is the error of a selection with an app that no spec has, or nil.
func (s *Selection) UnknownApps() error {
	for _, name := range s.Apps {
		if !s.found[name] {
			return fmt.Errorf("no app %s in the given paths", name)
		}
	}
	return nil
}
