package registry

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/belay-sh/belay/internal/pin"
)

func TestLocate_OnMirrors(t *testing.T) {
	client, err := New(Options{Config: writeFile(t, "{}"), Mirrors: []Mirror{
		{"docker.io", "mirror.example.com"},
		{"docker.io/library", "mirror.example.com/official"},
		{"ghcr.io", "harbor.example.com/ghcr"},
		{"registry.example.com/team", "localhost:5000/copies"},
	}})
	require.NoError(t, err)
	for from, to := range map[string]string{
		"nginx":                          "mirror.example.com/official/nginx:latest",
		"docker.io/nginx:1.27":           "mirror.example.com/official/nginx:1.27",
		"index.docker.io/team/app:v1":    "mirror.example.com/team/app:v1",
		"ghcr.io/org/app:v1":             "harbor.example.com/ghcr/org/app:v1",
		"quay.io/org/app:v1":             "quay.io/org/app:v1",
		"registry.example.com/team/a:v1": "localhost:5000/copies/a:v1",
		"registry.example.com/teams/a":   "registry.example.com/teams/a:latest",
	} {
		ref, err := client.locate(pin.Query{Ref: from})
		require.NoError(t, err)
		assert.Equal(t, to, ref.Name(), from)
	}
}

func TestLocate_PlainHTTP(t *testing.T) {
	client, err := New(Options{Config: writeFile(t, "{}"), Insecure: []string{"registry.example.com"}, Mirrors: []Mirror{{"ghcr.io", "registry.example.com:5000"}}})
	require.NoError(t, err)
	for from, scheme := range map[string]string{"registry.example.com/app": "http", "ghcr.io/org/app": "http", "quay.io/org/app": "https"} {
		ref, err := client.locate(pin.Query{Ref: from})
		require.NoError(t, err)
		assert.Equal(t, scheme, ref.Context().Scheme(), from)
	}
}

func TestParseMirror(t *testing.T) {
	m, err := ParseMirror("docker.io=harbor.example.com:8443/hub/")
	require.NoError(t, err)
	assert.Equal(t, Mirror{"docker.io", "harbor.example.com:8443/hub"}, m)
	for _, text := range []string{"", "docker.io", "=x.example.com", "docker.io=", "docker.io=https://x.example.com", "docker.io=a b", "docker.io=x.example.com/UPPER"} {
		_, err := ParseMirror(text)
		assert.Error(t, err, text)
	}
}
