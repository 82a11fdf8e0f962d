// Package kubernetes has the rules that the API server, the scheduler and the
// kubelet apply to pods. Knative stores most of a pod template unread, so a
// mistake shows only when the revision gets no pods. Each rule names its
// source; k8s.io/kubernetes itself cannot be linked, because its modules are
// published only under replace directives, which "go install" does not accept.
package kubernetes

import (
	"fmt"
	"strconv"

	"github.com/belay-sh/belay/internal/diag"
)

// A Finding is a value that Kubernetes rejects, or that has no effect there.
type Finding struct {
	Path     []string // of the value, below the value that was validated
	Code     diag.Code
	Severity diag.Severity
	Message  string
	Hint     string
}

// findings collects what is found at and below a path.
type findings struct {
	path  []string
	found *[]Finding
}

func collect(validate func(f findings)) (found []Finding) {
	validate(findings{found: &found})
	return found
}

// at is for a field below.
func (f findings) at(names ...string) findings {
	path := make([]string, 0, len(f.path)+len(names))
	return findings{append(append(path, f.path...), names...), f.found}
}

// index is for an element of a list below.
func (f findings) index(i int) findings { return f.at(strconv.Itoa(i)) }

func (f findings) add(code diag.Code, severity diag.Severity, hint, format string, args ...any) {
	*f.found = append(*f.found, Finding{Path: f.path, Code: code, Severity: severity, Message: fmt.Sprintf(format, args...), Hint: hint})
}

func (f findings) missing(format string, args ...any) {
	f.add(diag.MissingField, diag.Error, "", format, args...)
}

func (f findings) misplaced(format string, args ...any) {
	f.add(diag.MisplacedField, diag.Error, "", format, args...)
}

func (f findings) invalid(format string, args ...any) {
	f.add(diag.InvalidValue, diag.Error, "", format, args...)
}

// unknown is for a value that is not one of a few.
func (f findings) unknown(field string, value any, takes string) {
	f.add(diag.UnknownValue, diag.Error, "", "%s is %q; it takes %s", field, fmt.Sprint(value), takes)
}
