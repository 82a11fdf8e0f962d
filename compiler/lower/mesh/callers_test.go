package mesh

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	security "istio.io/api/security/v1beta1"

	"github.com/belay-sh/belay/schema"
)

func TestDeniedOperations(t *testing.T) {
	for name, c := range map[string]struct {
		entries []schema.Caller
		want    []*security.Operation
	}{
		"everything is admitted":     {[]schema.Caller{{Paths: []string{"/a"}}, {}}, nil},
		"paths":                      {[]schema.Caller{{Paths: []string{"/a"}}, {Paths: []string{"/b"}}}, []*security.Operation{{NotPaths: []string{"/a", "/b"}}}},
		"a method, on all paths":     {[]schema.Caller{{Methods: []string{"GET"}}}, []*security.Operation{{NotMethods: []string{"GET"}}}},
		"a method more than a path":  {[]schema.Caller{{Paths: []string{"/a"}}, {Methods: []string{"GET"}}}, []*security.Operation{{NotMethods: []string{"GET"}, NotPaths: []string{"/a"}}}},
		"a path for some methods":    {[]schema.Caller{{Methods: []string{"GET", "HEAD"}, Paths: []string{"/a"}}}, []*security.Operation{{Methods: []string{"GET", "HEAD"}, NotPaths: []string{"/a"}}, {NotMethods: []string{"GET", "HEAD"}}}},
		"other paths for each":       {[]schema.Caller{{Methods: []string{"GET"}, Paths: []string{"/a"}}, {Methods: []string{"PUT"}, Paths: []string{"/b"}}}, []*security.Operation{{Methods: []string{"GET"}, NotPaths: []string{"/a"}}, {Methods: []string{"PUT"}, NotPaths: []string{"/b"}}, {NotMethods: []string{"GET", "PUT"}}}},
		"one entry of many is wider": {[]schema.Caller{{Methods: []string{"GET"}, Paths: []string{"/a"}}, {Methods: []string{"GET"}}}, []*security.Operation{{NotMethods: []string{"GET"}}}},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, c.want, deniedOperations(c.entries)) })
	}
}

// TestDeniedOperations_GrowsWithMethods gives a caller an entry for each of many paths:
// the policy grows with the methods, not with the ways to miss them all.
func TestDeniedOperations_GrowsWithMethods(t *testing.T) {
	var entries []schema.Caller
	for i := range 100 {
		entries = append(entries, schema.Caller{Methods: []string{"GET", "POST"}, Paths: []string{fmt.Sprintf("/api/%d", i)}})
	}
	assert.Len(t, deniedOperations(entries), 2)
}
