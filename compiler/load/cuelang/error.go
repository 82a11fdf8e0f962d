package cuelang

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/errors"
	"cuelang.org/go/cue/token"

	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
)

// A class is how an error of CUE's is reported: the first whose text is in the
// error's message. CUE has no codes for its errors; a test pins each text.
type class struct {
	text string
	code diag.Code
	tell func(errors.Error) (message, hint string)
}

var classes = []class{
	{"reference %q not found", diag.UnresolvedReference, tellArgs("nothing here is called %s", "declare it, or put the text in quotes")},
	{"undefined field", diag.UnresolvedReference, tellUndefined},
	{"imported and not used", diag.BadImport, tellArgs("%s is imported and not used", "remove the import")},
	{"import failed", diag.BadImport, tellImport},
	{"builtin package", diag.BadImport, tellImport},
	{"build constraints exclude all CUE files", diag.NotASpec, tellLeftOut},
	{"field not allowed", diag.FieldNotAllowed, tellNotAllowed},
	{"out of bound", diag.ConstraintViolated, tellPlain("")},
	{"does not satisfy", diag.ConstraintViolated, tellPlain("")},
	{"empty disjunction", diag.NoAlternative, tellDisjunction},
	{"structural cycle", diag.Cycle, tellAs("the value contains itself", "")},
	{"cyclic reference", diag.Cycle, tellAs("the value refers to itself", "")},
	{"cycle with field", diag.Cycle, tellAs("the value refers to itself", "")},
	{"conflicting values", diag.ConflictingValues, tellPlain("")},
	{"invalid interpolation", diag.NotConcrete, tellAs("the interpolation has no concrete value", "give what stands in it a value")},
	{"non-concrete", diag.NotConcrete, tellPlain("give it a value, or a default")},
	{"not concrete", diag.NotConcrete, tellPlain("give it a value, or a default")},
	{"non-ground", diag.NotConcrete, tellPlain("give it a value, or a default")},
	{"incomplete", diag.NotConcrete, tellArgs("there is no concrete value, only %s", "give it a value, or a default")},
}

func tellPlain(hint string) func(errors.Error) (string, string) {
	return func(err errors.Error) (string, string) { return text(err), hint }
}

func tellAs(message, hint string) func(errors.Error) (string, string) {
	return func(errors.Error) (string, string) { return message, hint }
}

// tellArgs puts the error's first argument, the name at fault, into message.
func tellArgs(message, hint string) func(errors.Error) (string, string) {
	return func(err errors.Error) (string, string) {
		if _, args := err.Msg(); len(args) > 0 {
			return fmt.Sprintf(message, strings.Trim(fmt.Sprint(args[0]), `"`)), hint
		}
		return text(err), hint
	}
}

func tellImport(err errors.Error) (string, string) {
	message := text(err)
	for wrapped := errors.Unwrap(err); wrapped != nil; wrapped = errors.Unwrap(wrapped) {
		message = cmp.Or(text(wrapped), message)
	}
	if list := errors.Errors(err); message == text(err) && len(list) > 1 {
		message = reason(list[0])
	}
	return message, "packages of the module itself and those under cue.mod can be imported; nothing is downloaded"
}

// tellLeftOut describes a package of which no file is read, because of its
// attributes @if. CUE lists each file in a line of its own.
func tellLeftOut(err errors.Error) (string, string) {
	var files []string
	hint := ""
	for _, line := range strings.Split(text(err), "\n")[1:] {
		file, _, _ := strings.Cut(strings.TrimSpace(line), " did not match")
		files = append(files, file)
		if _, tag, ok := strings.Cut(file, "@if("); ok && hint == "" {
			if tag = strings.TrimSuffix(tag, ")"); !strings.ContainsAny(tag, "!&|( ") {
				hint = "set the tag that a file is for: -t " + tag
			}
		}
	}
	return "every file of the package is left out by its attribute @if (" + strings.Join(files, ", ") + ")", hint
}

func tellNotAllowed(err errors.Error) (string, string) {
	path := err.Path()
	return fmt.Sprintf("the definition that this is made from has no field %s", path[len(path)-1]),
		"definitions (#Name) are closed; add ... to the definition, or share open values in a hidden field of the same package (_name)"
}

// tellUndefined explains a hidden field that another package may well have.
func tellUndefined(err errors.Error) (message, hint string) {
	message, _ = tellArgs("there is no field %s", "")(err)
	if _, args := err.Msg(); len(args) > 0 && strings.HasPrefix(fmt.Sprint(args[0]), "_") {
		hint = "a hidden field (_name) can be used only in the package that declares it; call it name or #Name for other packages"
	}
	return message, hint
}

func tellDisjunction(err errors.Error) (string, string) {
	return "no alternative of the disjunction fits", ""
}

// text is the message of an error without its path and position, and without
// its cause. An error of Go's, which has neither, is all message.
func text(err error) string {
	e, ok := err.(errors.Error)
	if !ok {
		return err.Error()
	}
	format, args := e.Msg()
	return strings.TrimSuffix(fmt.Sprintf(format, args...), ":")
}

// reason is the message of an error with all its causes, each once.
func reason(err error) string {
	var all []string
	for ; err != nil; err = errors.Unwrap(err) {
		message := text(err)
		if message != "" && !strings.Contains(strings.Join(all, ": "), message) {
			all = append(all, message)
		}
	}
	return cmp.Or(strings.Join(all, ": "), "CUE gives no reason")
}

// failures tells the errors of a package that has no value: each once, those
// that follow from another left out.
func (c *converter) failures(err error) diag.List {
	var diags diag.List
	for _, e := range errors.Errors(errors.Sanitize(errors.Promote(err, ""))) {
		d := c.translate(e)
		if d.At.IsZero() {
			d.At = c.unit.start(c.files)
		}
		if !slices.ContainsFunc(diags, func(o diag.Diagnostic) bool { return o.At == d.At }) {
			diags.Add(d)
		}
	}
	return diags
}

// failure tells the error that left a node without a value. CUE lists an
// error for each part that took part (each alternative of a disjunction); the
// first stands for all.
func (c *converter) failure(err error, n *ir.Node) diag.Diagnostic {
	d := c.translate(errors.Errors(errors.Promote(err, ""))[0])
	d.Path = n.Path()
	switch {
	case d.At.IsZero() || !c.mine(d.At.File):
		d.At = n.At
	case d.Code == diag.NotConcrete && n.At != d.At:
		// The place that needs a value is the field's, not that of the reference without one.
		d.Related = []diag.Related{{At: d.At, Message: "not concrete"}}
		d.At = n.At
	}
	return d
}

func (c *converter) translate(err errors.Error) diag.Diagnostic {
	format, _ := err.Msg()
	message, hint, code := text(err), "", diag.EvaluationFailed
	for _, k := range classes {
		if strings.Contains(format, k.text) || strings.Contains(text(err), k.text) {
			code = k.code
			message, hint = k.tell(err)
			break
		}
	}
	switch {
	case isNestingError(err):
		code = diag.TooDeep
	case code == diag.EvaluationFailed:
		message = reason(err)
	}
	if c.loader != nil {
		code, message, hint = c.loader.explain(err, code, message, hint)
	}
	message = c.unit.withoutDirectory(message)
	d := diag.Diagnostic{Code: code, Severity: diag.Error, Message: message, Hint: hint, Path: strings.Join(err.Path(), ".")}
	places := c.places(err)
	if len(places) == 0 {
		return d
	}
	last := len(places) - 1
	for i, p := range places {
		if c.mine(c.file(p)) {
			last = i // rather than in a package that the user imports
		}
	}
	d.At, _ = c.at(places[last])
	for _, p := range slices.Delete(slices.Clone(places), last, last+1) {
		// A reference on the way to the other value says nothing more.
		if at, n := c.at(p); !isReference(n) {
			d = d.WithRelated(at, "the other value")
		}
	}
	return d
}

// withoutDirectory is a message in which paths are relative, as the user knows them.
func (u unit) withoutDirectory(message string) string {
	for _, dir := range []string{u.Dir, u.ModuleRoot(), u.Options.Dir} {
		if dir != "" {
			message = strings.ReplaceAll(message, dir+string(filepath.Separator), "")
		}
	}
	return message
}

func isReference(n ast.Node) bool {
	switch n.(type) {
	case *ast.Ident, *ast.SelectorExpr, *ast.IndexExpr:
		return true
	}
	return false
}

// places are the positions of an error, in the order of the source: the last
// one carries the message.
func (c *converter) places(err errors.Error) []token.Pos {
	var places []token.Pos
	for _, p := range append(slices.Clone(err.InputPositions()), err.Position()) {
		if p.IsValid() && !slices.ContainsFunc(places, func(o token.Pos) bool { return o.Compare(p) == 0 }) {
			places = append(places, p)
		}
	}
	slices.SortFunc(places, func(a, b token.Pos) int { return a.Compare(b) })
	return places
}

// mine reports whether a file belongs to the user: CUE's own errors can point
// into its standard library.
func (c *converter) mine(name string) bool {
	return name == load.Stdin || slices.ContainsFunc(c.files, func(f *ast.File) bool {
		return c.unit.Options.DisplayPath(f.Filename) == name
	})
}

// syntaxError tells the first syntax error of a file. The parser goes on after
// it, but what it then stumbles over is mostly the same mistake.
func syntaxError(opts load.Options, err error) diag.List {
	if err == nil {
		return nil
	}
	first := errors.Errors(err)[0]
	pos := position(first.Position())
	if p := first.Position(); p.IsValid() && p.Offset() > 0 && p.Offset() == p.File().Size() {
		pos = position(p.Add(-1)) // what is missing at the end of a file is told on its last line
	}
	code := diag.Syntax
	if isNestingError(first) {
		code = diag.TooDeep
	}
	return diag.List{{
		Code: code, Severity: diag.Error, Message: text(first),
		At: diag.Range{File: opts.DisplayPath(first.Position().Filename()), Start: pos, End: pos},
	}}
}
