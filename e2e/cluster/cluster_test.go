package cluster

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestObjects(t *testing.T) {
	objects, err := Objects([]byte("---\n# a comment\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {priority: 1}\n---\n"))
	require.NoError(t, err)
	require.Len(t, objects, 1)
	assert.Equal(t, "Pod /a", Name(objects[0]))
	assert.Equal(t, map[string]any{"priority": int64(1)}, objects[0].Object["spec"], "numbers as the API server's")

	_, err = Objects([]byte("a: [\n"))
	assert.Error(t, err)
}

func TestPlaceOf(t *testing.T) {
	for kind, want := range map[string]place{
		"Deployment": leftOut, "CustomResourceDefinition": definition, "ConfigMap": base, "MutatingWebhookConfiguration": webhook,
	} {
		objects, err := Objects([]byte("apiVersion: v1\nkind: " + kind + "\n"))
		require.NoError(t, err)
		assert.Equal(t, want, placeOf(objects[0]), kind)
	}
}

func TestNewPKI(t *testing.T) {
	p, err := newPKI(t.TempDir())
	require.NoError(t, err)
	cert, err := tls.LoadX509KeyPair(p.certFile, p.keyFile)
	require.NoError(t, err)
	roots := x509.NewCertPool()
	require.True(t, roots.AppendCertsFromPEM(p.ca))
	_, err = cert.Leaf.Verify(x509.VerifyOptions{Roots: roots, DNSName: "127.0.0.1"})
	assert.NoError(t, err)
}

func TestFreePorts(t *testing.T) {
	p, err := freePorts()
	require.NoError(t, err)
	l, err := net.Listen("tcp", net.JoinHostPort("", "0"))
	require.NoError(t, err)
	defer l.Close()
	assert.False(t, free(l.Addr().(*net.TCPAddr).Port))
	assert.True(t, free(p.base))
}

func TestProcess(t *testing.T) {
	p, err := start(t.TempDir(), "sleeper", []string{"WORD=awake"}, "sh", "-c", "echo $WORD; sleep 60 & wait")
	require.NoError(t, err)
	require.Eventually(t, func() bool { return p.tail() == "\tawake" }, 10*time.Second, 10*time.Millisecond)
	p.stop(10 * time.Second)
	select {
	case <-p.ended:
	default:
		t.Error("it has not ended")
	}
}

func TestEdited_WhatIsNotThereOnceIsAnError(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module example.com/a\n\ngo 1.26\n"), 0o644))
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "cmd/b"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "cmd/b/main.go"), []byte("package main\n\nfunc main() { println(1, 1) }\n"), 0o644))
	assert.NoError(t, edited{"example.com/a/cmd/b", []string{"main()", "main( )"}}.copy(t.Context(), dir))
	assert.ErrorContains(t, edited{"example.com/a/cmd/b", []string{"1", "2"}}.copy(t.Context(), dir), "2 times")
}

func TestReadManifests(t *testing.T) {
	objects, err := readManifests()
	require.NoError(t, err)
	kinds := map[string]int{}
	for _, o := range objects {
		kinds[o.GetKind()+" "+o.GetName()]++
	}
	for _, name := range []string{
		"CustomResourceDefinition services.serving.knative.dev",
		"CustomResourceDefinition knativeservings.operator.knative.dev",
		"CustomResourceDefinition authorizationpolicies.security.istio.io",
		"Service webhook",
	} {
		assert.Equal(t, 1, kinds[name], name)
	}
}
