package render

import (
	"path"
	"slices"

	"github.com/belay-sh/belay/internal/bundle"
	"github.com/belay-sh/belay/internal/ir"
)

// list plans the kustomizations: each lists the files below it that will be
// there, whoever owns them, and keeps what is fetched for other owners.
func (p *planner) list() error {
	dirs := map[string]bool{}
	for dir := range p.kustomizations {
		dirs[dir] = true
	}
	for name := range p.found {
		if isKustomization(name) {
			dirs[path.Dir(name)] = true
		}
	}
	listed := map[string][]string{}
	for _, name := range ir.Sorted(p.stays) {
		if dir, ok := nearest(name, dirs); ok && !isForArgoCD(dir, name) {
			listed[dir] = append(listed[dir], relative(dir, name))
		}
	}
	for _, dir := range ir.Sorted(dirs) {
		if !p.scope.has(path.Join(dir, kustomizationFile)) {
			continue
		}
		if err := p.listIn(dir, listed[dir]); err != nil {
			return err
		}
	}
	return nil
}

// nearest is the directory of a set that a file is in, or the nearest above it.
func nearest(name string, dirs map[string]bool) (dir string, ok bool) {
	for dir = path.Dir(name); !dirs[dir]; dir = path.Dir(dir) {
		if dir == "." {
			return "", false
		}
	}
	return dir, true
}

func relative(dir, name string) string {
	if dir == "." {
		return name
	}
	return name[len(dir)+1:]
}

// isForArgoCD reports whether a file is one of those beside a kustomization that
// Argo CD's own cluster gets.
func isForArgoCD(dir, name string) bool {
	return path.Dir(name) == dir && slices.Contains([]string{"argocd.yaml", "argocd-cm.yaml"}, path.Base(name))
}

// listIn plans the kustomization in a directory.
func (p *planner) listIn(dir string, files []string) error {
	name := path.Join(dir, kustomizationFile)
	k := p.kustomizations[dir]
	emitted := k.owners
	k.files = files
	var have kustomization
	owners, own := p.found[name]
	if own {
		data, err := p.read(name)
		if err != nil {
			return err
		}
		have = parseKustomization(data)
		if keepers := p.keepers(owners); len(keepers) > 0 {
			k.owners, p.KeepsRemote = bundle.Union(k.owners, keepers), true
			if len(emitted) == 0 {
				k.urls, k.patches = have.urls, have.patches
			} else if rivals := p.rivals(emitted, keepers); len(rivals) > 0 && !sameRemote(k, have) {
				p.Conflicts = append(p.Conflicts, Conflict{k.file(dir), rivals})
				return nil
			}
		}
	}
	p.drop(name, k, have)
	switch {
	case !k.isEmpty() || !own && p.emits(dir):
		return p.put(k.file(dir), own)
	case own:
		return p.remove(name, "nothing is left for it to list")
	}
	return nil
}

// emits reports whether the run has a kustomization in a directory.
func (p *planner) emits(dir string) bool {
	_, ok := p.kustomizations[dir]
	return ok
}

func sameRemote(a, b kustomization) bool {
	return slices.Equal(a.urls, b.urls) && slices.Equal(a.patches, b.patches)
}

// drop notes what a kustomization lists and the new one does not, other than
// belay's own files.
func (p *planner) drop(name string, k, have kustomization) {
	for _, entry := range slices.Concat(have.files, have.urls) {
		if _, own := p.found[path.Join(path.Dir(name), entry)]; own || slices.Contains(k.files, entry) || slices.Contains(k.urls, entry) {
			continue
		}
		p.Dropped = append(p.Dropped, name+" lists "+entry)
	}
}
