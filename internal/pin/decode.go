package pin

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
	"github.com/belay-sh/belay/schema"
)

var (
	nameForm     = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z0-9.-]+(/[a-z0-9.-]+)?$`) })
	keyForm      = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z0-9-]+/[a-z0-9-]+/[a-z0-9.-]+$`) })
	moduleForm   = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[^\s@]+@v[^\s@]+$`) })
	platformForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z0-9]+/[a-z0-9]+(/[a-z0-9.]+)?$`) })
)

// IsPlatform reports whether a text is os/arch or os/arch/variant.
func IsPlatform(text string) bool { return platformForm().MatchString(text) }

// IsDigest reports whether a text is a digest as locks have them.
func IsDigest(text string) bool {
	hex, ok := strings.CutPrefix(text, "sha256:")
	return ok && len(hex) == 64 && strings.Trim(hex, "0123456789abcdef") == ""
}

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

// sections are the fields of a lock, by version.
var sections = map[int]map[string]func(*lockReader, *ir.Node){
	1: {"images": (*lockReader).image, "revisions": (*lockReader).former},
	2: {"images": (*lockReader).image, "modules": (*lockReader).module, "targets": (*lockReader).target, "apps": (*lockReader).app},
}

func (l *lockReader) read(root *ir.Node) {
	if root.Kind == schema.Null {
		return
	}
	if !l.is(root, schema.Struct) {
		return
	}
	l.version(root)
	for _, n := range root.Children {
		read := sections[l.lock.Version][n.Name]
		switch {
		case read != nil:
			l.each(n, func(n *ir.Node) { read(l, n) })
		case n.Name != "version":
			l.diags.Add(n.KeyErrorf(diag.InvalidLock, "a lock of version %d has no field %s", l.lock.Version, n.Name).
				WithHint("it has version, %s", strings.Join(ir.Sorted(sections[l.lock.Version]), ", ")))
		}
	}
}

func (l *lockReader) version(root *ir.Node) {
	switch n := root.Field("version"); {
	case n == nil:
		l.diags.Add(root.KeyErrorf(diag.InvalidLock, "the lock lacks its version").WithHint("version: %d", lockVersion))
	case n.Kind == schema.Int && n.Text == "1":
		l.lock.Version, l.lock.Former = 1, map[string]map[string]string{}
	case n.Kind != schema.Int || n.Text != "2":
		l.diags.Add(n.Errorf(diag.InvalidLock, "version %s of the lock; this belay reads the versions 1 and %d", n.Text, lockVersion))
	}
}

func (l *lockReader) is(n *ir.Node, kind schema.Kind) bool {
	found := n.CheckKind(kind, diag.InvalidLock, "the lock")
	l.diags.Add(found...)
	return len(found) == 0
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
	if digested, err := HasDigest(n.Name); err != nil {
		l.diags.Add(n.KeyErrorf(diag.InvalidLock, "%q is not a valid image reference: %v", n.Name, err))
	} else if digested {
		l.diags.Add(n.KeyErrorf(diag.InvalidLock, "%s has a digest of its own", n.Name).WithHint("remove the entry; nothing looks for it"))
	}
	if !l.is(n, schema.Struct) {
		return
	}
	var e Entry
	for _, f := range n.Children {
		switch f.Name {
		case "digest":
			e.Digest = l.digest(f, "the digest of "+n.Name)
		case "index":
			e.Index = l.digest(f, "the index of "+n.Name)
		case "platforms":
			e.Platforms = l.platforms(f)
		default:
			l.unknown(f, "an image", "digest, index, platforms")
		}
	}
	if n.Field("digest") == nil {
		l.diags.Add(n.KeyErrorf(diag.InvalidLock, "%s lacks the field digest", n.Name))
	}
	if index := n.Field("index"); index != nil && len(e.Platforms) != 1 {
		l.diags.Add(index.KeyErrorf(diag.InvalidLock, "%s has the field index, which a pin for a single platform has, and %d platforms", n.Name, len(e.Platforms)))
	}
	l.lock.Images[n.Name] = e
}

func (l *lockReader) unknown(n *ir.Node, what, known string) {
	l.diags.Add(n.KeyErrorf(diag.InvalidLock, "%s in the lock has no field %s", what, n.Name).WithHint("it has %s", known))
}

func (l *lockReader) digest(n *ir.Node, what string) string {
	if !IsDigest(n.Text) {
		l.diags.Add(n.Errorf(diag.InvalidLock, "%s is %q; it takes sha256: and 64 hex digits", what, n.Text))
	}
	return n.Text
}

func (l *lockReader) platforms(n *ir.Node) (platforms []string) {
	if !l.is(n, schema.List) {
		return nil
	}
	for _, p := range n.Children {
		if !IsPlatform(p.Text) {
			l.diags.Add(p.Errorf(diag.InvalidLock, "%q is not a platform; it takes os/arch or os/arch/variant, as linux/amd64", p.Text))
		}
		platforms = append(platforms, p.Text)
	}
	slices.Sort(platforms)
	return slices.Compact(platforms)
}

func (l *lockReader) module(n *ir.Node) {
	if !moduleForm().MatchString(n.Name) {
		l.diags.Add(n.KeyErrorf(diag.InvalidLock, "%q is not a module and its version, as corp.example/lib@v0.1.0", n.Name))
	}
	l.lock.Modules[n.Name] = l.digest(n, "the digest of "+n.Name)
}

func (l *lockReader) target(n *ir.Node) {
	if !l.is(n, schema.Struct) {
		return
	}
	var t target.Releases
	for _, f := range n.Children {
		switch f.Name {
		case "knative":
			t.Knative = l.release(f, "Knative", target.Knatives)
		case "istio":
			t.Istio = l.release(f, "Istio", target.Istios)
		default:
			l.unknown(f, "a target", "knative, istio")
		}
	}
	l.lock.Targets[n.Name] = t
}

func (l *lockReader) release(n *ir.Node, product string, known []target.Version) string {
	if n.Kind != schema.String {
		l.diags.Add(n.Errorf(diag.InvalidLock, "a release is a string; it takes quotes: %q", n.Text))
		return n.Text
	}
	v, ok := target.Parse(n.Text)
	listed, list := target.Known(v, known)
	if !ok || !listed || v.String() != n.Text {
		l.diags.Add(n.Errorf(diag.InvalidLock, "%s %s is not a release that this belay knows; it knows %s", product, n.Text, list))
	}
	return n.Text
}

func (l *lockReader) app(n *ir.Node) {
	if !keyForm().MatchString(n.Name) {
		l.diags.Add(n.KeyErrorf(diag.InvalidLock, "%q is not the key of an app; it takes target/namespace/app, as prod/shop/web, with - for a target without a name and for a namespace that the spec leaves open", n.Name))
	}
	if !l.is(n, schema.Struct) {
		return
	}
	var app App
	for _, f := range n.Children {
		switch f.Name {
		case "kind":
			app.Kind = f.Text
			if f.Text != "Service" && f.Text != "Route" {
				l.diags.Add(f.Errorf(diag.InvalidLock, "the kind of %s is %q; it takes Service or Route", n.Name, f.Text))
			}
		case "revisions":
			app.Revisions = l.hashes(f)
		case "tracks":
			app.Tracks = l.hashes(f)
		default:
			l.unknown(f, "an app", "kind, revisions, tracks")
		}
	}
	if n.Field("kind") == nil {
		l.diags.Add(n.KeyErrorf(diag.InvalidLock, "%s lacks the field kind", n.Name).WithHint("kind: Service, or kind: Route"))
	}
	l.lock.Apps[n.Name] = app
}

// hashes reads a map from the names of revisions to hashes of their templates.
func (l *lockReader) hashes(n *ir.Node) map[string]string {
	out := map[string]string{}
	l.each(n, func(r *ir.Node) {
		l.checkName(r)
		out[r.Name] = l.digest(r, "the hash of revision "+r.Name)
	})
	return out
}

// former reads the revisions of an app in a lock of version 1.
func (l *lockReader) former(n *ir.Node) {
	l.checkName(n)
	if l.is(n, schema.Struct) {
		l.lock.Former[n.Name] = l.hashes(n)
	}
}

// checkName reports a key of the ledger that is not the name of an object.
func (l *lockReader) checkName(n *ir.Node) {
	if !nameForm().MatchString(n.Name) {
		l.diags.Add(n.KeyErrorf(diag.InvalidLock, "%q is not a valid name of a revision or an app", n.Name))
	}
}
