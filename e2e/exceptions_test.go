package e2e

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
)

// exception is what this cluster cannot show of a case, by a case's name.
type exception struct {
	reason  string
	skipped bool     // is not applied at all
	unready string   // a word of why something does not become Ready
	added   []string // fields that the webhook adds to the Service, as paths with dots
}

// exceptions are all of them: one that a case does not need fails it.
var exceptions = map[string]exception{
	"rollback-b": {
		reason:  "a step of a rollout, which goes on from the one before: TestRollback takes all three",
		unready: "RevisionMissing",
	},
	"release-match-tls": {
		reason:  "strategy service, with half of its past: the Service that made revision a is not in it",
		unready: "RevisionMissing",
	},
	"bad/unrecorded-revision": {
		reason:  "belay warns of just that: traffic goes to a revision that this cluster never had",
		unready: "RevisionMissing",
	},
	"bad/identical-revisions-service": {
		reason:  "belay warns of it beside the identical templates: the Service that made revision v1 is not in it",
		unready: "RevisionMissing",
	},
	"platform-article": {
		reason:  "an install of Knative 0.26 over this cluster's own 1.23, from files at URLs",
		skipped: true,
	},
	"platform-manifests": {
		reason:  "an install of Knative 1.19 over this cluster's own 1.23",
		skipped: true,
	},
	"old-target": {
		reason: "Knative 0.26 has no responseStartTimeoutSeconds, and 1.23 adds it where timeoutSeconds is above 300",
		added:  []string{"spec.template.spec.responseStartTimeoutSeconds"},
	},
}

func TestExceptions_AreOfCases(t *testing.T) {
	all := bundles(t)
	for name := range exceptions {
		assert.True(t, slices.ContainsFunc(all, func(b bundle) bool { return b.name == name }), "no case %s", name)
	}
}
