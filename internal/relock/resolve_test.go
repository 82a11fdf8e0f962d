package relock

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/belay-sh/belay/internal/pin"
)

func TestUpdateOptions_Query(t *testing.T) {
	never, always := func(string) bool { return false }, func(string) bool { return true }
	plain := pin.Entry{Digest: "sha256:a"}
	both := pin.Entry{Digest: "sha256:a", Platforms: []string{"linux/amd64", "linux/arm64"}}
	single := pin.Entry{Digest: "sha256:a", Index: "sha256:i", Platforms: []string{"linux/arm64"}}
	for name, c := range map[string]struct {
		how    UpdateOptions
		old    pin.Entry
		pinned bool
		want   pin.Query // without Ref; nothing is asked if it is empty
	}{
		"new":                         {how: UpdateOptions{Update: never, Platforms: []string{"linux/amd64"}}, want: pin.Query{Platforms: []string{"linux/amd64"}}},
		"there":                       {how: UpdateOptions{Update: never}, old: both, pinned: true},
		"there, to update":            {how: UpdateOptions{Update: always}, old: both, pinned: true, want: pin.Query{Platforms: both.Platforms}},
		"there, for those it has":     {how: UpdateOptions{Update: never, Platforms: []string{"linux/arm64"}}, old: both, pinned: true},
		"there, for another platform": {how: UpdateOptions{Update: never, Platforms: []string{"linux/arm64"}}, old: plain, pinned: true, want: pin.Query{Digest: "sha256:a", Platforms: []string{"linux/arm64"}}},
		"there, to be single": {
			how: UpdateOptions{Update: never, Platforms: []string{"linux/arm64"}, Single: true}, old: both, pinned: true,
			want: pin.Query{Digest: "sha256:a", Platforms: []string{"linux/arm64"}, Single: true},
		},
		"single":            {how: UpdateOptions{Update: never}, old: single, pinned: true},
		"single, to update": {how: UpdateOptions{Update: always}, old: single, pinned: true, want: pin.Query{Platforms: single.Platforms, Single: true}},
		"single, for another platform as well": {
			how: UpdateOptions{Update: never, Platforms: []string{"linux/amd64"}}, old: single, pinned: true,
			want: pin.Query{Digest: "sha256:i", Platforms: both.Platforms},
		},
		"single, to be another": {
			how: UpdateOptions{Update: never, Platforms: []string{"linux/amd64"}, Single: true}, old: single, pinned: true,
			want: pin.Query{Digest: "sha256:i", Platforms: []string{"linux/amd64"}, Single: true},
		},
	} {
		t.Run(name, func(t *testing.T) {
			q, needed := c.how.query("web:v1", c.old, c.pinned)
			c.want.Ref = "web:v1"
			assert.Equal(t, c.want.Digest != "" || c.want.Platforms != nil, needed)
			if needed {
				assert.Equal(t, c.want, q)
			}
		})
	}
}
