package frontend

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/belay-sh/belay/internal/target"
)

func flagName(setting string) string { return "--" + setting }

func TestProcess_Options(t *testing.T) {
	dir := t.TempDir()
	p := Process{Dir: dir}
	opts, err := p.Options(Request{
		Tags: []string{"env=prod"}, Apps: []string{"shop/web"}, Target: "prod", Namespace: "shop",
		Knative: "1.22", Istio: "1.30", Lock: "locks/belay.lock", Bounds: Bounds{Policy: "tenant"},
	}, flagName)
	require.NoError(t, err)
	assert.Equal(t, dir, opts.Dir)
	assert.Equal(t, []string{"env=prod"}, opts.Tags)
	assert.Equal(t, []string{"shop/web"}, opts.Apps)
	assert.Equal(t, "prod", opts.Target)
	assert.Equal(t, []string{"shop", "1.22", "1.30"}, []string{opts.Namespace, opts.Knative, opts.Istio})
	assert.Equal(t, filepath.Join(dir, "locks", "belay.lock"), opts.LockFile)
	assert.Equal(t, "tenant", opts.Policy)
	assert.Equal(t, Generous, opts.Limits)

	opts, err = p.Options(Request{}, flagName)
	require.NoError(t, err)
	assert.Empty(t, opts.LockFile, "the nearest lock")
}

// A mistake is reported under the name that the host has for the setting.
func TestProcess_Options_Rejected(t *testing.T) {
	parameter := func(setting string) string { return "the parameter " + setting + ":" }
	for _, test := range []struct {
		request Request
		name    func(string) string
		want    string
	}{
		{Request{Knative: "9.9"}, flagName, "--target-knative 9.9 is not a release that belay knows; it knows 0.26"},
		{Request{Istio: "one"}, flagName, "--target-istio one is not a release that belay knows; it knows 1.12"},
		{Request{Istio: "one"}, parameter, "the parameter target-istio: one is not a release"},
		{Request{Namespace: "Team_A"}, flagName, "--namespace Team_A is not the name of a namespace, such as team-a"},
		{Request{Namespace: "a/b"}, parameter, "the parameter namespace: a/b is not the name of a namespace"},
		{Request{Bounds: Bounds{Root: "nowhere"}}, flagName, "nowhere"},
	} {
		_, err := Process{Dir: t.TempDir()}.Options(test.request, test.name)
		assert.ErrorContains(t, err, test.want)
	}
}

func TestCheckRelease(t *testing.T) {
	assert.NoError(t, CheckRelease("", target.Knatives), "left to the spec")
	for _, v := range target.Knatives {
		assert.NoError(t, CheckRelease(v.String(), target.Knatives))
	}
	assert.Error(t, CheckRelease("1.31", target.Knatives), "a release of the other product")
}
