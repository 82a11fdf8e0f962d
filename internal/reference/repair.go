package reference

import "strings"

// Repair returns the reference that a text was most likely meant to be: without
// a scheme, white space, empty parts of the path and upper-case letters. It
// returns "" if that is not a reference either, or is the text itself.
func Repair(text string) string {
	repaired := strings.TrimSpace(text)
	repaired = strings.TrimPrefix(repaired, schemeOf(repaired))
	repaired = digestSeparator(repaired)
	repaired, digest, digested := strings.Cut(repaired, "@")
	for strings.Contains(repaired, "//") {
		repaired = strings.ReplaceAll(repaired, "//", "/")
	}
	repaired = strings.Trim(repaired, "/:")
	registry, rest := splitRegistry(repaired)
	path, tag, tagged := strings.Cut(rest, ":")
	repaired = strings.ToLower(strings.TrimSuffix(path, "/"))
	if registry != "" {
		repaired = registry + "/" + repaired
	}
	if tagged {
		repaired += ":" + tag
	}
	if digested {
		repaired += repairDigest(digest, tagged)
	}
	if _, err := Parse(repaired); err != nil || repaired == text {
		return ""
	}
	return repaired
}

// repairDigest completes a digest without its algorithm, and takes what is not
// a digest for a tag, as other package managers write name@version.
func repairDigest(digest string, tagged bool) string {
	lower := strings.ToLower(digest)
	switch {
	case len(lower) == digestLength && isHex(lower):
		return "@sha256:" + lower
	case isTag(digest) && !tagged:
		return ":" + digest
	}
	return "@" + lower
}

// digestSeparator puts "@" in front of a digest that another separator is in
// front of.
func digestSeparator(text string) string {
	at := strings.LastIndex(text, "sha256:")
	if at > 1 && (text[at-1] == '/' || text[at-1] == ':') {
		return text[:at-1] + "@" + text[at:]
	}
	return text
}
