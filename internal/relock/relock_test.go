package relock

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/belay-sh/belay/compiler"
	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/pin"
)

// digestOf makes a digest of one letter.
func digestOf(letter string) string { return "sha256:" + strings.Repeat(letter, 64) }

// registries answer with the entry or the failure of a reference, or of a digest
// that is looked up. They note what they were asked.
type registries struct {
	answers map[string]pin.Answer
	asked   []string
	stop    context.CancelCauseFunc // if it is set, the run is stopped by the first question
}

var errStopped = errors.New("stopped")

func (r *registries) Resolve(ctx context.Context, queries []pin.Query) []pin.Answer {
	answers := make([]pin.Answer, len(queries))
	for i, q := range queries {
		name := q.Ref
		if q.Digest != "" {
			name = q.Digest
		}
		r.asked = append(r.asked, name)
		answers[i] = r.answers[name]
		if r.stop != nil {
			r.stop(errStopped)
			answers[i] = pin.Answer{Failure: &pin.Failure{Registry: "example.com", Message: "does not answer: " + context.Cause(ctx).Error()}}
		}
	}
	return answers
}

func has(letter string) pin.Answer { return pin.Answer{Entry: pin.Entry{Digest: digestOf(letter)}} }

func fails(code diag.Code, message string) pin.Answer {
	return pin.Answer{Failure: &pin.Failure{Code: code, Registry: "example.com", Message: message, Hint: "look there"}}
}

// options are those of a run over files in /srv, which are in memory.
func options(files map[string]string) compiler.Options {
	opts := compiler.Options{Options: load.Options{Dir: "/srv", Files: map[string][]byte{}}}
	for name, text := range files {
		opts.Files["/srv/"+name] = []byte(text)
	}
	return opts
}

// appsOn is a spec with an app for each image.
func appsOn(images ...string) string {
	text := "target: {knative: \"1.23\", istio: \"1.31\"}\napps:\n"
	for i, image := range images {
		text += fmt.Sprintf("  app-%d: {image: %q}\n", i, image)
	}
	return text
}

// lockOf is a lock with pins, as belay writes it.
func lockOf(pins map[string]string) string {
	lock := pin.NewLock()
	for ref, letter := range pins {
		lock.Images[ref] = pin.Entry{Digest: digestOf(letter)}
	}
	lock.Upgrade()
	return string(lock.Encode())
}

// places are the code and the place of each diagnostic.
func places(diags diag.List) (out []string) {
	for _, d := range diags {
		out = append(out, string(d.Code)+" "+d.At.String())
	}
	return out
}

func never(string) bool  { return false }
func always(string) bool { return true }

func TestUpdateLocks(t *testing.T) {
	everywhere := map[string]pin.Answer{"example.com/aa:v1": has("a"), "example.com/bb:v1": has("b"), "example.com/gone:v1": fails(diag.ImageNotFound, "has no such tag"), "example.com/down:v1": fails("", "does not answer")}
	for name, c := range map[string]struct {
		spec   string
		pins   map[string]string
		how    UpdateOptions
		asked  []string
		want   map[string]string // letters of the digests in the new lock
		unused int
		diags  []string
		err    string
	}{
		"new":             {spec: appsOn("example.com/aa:v1", "example.com/bb:v1"), asked: []string{"example.com/aa:v1", "example.com/bb:v1"}, want: map[string]string{"example.com/aa:v1": "a", "example.com/bb:v1": "b"}},
		"one is there":    {spec: appsOn("example.com/aa:v1", "example.com/bb:v1"), pins: map[string]string{"example.com/aa:v1": "c"}, asked: []string{"example.com/bb:v1"}, want: map[string]string{"example.com/aa:v1": "c", "example.com/bb:v1": "b"}},
		"to be updated":   {spec: appsOn("example.com/aa:v1"), pins: map[string]string{"example.com/aa:v1": "c"}, how: UpdateOptions{Update: always}, asked: []string{"example.com/aa:v1"}, want: map[string]string{"example.com/aa:v1": "a"}},
		"used twice":      {spec: appsOn("example.com/aa:v1", "example.com/aa:v1"), asked: []string{"example.com/aa:v1"}, want: map[string]string{"example.com/aa:v1": "a"}},
		"unused stays":    {spec: appsOn("example.com/aa:v1"), pins: map[string]string{"example.com/old:v1": "d"}, asked: []string{"example.com/aa:v1"}, want: map[string]string{"example.com/aa:v1": "a", "example.com/old:v1": "d"}, unused: 1},
		"a digest":        {spec: appsOn("example.com/aa@" + digestOf("e")), want: map[string]string{}},
		"no such tag":     {spec: appsOn("example.com/aa:v1", "example.com/gone:v1"), asked: []string{"example.com/aa:v1", "example.com/gone:v1"}, diags: []string{"image-not-found app.yaml:4:18"}},
		"registry is off": {spec: appsOn("example.com/down:v1"), asked: []string{"example.com/down:v1"}, err: "not all images could be looked up\n  example.com does not answer; look there\n    example.com/down:v1"},
		"a mistake":       {spec: appsOn("example.com/aa:v1") + "  other: {imag: x}\n", diags: []string{"unknown-field app.yaml:4:11"}},
		"not verified": {spec: appsOn("example.com/aa:v1"), how: UpdateOptions{Verify: func(_ context.Context, image string) error { return errors.New("no signature of " + image[:14]) }},
			asked: []string{"example.com/aa:v1"}, diags: []string{"unverified-image app.yaml:3:18"}},
	} {
		t.Run(name, func(t *testing.T) {
			files := map[string]string{"app.yaml": c.spec}
			if c.pins != nil {
				files["belay.lock"] = lockOf(c.pins)
			}
			if c.how.Update == nil {
				c.how.Update = never
			}
			r := &registries{answers: everywhere}
			updates, diags, err := UpdateLocks(t.Context(), []string{"app.yaml"}, options(files), r, c.how)
			assert.Equal(t, c.asked, r.asked)
			if c.err != "" {
				require.EqualError(t, err, c.err)
			} else {
				require.NoError(t, err)
			}
			if c.want == nil {
				assert.Subset(t, places(diags), c.diags)
				assert.Empty(t, updates, "no lock with an error")
				return
			}
			assert.False(t, diags.HasErrors())
			require.Len(t, updates, 1)
			assert.Equal(t, "/srv/belay.lock", updates[0].Path)
			letters := map[string]string{}
			for ref, entry := range updates[0].New.Images {
				letters[ref] = entry.Digest[len("sha256:"):][:1]
			}
			assert.Equal(t, c.want, letters)
			assert.Equal(t, c.unused, updates[0].Unused)
			assert.NotEmpty(t, ir.Sorted(updates[0].New.Apps), "the ledger has the apps")
			assert.Empty(t, updates[0].Old.Apps)
		})
	}
}

func TestVerifyLocks(t *testing.T) {
	lock := lockOf(map[string]string{"example.com/aa:v1": "a"})
	for name, c := range map[string]struct {
		answers map[string]pin.Answer
		diags   []string
		err     string
	}{
		"it holds":            {answers: map[string]pin.Answer{"example.com/aa:v1": has("a")}},
		"the tag has moved":   {answers: map[string]pin.Answer{"example.com/aa:v1": has("b"), digestOf("a"): has("a")}, diags: []string{"moved-tag belay.lock:4:13"}},
		"the digest is gone":  {answers: map[string]pin.Answer{"example.com/aa:v1": has("b"), digestOf("a"): fails(diag.ImageNotFound, "has no such digest")}, diags: []string{"deleted-digest belay.lock:4:13", "moved-tag belay.lock:4:13"}},
		"the tag is gone":     {answers: map[string]pin.Answer{"example.com/aa:v1": fails(diag.ImageNotFound, "has no such tag"), digestOf("a"): has("a")}, diags: []string{"moved-tag belay.lock:4:13"}},
		"it does not answer":  {answers: map[string]pin.Answer{"example.com/aa:v1": fails("", "does not answer")}, err: "not all images could be looked up"},
		"it lacks a platform": {answers: map[string]pin.Answer{"example.com/aa:v1": fails(diag.MissingPlatform, "has no linux/arm64"), digestOf("a"): fails(diag.MissingPlatform, "has no linux/arm64")}, diags: []string{"missing-platform belay.lock:4:13", "moved-tag belay.lock:4:13"}},
	} {
		t.Run(name, func(t *testing.T) {
			files := map[string]string{"app.yaml": appsOn("example.com/aa:v1"), "belay.lock": lock}
			diags, err := VerifyLocks(t.Context(), []string{"app.yaml"}, options(files), &registries{answers: c.answers}, UpdateOptions{})
			if c.err != "" {
				require.ErrorContains(t, err, c.err)
			} else {
				require.NoError(t, err)
			}
			assert.Equal(t, c.diags, places(diags), "%s", lock)
		})
	}
}

// TestRelock_Stops ends the context: before anything is read, and while a registry
// is asked. No lock comes out of it.
func TestRelock_Stops(t *testing.T) {
	files := map[string]string{"app.yaml": appsOn("example.com/aa:v1")}
	for name, before := range map[string]bool{"before": true, "at a registry": false} {
		t.Run(name, func(t *testing.T) {
			ctx, stop := context.WithCancelCause(t.Context())
			defer stop(nil)
			r := &registries{}
			if before {
				stop(errStopped)
			} else {
				r.stop = stop
			}
			updates, _, err := UpdateLocks(ctx, []string{"app.yaml"}, options(files), r, UpdateOptions{Update: never})
			require.ErrorContains(t, err, "stopped")
			assert.Empty(t, updates)
			assert.Equal(t, before, len(r.asked) == 0)
		})
	}
}

// TestRecordLedgers records what a run compiled in a lock, and changes nothing
// else in it.
func TestRecordLedgers(t *testing.T) {
	files := map[string]string{"app.yaml": appsOn("example.com/aa:v1"), "belay.lock": lockOf(map[string]string{"example.com/aa:v1": "a", "example.com/other:v1": "b"})}
	opts := options(files)
	run, diags, err := compiler.CompileAll(t.Context(), []string{"app.yaml"}, opts)
	require.NoError(t, err)
	require.False(t, diags.HasErrors())
	updates, diags := RecordLedgers(run, opts)
	require.Empty(t, diags)
	require.Len(t, updates, 1)
	assert.Empty(t, updates[0].Old.Apps)
	assert.Equal(t, []string{"-/-/app-0"}, ir.Sorted(updates[0].New.Apps))
	assert.Equal(t, updates[0].Old.Images, updates[0].New.Images)
	assert.Equal(t, updates[0].Old.Targets, updates[0].New.Targets)
}
