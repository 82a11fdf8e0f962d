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
	"github.com/belay-sh/belay/internal/invocation"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/pin"
)

// inlineFile is the name of the document that the spec of a configuration is
// compiled as.
const inlineFile = "functionConfig.yaml"

// generate compiles the configuration's spec, or the specs that it names, and
// puts the objects among the items.
func (c *call) generate() error {
	cluster, err := ir.ParseCluster(cmp.Or(c.config.text("cluster"), c.config.text("spec", "cluster")))
	if err != nil {
		c.results.add(newResult(c.config.node, diag.Error, diag.UnknownValue, "cluster", "cluster %v", err))
		return nil
	}
	paths, translate, err := c.input()
	if err != nil || c.results.HasErrors() {
		return err
	}
	run, diags, err := compiler.CompileAll(c.ctx, paths, c.opts)
	if err != nil {
		c.results.add(newResult(c.config.node, diag.Error, diag.ReadFailed, "spec", "%v", err))
		return nil
	}
	for _, d := range c.completeHints(diags, paths) {
		c.results.add(translate(d))
	}
	if diags.HasErrors() {
		return nil
	}
	b, err := bundle.Select(run.Bundles, cluster, bundle.Choice{Target: "spec.target", Cluster: "cluster: dataplane or mesh"})
	if err != nil {
		c.results.add(c.unselected(err))
		return nil
	}
	c.warnOfMoves(b.Objects)
	return c.place(b.Objects)
}

// completeHints returns diagnostics whose hints work where people read them: the
// commands for the specs of a Render name these from the root of the repository.
// No command reads an App or Apps, so their digests are given beside the spec.
func (c *call) completeHints(diags diag.List, paths []string) diag.List {
	if c.config.kind == "Render" {
		return invocation.InRepository(c.opts.Options, paths, "--target", c.opts.Target).Complete(diags)
	}
	diags = slices.Clone(diags)
	for i, d := range diags {
		if ref, ok := pin.MissingRef(d); ok {
			diags[i] = d.WithHint("give its digest beside spec, as pins: {%q: \"sha256:…\"}, or after the tag of the image", ref)
		}
	}
	return diags
}

// unselected returns the result for a bundle that the items cannot hold, at the field
// that chooses.
func (c *call) unselected(err error) Result {
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
	return newResult(c.config.node, diag.Error, code, path, "%v", err)
}

// input sets the options of the compiler. It returns the paths to compile, and a
// function that turns a diagnostic into a result.
func (c *call) input() (paths []string, translate func(diag.Diagnostic) Result, err error) {
	if err := c.readPins(); err != nil {
		return nil, nil, err
	}
	c.opts.Namespace = c.hostNamespace()
	if c.config.kind == "Render" {
		if c.opts.CUE == nil {
			return nil, nil, ErrEvaluates
		}
		if n := c.config.field("spec", "target"); n != nil && n.YNode().Kind != yaml.ScalarNode {
			c.results.add(newResult(c.config.node, diag.Error, diag.WrongType, "spec.target", "this takes the name of a target, such as prod; the target itself is in the specs"))
			return nil, nil, nil
		}
		c.opts.Target = c.config.text("spec", "target")
		c.opts.Apps = c.config.texts("spec", "app")
		c.opts.Tags = c.config.texts("spec", "tags")
		return []string{cmp.Or(c.config.text("spec", "path"), ".")}, c.fileResult, nil
	}
	document, err := c.document()
	if err != nil || document == nil {
		return nil, nil, err
	}
	paths, err = c.inline(document)
	return paths, c.fieldResult, err
}

// inline gives the compiler a document to read, as if it were a file in the
// function's directory.
func (c *call) inline(document *yaml.RNode) (paths []string, err error) {
	text, err := document.String()
	if err != nil {
		return nil, err
	}
	file := filepath.Join(c.opts.Dir, inlineFile)
	c.opts.Files = map[string][]byte{file: []byte(text)}
	return []string{file}, nil
}

// document returns the spec that the configuration contains, as a document; nil if
// an error has been reported.
func (c *call) document() (*yaml.RNode, error) {
	spec := c.config.field("spec")
	if spec == nil {
		c.results.add(newResult(c.config.node, diag.Error, diag.MissingField, "spec", "a %s lacks its spec", c.config.kind))
		return nil, nil
	}
	if spec.YNode().Kind != yaml.MappingNode {
		c.results.add(newResult(c.config.node, diag.Error, diag.WrongType, "spec", "this takes a map"))
		return nil, nil
	}
	if c.config.kind == "Apps" {
		return spec, nil
	}
	app := spec.Copy()
	for _, name := range []string{"name", "namespace"} {
		if app.Field(name) != nil {
			c.results.add(newResult(c.config.node, diag.Error, diag.MisplacedField, "spec."+name, "the %s of an App is that of its metadata", name))
			return nil, nil
		}
	}
	if namespace := c.config.node.GetNamespace(); namespace != "" {
		if err := app.PipeE(yaml.SetField("namespace", yaml.NewStringRNode(namespace))); err != nil {
			return nil, err
		}
	}
	document := yaml.NewMapRNode(nil)
	if target := c.config.field("target"); target != nil {
		if err := document.PipeE(yaml.SetField("target", target)); err != nil {
			return nil, err
		}
	}
	return document, document.PipeE(
		yaml.LookupCreate(yaml.MappingNode, "apps"),
		yaml.SetField(c.config.node.GetName(), app))
}

// fieldResult returns a result about a field of the configuration. It has no line,
// because hosts print the configuration anew.
func (c *call) fieldResult(d diag.Diagnostic) Result {
	if d.Code == diag.InvalidPolicy {
		return c.fileResult(d) // it is about a file of the caller's
	}
	r := newResult(c.config.node, d.Severity, d.Code, c.configField(d), "%s", d.Message).withRelated(d, c.fieldAt)
	if d.Hint != "" {
		r = r.withHint("%s", d.Hint)
	}
	return r
}

// configField returns the field of the configuration that a diagnostic is about.
func (c *call) configField(d diag.Diagnostic) string {
	switch {
	case d.Path == "":
		return "spec"
	case c.config.kind == "Apps":
		return "spec." + d.Path
	case c.config.kind != "App":
		return d.Path
	}
	name := c.config.node.GetName()
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

// fileResult returns a result about a place in a file that the configuration names.
func (c *call) fileResult(d diag.Diagnostic) Result {
	r := newResult(c.config.node, d.Severity, d.Code, "spec.path", "%s", d.Message).withRelated(d, diag.Range.String)
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
