package registry

import (
	"cmp"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/pin"
)

// reset answers with the beginning of a manifest, and breaks the connection.
func reset(w http.ResponseWriter) {
	conn, out, err := w.(http.Hijacker).Hijack()
	if err != nil {
		panic(err)
	}
	_, _ = io.WriteString(out, "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.oci.image.manifest.v1+json\r\nContent-Length: 5000\r\n\r\n{\"schemaVersion\": 2, ")
	_ = out.Flush()
	_ = conn.Close()
}

// trickle sends a byte now and then, until the client has had enough.
func trickle(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/vnd.oci.image.manifest.v1+json")
	for range 1000 {
		if _, err := io.WriteString(w, " "); err != nil || r.Context().Err() != nil {
			return
		}
		w.(http.Flusher).Flush()
		time.Sleep(20 * time.Millisecond)
	}
}

// altered passes a request on, and changes the header of the answer.
func altered(w http.ResponseWriter, r *http.Request, next http.Handler, change func(http.Header)) {
	answer := httptest.NewRecorder()
	next.ServeHTTP(answer, r)
	change(answer.Header())
	for name, values := range answer.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes())
}

const wrongDigest = "sha256:5ea96ba4b872685ff4ddb5cd8d1a97ec18c18fae79ee8df0d29f446c5efe5f50"

// TestResolve_ThroughFaultsThatPass puts faults before a registry that go away:
// every image gets the digest that it has.
func TestResolve_ThroughFaultsThatPass(t *testing.T) {
	manifest := func(f serverFault) serverFault {
		return func(w http.ResponseWriter, r *http.Request, kind string, count int, next http.Handler) {
			if kind != "manifest" {
				next.ServeHTTP(w, r)
				return
			}
			f(w, r, kind, count, next)
		}
	}
	for name, fault := range map[string]serverFault{
		"429 with Retry-After": func(w http.ResponseWriter, r *http.Request, _ string, count int, next http.Handler) {
			if count == 2 {
				w.Header().Set("Retry-After", "1")
				w.WriteHeader(http.StatusTooManyRequests)
				return
			}
			next.ServeHTTP(w, r)
		},
		"429 with Retry-After, a date that is over": func(w http.ResponseWriter, r *http.Request, _ string, count int, next http.Handler) {
			if count < 5 {
				w.Header().Set("Retry-After", "Tue, 15 Nov 1994 08:12:31 GMT")
				w.WriteHeader(http.StatusTooManyRequests)
				return
			}
			next.ServeHTTP(w, r)
		},
		"429 without": func(w http.ResponseWriter, r *http.Request, _ string, count int, next http.Handler) {
			if count%5 == 0 {
				w.WriteHeader(http.StatusTooManyRequests)
				return
			}
			next.ServeHTTP(w, r)
		},
		"503 every third": func(w http.ResponseWriter, r *http.Request, _ string, count int, next http.Handler) {
			if count%3 == 0 {
				w.WriteHeader(http.StatusServiceUnavailable)
				return
			}
			next.ServeHTTP(w, r)
		},
		"408 and 502 at the ping": func(w http.ResponseWriter, r *http.Request, kind string, count int, next http.Handler) {
			if kind == "ping" && count < 3 {
				w.WriteHeader([]int{0, http.StatusRequestTimeout, http.StatusBadGateway}[count])
				return
			}
			next.ServeHTTP(w, r)
		},
		"reset mid-body": manifest(func(w http.ResponseWriter, r *http.Request, _ string, count int, next http.Handler) {
			if r.Method == http.MethodGet && count < 3 {
				reset(w)
				return
			}
			next.ServeHTTP(w, r)
		}),
		"reset without an answer": func(w http.ResponseWriter, r *http.Request, _ string, count int, next http.Handler) {
			if count%4 == 0 {
				panic(http.ErrAbortHandler)
			}
			next.ServeHTTP(w, r)
		},
		"slow-loris": manifest(func(w http.ResponseWriter, r *http.Request, _ string, count int, next http.Handler) {
			if r.Method == http.MethodGet && count == 1 {
				trickle(w, r)
				return
			}
			next.ServeHTTP(w, r)
		}),
		"HEAD refused": manifest(func(w http.ResponseWriter, r *http.Request, _ string, _ int, next http.Handler) {
			if r.Method == http.MethodHead {
				w.WriteHeader(http.StatusMethodNotAllowed)
				return
			}
			next.ServeHTTP(w, r)
		}),
		"HEAD without a digest": manifest(func(w http.ResponseWriter, r *http.Request, _ string, _ int, next http.Handler) {
			altered(w, r, next, func(h http.Header) { h.Del("Docker-Content-Digest") })
		}),
		"HEAD of another kind": manifest(func(w http.ResponseWriter, r *http.Request, _ string, _ int, next http.Handler) {
			altered(w, r, next, func(h http.Header) {
				if r.Method == http.MethodHead {
					h.Set("Content-Type", "text/html")
				}
			})
		}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onEach(t, func(t *testing.T, backend string) {
				references := someReferences(30)
				want := fill(t, backend, references...)
				f := newFront(t, backend, fault)
				var opts Options
				if name == "slow-loris" {
					// On a busy machine other requests may take that long, too, but not each time.
					opts = Options{Attempt: 200 * time.Millisecond, Tries: 100}
				}
				requireDigests(t, want, references, lookUp(t, opts, f.host, references...))
			})
		})
	}
}

// TestResolve_FaultsThatLast puts faults before a registry that stay: no image
// gets a digest, and each failure says which registry, what it did, and what
// to do.
func TestResolve_FaultsThatLast(t *testing.T) {
	always := func(status int) serverFault {
		return func(w http.ResponseWriter, r *http.Request, kind string, _ int, next http.Handler) {
			if kind == "manifest" {
				w.WriteHeader(status)
				return
			}
			next.ServeHTTP(w, r)
		}
	}
	for name, c := range map[string]struct {
		fault         serverFault
		message, hint string
		code          diag.Code
		most          int           // manifest requests for each of the images
		attempt       time.Duration // how long one request may take; 20 s if not set, which no busy machine needs
	}{
		"429": {fault: always(http.StatusTooManyRequests), message: "takes no more requests for now (429 Too Many Requests)", hint: "--mirror", most: 4},
		"429 with a long Retry-After": {
			fault: func(w http.ResponseWriter, r *http.Request, kind string, count int, next http.Handler) {
				w.Header().Set("Retry-After", "3600")
				w.WriteHeader(http.StatusTooManyRequests)
			},
			message: "takes no more requests for now", hint: "--mirror",
		},
		"503":               {fault: always(http.StatusServiceUnavailable), message: "is not working (503 Service Unavailable, again and again)", hint: "try later", most: 4},
		"403":               {fault: always(http.StatusForbidden), message: "wants credentials, or does not have the image (403 Forbidden)", hint: "docker login", most: 2},
		"418":               {fault: always(http.StatusTeapot), message: "does not answer as a registry does (418", hint: "no proxy is in between", most: 2},
		"reset mid-body":    {fault: onGet(func(w http.ResponseWriter, _ *http.Request) { reset(w) }), message: "can't be reached: unexpected EOF", hint: "see to the network", most: 4},
		"slow-loris":        {fault: onGet(trickle), message: "no whole answer in the time of a request", hint: "see to the network", most: 4, attempt: time.Second},
		"too long":          {fault: onGet(endless), message: "an answer of more than 4 MiB", most: 1},
		"a page of a proxy": {fault: onGet(page), message: "has \"text/html; charset=utf-8\", which is not an image", code: diag.UnusableImage, most: 1},
		"schema 1":          {fault: onGet(schema1), message: "has a manifest of schema 1", hint: "build the image again", code: diag.UnusableImage, most: 1},
		"lying Docker-Content-Digest": {
			fault: func(w http.ResponseWriter, r *http.Request, _ string, _ int, next http.Handler) {
				altered(w, r, next, func(h http.Header) { h.Set("Docker-Content-Digest", wrongDigest) })
			},
			message: "and said \"" + wrongDigest, hint: "can't be believed", most: 1,
		},
		"401 in a circle": {
			fault: func(w http.ResponseWriter, r *http.Request, _ string, _ int, _ http.Handler) {
				if r.URL.Path == "/token" {
					_, _ = io.WriteString(w, `{"token": "never-good-enough"}`)
					return
				}
				w.Header().Set("WWW-Authenticate", `Bearer realm="http://`+r.Host+`/token",service="test"`)
				w.WriteHeader(http.StatusUnauthorized)
			},
			message: "wants credentials", hint: "docker login", most: 4,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			backend := backends["in memory"](t)
			fill(t, backend, "team/app:v1")
			f := newFront(t, backend, c.fault)
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
			defer cancel()
			client, err := New(Options{Config: writeFile(t, "{}"), Backoff: time.Millisecond, Tries: 4, Attempt: cmp.Or(c.attempt, 20*time.Second)})
			require.NoError(t, err)
			a := client.Resolve(ctx, []pin.Query{{Ref: f.host + "/team/app:v1"}})[0]
			require.NotNil(t, a.Failure)
			assert.Empty(t, a.Entry)
			assert.Equal(t, c.code, a.Failure.Code)
			assert.Equal(t, f.host, a.Failure.Registry)
			assert.Contains(t, a.Failure.Message, c.message)
			assert.Contains(t, a.Failure.Hint, c.hint)
			assert.NotEmpty(t, a.Failure.Hint)
			assert.LessOrEqual(t, f.asked()["GET manifest"]+f.asked()["HEAD manifest"], c.most)
		})
	}
}

// TestResolve_NoRegistry looks images up at a host that has something else.
func TestResolve_NoRegistry(t *testing.T) {
	f := newFront(t, "127.0.0.1:9", func(w http.ResponseWriter, r *http.Request, _ string, _ int, _ http.Handler) { http.NotFound(w, r) })
	for _, a := range lookUp(t, Options{}, f.host, someReferences(30)...) {
		require.NotNil(t, a.Failure)
		assert.Empty(t, a.Failure.Code, "the images are not to blame")
		assert.Contains(t, a.Failure.Message, "does not answer as a registry does (404 Not Found)")
	}
	assert.Equal(t, map[string]int{"GET ping": 1}, f.asked())
}

// onGet answers requests for a manifest's content.
func onGet(answer http.HandlerFunc) serverFault {
	return func(w http.ResponseWriter, r *http.Request, kind string, _ int, next http.Handler) {
		if kind == "manifest" && r.Method == http.MethodGet {
			answer(w, r)
			return
		}
		next.ServeHTTP(w, r)
	}
}

func page(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = io.WriteString(w, "<html>Welcome to the hotel. Please log in.</html>")
}

func schema1(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/vnd.docker.distribution.manifest.v1+prettyjws")
	w.Header().Set("Docker-Content-Digest", wrongDigest) // of the part that is signed
	_, _ = io.WriteString(w, `{"schemaVersion": 1, "fsLayers": [], "signatures": []}`)
}

func endless(w http.ResponseWriter, _ *http.Request) {
	chunk := strings.Repeat(" ", 64<<10)
	for range 2 * maxAnswer / len(chunk) {
		if _, err := io.WriteString(w, chunk); err != nil {
			return
		}
	}
}

// TestResolve_AsksNoMoreWhenToldToWait lets a registry say once that it wants
// to be left alone: what is not under way then, waits.
func TestResolve_AsksNoMoreWhenToldToWait(t *testing.T) {
	backend := backends["in memory"](t)
	references := someReferences(100)
	want := fill(t, backend, references...)
	var until atomic.Int64
	var early atomic.Int32
	f := newFront(t, backend, func(w http.ResponseWriter, r *http.Request, kind string, count int, next http.Handler) {
		switch {
		case r.Method == http.MethodHead && count == 1:
			until.Store(time.Now().Add(time.Second).UnixNano())
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusTooManyRequests)
			return
		case kind == "manifest" && time.Now().UnixNano() < until.Load():
			early.Add(1)
			// As long as this one is not answered, nothing follows it.
			time.Sleep(time.Until(time.Unix(0, until.Load())))
		}
		next.ServeHTTP(w, r)
	})
	requireDigests(t, want, references, lookUp(t, Options{}, f.host, references...))
	assert.Less(t, early.Load(), int32(maxRequests), "only what was under way beside the first")
}

func TestEncrypted(t *testing.T) {
	passed := roundTripper(func(*http.Request) (*http.Response, error) { return &http.Response{}, nil })
	e := &encrypted{inner: passed, opts: Options{Insecure: []string{"registry.example.com", "10.0.0.1:5000"}}}
	for url, allowed := range map[string]bool{
		"https://registry.example.org/v2/":     true,
		"http://registry.example.org/v2/":      false,
		"http://10.0.0.2/v2/":                  false,
		"http://192.168.1.1:5000/v2/":          false,
		"http://metadata.localhost.evil/v2/":   false,
		"http://127.0.0.1:5000/v2/":            true,
		"http://127.8.8.8/v2/":                 true,
		"http://localhost:5000/v2/":            true,
		"http://[::1]:5000/v2/":                true,
		"http://registry.example.com/v2/":      true,
		"http://registry.example.com:5000/v2/": true,
		"http://10.0.0.1:5000/v2/":             true,
		"http://10.0.0.1:5001/v2/":             false,
		"ftp://registry.example.org/v2/":       false,
	} {
		r, err := http.NewRequest(http.MethodGet, url, nil)
		require.NoError(t, err)
		_, err = e.RoundTrip(r)
		assert.Equal(t, allowed, err == nil, url)
	}
}
