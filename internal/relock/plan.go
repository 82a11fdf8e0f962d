package relock

import (
	"cmp"
	"maps"

	"github.com/belay-sh/belay/compiler"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/pin"
	"github.com/belay-sh/belay/internal/target"
)

// A lockPlan is a lock with what the specs of the run need of it.
type lockPlan struct {
	LockUpdate
	uses     map[string][]*ir.Node // by reference without a digest: where specs have it
	digested map[string][]*ir.Node // the same, of references with a digest
	needs    pin.Needs
	named    map[string]target.Releases // that specs name, by target
}

func newLockPlan(path string, old *pin.Lock) *lockPlan {
	return &lockPlan{
		LockUpdate: LockUpdate{Path: path, Old: old},
		uses:       map[string][]*ir.Node{},
		digested:   map[string][]*ir.Node{},
		needs:      pin.Needs{Modules: map[string]string{}, Targets: map[string]target.Releases{}},
		named:      map[string]target.Releases{},
	}
}

// planLocks reads the lock of each spec and collects what the specs need of it.
// The plans are in the order of the specs.
func planLocks(specs []compiler.Checked, opts compiler.Options) (locks []*lockPlan, diags diag.List) {
	byPath := map[string]*lockPlan{}
	for _, spec := range specs {
		l := byPath[spec.Lock]
		if l == nil {
			old, more := compiler.ReadLock(spec.Lock, opts.Options)
			diags.Add(more...)
			l = newLockPlan(spec.Lock, old)
			byPath[spec.Lock] = l
			locks = append(locks, l)
		}
		l.addNamedReleases(spec.Checked)
		maps.Copy(l.needs.Modules, spec.Modules)
		diags.Add(l.addImages(spec.Checked)...)
	}
	for _, spec := range specs {
		byPath[spec.Lock].pinReleases(spec.Checked)
	}
	for _, l := range locks {
		l.needs.Images = ir.Sorted(l.uses)
	}
	return locks, diags.Sorted()
}

// addImages notes the images of a spec. References that can't be parsed are
// reported.
func (l *lockPlan) addImages(c *ir.Checked) (diags diag.List) {
	for _, image := range pin.Images(c) {
		digested, err := pin.HasDigest(image.Ref)
		switch {
		case err != nil:
			diags.Add(image.Node.Errorf(diag.InvalidImage, "%q is not a valid image reference: %v", image.Ref, err))
		case digested:
			l.digested[image.Ref] = append(l.digested[image.Ref], image.Node)
		default:
			l.uses[image.Ref] = append(l.uses[image.Ref], image.Node)
		}
	}
	return diags
}

// addNamedReleases notes the releases that a spec names for its target.
func (l *lockPlan) addNamedReleases(c *ir.Checked) {
	named := l.named[c.Target.Name]
	if c.Origin.Knative == ir.FromSpec {
		named.Knative = cmp.Or(named.Knative, c.Target.Knative.String())
	}
	if c.Origin.Istio == ir.FromSpec {
		named.Istio = cmp.Or(named.Istio, c.Target.Istio.String())
	}
	l.named[c.Target.Name] = named
}

// pinReleases pins the releases that a spec leaves open: to those of the lock,
// or to those that another spec names for the same target, or to the default. A
// release that the caller set for the run is not pinned.
func (l *lockPlan) pinReleases(c *ir.Checked) {
	if len(c.Apps) == 0 {
		return
	}
	named, pinned := l.named[c.Target.Name], l.needs.Targets[c.Target.Name]
	choose := func(source ir.Source, old, named, now string) string {
		switch source {
		case ir.FromLock:
			return now
		case ir.FromDefault:
			return cmp.Or(named, now)
		case ir.FromCaller:
			return old
		}
		return ""
	}
	old := l.Old.Targets[c.Target.Name]
	pinned.Knative = cmp.Or(pinned.Knative, choose(c.Origin.Knative, old.Knative, named.Knative, c.Target.Knative.String()))
	pinned.Istio = cmp.Or(pinned.Istio, choose(c.Origin.Istio, old.Istio, named.Istio, c.Target.Istio.String()))
	if pinned != (target.Releases{}) {
		l.needs.Targets[c.Target.Name] = pinned
	}
}
