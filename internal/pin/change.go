package pin

import (
	"maps"

	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
)

// Needs are what the specs of a run need of a lock.
type Needs struct {
	Images  []string // references
	Modules map[string]string
	Targets map[string]target.Releases // of targets whose specs leave a release open
	Apps    []ir.AppRecord
}

// With returns a lock that has what a run needs: images found now, else those
// that the lock has; the modules and releases of the run.
func (l *Lock) With(found map[string]Entry, needs Needs) *Lock {
	out := l.Clone()
	for _, ref := range needs.Images {
		if entry, ok := found[ref]; ok {
			out.Images[ref] = entry
		}
	}
	maps.Copy(out.Modules, needs.Modules)
	maps.Copy(out.Targets, needs.Targets)
	return out
}

// DropUnused removes images, modules and targets that a run does not need.
func (l *Lock) DropUnused(needs Needs) {
	used := map[string]bool{}
	for _, ref := range needs.Images {
		used[ref] = true
	}
	maps.DeleteFunc(l.Images, func(ref string, _ Entry) bool { return !used[ref] })
	maps.DeleteFunc(l.Modules, func(module, _ string) bool { return needs.Modules[module] == "" })
	maps.DeleteFunc(l.Targets, func(name string, _ target.Releases) bool {
		_, ok := needs.Targets[name]
		return !ok
	})
}

// DropUnusedApps removes what the ledger has of apps that a run does not have.
func (l *Lock) DropUnusedApps(needs Needs) {
	used := map[string]bool{}
	for _, a := range needs.Apps {
		used[AppKey(a.Target, a.Namespace, a.Open, a.App)] = true
	}
	maps.DeleteFunc(l.Apps, func(key string, _ App) bool { return !used[key] })
	l.Former = nil
}

// Unused counts the entries that a run does not need, apart from apps, whose
// entries stay for a rollback.
func (l *Lock) Unused(needs Needs) int {
	rest := l.Clone()
	rest.DropUnused(needs)
	return len(l.Images) - len(rest.Images) + len(l.Modules) - len(rest.Modules) + len(l.Targets) - len(rest.Targets)
}
