package cluster

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
	"github.com/belay-sh/belay/schema"
)

// TestCheckMagicDNS has addresses with the domains that sslip.io answers for,
// as Knative's default-domain job forms them; "" where there is none.
func TestCheckMagicDNS(t *testing.T) {
	for ip, want := range map[string]string{
		"203.0.113.7":            "203.0.113.7.sslip.io",
		"2a01:4f8:c17:b8f::2":    "2a01-4f8-c17-b8f--2.sslip.io",
		"2a01:04f8:c17:b8f:0::2": "2a01-4f8-c17-b8f--2.sslip.io",
		"::1":                    "",
		"2001:db8::":             "",
		"1.2.3":                  "",
		"256.1.1.1":              "",
	} {
		at := target.Default()
		diags := checkMagicDNS(at, &ir.Node{Name: "sslip", Kind: schema.String, Text: ip})
		assert.Equal(t, want, at.Domain, ip)
		assert.Equal(t, want == "", diags.HasErrors(), ip)
	}
}
