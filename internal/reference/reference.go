// Package reference parses image references as every program on their way to a
// node does: Knative's webhook, the kubelet and the container runtime. What one
// of them can't parse is an error here, so that no such reference is emitted.
//
// The kubelet and containerd parse with github.com/distribution/reference. Its
// grammar is written out here, since that package compiles its regular
// expressions whenever a program starts, which adds 0.8 ms to every run; the
// tests compare the two.
package reference

import (
	"errors"
	"fmt"
	"path"
	"strconv"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/belay-sh/belay/internal/diag"
)

// Reference is an image reference, cut into its parts as they are written.
type Reference struct {
	Registry   string // with its port; "" where the reference leaves it to the default, Docker Hub
	Repository string // the path, without the registry
	Tag        string
	Digest     string
}

// Lengths that the distribution specification allows.
const (
	longestRepository = 255
	longestTag        = 128
	digestLength      = 64
)

// Parse parses a reference. The error describes the first part that is wrong,
// and does not repeat the reference.
func Parse(text string) (Reference, error) {
	var r Reference
	if err := forbidden(text); err != nil {
		return r, err
	}
	rest, digest, digested := strings.Cut(text, "@")
	if digested {
		if err := checkDigest(digest); err != nil {
			return r, err
		}
		r.Digest = digest
	}
	r.Registry, rest = splitRegistry(rest)
	if err := checkRegistry(r.Registry); err != nil {
		return r, err
	}
	repository, tag, tagged := strings.Cut(rest, ":")
	if tagged && !isTag(tag) {
		return r, fmt.Errorf("%q is not a tag; it takes at most %d letters, digits, '_', '.' and '-', and begins with none of the last two", tag, longestTag)
	}
	if !digested && isBareDigest(repository, tag) {
		if strings.Contains(text, "/") {
			return r, errors.New(`its digest follows "/"; it takes "@" between the name and the digest`)
		}
		return r, errors.New("it is a digest without the name of its image")
	}
	r.Repository, r.Tag = repository, tag
	if err := checkRepository(r.Registry, repository); err != nil {
		return r, err
	}
	return r, r.checkWebhook(text)
}

// isBareDigest reports whether a repository and a tag are an algorithm and the
// hex digits of its digest, which lack the "name@" in front of them.
func isBareDigest(repository, tag string) bool {
	digits := map[string]int{"sha256": 64, "sha384": 96, "sha512": 128}[path.Base(repository)]
	return digits > 0 && len(tag) == digits && isHex(tag)
}

// checkWebhook validates what Knative's webhook rejects although a kubelet
// parses it. The webhook is as lenient as name's weak validation, apart from a
// repository of a single letter, which the release of the library that it is
// built with rejects.
func (r Reference) checkWebhook(text string) error {
	parsed, err := name.ParseReference(text, name.WeakValidation)
	if err != nil {
		return errors.New("it is not a reference that Knative's webhook can parse")
	}
	if repository := parsed.Context().RepositoryStr(); len(repository) < 2 {
		return fmt.Errorf("the name %s has a single letter; Knative's webhook takes at least two", repository)
	}
	return nil
}

// forbidden reports characters and prefixes that occur in no reference, so
// that they are named instead of the part that they happen to be in.
func forbidden(text string) error {
	if text == "" {
		return errors.New("it is empty")
	}
	if scheme := schemeOf(text); scheme != "" {
		return fmt.Errorf("it begins with the scheme %s, and a reference has no scheme", scheme)
	}
	if len(text) == digestLength && isHex(text) {
		return errors.New("it is 64 hex digits, which container runtimes read as the id of an image")
	}
	if strings.ContainsAny(text, " \t\r\n") {
		return errors.New("it contains white space")
	}
	for _, r := range text {
		if r > '~' || r < ' ' {
			return fmt.Errorf("it contains %s; a reference has ASCII characters only", diag.Describe(r))
		}
	}
	return nil
}

// schemeOf returns the scheme of a URL with its "://", or "".
func schemeOf(text string) string {
	scheme, _, ok := strings.Cut(text, "://")
	if !ok || strings.Trim(scheme, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+.-") != "" {
		return ""
	}
	return scheme + "://"
}

// splitRegistry cuts the registry off, if the first part of the path is one: a
// part with a dot, a port or an upper-case letter, or "localhost".
func splitRegistry(text string) (registry, rest string) {
	first, rest, nested := strings.Cut(text, "/")
	if !nested || !strings.ContainsAny(first, ".:[") && first != "localhost" && strings.ToLower(first) == first {
		return "", text
	}
	return first, rest
}

func checkRegistry(registry string) error {
	if registry == "" {
		return nil
	}
	if strings.HasPrefix(registry, "[") {
		return errors.New("its registry is an IPv6 address, which kubelets before Kubernetes 1.29 can't parse; give the registry a name")
	}
	host, port, ported := strings.Cut(registry, ":")
	for label := range strings.SplitSeq(host, ".") {
		if !isHostLabel(label) {
			return fmt.Errorf("its registry %q is not the name of a host", host)
		}
	}
	if number, err := strconv.ParseUint(port, 10, 16); ported && (err != nil || number == 0) {
		return fmt.Errorf("its registry has the port %q; it takes 1 to 65535", port)
	}
	return nil
}

func isHostLabel(label string) bool {
	return label != "" && !strings.HasPrefix(label, "-") && !strings.HasSuffix(label, "-") && !strings.ContainsFunc(label, func(r rune) bool {
		return r != '-' && !isAlphanumeric(r)
	})
}

func checkRepository(registry, repository string) error {
	full := repository
	if hub := registry == "" || registry == "docker.io" || registry == "index.docker.io"; hub && !strings.Contains(repository, "/") {
		full = "library/" + repository
	}
	switch {
	case repository == "":
		return errors.New("it has no repository")
	case len(full) > longestRepository:
		return fmt.Errorf("its repository has %d characters; it takes at most %d", len(full), longestRepository)
	case strings.ToLower(repository) != repository:
		return fmt.Errorf("its repository %q has upper-case letters", repository)
	}
	for part := range strings.SplitSeq(repository, "/") {
		if part == "" {
			return errors.New("its path has an empty part, as in a//b or a trailing slash")
		}
		if !isPathPart(part) {
			return fmt.Errorf("%q is not a part of a repository's path; it takes lower-case letters and digits, separated by '.', '_', '__' or dashes", part)
		}
	}
	return nil
}

// isPathPart reports whether a part of a path is lower-case letters and digits
// with separators between them: one dot, one or two underscores, or dashes.
func isPathPart(part string) bool {
	separator := ""
	for i, r := range part {
		if r == '.' || r == '_' || r == '-' {
			separator += string(r)
			if i == 0 || i == len(part)-1 {
				return false
			}
			continue
		}
		if r < '0' || r > '9' && r < 'a' || r > 'z' {
			return false
		}
		if separator != "" && separator != "." && separator != "_" && separator != "__" && strings.Trim(separator, "-") != "" {
			return false
		}
		separator = ""
	}
	return true
}

func isTag(tag string) bool {
	return tag != "" && len(tag) <= longestTag && tag[0] != '.' && tag[0] != '-' && !strings.ContainsFunc(tag, func(r rune) bool {
		return r != '_' && r != '.' && r != '-' && !isAlphanumeric(r)
	})
}

func checkDigest(digest string) error {
	algorithm, hex, _ := strings.Cut(digest, ":")
	switch {
	case algorithm != "sha256":
		return fmt.Errorf("its digest is %q; it takes sha256: and %d hex digits", digest, digestLength)
	case len(hex) != digestLength || !isHex(hex):
		return fmt.Errorf("its digest has %d characters after sha256:; it takes %d hex digits in lower case", len(hex), digestLength)
	}
	return nil
}

func isHex(text string) bool { return strings.Trim(text, "0123456789abcdef") == "" }

func isAlphanumeric(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
}
