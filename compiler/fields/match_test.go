package fields

import (
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/belay-sh/belay/schema"
)

// TestCookies compares the expression for a Cookie header with the headers that it
// should take, all of each, as Envoy does.
func TestCookies(t *testing.T) {
	type texts = map[string]schema.Text
	for _, tt := range []struct {
		cookies texts
		header  string
		want    bool
	}{
		{texts{"a": {Exact: "1"}}, "a=1", true},
		{texts{"a": {Exact: "1"}}, "b=2; a=1", true},
		{texts{"a": {Exact: "1"}}, "a=1; b=2", true},
		{texts{"a": {Exact: "1"}}, "a=1;b=2", true},
		{texts{"a": {Exact: "1"}}, "a=12", false},
		{texts{"a": {Exact: "1"}}, "aa=1", false},
		{texts{"a": {Exact: "1"}}, "b=a=1", false},
		{texts{"a": {Exact: "1"}}, "", false},
		{texts{"a": {Exact: "1.2"}}, "a=1.2", true},
		{texts{"a": {Exact: "1.2"}}, "a=1x2", false},
		{texts{"a.b": {Exact: "1"}}, "axb=1", false},
		{texts{"a": {Exact: "(x"}}, "a=(x", true},
		{texts{"a": {Prefix: "be"}}, "a=beta; b=2", true},
		{texts{"a": {Prefix: "be"}}, "a=b; b=e", false},
		{texts{"a": {Regex: "yes|true"}}, "b=2; a=true", true},
		{texts{"a": {Regex: "yes|true"}}, "a=yesterday", false},
		{texts{"a": {Present: true}}, "b=2; a=", true},
		{texts{"a": {Present: true}}, "b=2", false},
		{texts{"a": {Exact: "1"}, "b": {Exact: "2"}}, "a=1; b=2", true},
		{texts{"a": {Exact: "1"}, "b": {Exact: "2"}}, "b=2; a=1", true},
		{texts{"a": {Exact: "1"}, "b": {Exact: "2"}}, "x=0; b=2; y=0; a=1; z=0", true},
		{texts{"a": {Exact: "1"}, "b": {Exact: "2"}}, "a=1", false},
		{texts{"a": {Exact: "1"}, "b": {Exact: "2"}}, "a=1; b=3", false},
		{texts{"a": {Present: true}, "b": {Exact: "2"}, "c": {Prefix: "3"}}, "c=34; a=1; b=2", true},
		{texts{"a": {Present: true}, "b": {Exact: "2"}, "c": {Prefix: "3"}}, "c=34; b=2", false},
	} {
		re := regexp.MustCompile("^(?:" + cookies(tt.cookies) + ")$")
		assert.Equal(t, tt.want, re.MatchString(tt.header), "%v in %q", tt.cookies, tt.header)
	}
}
