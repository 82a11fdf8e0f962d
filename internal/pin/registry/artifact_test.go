package registry

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/pin"
)

const (
	ociManifest = "application/vnd.oci.image.manifest.v1+json"
	ociIndex    = "application/vnd.oci.image.index.v1+json"
	ociConfig   = "application/vnd.oci.image.config.v1+json"
	emptyDigest = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a" // of {}
)

// A contentServer is a registry of fixed content: manifests by tag or digest,
// and blobs by digest. It counts requests by path.
type contentServer struct {
	host string

	mu    sync.Mutex
	asked map[string]int
}

// serveContent serves texts under their names and digests, as manifests and as
// blobs. A guard may answer instead.
func serveContent(t *testing.T, content map[string]string, guard func(w http.ResponseWriter, r *http.Request) bool) *contentServer {
	t.Helper()
	s := &contentServer{asked: map[string]int{}}
	byDigest := map[string]string{}
	for _, text := range content {
		byDigest[sum(text)] = text
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.asked[r.Method+" "+r.URL.Path]++
		s.mu.Unlock()
		if guard != nil && guard(w, r) || r.URL.Path == "/v2/" {
			return
		}
		name := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
		text, ok := content[name]
		if !ok {
			text, ok = byDigest[name]
		}
		if !ok {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		w.Header().Set("Content-Type", mediaTypeOf(text))
		w.Header().Set("Docker-Content-Digest", sum(text))
		fmt.Fprint(w, text)
	}))
	t.Cleanup(server.Close)
	s.host = strings.TrimPrefix(server.URL, "http://")
	return s
}

func sum(text string) string { return fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(text))) }

func mediaTypeOf(text string) string {
	if strings.Contains(text, `"manifests"`) {
		return ociIndex
	}
	return ociManifest
}

func manifestOf(config string, more ...string) string {
	return fmt.Sprintf(`{"schemaVersion": 2, "mediaType": %q, "config": {"mediaType": %q, "size": 2, "digest": %q}%s, "layers": []}`,
		ociManifest, config, emptyDigest, strings.Join(more, ""))
}

func indexText(entries ...string) string {
	return fmt.Sprintf(`{"schemaVersion": 2, "mediaType": %q, "manifests": [%s]}`, ociIndex, strings.Join(entries, ", "))
}

func entryOf(mediaType, more string) string {
	return fmt.Sprintf(`{"mediaType": %q, "size": 2, "digest": %q%s}`, mediaType, emptyDigest, more)
}

const (
	attestation = `, "platform": {"os": "unknown", "architecture": "unknown"}, "annotations": {"vnd.docker.reference.type": "attestation-manifest"}`
	onAMD64     = `, "platform": {"os": "linux", "architecture": "amd64"}`
)

func TestResolve_ArtifactsThatAreNotImages(t *testing.T) {
	layer := func(mediaType string) string {
		return strings.Replace(manifestOf(ociConfig), `"layers": []`, `"layers": [`+entryOf(mediaType, "")+`]`, 1)
	}
	content, want := map[string]string{}, map[string]string{}
	for tag, c := range map[string]struct{ manifest, what string }{
		"chart":          {manifestOf("application/vnd.cncf.helm.config.v1+json"), "a Helm chart"},
		"empty":          {manifestOf("application/vnd.oci.empty.v1+json"), "an artifact without a configuration"},
		"wasm":           {manifestOf("application/vnd.wasm.config.v0+json"), "a WebAssembly module"},
		"oras":           {manifestOf("application/vnd.unknown.config.v1+json"), "an artifact, not an image"},
		"artifact-type":  {manifestOf(ociConfig, `, "artifactType": "application/vnd.example+json"`), "an artifact, not an image"},
		"signature":      {layer("application/vnd.dev.cosign.simplesigning.v1+json"), "a signature"},
		"nothing":        {indexText(), "an index of nothing"},
		"attestations":   {indexText(entryOf(ociManifest, attestation), entryOf(ociManifest, attestation)), "an index of attestations"},
		"artifact-index": {indexText(entryOf(ociManifest, `, "artifactType": "text/x"`)), "an index of artifacts"},
		"hostile":        {manifestOf("application/\u202e" + strings.Repeat("x", 3000)), `configuration "application/\u202exx`},

		"oci":              {manifestOf(ociConfig, `, "annotations": {"org.example": "x"}`), ""},
		"docker":           {manifestOf("application/vnd.docker.container.image.v1+json"), ""},
		"zstd":             {layer("application/vnd.oci.image.layer.v1.tar+zstd"), ""},
		"docker-layer":     {layer("application/vnd.docker.image.rootfs.diff.tar.gzip"), ""},
		"with-attestation": {indexText(entryOf(ociManifest, attestation), entryOf(ociManifest, onAMD64)), ""},
		"without-platform": {indexText(entryOf(ociManifest, "")), ""},
		"crane":            {indexText(entryOf(ociManifest, onAMD64+`, "artifactType": "`+ociConfig+`"`)), ""},
		"nested":           {indexText(entryOf(ociIndex, "")), ""},
	} {
		content[tag], want[tag] = c.manifest, c.what
	}
	s := serveContent(t, content, nil)
	for tag, what := range want {
		answer := lookUp(t, Options{}, s.host, "team/web:"+tag)[0]
		if what == "" {
			assert.Nil(t, answer.Failure, tag)
			assert.Equal(t, sum(content[tag]), answer.Entry.Digest, tag)
		} else if assert.NotNil(t, answer.Failure, tag) {
			assert.Equal(t, diag.UnusableImage, answer.Failure.Code, tag)
			assert.Contains(t, answer.Failure.Message, what, tag)
			assert.Less(t, len(answer.Failure.Message), 300, tag)
		}
		assert.Equal(t, 1, s.asked["GET /v2/team/web/manifests/"+tag]+s.asked["HEAD /v2/team/web/manifests/"+tag], "%s: one request an image", tag)
	}
}

func TestResolve_IndexWithoutPlatforms(t *testing.T) {
	arm := `{"os": "linux", "architecture": "arm64", "rootfs": {"type": "layers", "diff_ids": []}}`
	silent := `{}`
	image := func(config string) string {
		return fmt.Sprintf(`{"schemaVersion": 2, "mediaType": %q, "config": {"mediaType": %q, "size": %d, "digest": %q}, "layers": []}`, ociManifest, ociConfig, len(config), sum(config))
	}
	entry := func(manifest string) string {
		return fmt.Sprintf(`{"mediaType": %q, "size": %d, "digest": %q}`, ociManifest, len(manifest), sum(manifest))
	}
	s := serveContent(t, map[string]string{
		"index": indexText(entry(image(arm)), entry(image(silent)), entryOf(ociManifest, attestation)), "single": image(silent),
		"arm": image(arm), "arm-config": arm, "silent-config": silent,
	}, nil)
	answers := func(platform string, single bool, tag string) pin.Answer {
		client, err := New(quick(Options{Config: writeFile(t, "{}")}))
		require.NoError(t, err)
		return client.Resolve(t.Context(), []pin.Query{{Ref: s.host + "/team/web:" + tag, Platforms: []string{platform}, Single: single}})[0]
	}
	for _, platform := range []string{"linux/arm64", "linux/amd64"} {
		assert.Nil(t, answers(platform, false, "index").Failure, platform)
	}
	assert.Equal(t, sum(image(arm)), answers("linux/arm64", true, "index").Entry.Digest)
	assert.Nil(t, answers("linux/amd64", false, "single").Failure, "as crane has it")
	assert.Equal(t, diag.MissingPlatform, answers("linux/s390x", false, "index").Failure.Code)
	assert.Equal(t, diag.MissingPlatform, answers("linux/arm64", false, "single").Failure.Code)
}

// TestResolve_ChallengeAtTheManifest is of a registry that lets anybody ask for
// /v2/, and protects each repository.
func TestResolve_ChallengeAtTheManifest(t *testing.T) {
	for name, c := range map[string]struct {
		password string
		tokens   int
	}{"right": {password, 1}, "wrong": {"wrong", 1}} {
		t.Run(name, func(t *testing.T) {
			tokens := 0
			var mu sync.Mutex
			guard := func(w http.ResponseWriter, r *http.Request) bool {
				switch {
				case r.URL.Path == "/v2/":
					return true
				case r.URL.Path == "/token":
					mu.Lock()
					tokens++
					mu.Unlock()
					if r.Header.Get("Authorization") != "Basic "+base64.StdEncoding.EncodeToString([]byte(user+":"+c.password)) || c.password != password {
						w.WriteHeader(http.StatusUnauthorized)
						return true
					}
					fmt.Fprint(w, `{"token": "T"}`)
					return true
				case r.Header.Get("Authorization") != "Bearer T":
					w.Header().Set("WWW-Authenticate", fmt.Sprintf(`Bearer realm="http://%s/token",service="x",scope="repository:team/web:pull"`, r.Host))
					w.WriteHeader(http.StatusUnauthorized)
					return true
				}
				return false
			}
			content := map[string]string{}
			var references []string
			for i := range 20 {
				tag := fmt.Sprint("v", i)
				content[tag] = manifestOf(ociConfig, fmt.Sprintf(`, "annotations": {"n": "%d"}`, i))
				references = append(references, "team/web:"+tag)
			}
			s := serveContent(t, content, guard)
			for i, answer := range lookUp(t, Options{Config: configFor(t, s.host)}, s.host, references...) {
				if c.password == password {
					require.Nil(t, answer.Failure, references[i])
					assert.Equal(t, sum(content[fmt.Sprint("v", i)]), answer.Entry.Digest)
				} else {
					require.NotNil(t, answer.Failure)
					assert.Contains(t, answer.Failure.Message, "refuses the credentials")
				}
			}
			assert.Equal(t, c.tokens, tokens, "one token for all; wrong credentials are not sent again")
		})
	}
}

// TestResolve_NoCredentialsAfterRedirects is of a token service that redirects
// the request with the user's refresh token to another origin.
func TestResolve_NoCredentialsAfterRedirects(t *testing.T) {
	for _, status := range []int{http.StatusMovedPermanently, http.StatusFound, http.StatusTemporaryRedirect, http.StatusPermanentRedirect} {
		var stolen []string
		var mu sync.Mutex
		thief := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_ = r.ParseForm()
			mu.Lock()
			stolen = append(stolen, r.PostForm.Encode()+r.Header.Get("Authorization"))
			mu.Unlock()
			fmt.Fprint(w, `{"token": "T"}`)
		}))
		t.Cleanup(thief.Close)
		guard := func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path == "/token" {
				http.Redirect(w, r, strings.Replace(thief.URL, "127.0.0.1", "localhost", 1)+"/steal", status)
				return true
			}
			if r.Header.Get("Authorization") == "" {
				w.Header().Set("WWW-Authenticate", fmt.Sprintf(`Bearer realm="http://%s/token",service="x"`, r.Host))
				w.WriteHeader(http.StatusUnauthorized)
				return true
			}
			return false
		}
		s := serveContent(t, map[string]string{"v1": manifestOf(ociConfig)}, guard)
		config := writeFile(t, fmt.Sprintf(`{"auths": {%q: {"identitytoken": "SECRET"}}}`, s.host))
		answer := lookUp(t, Options{Config: config}, s.host, "team/web:v1")[0]
		for _, text := range stolen {
			assert.NotContains(t, text, "SECRET", status)
		}
		if status >= http.StatusTemporaryRedirect {
			require.NotNil(t, answer.Failure, status)
			assert.Contains(t, answer.Failure.Message, "leads credentials to another host")
		}
	}
}
