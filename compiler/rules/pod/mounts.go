package pod

import (
	"path"
	"slices"
	"strings"

	"github.com/belay-sh/belay/compiler/rules"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
	"github.com/belay-sh/belay/schema"
)

// mountRules are the rules of this file.
var mountRules = rules.Set{
	Revision:  []func(*target.Target, *ir.App, *ir.Revision) diag.List{checkVolumes},
	Container: []func(*target.Target, ir.Container) diag.List{checkMounts, checkMountOptions},
	DependsOn: map[diag.Code][]string{
		diag.ReservedPath:   {rules.TargetKnative},
		diag.VolumeConflict: {"emptyDir", "sizeLimit", "medium", "mounts"},
	},
}

// checkMounts reports mounts at paths that Knative reserves, and two mounts at
// one path (knative.dev/serving/pkg/apis/serving/k8s_validation.go,
// validateVolumeMounts).
func checkMounts(t *target.Target, c ir.Container) (diags diag.List) {
	seen := map[string]*ir.Node{}
	for _, n := range c.Node.Field("mounts").Fields() {
		clean := path.Clean(n.Name)
		if slices.Contains(t.ReservedPaths(), clean) {
			diags.Add(n.KeyErrorf(diag.ReservedPath, "Knative %s keeps %s for itself; nothing can be mounted there", t.Knative, clean))
		}
		if other := seen[clean]; other != nil {
			diags.Add(n.KeyErrorf(diag.DuplicateMount, "two mounts at %s", clean).WithRelated(other.Key, "the other one"))
		}
		seen[clean] = n
	}
	return diags
}

// mountOption is a field of a mount that goes with some sources only.
type mountOption struct {
	name string
	with []string
}

var mountOptions = []mountOption{
	{"items", []string{"secret", "configMap"}},
	{"optional", []string{"secret", "configMap"}},
	{"mode", []string{"secret", "configMap", "projected"}},
	{"subPath", []string{"secret", "configMap", "projected", "pvc", "emptyDir", "hostPath", "csi", "ephemeral"}},
}

// writable are the sources that may be mounted for writing.
var writable = []string{"emptyDir", "ephemeral", "pvc"}

// checkMountOptions reports fields of a mount that do not go with its source.
func checkMountOptions(t *target.Target, c ir.Container) (diags diag.List) {
	for _, n := range c.Node.Field("mounts").Fields() {
		source := sourceOf(n)
		for _, o := range mountOptions {
			if f := n.Field(o.name); f != nil && !slices.Contains(o.with, source) {
				diags.Add(f.KeyErrorf(diag.MisplacedField, "%s does not go with %s; it goes with %s", o.name, source, diag.Or(o.with)))
			}
		}
		m := c.Spec.Mounts[n.Name]
		if f := n.Field("readOnly"); f != nil && f.Text == "false" {
			if !slices.Contains(writable, source) {
				diags.Add(f.Errorf(diag.ReadOnlyMount, "a %s is mounted read-only; Knative takes nothing else", source).
					WithHint("copy what must change to an emptyDir"))
			} else if source == "pvc" {
				diags.Add(rules.RequireFlag(t, f, "kubernetes.podspec-persistent-volume-write")...)
			}
		}
		diags.Add(checkInside(n.Field("subPath"))...)
		diags.Add(checkHostPath(n.Field("hostPath").Field("path"))...)
		diags.Add(checkItems(n.Field("items"))...)
		diags.Add(checkProjected(n.Field("projected"), m.Projected)...)
	}
	return diags
}

// sourceOf is the field that says what is mounted.
func sourceOf(n *ir.Node) string {
	sources := schema.Document.Field("apps").Type.Values.Field("mounts").Type.Values.OneOf
	for _, c := range n.Children {
		if slices.Contains(sources, c.Name) {
			return c.Name
		}
	}
	return ""
}

func checkItems(items *ir.Node) (diags diag.List) {
	for _, i := range items.Fields() {
		diags.Add(checkFile(i)...)
	}
	return diags
}

// checkInside reports a path that leads out of its volume.
func checkInside(n *ir.Node) diag.List {
	if n == nil || !slices.Contains(strings.Split(n.Text, "/"), "..") {
		return nil
	}
	return diag.List{n.Errorf(diag.InvalidPath, "%s is %q; it must stay inside the volume, without \"..\"", n.Name, n.Text)}
}

// checkHostPath reports a path of the node with ".." in it.
func checkHostPath(n *ir.Node) diag.List {
	if n == nil || !slices.Contains(strings.Split(n.Text, "/"), "..") {
		return nil
	}
	return diag.List{n.Errorf(diag.InvalidPath, "path is %q; Kubernetes takes no \"..\" in it", n.Text)}
}

// checkFile reports the path of a file that leads out of its volume, or that
// has a name that Kubernetes uses there itself.
func checkFile(n *ir.Node) diag.List {
	if n != nil && strings.HasPrefix(n.Text, "..") && !strings.HasPrefix(n.Text, "../") && n.Text != ".." {
		return diag.List{n.Errorf(diag.InvalidPath, "%s is %q; names that begin with \"..\" are Kubernetes' own", n.Name, n.Text)}
	}
	return checkInside(n)
}

// checkProjected validates the sources of a volume, and reports two that have
// the same file.
func checkProjected(n *ir.Node, sources []schema.Projection) (diags diag.List) {
	seen := map[string]diag.Range{}
	for i, s := range sources {
		source := n.Children[i]
		for _, name := range []string{"items", "optional"} {
			if f := source.Field(name); f != nil && s.Secret == "" && s.ConfigMap == "" {
				diags.Add(f.KeyErrorf(diag.MisplacedField, "%s goes with secret and configMap only", name))
			}
		}
		diags.Add(checkItems(source.Field("items"))...)
		diags.Add(checkFile(source.Field("token").Field("path"))...)
		for _, f := range source.Field("fields").Fields() {
			if strings.HasPrefix(f.Name, "..") || slices.Contains(strings.Split(f.Name, "/"), "..") {
				diags.Add(f.KeyErrorf(diag.InvalidPath, "%q must stay inside the volume, without \"..\"", f.Name))
			}
		}
		for _, file := range filesOf(source) {
			if first, ok := seen[file.path]; ok {
				diags.Add(file.errorf(diag.VolumeConflict, "two files at %q in one volume", file.path).WithRelated(first, "the first"))
				continue
			}
			seen[file.path] = file.at
		}
	}
	return diags
}

// file is a file of a volume, and where the spec says so.
type file struct {
	path   string
	at     diag.Range
	errorf func(code diag.Code, format string, args ...any) diag.Diagnostic // at that place
}

func filesOf(source *ir.Node) (files []file) {
	for _, i := range source.Field("items").Fields() {
		files = append(files, file{i.Text, i.At, i.Errorf})
	}
	for _, f := range source.Field("fields").Fields() {
		files = append(files, file{f.Name, f.Key, f.KeyErrorf})
	}
	if token := source.Field("token").Field("path"); token != nil {
		files = append(files, file{token.Text, token.At, token.Errorf})
	}
	return files
}

// checkVolumes reports mounts that share an emptyDir by name and describe it
// differently.
func checkVolumes(_ *target.Target, _ *ir.App, r *ir.Revision) (diags diag.List) {
	type shared struct {
		spec schema.EmptyDir
		node *ir.Node
	}
	seen := map[string]shared{}
	for _, c := range r.Containers() {
		for _, path := range ir.Sorted(c.Spec.Mounts) {
			dir := c.Spec.Mounts[path].EmptyDir
			if dir == nil || dir.Name == "" {
				continue
			}
			n := c.Node.Find("mounts", path, "emptyDir")
			other, ok := seen[dir.Name]
			if ok && other.spec != *dir {
				diags.Add(n.Field("name").Errorf(diag.VolumeConflict, "the emptyDir %q is described in two ways", dir.Name).
					WithRelated(other.node.At, "the other one"))
				continue
			}
			seen[dir.Name] = shared{*dir, n}
		}
	}
	return diags
}
