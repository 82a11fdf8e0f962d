// Package scaffold makes the files that "belay init" writes: a first spec, with a
// directory for each environment if there are several, and the configuration of
// pre-commit and of a workflow. It returns them as text, and writes nothing.
package scaffold

import (
	"encoding/json"
	"path"
	"slices"
	"strings"
)

// A Request is what the caller of "belay init" asks for.
type Request struct {
	Name         string   // of the app
	Image        string   // the reference
	Namespace    string   // of the app; "" leaves it to whoever renders
	Environments []string // the names of their targets; none is one spec without a base
	Target       string   // the target block of a cluster's snapshot, in CUE, or ""
	Repository   string   // the URL that Argo CD reads, or ""
	Module       bool     // make the directory a CUE module, which a shared base needs
	PreCommit    bool
	GitHub       bool
	Version      string // of belay
}

// A File is a file to write, with its path from the working directory.
type File struct {
	Path string
	Text string
}

// Output is the directory that the configurations of pre-commit and of the
// workflow compare with the specs.
const Output = "rendered"

// Files returns the files of a request, in the order in which a reader meets
// them. The CUE files are not in CUE's own format yet.
func (r Request) Files() (files []File) {
	if r.Module {
		files = append(files, File{"cue.mod/module.cue", moduleFile})
	}
	files = append(files, File{path.Join(r.Name, "app.cue"), r.packageClause() + r.base()})
	for _, environment := range r.Environments {
		files = append(files, File{path.Join(r.Name, environment, "app.cue"), r.packageClause() + r.environment(environment)})
	}
	if r.PreCommit {
		files = append(files, File{".pre-commit-config.yaml", r.preCommit()})
	}
	if r.GitHub {
		files = append(files, File{".github/workflows/belay.yml", r.workflow()})
	}
	return files
}

// Specs returns the text of each spec that the files of a request make: that of
// an environment has the shared base in it.
func (r Request) Specs() (specs []string) {
	if len(r.Environments) == 0 {
		return []string{r.packageClause() + r.base()}
	}
	for _, environment := range r.Environments {
		specs = append(specs, r.packageClause()+r.base()+r.environment(environment))
	}
	return specs
}

// moduleFile is what "cue mod init" writes.
const moduleFile = `module: "cue.example"
language: {
	version: "v0.17.0"
}
`

func (r Request) packageClause() string { return "package " + packageName(r.Name) + "\n" }

// keywords are the words of CUE that are not the name of a package.
var keywords = []string{"package", "import", "for", "in", "if", "let", "true", "false", "null", "func", "try", "else", "otherwise", "fallback"}

// packageName returns the name of an app as CUE can have it for a package.
func packageName(app string) string {
	name := strings.ReplaceAll(app, "-", "_")
	if slices.Contains(keywords, name) {
		return name + "_app"
	}
	return name
}

// sharedApp is the field of the base with what the environments share of the app.
// It is hidden, so that the base is not a spec of its own.
const sharedApp = "_app"

// base returns what all environments share, or the whole spec if there are none.
// It sets nothing that an environment sets, since CUE takes only one value for a
// field.
func (r Request) base() string {
	var b strings.Builder
	if r.Repository != "" {
		b.WriteString("\nargocd: {\n\tname: \"apps\"\n\trepoURL: " + quote(r.Repository) + "\n\tpath: " + quote(Output) + "\n}\n")
	}
	if len(r.Environments) == 0 {
		if r.Target != "" {
			b.WriteString("\n" + r.Target)
		}
		b.WriteString("\napps: " + quote(r.Name) + ": {\n" + r.namespace() + "\timage: " + quote(r.Image) + "\n}\n")
		return b.String()
	}
	b.WriteString("\n// What all environments share. An environment adds to it; it changes only what has\n" +
		"// a default here, such as the minimal scale.\n" +
		sharedApp + ": {\n" + r.namespace() + "\tscale: min: *0 | int\n}\n")
	return b.String()
}

func (r Request) namespace() string {
	if r.Namespace == "" {
		return ""
	}
	return "\tnamespace: " + quote(r.Namespace) + "\n"
}

// environment returns what one environment adds to the base.
func (r Request) environment(name string) string {
	text := "\ntarget: name: " + quote(name) + "\n"
	if r.Target != "" {
		text += "\n" + r.Target
	}
	return text + "\napps: " + quote(r.Name) + ": " + sharedApp + " & {\n\timage: " + quote(r.Image) + "\n}\n"
}

// quote returns a string of CUE. JSON's are; "\(", which would interpolate, is
// not one of JSON's.
func quote(text string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(text) // a string and a builder have no errors
	return strings.TrimSuffix(b.String(), "\n")
}

// renderFlags returns the flags that the configurations give to belay render.
func (r Request) renderFlags() []string {
	flags := []string{"-o", Output}
	if r.Repository != "" {
		flags = append(flags, "--argocd")
	}
	return flags
}

// RenderCommand returns the command that renders all specs as the configurations
// compare them.
func (r Request) RenderCommand() string {
	return "belay render ./... " + strings.Join(r.renderFlags(), " ")
}

func (r Request) preCommit() string {
	return `repos:
- repo: https://github.com/belay-sh/belay
  rev: v` + r.Version + `
  hooks:
  - id: belay-fmt
  - id: belay-vet
  - id: belay-render
    args: [` + strings.Join(append(r.renderFlags(), "--"), ", ") + `]
`
}

func (r Request) workflow() string {
	return `name: belay
on:
  push: {branches: [main]}
  pull_request:
permissions: {contents: read}
jobs:
  belay:
    runs-on: ubuntu-latest
    steps:
    - uses: actions/checkout@v5
    - uses: actions/setup-go@v6
      with: {go-version: stable, cache: false}
    - run: go install github.com/belay-sh/belay/cmd/belay@v` + r.Version + `
    - run: belay fmt -d ./...
    - run: belay vet --format github ./...
    - run: ` + r.RenderCommand() + ` --check
`
}
