package main

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/belay-sh/belay/compiler"
	"github.com/belay-sh/belay/internal/bundle"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/invocation"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/pin"
	"github.com/belay-sh/belay/render"
)

// problems returns the errors because of which a plan cannot be applied: files of
// other specs, packages that no longer are specs, and kinds that a cluster cannot
// replace.
// What the compilation has reported of an app's kind is not reported again.
func (f *renderFlags) problems(plan *render.Plan, run compiler.Run, reported diag.List) (diags diag.List) {
	for _, conflict := range plan.Conflicts {
		at := run.Apps[compiler.App{Target: conflict.Target, Namespace: conflict.Home.Namespace, Name: conflict.Home.App}]
		d := f.fileConflict(conflict)
		d.At, d.Path = at.At, at.Path
		diags.Add(d)
	}
	for _, lost := range plan.Lost {
		diags.Add(diag.Diagnostic{
			Code: diag.SpecLost, Severity: diag.Error, At: lost.At,
			Message: fmt.Sprintf("%s was a spec when %s was rendered, and can't be read as one any more; nothing is removed",
				lost.Path, strings.Join(named(f.output, lost.Files), ", ")),
			Hint: "a spec has apps, platform or namespaces at top level, and no syntax errors; if the files are to go, remove them, or use --prune",
		})
	}
	for _, r := range plan.Replacements() {
		at := run.Apps[compiler.App{Target: r.Target, Namespace: r.Namespace, Name: r.Name}]
		d := diag.Diagnostic{
			Code: diag.StrategyChanged, Severity: diag.Error, At: at.At, Path: at.Path,
			Message: fmt.Sprintf("%s/%s is a %s in %s and becomes a %s, which a cluster does not put in its place under the same name", r.Namespace, r.Name, r.From, f.output, r.To),
			Hint:    "give the app another name, move its traffic, and remove the old one; or use --replace, and the app is down until the old object is deleted",
		}
		switch {
		case !f.replace:
			diags.Add(d)
		case !reportsReplacement(reported, at.Path): // the ledger has it as well
			diags.Add(pin.AcceptedReplacement(d, r.Name, r.Namespace, r.From, r.To))
		}
	}
	return diags.Sorted()
}

// reportsReplacement reports whether a list says that the app at a path changes
// its kind.
func reportsReplacement(list diag.List, app string) bool {
	return slices.ContainsFunc(list, func(d diag.Diagnostic) bool {
		return d.Code == diag.StrategyChanged && (d.Path == app || strings.HasPrefix(d.Path, app+"."))
	})
}

// fileConflict returns the error for a file of another spec, or of the same spec with
// other flags. It has no place yet.
func (f *renderFlags) fileConflict(conflict render.Conflict) diag.Diagnostic {
	d := diag.Diagnostic{Code: diag.FileConflict, Severity: diag.Error}
	file, rivals, owners := path.Join(f.output, conflict.File.Path), strings.Join(conflict.Rivals, ", "), strings.Join(conflict.Owners, ", ")
	if len(bundle.Union(bundle.Paths(conflict.Owners), bundle.Paths(conflict.Rivals))) == 1 {
		d.Message = fmt.Sprintf("%s was rendered from this spec with other flags: its header names %s, and this run %s", file, rivals, owners)
		return d.WithHint("if this run replaces that one, run: rm %s, and render again; otherwise write them to different directories, or give each cluster a target: name", invocation.ShellWord(file))
	}
	d.Message = fmt.Sprintf("%s belongs to the spec %s, which still exists, and the spec %s emits it, too", file, rivals, owners)
	return d.WithHint("render both in one run if they share the file; otherwise write them to different directories, give each cluster a target: name, or remove the file")
}

func named(dir string, files []string) (names []string) {
	for i, name := range files {
		if i == 3 {
			return append(names, fmt.Sprintf("and %d more", len(files)-i))
		}
		names = append(names, path.Join(dir, name))
	}
	return names
}

// announce prints a line for each file that is removed, and for the files that no spec
// renders.
func (c *cli) announce(f *renderFlags, plan *render.Plan) {
	goes := "is removed"
	if f.check {
		goes = "would be removed"
	}
	moved := map[string]bool{}
	for _, r := range plan.Remove {
		c.PrintLine("belay: %s %s: %s", path.Join(f.output, r.Path), goes, r.Why)
		if target, ok := strings.CutSuffix(r.Why, "/"+r.Path); ok {
			moved[strings.TrimPrefix(target, "it is now ")] = true
		}
	}
	for _, target := range ir.Sorted(moved) {
		c.PrintLine("belay: the target %s has a name, so its files are below %s; Argo CD Applications that read %s need that path in the same commit", target, path.Join(f.output, target), f.output)
	}
	for _, line := range plan.Dropped {
		c.PrintLine("belay: %s, which no spec renders; it %s from the list", strings.TrimSuffix(f.output, "/")+"/"+line, goes)
	}
	if len(plan.Ownerless) > 0 {
		c.PrintLine("belay: kept, since their headers name no spec, as those of an earlier belay: %s; if no spec renders them, remove them", strings.Join(named(f.output, plan.Ownerless), ", "))
	}
	if len(plan.Orphaned) > 0 {
		c.PrintLine("belay: kept, since their specs no longer exist, but are not below a path of this run: %s", strings.Join(named(f.output, plan.Orphaned), ", "))
	}
	if f.check && len(plan.Foreign) > 0 {
		c.PrintLine("belay: warning: no spec renders %s, which kubectl apply -R would apply", strings.Join(named(f.output, plan.Foreign), ", "))
	}
}
