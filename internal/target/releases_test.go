package target

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestServingModule(t *testing.T) {
	assert.Equal(t, "knative.dev/serving@v0.26.0", ServingModule(Version{0, 26}))
	assert.Equal(t, "knative.dev/serving@v0.27.0", ServingModule(Version{1, 0}))
	assert.Equal(t, "knative.dev/serving@v0.50.0", ServingModule(Version{1, 23}))
}

func TestIstioModule(t *testing.T) {
	assert.Equal(t, "istio.io/api@v1.20.0", IstioModule(Version{1, 12}), "the first stands for the releases before it")
	assert.Equal(t, "istio.io/api@v1.22.0", IstioModule(Version{1, 23}), "a release without a module has the one before it")
	assert.Equal(t, "istio.io/api@v1.24.0", IstioModule(Version{1, 24}))
	assert.Equal(t, "istio.io/api@v1.31.1", IstioModule(Version{1, 31}))
	assert.Equal(t, "istio.io/api@v1.32.0", IstioModule(Version{1, 32}))
}

// TestReleases_AreInOrder validates the lists, of which the first and the last
// entries are the oldest and the newest.
func TestReleases_AreInOrder(t *testing.T) {
	older := func(a, b Version) int {
		if a == b {
			return 0
		} else if a.AtLeast(b) {
			return 1
		}
		return -1
	}
	assert.True(t, slices.IsSortedFunc(Knatives, older))
	assert.True(t, slices.IsSortedFunc(Istios, older))
	assert.Contains(t, Knatives, Default().Knative)
	assert.Contains(t, Istios, Default().Istio)
	assert.Contains(t, Istios, istioModules[len(istioModules)-1].since, "a module without a release")
	assert.NotEmpty(t, Default().Patches(), "the default release cannot be installed: belay has no checksums of its manifests")
}

// TestReleases_HaveChecksums looks up each module that the tables and the tests
// read where "make release" writes the checksums.
func TestReleases_HaveChecksums(t *testing.T) {
	sums, err := os.ReadFile("../../golden/modules/sums/go.sum")
	require.NoError(t, err)
	modules := slices.Clone(OperatorModules)
	for _, v := range Knatives {
		modules = append(modules, ServingModule(v))
	}
	for _, v := range Istios {
		modules = append(modules, IstioModule(v))
	}
	for _, module := range modules {
		assert.Contains(t, string(sums), "\n"+strings.Replace(module, "@", " ", 1)+" h1:", module)
	}
}

// TestSettings_AreOfTheNewestRelease compares the generated table with the list of
// releases: "make release" has run since the newest came, so that no key ends
// with a release that is not in the list.
func TestSettings_AreOfTheNewestRelease(t *testing.T) {
	newest := Knatives[len(Knatives)-1]
	table, err := os.ReadFile("table.go")
	require.NoError(t, err)
	read := regexp.MustCompile(`up to Knative (\S+)\.\n`).FindSubmatch(table)
	require.NotNil(t, read)
	assert.Equal(t, newest.String(), string(read[1]), "run: make release")
}
