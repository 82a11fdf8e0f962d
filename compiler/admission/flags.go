package admission

import (
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/target"
)

// flagViolations replaces the violations by fields that need a flag of
// Knative's with one for each field, which names the flag. Upstream's validation
// lists such fields in one message without the flags, and repeats some of them
// in a message of their own, which is left out.
func flagViolations(t *target.Target, violations []Violation) (out []Violation) {
	var repeated []Violation
	flagged := false
	for _, v := range violations {
		list, ok := strings.CutPrefix(v.Message, "must not set the field(s): ")
		switch {
		case strings.Contains(v.Message, ", but found "):
			repeated = append(repeated, v)
		case !ok:
			out = append(out, v)
		default:
			for at := range strings.SplitSeq(list, ", ") {
				field := flaggedField(t, at)
				flagged = flagged || field.Code == diag.FeatureDisabled || field.Code == diag.UnsupportedField
				if !isNewer(t, at) { // releaseViolations reports it
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

// flaggedField is the violation of a field at a path in an object that needs a flag.
func flaggedField(t *target.Target, at string) Violation {
	field := path.Base(strings.ReplaceAll(at, ".", "/"))
	flag := fieldFlag(t, field)
	switch since, ok := target.FlagSince(flag); {
	case !ok:
		return Violation{Path: at, Code: diag.RejectedByAdmission, By: Release, Message: "Knative does not accept " + at}
	case !t.Knative.AtLeast(since):
		return unsupported(t, at, "Knative %s has no %s; its flag %s came with %s", t.Knative, field, flag, since)
	}
	return Violation{Path: at, Code: diag.FeatureDisabled, By: Release,
		Message: fmt.Sprintf("%s needs Knative's flag %s, which is %s at the target", field, flag, t.Flag(flag)),
		Hint:    fmt.Sprintf("enable it in the cluster's config-features, and say so: target: config: features: %q: \"enabled\"", flag)}
}

// isNewer reports whether a field at a path in an object came with a later
// release than the target's.
func isNewer(t *target.Target, at string) bool {
	field := strings.TrimPrefix(indices().ReplaceAllString(at, ""), "spec.template.spec.")
	_, later := target.FieldSince(field)
	return later && !t.HasField(field)
}

var indices = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\[\d+\]`) })

// fieldFlag returns the flag that a field of a pod needs: its words are those of
// the field. It returns "" if there is none.
func fieldFlag(t *target.Target, field string) string {
	for _, flag := range slices.Sorted(maps.Keys(t.FlagStates())) {
		words, ok := strings.CutPrefix(flag, "kubernetes.podspec-")
		if ok && strings.EqualFold(strings.ReplaceAll(strings.TrimPrefix(words, "volumes-"), "-", ""), field) {
			return flag
		}
	}
	return ""
}
