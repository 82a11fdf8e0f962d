package load

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/belay-sh/belay/internal/diag"
)

// shared is what the units of a run find out together: packages of a module
// have the directories above them in common, and each is looked at once.
type shared struct {
	opts    Options
	modules NearestCache // the root of the module that a directory belongs to
	files   sync.Map     // the package files in a directory
	facts   sync.Map     // what a language knows of a module, by the module's root
	tags    sync.Map     // those of Options.Tags that a unit takes
	failed  atomic.Bool  // a unit could not be loaded
	cached  sync.Map     // the modules in directories of CUE's cache, each a func() (*Module, error)
}

func newShared(opts Options) *shared {
	s := &shared{opts: opts}
	s.modules.Found = s.isModule
	return s
}

// isModule reports whether a directory is the root of a CUE module.
func (s *shared) isModule(dir string) bool {
	info, err := s.opts.stat(filepath.Join(dir, "cue.mod"))
	return err == nil && info.IsDir()
}

// packageFiles are the names of the CUE files in a directory that count to its
// packages.
func (s *shared) packageFiles(dir string) ([]string, error) {
	if known, ok := s.files.Load(dir); ok {
		return known.([]string), nil
	}
	names, _, err := s.opts.list(dir)
	if err != nil {
		return nil, err
	}
	files := packageFiles(names)
	s.files.Store(dir, files)
	return files, nil
}

func packageFiles(names []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(n string) bool { return !isCUEFile(n) })
}

// PackageFiles are the names of the CUE files in a directory, the unit's own or
// one above, that count to its packages.
func (u *Unit) PackageFiles(dir string) ([]string, error) {
	if dir == u.Dir && u.listing != nil {
		return packageFiles(u.listing.names), nil
	}
	return u.Options.shared.packageFiles(dir)
}

// ModuleRoot is the nearest directory at or above the unit's that has a
// cue.mod, or "".
func (u *Unit) ModuleRoot() string {
	if u.Has("cue.mod") {
		return u.Dir
	}
	return u.Options.shared.modules.Of(filepath.Dir(u.Dir))
}

// OfModule is what find returns for the module with that root, which is called
// once in a run.
func (u *Unit) OfModule(root string, find func() any) any {
	known, ok := u.Options.shared.facts.Load(root)
	if !ok {
		known, _ = u.Options.shared.facts.LoadOrStore(root, sync.OnceValue(find))
	}
	return known.(func() any)()
}

// UseTag records that the unit takes one of Options.Tags.
func (u *Unit) UseTag(tag string) {
	u.Options.shared.tags.Store(tag, true)
	if !slices.Contains(u.taken, tag) {
		u.taken = append(u.taken, tag)
	}
}

// TakenTags are those of Options.Tags that the unit took when it was loaded.
func (u *Unit) TakenTags() []string { return u.taken }

// UnusedTags reports those of Options.Tags that none of the units took, after
// all have been loaded. With a unit that could not be loaded nobody knows.
func UnusedTags(units []*Unit) (diags diag.List) {
	if len(units) == 0 || units[0].Options.shared.failed.Load() {
		return nil
	}
	for _, tag := range units[0].Options.Tags {
		if _, used := units[0].Options.shared.tags.Load(tag); used {
			continue
		}
		d := diag.Diagnostic{Code: diag.UnknownTag, Severity: diag.Error, At: units[0].Start(), Message: unknownTag(units, tag)}
		diags.Add(d.WithHint("%s", tagForms(units)))
	}
	return diags
}

// unknownTag says what is wrong with a -t that no package takes.
func unknownTag(units []*Unit, tag string) string {
	name, _, valued := strings.Cut(tag, "=")
	if valued {
		return fmt.Sprintf("-t %s: no package has a tag %q", tag, name)
	}
	for _, u := range units {
		if slices.ContainsFunc(u.Tags(), func(t Tag) bool { return t.Name == name }) {
			return fmt.Sprintf("-t %s: the tag %q needs a value", tag, name)
		}
	}
	return fmt.Sprintf("-t %s: no tag has the short form %q", tag, name)
}

// tagForms lists how the tags of units are given.
func tagForms(units []*Unit) string {
	var forms []string
	for _, u := range units {
		for _, t := range u.Tags() {
			form := "-t " + t.Name + "=VALUE"
			for _, short := range t.Shorts {
				form += " or -t " + short
			}
			forms = append(forms, form)
		}
	}
	if len(forms) == 0 {
		return "write @tag(name) after the field that the value is for"
	}
	slices.Sort(forms)
	return "the tags are given as " + strings.Join(slices.Compact(forms), ", ")
}
