package pin

import (
	"bytes"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
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
	Digest    string   `json:"digest"`              // what is emitted
	Index     string   `json:"index,omitempty"`     // what the tag stood for, if digest is one manifest out of it
	Platforms []string `json:"platforms,omitempty"` // that the image was found to have, sorted
}

// Equal reports whether two locks say the same.
func (l *Lock) Equal(o *Lock) bool { return bytes.Equal(l.Encode(), o.Encode()) }

// NewLock is an empty lock.
func NewLock() *Lock {
	return &Lock{Version: lockVersion, Images: map[string]Entry{}, Revisions: map[string]map[string]string{}}
}

var (
	digestForm   = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^sha256:[0-9a-f]{64}$`) })
	nameForm     = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z0-9.-]+(/[a-z0-9.-]+)?$`) })
	platformForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z0-9]+/[a-z0-9]+(/[a-z0-9.]+)?$`) })
)

// IsPlatform reports whether a text is os/arch or os/arch/variant.
func IsPlatform(text string) bool { return platformForm().MatchString(text) }

// IsDigest reports whether a text is a digest as locks have them.
func IsDigest(text string) bool { return digestForm().MatchString(text) }

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
			l.diags.Add(f.KeyErrorf(diag.InvalidLock, "an image in the lock has no field %s", f.Name))
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

func (l *lockReader) digest(n *ir.Node, what string) string {
	if !digestForm().MatchString(n.Text) {
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
			l.diags.Add(p.Errorf(diag.InvalidLock, "%q is no platform; it takes os/arch or os/arch/variant", p.Text))
		}
		platforms = append(platforms, p.Text)
	}
	slices.Sort(platforms)
	return slices.Compact(platforms)
}

func (l *lockReader) app(n *ir.Node) {
	if !l.is(n, schema.Struct) {
		return
	}
	l.named(n)
	names := map[string]string{}
	for _, r := range n.Children {
		l.named(r)
		names[r.Name] = l.digest(r, "the hash of revision "+r.Name)
	}
	l.lock.Revisions[n.Name] = names
}

// named tells a key of the ledger that is no name of an object.
func (l *lockReader) named(n *ir.Node) {
	if !nameForm().MatchString(n.Name) {
		l.diags.Add(n.KeyErrorf(diag.InvalidLock, "%q is no name; the ledger has namespace/name of apps, and under them the names of revisions", n.Name))
	}
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
// same content. The text is our own, line by line, since the library writes
// keys of more than 128 bytes in another form, and programs that update
// digests read the lock by a regular expression (docs/pins.md). It finds those
// that follow their image at once; what is pinned to one platform out of an
// index only belay can move.
func (l *Lock) Encode() []byte {
	var out bytes.Buffer
	fmt.Fprintf(&out, "version: %d\n", l.Version)
	if len(l.Images) > 0 {
		out.WriteString("images:\n")
	}
	for _, ref := range ir.Sorted(l.Images) {
		e := l.Images[ref]
		fmt.Fprintf(&out, "  %s:\n", scalar(ref))
		if e.Index != "" {
			fmt.Fprintf(&out, "    index: %s\n", e.Index)
		}
		fmt.Fprintf(&out, "    digest: %s\n", e.Digest)
		if len(e.Platforms) > 0 {
			fmt.Fprintf(&out, "    platforms: [%s]\n", strings.Join(e.Platforms, ", "))
		}
	}
	if len(l.Revisions) > 0 {
		out.WriteString("revisions:\n")
	}
	for _, app := range ir.Sorted(l.Revisions) {
		fmt.Fprintf(&out, "  %s:\n", scalar(app))
		for _, name := range ir.Sorted(l.Revisions[app]) {
			fmt.Fprintf(&out, "    %s: %s\n", scalar(name), l.Revisions[app][name])
		}
	}
	return out.Bytes()
}

// scalar is a text as YAML has it, in quotes if it would be read as something
// else.
func scalar(text string) string {
	data, err := yaml.Marshal(text)
	if err != nil {
		panic("belay internal: lock: " + err.Error())
	}
	return strings.TrimSuffix(string(data), "\n")
}
