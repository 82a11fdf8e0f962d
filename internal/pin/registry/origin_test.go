package registry

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/belay-sh/belay/internal/pin"
)

// answers is a transport that answers without a network.
type answers func(r *http.Request) *http.Response

func (a answers) RoundTrip(r *http.Request) (*http.Response, error) { return a(r), nil }

func redirectTo(r *http.Request, location string) *http.Response {
	return &http.Response{
		StatusCode: http.StatusFound, Status: "302 Found", Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r,
		Header: http.Header{"Location": {location}}, Body: io.NopCloser(strings.NewReader("")),
	}
}

// TestResolve_Redirects is of a registry that redirects without end. A client
// tries plain HTTP beside HTTPS, which is not what is wrong.
func TestResolve_Redirects(t *testing.T) {
	for name, c := range map[string]struct {
		location func(r *http.Request) string
		want     string
	}{
		"to itself": {func(r *http.Request) string { return r.URL.String() }, "redirects requests in a circle, by way of registry.example.com"},
		"two hosts": {func(r *http.Request) string {
			return map[string]string{"registry.example.com": "https://mirror.example.com/v2/", "mirror.example.com": "https://registry.example.com/v2/"}[r.URL.Host]
		}, "redirects requests in a circle, by way of registry.example.com"},
		"ever further": {func(r *http.Request) string {
			n, _ := strconv.Atoi(r.URL.Query().Get("n"))
			return fmt.Sprintf("https://registry.example.com/v2/?n=%d", n+1)
		}, "redirects requests more than 8 times, the last time to registry.example.com"},
		"to plain HTTP": {func(r *http.Request) string { return "http://mirror.example.com/v2/" }, "leads to plain HTTP at mirror.example.com"},
	} {
		t.Run(name, func(t *testing.T) {
			client, err := New(quick(Options{Config: writeFile(t, "{}")}))
			require.NoError(t, err)
			requests := 0
			client.transport = &boundedRedirects{inner: &encrypted{inner: answers(func(r *http.Request) *http.Response {
				requests++
				return redirectTo(r, c.location(r))
			})}}
			failure := client.Resolve(t.Context(), []pin.Query{{Ref: "registry.example.com/web:v1"}})[0].Failure
			require.NotNil(t, failure)
			assert.Equal(t, c.want, failure.Message)
			assert.LessOrEqual(t, requests, 20)
		})
	}
}
