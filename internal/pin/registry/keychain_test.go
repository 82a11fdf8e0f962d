package registry

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// helper puts a credential helper into PATH, which notes what it is asked for.
func helper(t *testing.T, name, secret string) (asked func() []string) {
	t.Helper()
	dir := t.TempDir()
	script := "#!/bin/sh\nread host\necho $host >> " + dir + "/asked\n" +
		`[ -n "` + secret + `" ] || { echo "credentials not found in native keychain"; exit 1; }` + "\n" +
		`echo "{\"ServerURL\": \"$host\", \"Username\": \"robot\", \"Secret\": \"` + secret + `\"}"` + "\n"
	require.NoError(t, os.WriteFile(filepath.Join(dir, "docker-credential-"+name), []byte(script), 0o755))
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	return func() []string {
		data, _ := os.ReadFile(filepath.Join(dir, "asked"))
		return strings.Fields(string(data))
	}
}

func found(t *testing.T, k *keychain, repository string) *authn.AuthConfig {
	t.Helper()
	r, err := name.NewRepository(repository)
	require.NoError(t, err)
	l, err := k.find(t.Context(), r)
	require.NoError(t, err)
	config, err := l.auth.Authorization()
	require.NoError(t, err)
	return config
}

func TestKeychain_HelpersAreAskedOnce(t *testing.T) {
	asked := helper(t, "vault", password)
	k, err := newKeychain(writeFile(t, `{"credHelpers": {"registry.example.com": "vault"}}`))
	require.NoError(t, err)
	for range 3 {
		assert.Equal(t, password, found(t, k, "registry.example.com/team/app").Password)
		assert.Equal(t, password, found(t, k, "registry.example.com/team/other").Password)
		assert.Empty(t, found(t, k, "elsewhere.example.com/team/app").Password)
	}
	assert.Equal(t, []string{"registry.example.com"}, asked())
}

func TestKeychain_CloudsHaveHelpers(t *testing.T) {
	ecr, gcr, acr := helper(t, "ecr-login", "aws"), helper(t, "gcloud", "google"), helper(t, "acr-env", "")
	k, err := newKeychain(writeFile(t, `{"auths": {"own.azurecr.io": {"auth": "cm9ib3Q6b3du"}}}`))
	require.NoError(t, err)
	assert.Equal(t, "aws", found(t, k, "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/app").Password)
	assert.Equal(t, "google", found(t, k, "europe-docker.pkg.dev/project/team/app").Password)
	assert.Empty(t, found(t, k, "team.azurecr.io/app").Password, "the helper has none")
	assert.Equal(t, "own", found(t, k, "own.azurecr.io/app").Password, "the configuration comes first")
	assert.Empty(t, found(t, k, "123456789012.dkr.ecr.eu-west-1.amazonaws.com.evil.example/app").Password)
	assert.Empty(t, found(t, k, "evilgcr.io/app").Password)
	assert.Len(t, ecr(), 1)
	assert.Len(t, gcr(), 1)
	assert.Equal(t, []string{"team.azurecr.io"}, acr())
}

func TestKeychain_PartsOfARegistry(t *testing.T) {
	k, err := newKeychain(writeFile(t, `{"auths": {
		"quay.io/one": {"auth": "b25lOjE="}, "quay.io/one/deep": {"auth": "ZGVlcDoy"}, "quay.io/two": {"auth": "dHdvOjM="},
		"docker.io": {"auth": "aHViOjQ="}, "https://legacy.example.com/v1/": {"auth": "b2xkOjU="}}}`))
	require.NoError(t, err)
	for repository, user := range map[string]string{
		"quay.io/one/app": "one", "quay.io/one/deep/app": "deep", "quay.io/two/app": "two", "quay.io/three/app": "",
		"quay.io/oneself/app": "", "nginx": "hub", "legacy.example.com/app": "old",
	} {
		assert.Equal(t, user, found(t, k, repository).Username, repository)
	}
}

func TestKeychain_Environment(t *testing.T) {
	t.Setenv("DOCKER_AUTH_CONFIG", `{"auths": {"registry.example.com": {"auth": "Y2k6am9i"}}}`)
	k, err := newKeychain(writeFile(t, "{}"))
	require.NoError(t, err)
	assert.Equal(t, "ci", found(t, k, "registry.example.com/app").Username)

	t.Setenv("REGISTRY_AUTH_FILE", writeFile(t, `{"auths": {"podman.example.com": {"auth": "cG9kbWFuOnA="}}}`))
	t.Setenv("HOME", t.TempDir())
	k, err = newKeychain("")
	require.NoError(t, err)
	assert.Equal(t, "podman", found(t, k, "podman.example.com/app").Username)
}
