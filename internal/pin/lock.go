package pin

import (
	"bytes"
	"fmt"
	"maps"
	"strings"
	"sync"

	"sigs.k8s.io/yaml"

	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
)

// LockName is the name of a lock's file.
const LockName = "belay.lock"

// lockVersion is the version of the lock's format that belay writes. It also
// reads version 1, which has images and the revisions of Services by
// "namespace/name".
const lockVersion = 2

// Lock is a lock: the digests of images and CUE modules, the releases of
// targets whose specs name none, and the ledger of what was emitted for apps.
type Lock struct {
	Version int
	Images  map[string]Entry           // by reference, as written in specs
	Modules map[string]string          // digests by module path and version, as corp.example/lib@v0.1.0
	Targets map[string]target.Releases // by the name of the target; "" is the target without a name
	Apps    map[string]App             // by AppKey

	// Former has the revisions of a lock of version 1, by "namespace/name" and
	// revision name. Encode writes none; see Upgrade.
	Former map[string]map[string]string

	once  sync.Once
	named map[string]bool // the targets that Apps has keys of
}

// Entry is the lock's entry for an image.
type Entry struct {
	Digest    string   // what is emitted
	Index     string   // what the tag stood for, if digest is one manifest out of it
	Platforms []string // that the image was found to have, sorted
}

// App is what the ledger keeps of an app.
type App struct {
	Kind      string            // Service or Route
	Revisions map[string]string // hashes of templates by revision name; of a Service with declared revisions, all that were ever its template
	Tracks    map[string]string // hashes of templates by revision id; of a Route, those that it has now
}

// Equal reports whether two locks have the same content.
func (l *Lock) Equal(o *Lock) bool {
	return l.Version == o.Version && bytes.Equal(l.Encode(), o.Encode())
}

// NewLock returns an empty lock.
func NewLock() *Lock {
	return &Lock{
		Version: lockVersion, Images: map[string]Entry{}, Modules: map[string]string{},
		Targets: map[string]target.Releases{}, Apps: map[string]App{},
	}
}

// Clone returns a copy of a lock.
func (l *Lock) Clone() *Lock {
	out := NewLock()
	out.Version, out.Former = l.Version, maps.Clone(l.Former)
	maps.Copy(out.Images, l.Images)
	maps.Copy(out.Modules, l.Modules)
	maps.Copy(out.Targets, l.Targets)
	for key, app := range l.Apps {
		out.Apps[key] = app.clone()
	}
	return out
}

func (a App) clone() App {
	return App{Kind: a.Kind, Revisions: maps.Clone(a.Revisions), Tracks: maps.Clone(a.Tracks)}
}

// Encode writes the lock's file: sorted, without times, the same bytes for the
// same content. It writes the text itself, line by line, since the library
// writes keys of more than 128 bytes in another form, and programs that update
// digests read the images by a regular expression (docs/pins.md). That finds an
// entry whose digest follows its image at once; what is pinned to one platform
// out of an index only belay can move.
func (l *Lock) Encode() []byte {
	var out bytes.Buffer
	fmt.Fprintf(&out, "version: %d\n", l.Version)
	l.encodeImages(&out)
	encodeMap(&out, "", "modules", l.Modules)
	l.encodeTargets(&out)
	l.encodeApps(&out)
	l.encodeFormer(&out)
	return out.Bytes()
}

func (l *Lock) encodeImages(out *bytes.Buffer) {
	if len(l.Images) > 0 {
		out.WriteString("images:\n")
	}
	for _, ref := range ir.Sorted(l.Images) {
		e := l.Images[ref]
		fmt.Fprintf(out, "  %s:\n", scalar(ref))
		if e.Index != "" {
			fmt.Fprintf(out, "    index: %s\n", e.Index)
		}
		fmt.Fprintf(out, "    digest: %s\n", e.Digest)
		if len(e.Platforms) > 0 {
			fmt.Fprintf(out, "    platforms: [%s]\n", strings.Join(e.Platforms, ", "))
		}
	}
}

func (l *Lock) encodeTargets(out *bytes.Buffer) {
	if len(l.Targets) > 0 {
		out.WriteString("targets:\n")
	}
	for _, name := range ir.Sorted(l.Targets) {
		fmt.Fprintf(out, "  %s:\n", scalar(name))
		if t := l.Targets[name]; t.Knative != "" {
			fmt.Fprintf(out, "    knative: %q\n", t.Knative)
		}
		if t := l.Targets[name]; t.Istio != "" {
			fmt.Fprintf(out, "    istio: %q\n", t.Istio)
		}
	}
}

func (l *Lock) encodeApps(out *bytes.Buffer) {
	if len(l.Apps) > 0 {
		out.WriteString("apps:\n")
	}
	for _, key := range ir.Sorted(l.Apps) {
		app := l.Apps[key]
		fmt.Fprintf(out, "  %s:\n    kind: %s\n", scalar(key), app.Kind)
		encodeMap(out, "    ", "revisions", app.Revisions)
		encodeMap(out, "    ", "tracks", app.Tracks)
	}
}

// encodeFormer writes what a lock of version 1 has instead of apps.
func (l *Lock) encodeFormer(out *bytes.Buffer) {
	if len(l.Former) > 0 {
		out.WriteString("revisions:\n")
	}
	for _, app := range ir.Sorted(l.Former) {
		encodeMap(out, "  ", scalar(app), l.Former[app])
	}
}

func encodeMap(out *bytes.Buffer, indent, key string, m map[string]string) {
	if len(m) > 0 {
		fmt.Fprintf(out, "%s%s:\n", indent, key)
	}
	for _, name := range ir.Sorted(m) {
		fmt.Fprintf(out, "%s  %s: %s\n", indent, scalar(name), m[name])
	}
}

// scalar writes a text as YAML has it, in quotes if YAML would read it as
// something else. A plain path needs none: in large locks nearly all keys are
// paths, and the library takes longer for them than reading the lock does.
func scalar(text string) string {
	if isPlainPath(text) {
		return text
	}
	data, err := yaml.Marshal(text)
	if err != nil {
		panic("belay internal: lock: " + err.Error())
	}
	return strings.TrimSuffix(string(data), "\n")
}

// isPlainPath reports whether a text has a slash, begins with a letter, a digit or
// "-/", ends with a letter or digit, and is made of characters that mean nothing
// in YAML where they are. No number, date or word of YAML has a slash.
func isPlainPath(text string) bool {
	slash := false
	for i := range len(text) {
		c := text[i]
		inner := (i > 0 || strings.HasPrefix(text, "-/")) && i < len(text)-1
		switch {
		case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9':
		case inner && c == '/':
			slash = true
		case inner && strings.IndexByte(".:_-@", c) >= 0:
		default:
			return false
		}
	}
	return slash
}
