package frontend

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/belay-sh/belay/compiler"
	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/sandbox"
)

// A process that is not confined, and one that is supervised, do the work
// themselves; any other has a child do it.
func TestProcess_Confine(t *testing.T) {
	root, err := os.OpenRoot(t.TempDir())
	require.NoError(t, err)
	defer root.Close()
	failed := errors.New("failed")
	for _, test := range []struct {
		name  string
		root  *os.Root
		self  string
		child bool
	}{
		{"not confined", nil, "/bin/sh", false},
		{"not confined, in a child", nil, "", false},
		{"confined", root, "/bin/sh", true},
		{"confined, in a child", root, "", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			var out, messages bytes.Buffer
			p := Process{Dir: t.TempDir(), Self: test.self, Args: []string{"-c", "cat; echo message >&2; exit 4"}, Out: &out, Err: &messages}
			opts := compiler.Options{Options: load.Options{Root: test.root}}
			ran := false
			err := p.Confine(opts, strings.NewReader("in"), func() error { ran = true; return failed })
			assert.Equal(t, !test.child, ran)
			if !test.child {
				assert.Equal(t, failed, err)
				assert.Empty(t, out.String()+messages.String())
				return
			}
			assert.Equal(t, sandbox.ExitCode(4), err)
			assert.Equal(t, "in", out.String())
			assert.Contains(t, messages.String(), "message\n")
		})
	}
}

func TestProcess_WarnUnbounded(t *testing.T) {
	for goos, warned := range map[string]bool{"linux": false, "darwin": true, "windows": true} {
		var messages bytes.Buffer
		Process{Err: &messages}.warnUnbounded(goos)
		assert.Equal(t, warned, strings.HasPrefix(messages.String(), "belay: warning: "), goos)
	}
}

func TestProcess_Report(t *testing.T) {
	mistake := func(line int, s diag.Severity) diag.Diagnostic {
		return diag.Diagnostic{Code: diag.UnknownField, Severity: s, Message: "m", At: diag.Range{File: "a", Start: diag.Position{Line: line, Column: 1}}}
	}
	report := func(root *os.Root, list ...diag.Diagnostic) (string, error) {
		var messages bytes.Buffer
		err := Process{Err: &messages}.Report(list, load.Options{Root: root, Limits: load.Limits{Mistakes: 2}})
		return messages.String(), err
	}
	text, err := report(nil, mistake(1, diag.Warning))
	require.NoError(t, err, "warnings are no failure")
	assert.Contains(t, text, "warning[unknown-field]: m")

	text, err = report(nil, mistake(1, diag.Warning), mistake(2, diag.Warning), mistake(3, diag.Error))
	assert.Equal(t, sandbox.Reported, err)
	assert.Contains(t, text, "error[unknown-field]", "errors go before warnings")
	assert.Contains(t, text, "warning[more-mistakes]: not listed: 1 warning; this is the first of them")
	assert.Contains(t, text, "hint: to list all, add --error-limit 0")

	root, err := os.OpenRoot(t.TempDir())
	require.NoError(t, err)
	defer root.Close()
	text, _ = report(root, mistake(1, diag.Error), mistake(2, diag.Error), mistake(3, diag.Error))
	assert.Contains(t, text, "hint: correct those that are listed, and run belay again", "the flag does not lift the limit of a confined run")
}

func TestProcess_ReportInputError(t *testing.T) {
	var messages bytes.Buffer
	assert.Equal(t, sandbox.Reported, Process{Err: &messages}.ReportInputError(errors.New("broken")))
	assert.Equal(t, "belay: broken\n", messages.String())
}
