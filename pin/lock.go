package pin

import (
	"maps"
	"regexp"
	"sync"

	"sigs.k8s.io/yaml"

	"github.com/belay-sh/belay/diag"
	"github.com/belay-sh/belay/ir"
	"github.com/belay-sh/belay/schema"
)

// LockName is the name of a lock's file.
const LockName = "belay.lock"

// lockVersion is the version of the lock's format.
const lockVersion = 1

// Lock is a lock: the digests of images, and the ledger of revision names that
// were ever emitted.
type Lock struct {
	Version   int                          `json:"version"`
	Images    map[string]Entry             `json:"images,omitempty"`    // by reference, as written in specs
	Revisions map[string]map[string]string `json:"revisions,omitempty"` // by app ("namespace/name"), then revision name: the template's hash
}

// Entry is the lock's entry for an image.
type Entry struct {
	Digest    string   `json:"digest"`
	Platforms []string `json:"platforms,omitempty"`
}

// NewLock is an empty lock.
func NewLock() *Lock {
	return &Lock{Version: lockVersion, Images: map[string]Entry{}, Revisions: map[string]map[string]string{}}
}

var digestForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^sha256:[0-9a-f]{64}$`) })

// DecodeLock reads a lock from the source tree of its file. A lock with
// errors is empty.
func DecodeLock(root *ir.Node) (*Lock, diag.List) {
	d := &lockReader{lock: NewLock()}
	d.read(root)
	if d.diags.HasErrors() {
		return NewLock(), d.diags
	}
	return d.lock, nil
}

type lockReader struct {
	lock  *Lock
	diags diag.List
}

func (l *lockReader) read(root *ir.Node) {
	if root.Kind == schema.Null {
		return
	}
	if !l.is(root, schema.Struct) {
		return
	}
	for _, n := range root.Children {
		switch n.Name {
		case "version":
			if n.Kind != schema.Int || n.Text != "1" {
				l.diags.Add(n.Errorf(diag.InvalidLock, "version %s of the lock; this belay reads version %d", n.Text, lockVersion))
			}
		case "images":
			l.each(n, l.image)
		case "revisions":
			l.each(n, l.app)
		default:
			l.diags.Add(n.KeyErrorf(diag.InvalidLock, "a lock has no field %s", n.Name))
		}
	}
	if root.Field("version") == nil {
		l.diags.Add(root.KeyErrorf(diag.InvalidLock, "the lock lacks its version").WithHint("version: %d", lockVersion))
	}
}

func (l *lockReader) is(n *ir.Node, kind schema.Kind) bool {
	if n.Kind == kind {
		return true
	}
	what := n.Name
	if what == "" {
		what = "the lock"
	}
	l.diags.Add(n.Errorf(diag.InvalidLock, "%s is %s; it takes %s", what, n.Kind, kind))
	return false
}

func (l *lockReader) each(n *ir.Node, read func(*ir.Node)) {
	if n.Kind == schema.Null || !l.is(n, schema.Struct) {
		return
	}
	for _, c := range n.Children {
		read(c)
	}
}

func (l *lockReader) image(n *ir.Node) {
	if !l.is(n, schema.Struct) {
		return
	}
	var e Entry
	for _, f := range n.Children {
		switch f.Name {
		case "digest":
			if !digestForm().MatchString(f.Text) {
				l.diags.Add(f.Errorf(diag.InvalidLock, "the digest of %s is %q; it takes sha256: and 64 hex digits", n.Name, f.Text))
			}
			e.Digest = f.Text
		case "platforms":
			if l.is(f, schema.List) {
				for _, p := range f.Children {
					e.Platforms = append(e.Platforms, p.Text)
				}
			}
		default:
			l.diags.Add(f.KeyErrorf(diag.InvalidLock, "an image in the lock has no field %s", f.Name))
		}
	}
	if n.Field("digest") == nil {
		l.diags.Add(n.KeyErrorf(diag.InvalidLock, "%s lacks the field digest", n.Name))
	}
	l.lock.Images[n.Name] = e
}

func (l *lockReader) app(n *ir.Node) {
	if !l.is(n, schema.Struct) {
		return
	}
	names := map[string]string{}
	for _, r := range n.Children {
		if !digestForm().MatchString(r.Text) {
			l.diags.Add(r.Errorf(diag.InvalidLock, "the hash of revision %s is %q; it takes sha256: and 64 hex digits", r.Name, r.Text))
		}
		names[r.Name] = r.Text
	}
	l.lock.Revisions[n.Name] = names
}

// With is a lock with the entries that are needed: those found now, and else
// those it has. Others are dropped if needed is all that there is to need.
func (l *Lock) With(found map[string]Entry, needed []string, all bool) *Lock {
	out := NewLock()
	if !all {
		maps.Copy(out.Images, l.Images)
	}
	for _, ref := range needed {
		if entry, ok := found[ref]; ok {
			out.Images[ref] = entry
		} else if entry, ok := l.Images[ref]; ok {
			out.Images[ref] = entry
		}
	}
	for app, names := range l.Revisions {
		out.Revisions[app] = maps.Clone(names)
	}
	return out
}

// Encode is the lock's file: sorted, without times, the same bytes for the
// same content.
func (l *Lock) Encode() []byte {
	data, err := yaml.Marshal(l)
	if err != nil {
		panic("belay internal: lock: " + err.Error())
	}
	return data
}
