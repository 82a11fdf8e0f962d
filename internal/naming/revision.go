// Package naming makes and recognises the names that are computed from other names:
// of revisions, and the patterns by which a policy of the mesh at Knative's activator
// matches revisions and hosts. What one part of belay writes, another finds in an
// object that an overlay has changed since.
package naming

import "strings"

// hashDigits is the number of hexadecimal digits of a hash in a revision's name.
const hashDigits = 8

// Revision returns the name of a revision of an app with strategy "service": that of
// the app, that of the revision in the spec, and the hash of the template's content.
func Revision(app, id, hash string) string { return app + "-" + id + "-" + hash }

// CutRevision splits a name that Revision made into the part before the hash, and
// the hash. It reports false for any other name, such as one that the cluster has
// numbered.
func CutRevision(name string) (stem, hash string, ok bool) {
	i := strings.LastIndexByte(name, '-')
	if i <= 0 || len(name)-i-1 != hashDigits || strings.Trim(name[i+1:], "0123456789abcdef") != "" {
		return "", "", false
	}
	return name[:i], name[i+1:], true
}

// IsRevisionOf reports whether Revision made a name for that app and revision,
// whatever its content is.
func IsRevisionOf(name, app, id string) bool {
	stem, _, ok := CutRevision(name)
	return ok && stem == app+"-"+id
}
