package pin

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/belay-sh/belay/diag"
	"github.com/belay-sh/belay/ir"
	"github.com/belay-sh/belay/schema"
)

const (
	sumA = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	sumB = "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
)

func TestPinned(t *testing.T) {
	for _, c := range []struct{ ref, digest, want string }{
		{"nginx", sumA, "nginx@" + sumA},
		{"nginx:1.27", sumA, "nginx@" + sumA},
		{"localhost:5000/app", sumA, "localhost:5000/app@" + sumA},
		{"localhost:5000/app:v1", sumA, "localhost:5000/app@" + sumA},
		{"example.com/app@" + sumB, "", "example.com/app@" + sumB},
		{"example.com/app:v1@" + sumB, "", "example.com/app@" + sumB},
		{"example.com/app:v1", "", "example.com/app:v1"},
	} {
		assert.Equal(t, c.want, Pinned(c.ref, c.digest))
	}
}

func TestHasDigest(t *testing.T) {
	for ref, want := range map[string]bool{"nginx": false, "a.example.com/team/app:v1": false, "app@" + sumA: true, "app:v1@" + sumA: true} {
		got, err := HasDigest(ref)
		assert.NoError(t, err, ref)
		assert.Equal(t, want, got, ref)
	}
	for _, ref := range []string{"Upper/case", "a b", "example.com/x:v1", "app:", "app@sha256:short"} {
		_, err := HasDigest(ref)
		assert.Error(t, err, ref)
	}
}

func TestLock_With(t *testing.T) {
	l := NewLock()
	l.Images["kept:v1"] = Entry{Digest: sumA}
	l.Images["moved:v1"] = Entry{Digest: sumA}
	l.Images["unused:v1"] = Entry{Digest: sumA}
	found := map[string]Entry{"moved:v1": {Digest: sumB}, "new:v1": {Digest: sumB}}
	needed := []string{"kept:v1", "moved:v1", "new:v1"}

	all := l.With(found, needed, true)
	assert.Equal(t, map[string]Entry{"kept:v1": {Digest: sumA}, "moved:v1": {Digest: sumB}, "new:v1": {Digest: sumB}}, all.Images)
	some := l.With(found, needed, false)
	assert.Contains(t, some.Images, "unused:v1")
	assert.Equal(t, sumA, l.Images["moved:v1"].Digest, "the old lock is as it was")
}

func TestCheckLedger(t *testing.T) {
	node := &ir.Node{Kind: schema.Struct}
	name := func(n, hash string, latest bool) []ir.RevisionName {
		return []ir.RevisionName{{Namespace: "default", App: "web", Name: n, Hash: hash, Latest: latest, Node: node}}
	}
	l := NewLock()
	l.Record(name("web-a-1", sumA, true))
	l.Record(name("web-b-2", sumB, false)) // gets traffic, was never the template

	assert.Empty(t, CheckLedger(l, name("web-a-1", sumA, false)))
	assert.Equal(t, diag.LedgerConflict, CheckLedger(l, name("web-a-1", sumB, true))[0].Code)
	assert.Equal(t, diag.UnrecordedRevision, CheckLedger(l, name("web-b-2", sumB, false))[0].Code)
	assert.Empty(t, CheckLedger(l, name("web-c-3", sumA, true)), "the template needs no record")
}
