package lower

import (
	"fmt"
	"path"
	"regexp"
	"strings"

	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
)

// flagRefusals names the flags that refused fields stand behind. Upstream's
// validation lists such fields in one message without the flags, and repeats
// some of them in a message of their own, which is left out.
func flagRefusals(t *target.Target, refused []refusal) (out []refusal) {
	var repeated []refusal
	flagged := false
	for _, r := range refused {
		list, ok := strings.CutPrefix(r.message, "must not set the field(s): ")
		switch {
		case strings.Contains(r.message, ", but found "):
			repeated = append(repeated, r)
		case !ok:
			out = append(out, r)
		default:
			for at := range strings.SplitSeq(list, ", ") {
				field := flaggedField(t, at)
				flagged = flagged || field.code == diag.FeatureDisabled || field.code == diag.UnsupportedField
				if !isNewer(t, at) { // releaseRefusals reports it
					out = append(out, field)
				}
			}
		}
	}
	if !flagged {
		out = append(out, repeated...)
	}
	return out
}

// flaggedField refuses a field at a path in an object.
func flaggedField(t *target.Target, at string) refusal {
	field := path.Base(strings.ReplaceAll(at, ".", "/"))
	flag := fieldFlag(t, field)
	switch since, ok := target.FlagSince(flag); {
	case !ok:
		return refusal{path: at, code: diag.InvalidPatch, message: "Knative does not accept " + at}
	case !t.Knative.AtLeast(since):
		return unsupported(t, at, "Knative %s has no %s; its flag %s came with %s", t.Knative, field, flag, since)
	}
	return refusal{path: at, code: diag.FeatureDisabled,
		message: fmt.Sprintf("%s needs Knative's flag %s, which is %s at the target", field, flag, t.Flag(flag)),
		hint:    fmt.Sprintf("enable it in the cluster's config-features, and say so: target: config: features: %q: \"enabled\"", flag)}
}

// isNewer reports whether a field at a path in an object came with a later
// release than the target's.
func isNewer(t *target.Target, at string) bool {
	field := strings.TrimPrefix(indices.ReplaceAllString(at, ""), "spec.template.spec.")
	_, later := target.FieldSince(field)
	return later && !t.HasField(field)
}

var indices = regexp.MustCompile(`\[\d+\]`)

// fieldFlag is the flag that a field of a pod stands behind: its words are
// those of the field. It returns "" if there is none.
func fieldFlag(t *target.Target, field string) string {
	for _, flag := range ir.Sorted(t.FlagStates()) {
		words, ok := strings.CutPrefix(flag, "kubernetes.podspec-")
		if ok && strings.EqualFold(strings.ReplaceAll(strings.TrimPrefix(words, "volumes-"), "-", ""), field) {
			return flag
		}
	}
	return ""
}
