package registry

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/belay-sh/belay/internal/pin"
)

// TestExplainLine_PlainHTTP sends a request for HTTPS to a server that speaks
// HTTP, as Go's client reports it.
func TestExplainLine_PlainHTTP(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	host := server.Listener.Addr().String()
	_, err := http.Get("https://" + host)
	require.Error(t, err)
	f := pin.Failure{Registry: host}
	explainLine(&f, err)
	assert.Equal(t, "speaks plain HTTP", f.Message)
	assert.Equal(t, "if that is meant to be, allow it with --insecure-registry "+host, f.Hint)
}
