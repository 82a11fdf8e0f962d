package krmcall

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/belay-sh/belay/internal/frontend"
	"github.com/belay-sh/belay/internal/sandbox"
)

const vet = `apiVersion: config.kubernetes.io/v1
kind: ResourceList
items: []
functionConfig: {apiVersion: belay.sh/v1alpha1, kind: Vet, metadata: {name: vet}}
`

const render = `apiVersion: config.kubernetes.io/v1
kind: ResourceList
items: []
functionConfig: {apiVersion: belay.sh/v1alpha1, kind: Render, metadata: {name: all}, spec: {path: .}}
`

// called is what a call has printed, with Self and Evaluator being scripts.
type called struct{ out, err bytes.Buffer }

func run(t *testing.T, c Call) (called, error) {
	t.Helper()
	var got called
	c.Dir, c.Out, c.Err = t.TempDir(), &got.out, &got.err
	err := c.Run(t.Context())
	return got, err
}

func shell(script string) []string { return []string{"-c", script} }

func TestCall_Run_WhoAnswers(t *testing.T) {
	evaluator := func() (string, []string, error) { return "/bin/sh", shell("echo the evaluator"), nil }
	large := vet + "#" + strings.Repeat("x", maxUnsupervised)
	for _, test := range []struct {
		name, self, list string
		want             string
	}{
		{"this process, of what is small", "/bin/sh", vet, vet},
		{"itself in another, of what is large", "/bin/sh", large, "itself"},
		{"that other, having nobody to ask", "", large, vet},
		{"the evaluator, of what needs CUE", "/bin/sh", render, "the evaluator"},
		{"the evaluator, from that other too", "", render, "the evaluator"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := run(t, Call{Process: frontend.Process{Self: test.self, Args: shell("echo itself")}, List: strings.NewReader(test.list), Evaluator: evaluator})
			require.NoError(t, err)
			assert.Empty(t, got.err.String())
			if test.want == vet {
				assert.Contains(t, got.out.String(), "kind: Vet")
			} else {
				assert.Equal(t, test.want+"\n", got.out.String())
			}
		})
	}
}

// A list that is too large is not read to its end: there may be none.
func TestCall_Run_ReadsNoMoreThanTheLimit(t *testing.T) {
	endless := &counter{}
	c := Call{List: endless}
	c.Bounds.Limits.Input = 3 << 20
	got, err := run(t, c)
	assert.Equal(t, sandbox.Reported, err)
	assert.Equal(t, "belay: the ResourceList is larger than 3 MiB; --max-input sets another limit\n", got.err.String())
	assert.Empty(t, got.out.String())
	assert.Equal(t, int64(3<<20+1), endless.read)
}

// counter is input without an end.
type counter struct{ read int64 }

func (c *counter) Read(p []byte) (int, error) {
	c.read += int64(len(p))
	return len(p), nil
}

// What is not the input's fault is not told as if it were.
func TestCall_Run_Faults(t *testing.T) {
	broken := errors.New("broken")
	c := Call{Process: frontend.Process{Dir: t.TempDir(), Out: io.Discard, Err: io.Discard}, List: iotest.ErrReader(broken)}
	assert.Equal(t, broken, c.Run(t.Context()))

	r, w := io.Pipe()
	require.NoError(t, r.CloseWithError(broken))
	c.List, c.Out = strings.NewReader(vet), w
	assert.Equal(t, broken, c.Run(t.Context()))

	c.Bounds.Root = "nowhere"
	assert.ErrorContains(t, c.Run(t.Context()), "nowhere")
}
