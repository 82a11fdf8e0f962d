package krm

import (
	"cmp"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/belay-sh/belay/compiler"
	"github.com/belay-sh/belay/internal/bundle"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/render"
)

// inline is the name that the spec of a configuration has as a document.
const inline = "functionConfig.yaml"

// generate compiles the configuration's spec, or the specs that it names, and
// puts the objects among the items.
func (l *list) generate() error {
	cluster, err := ir.ParseCluster(cmp.Or(l.config.text("cluster"), l.config.text("spec", "cluster")))
	if err != nil {
		l.results.add(about(l.config.node, diag.Error, diag.UnknownValue, "cluster", "cluster %v", err))
		return nil
	}
	paths, translate, err := l.input()
	if err != nil || l.results.HasErrors() {
		return err
	}
	run, diags, err := compiler.CompileAll(paths, l.opts.Options)
	if err != nil {
		l.results.add(about(l.config.node, diag.Error, diag.ReadFailed, "spec", "%v", err))
		return nil
	}
	for _, d := range diags {
		l.results.add(translate(d))
	}
	if diags.HasErrors() {
		return nil
	}
	b, err := bundle.Select(run.Bundles, cluster, bundle.Choice{Target: "spec.target", Cluster: "cluster: dataplane or mesh"})
	if err != nil {
		l.results.add(l.unselected(err))
		return nil
	}
	l.warnOfMoves(b.Objects)
	return l.place(b.Objects)
}

// unselected is the result for a bundle that the items cannot hold, at the field
// that chooses.
func (l *list) unselected(err error) Result {
	code, path := diag.MissingField, "spec"
	var targets *bundle.SeveralTargetsError
	var clusters *bundle.SeveralClustersError
	switch {
	case errors.As(err, &targets):
		err = fmt.Errorf("%w: %s", err, targets.Names[0])
		path = "spec.target"
	case errors.As(err, &clusters):
		path = "cluster"
	case errors.Is(err, bundle.ErrRemote):
		code = diag.MisplacedField
	}
	return about(l.config.node, diag.Error, code, path, "%v", err)
}

// input sets up the compiler: it returns the paths to compile, and what makes
// a result of a diagnostic.
func (l *list) input() (paths []string, translate func(diag.Diagnostic) Result, err error) {
	if err := l.pins(); err != nil {
		return nil, nil, err
	}
	l.opts.Namespace = l.hostNamespace()
	if l.config.kind == "Render" {
		if !l.opts.Evaluate {
			return nil, nil, ErrEvaluates
		}
		if n := l.config.field("spec", "target"); n != nil && n.YNode().Kind != yaml.ScalarNode {
			l.results.add(about(l.config.node, diag.Error, diag.WrongType, "spec.target", "this takes the name of a target, such as prod; the target itself is in the specs"))
			return nil, nil, nil
		}
		l.opts.Target = l.config.text("spec", "target")
		l.opts.Apps = l.config.texts("spec", "app")
		l.opts.Tags = l.config.texts("spec", "tags")
		return []string{cmp.Or(l.config.text("spec", "path"), ".")}, l.fileResult, nil
	}
	document, err := l.document()
	if err != nil || document == nil {
		return nil, nil, err
	}
	paths, err = l.inline(document)
	return paths, l.fieldResult, err
}

// inline gives the compiler a document to read, in place of a file beside the
// function.
func (l *list) inline(document *yaml.RNode) (paths []string, err error) {
	text, err := document.String()
	if err != nil {
		return nil, err
	}
	file := filepath.Join(l.opts.Dir, inline)
	l.opts.Files = map[string][]byte{file: []byte(text)}
	return []string{file}, nil
}

// document is the spec that the configuration stands for.
func (l *list) document() (*yaml.RNode, error) {
	spec := l.config.field("spec")
	if spec == nil {
		l.results.add(about(l.config.node, diag.Error, diag.MissingField, "spec", "a %s lacks its spec", l.config.kind))
		return nil, nil
	}
	if l.config.kind == "Apps" {
		return spec, nil
	}
	app := spec.Copy()
	for _, name := range []string{"name", "namespace"} {
		if app.Field(name) != nil {
			l.results.add(about(l.config.node, diag.Error, diag.MisplacedField, "spec."+name, "the %s of an App is that of its metadata", name))
			return nil, nil
		}
	}
	if namespace := l.config.node.GetNamespace(); namespace != "" {
		if err := app.PipeE(yaml.SetField("namespace", yaml.NewStringRNode(namespace))); err != nil {
			return nil, err
		}
	}
	document := yaml.NewMapRNode(nil)
	if target := l.config.field("target"); target != nil {
		if err := document.PipeE(yaml.SetField("target", target)); err != nil {
			return nil, err
		}
	}
	return document, document.PipeE(
		yaml.LookupCreate(yaml.MappingNode, "apps"),
		yaml.SetField(l.config.node.GetName(), app))
}

// fieldResult is a result about a field of the configuration. Its lines are
// not those of a file: hosts print it anew.
func (l *list) fieldResult(d diag.Diagnostic) Result {
	if d.Code == diag.InvalidPolicy {
		return l.fileResult(d) // it is about a file of the caller's
	}
	r := about(l.config.node, d.Severity, d.Code, l.configField(d), "%s", d.Message).withRelated(d, l.fieldAt)
	if d.Hint != "" {
		r = r.withHint("%s", d.Hint)
	}
	return r
}

// configField is the field of the configuration that a diagnostic is about.
func (l *list) configField(d diag.Diagnostic) string {
	switch {
	case d.Path == "":
		return "spec"
	case l.config.kind == "Apps":
		return "spec." + d.Path
	case l.config.kind != "App":
		return d.Path
	}
	name := l.config.node.GetName()
	for _, prefix := range []string{"apps." + name, "apps." + strconv.Quote(name)} {
		rest, ok := strings.CutPrefix(d.Path, prefix)
		switch {
		case ok && rest == "" && slices.Contains([]diag.Code{diag.InvalidName, diag.NameTooLong, diag.ReservedName}, d.Code):
			return "metadata.name"
		case ok:
			return "spec" + rest
		}
	}
	return d.Path
}

// fileResult is a result about a place in a file that the configuration names.
func (l *list) fileResult(d diag.Diagnostic) Result {
	r := about(l.config.node, d.Severity, d.Code, "spec.path", "%s", d.Message).withRelated(d, diag.Range.String)
	if d.Path != "" {
		r.Tags["path"] = d.Path
	}
	if !d.At.IsZero() {
		r.File = &File{Path: d.At.File}
		r.Tags["line"], r.Tags["column"] = strconv.Itoa(d.At.Start.Line), strconv.Itoa(d.At.Start.Column)
	}
	if d.Hint != "" {
		r = r.withHint("%s", d.Hint)
	}
	return r
}

// place puts objects among the items: in the place of one that is the same
// object, or at the end.
//
// kustomize gives a generator one item, its own configuration, which comes out
// as an object if it is passed on; kpt gives all of a package, and loses what
// is not.
func (l *list) place(objects []ir.Object) error {
	if len(l.items) == 1 && *reference(l.items[0]) == *reference(l.config.node) {
		l.items = nil
	}
	count := map[string]int{}
	at := map[yaml.ResourceIdentifier]int{}
	for i, item := range l.items {
		at[*reference(item)] = i
	}
	for _, o := range objects {
		node := yaml.NewRNode(render.Node(o))
		file := o.FileKey.File()
		if err := setAnnotations(node, map[string]string{
			pathAnnotation: file, legacyPathAnnotation: file,
			indexAnnotation: strconv.Itoa(count[file]), legacyIndexAnnotation: strconv.Itoa(count[file]),
		}); err != nil {
			return err
		}
		count[file]++
		if i, ok := at[*reference(node)]; ok {
			l.items[i] = node
		} else {
			l.items = append(l.items, node)
		}
	}
	return nil
}

func setAnnotations(n *yaml.RNode, annotations map[string]string) error {
	for _, key := range ir.Sorted(annotations) {
		if err := n.PipeE(yaml.SetAnnotation(key, annotations[key])); err != nil {
			return err
		}
	}
	return nil
}
