package compiler

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/belay-sh/belay/internal/pin"
	"github.com/belay-sh/belay/internal/target"
)

// A lock of version 1 names no releases, and what it pinned was compiled for the
// defaults of its time. A newer belay keeps to those, unless the caller wants its
// own defaults.
func TestOverrides_OfFormerLocks(t *testing.T) {
	former, current := pin.NewLock(), pin.NewLock()
	former.Version = 1
	locked := map[string]target.Releases{"": {Knative: "1.15"}}
	current.Targets = locked
	for name, c := range map[string]struct {
		lock     *pin.Lock
		ignore   bool
		defaults target.Releases
		locked   map[string]target.Releases
	}{
		"of version 1":                 {lock: former, defaults: target.BeforeLocks, locked: map[string]target.Releases{}},
		"of version 1, to be released": {lock: former, ignore: true},
		"of this version":              {lock: current, locked: locked},
		"none":                         {},
	} {
		r := &run{opts: Options{IgnoreLockedReleases: c.ignore}}
		got := r.overrides(c.lock)
		assert.Equal(t, c.defaults, got.Defaults, name)
		assert.Equal(t, c.locked, got.Locked, name)
	}
}
