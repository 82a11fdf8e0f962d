package naming

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestRevision(t *testing.T) {
	for _, c := range []struct{ app, id, hash string }{
		{"web", "v1", "1a2b3c4d"},
		{"web-shop", "a-b", "00000000"},
		{"w", "1", "ffffffff"},
	} {
		name := Revision(c.app, c.id, c.hash)
		stem, hash, ok := CutRevision(name)
		assert.True(t, ok, name)
		assert.Equal(t, c.app+"-"+c.id, stem)
		assert.Equal(t, c.hash, hash)
		assert.True(t, IsRevisionOf(name, c.app, c.id))
		assert.False(t, IsRevisionOf(name, c.app, c.id+"x"))
		assert.False(t, IsRevisionOf(name, "x"+c.app, c.id))
	}
}

func TestCutRevision_OtherNames(t *testing.T) {
	for _, name := range []string{
		"", "-", "web", "web-00001", "web-v1-1a2b3c4", "web-v1-1a2b3c4d5", "web-v1-1A2B3C4D", "web-v1-1a2b3c4g", "-1a2b3c4d", "1a2b3c4d", "web-v1-1a2b3c4d-",
	} {
		_, _, ok := CutRevision(name)
		assert.False(t, ok, name)
	}
	assert.True(t, IsRevisionOf("web-a-b-1a2b3c4d", "web", "a-b"))
	assert.False(t, IsRevisionOf("web-a-b-1a2b3c4d", "web", "a"), "the revision has another id")
}

func TestNumberedRevisions(t *testing.T) {
	patterns := NumberedRevisions("web-v1")
	assert.Len(t, patterns, 10)
	assert.Equal(t, "web-v1-0*", patterns[0])
	assert.Equal(t, "web-v1-9*", patterns[9])
	for _, pattern := range patterns {
		owner, rest, ok := CutNumberedRevisions(pattern)
		assert.True(t, ok, pattern)
		assert.Equal(t, "web-v1", owner)
		assert.Equal(t, pattern, owner+rest)
	}
	for _, other := range []string{"", "*", "-0*", "0*", "web", "web-0", "web-a*", "web0*", "web-00*", "web-0*,"} {
		_, _, ok := CutNumberedRevisions(other)
		assert.False(t, ok, other)
	}
}

func TestNamespaceValues(t *testing.T) {
	for _, value := range NamespaceValues("shop") {
		namespace, rest := CutNamespaceValue(value)
		assert.Equal(t, "shop", namespace)
		assert.Equal(t, value, namespace+rest)
	}
	assert.Equal(t, "request.headers[Knative-Serving-Namespace]", HeaderKey(NamespaceHeader))
}

func TestNamespaceHosts(t *testing.T) {
	for _, pattern := range NamespaceHosts("shop") {
		before, namespace, after, ok := CutNamespaceHosts(pattern)
		assert.True(t, ok, pattern)
		assert.Equal(t, "shop", namespace)
		assert.Equal(t, pattern, before+namespace+after)
	}
	for _, other := range []string{"", "*", "*.shop", "*.example.com", "web.shop.svc.cluster.local", "*.web.shop.svc.cluster.local", "*.shop.svc.example.com"} {
		_, _, _, ok := CutNamespaceHosts(other)
		assert.False(t, ok, other)
	}
}
