package registry

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/pin"
)

func onEach(t *testing.T, test func(t *testing.T, backend string)) {
	for kind, start := range backends {
		t.Run(kind, func(t *testing.T) { test(t, start(t)) })
	}
}

func TestResolve_OneRequestAnImageAndOnePing(t *testing.T) {
	onEach(t, func(t *testing.T, backend string) {
		references := someReferences(40)
		want := fill(t, backend, references...)
		f := newFront(t, backend, nil)
		requireDigests(t, want, references, lookUp(t, Options{}, f.host, references...))
		assert.Equal(t, map[string]int{"GET ping": 1, "GET manifest": 40}, f.asked())
		assert.LessOrEqual(t, f.most, maxRequests)
	})
}

func TestResolve_TheSameImageOnce(t *testing.T) {
	backend := backends["in memory"](t)
	want := fill(t, backend, "web:latest")
	f := newFront(t, backend, nil)
	answers := lookUp(t, Options{}, f.host, "web", "web:latest", "web")
	requireDigests(t, map[string]string{"web": want["web:latest"], "web:latest": want["web:latest"]}, []string{"web", "web:latest", "web"}, answers)
	assert.Equal(t, 1, f.asked()["GET manifest"]+f.asked()["HEAD manifest"])
}

func TestResolve_TenThousandTags(t *testing.T) {
	if testing.Short() {
		t.Skip("it pushes ten thousand tags to each registry")
	}
	onEach(t, func(t *testing.T, backend string) {
		image := testImage(t, "one of many")
		digest := push(t, backend, "team/app:v0", image)
		manifest, err := image.RawManifest()
		require.NoError(t, err)
		mediaType, err := image.MediaType()
		require.NoError(t, err)
		var references []string
		want := map[string]string{}
		for i := range 10_000 {
			tag := fmt.Sprintf("v%d", i)
			put, err := http.NewRequest(http.MethodPut, "http://"+backend+"/v2/team/app/manifests/"+tag, bytes.NewReader(manifest))
			require.NoError(t, err)
			put.Header.Set("Content-Type", string(mediaType))
			answer, err := http.DefaultClient.Do(put)
			require.NoError(t, err)
			require.NoError(t, answer.Body.Close())
			require.Equal(t, http.StatusCreated, answer.StatusCode)
			references = append(references, "team/app:"+tag)
			want[references[i]] = digest
		}
		requireDigests(t, want, references, lookUp(t, Options{}, backend, references...))
	})
}

// indexOf is an index of images for platforms, in the form of a media type.
func indexOf(t *testing.T, kind types.MediaType, platforms ...string) v1.ImageIndex {
	t.Helper()
	index := mutate.IndexMediaType(empty.Index, kind)
	for _, text := range platforms {
		platform, err := v1.ParsePlatform(text)
		require.NoError(t, err)
		image := testImage(t, text)
		if kind == types.DockerManifestList {
			image = mutate.MediaType(mutate.ConfigMediaType(image, types.DockerConfigJSON), types.DockerManifestSchema2)
		} else {
			image = mutate.MediaType(mutate.ConfigMediaType(image, types.OCIConfigJSON), types.OCIManifestSchema1)
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: image, Descriptor: v1.Descriptor{Platform: platform}})
	}
	return index
}

func TestResolve_Platforms(t *testing.T) {
	onEach(t, func(t *testing.T, backend string) {
		client, err := New(quick(Options{Config: writeFile(t, "{}")}))
		require.NoError(t, err)
		digests := map[string]string{
			"oci:v1":    push(t, backend, "oci:v1", indexOf(t, types.OCIImageIndex, "linux/amd64", "linux/arm64/v8")),
			"docker:v1": push(t, backend, "docker:v1", indexOf(t, types.DockerManifestList, "linux/amd64", "linux/arm64/v8")),
			"image:v1":  push(t, backend, "image:v1", testImage(t, "image")),
		}
		ask := func(reference string, single bool, platforms ...string) pin.Answer {
			return client.Resolve(t.Context(), []pin.Query{{Ref: backend + "/" + reference, Platforms: platforms, Single: single}})[0]
		}
		for _, reference := range []string{"oci:v1", "docker:v1"} {
			for _, wanted := range [][]string{nil, {"linux/amd64"}, {"linux/amd64", "linux/arm64"}, {"linux/arm64/v8"}} {
				a := ask(reference, false, wanted...)
				require.Nil(t, a.Failure)
				assert.Equal(t, pin.Entry{Digest: digests[reference], Platforms: wanted}, a.Entry)
			}
			a := ask(reference, false, "linux/amd64", "linux/s390x", "windows/amd64")
			assert.Equal(t, diag.MissingPlatform, a.Failure.Code)
			assert.Contains(t, a.Failure.Message, "for linux/amd64, linux/arm64/v8, not for linux/s390x, windows/amd64")

			a = ask(reference, true, "linux/arm64")
			require.Nil(t, a.Failure)
			assert.Equal(t, digests[reference], a.Entry.Index)
			assert.NotEqual(t, digests[reference], a.Entry.Digest)
			b := client.Resolve(t.Context(), []pin.Query{{Ref: backend + "/" + reference, Digest: a.Entry.Digest, Platforms: []string{"linux/amd64"}}})[0]
			require.Nil(t, b.Failure, "the manifest is there, by its digest")
			assert.Equal(t, a.Entry.Digest, b.Entry.Digest)
		}
		assert.Equal(t, pin.Entry{Digest: digests["image:v1"], Platforms: []string{"linux/amd64"}}, ask("image:v1", false, "linux/amd64").Entry)
		assert.Equal(t, diag.MissingPlatform, ask("image:v1", false, "linux/arm64").Failure.Code)
	})
}

func TestResolve_ImagesThatAreNotThere(t *testing.T) {
	onEach(t, func(t *testing.T, backend string) {
		fill(t, backend, "web:v1")
		absent := "@sha256:5ea96ba4b872685ff4ddb5cd8d1a97ec18c18fae79ee8df0d29f446c5efe5f50"
		for i, a := range lookUp(t, Options{}, backend, "web:v2", "none:v1", "web"+absent) {
			require.NotNil(t, a.Failure, "answer %d", i)
			assert.Equal(t, diag.ImageNotFound, a.Failure.Code)
			assert.Equal(t, backend, a.Failure.Registry)
			assert.Contains(t, a.Failure.Message, "404")
		}
	})
}

// TestResolve_NoMoreThan32InAll answers no request before as many have come as may be
// open at once. The pause that follows decides nothing as long as no more come: without
// it, a client without a limit might pass.
func TestResolve_NoMoreThan32InAll(t *testing.T) {
	var open, most atomic.Int32
	full := make(chan struct{})
	gathered := sync.OnceFunc(func() {
		time.AfterFunc(100*time.Millisecond, func() { close(full) }) // for one more to come that must not
	})
	held := func(w http.ResponseWriter, r *http.Request, kind string, _ int, next http.Handler) {
		if kind == "manifest" {
			now := open.Add(1)
			defer open.Add(-1)
			for old := most.Load(); now > old && !most.CompareAndSwap(old, now); old = most.Load() {
			}
			if now >= maxRequests {
				gathered()
			}
			<-full
		}
		next.ServeHTTP(w, r)
	}
	backend := backends["in memory"](t)
	references := someReferences(60)
	fill(t, backend, references...)
	client, err := New(quick(Options{Config: writeFile(t, "{}")}))
	require.NoError(t, err)
	var queries []pin.Query
	for range 3 {
		f := newFront(t, backend, held)
		for _, r := range references {
			queries = append(queries, pin.Query{Ref: f.host + "/" + r})
		}
	}
	for _, a := range client.Resolve(t.Context(), queries) {
		require.Nil(t, a.Failure)
	}
	assert.Equal(t, int32(maxRequests), most.Load())
}

func TestResolve_Interrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	f := newFront(t, "127.0.0.1:9", func(w http.ResponseWriter, r *http.Request, kind string, count int, _ http.Handler) {
		if kind == "manifest" {
			cancel()
			<-r.Context().Done()
		}
	})
	client, err := New(quick(Options{Config: writeFile(t, "{}")}))
	require.NoError(t, err)
	var queries []pin.Query
	for _, r := range someReferences(50) {
		queries = append(queries, pin.Query{Ref: f.host + "/" + r})
	}
	for _, a := range client.Resolve(ctx, queries) {
		assert.Contains(t, a.Failure.Message, "was not waited for")
	}
}

// roundTripper is a function as a transport.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestResolve_DockerHub(t *testing.T) {
	backend := backends["in memory"](t)
	references := []string{"nginx", "docker.io/nginx:latest", "index.docker.io/library/nginx"}
	for i := range 40 {
		references = append(references, fmt.Sprintf("docker.io/team/app-%d:v1", i))
		fill(t, backend, fmt.Sprintf("team/app-%d:v1", i))
	}
	nginx := fill(t, backend, "library/nginx:latest")["library/nginx:latest"]
	f := newFront(t, backend, nil)
	client, err := New(quick(Options{Config: writeFile(t, "{}")}))
	require.NoError(t, err)
	client.transport = roundTripper(func(r *http.Request) (*http.Response, error) {
		assert.Equal(t, "https://index.docker.io", r.URL.Scheme+"://"+r.URL.Host)
		led := r.Clone(r.Context())
		led.URL.Scheme, led.URL.Host, led.Host = "http", f.host, ""
		resp, err := http.DefaultTransport.RoundTrip(led)
		if err == nil {
			resp.Request = r
		}
		return resp, err
	})
	var queries []pin.Query
	for _, r := range references {
		queries = append(queries, pin.Query{Ref: r})
	}
	for i, a := range client.Resolve(t.Context(), queries) {
		require.Nil(t, a.Failure, references[i])
		if i < 3 {
			assert.Equal(t, nginx, a.Entry.Digest)
		}
	}
	assert.Equal(t, map[string]int{"GET ping": 1, "HEAD manifest": 41}, f.asked(), "no GET, which counts against the limit; nginx once")
	assert.LessOrEqual(t, f.most, maxHubRequests)
}
