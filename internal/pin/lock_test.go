package pin

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/target"
)

// unusual are references whose text YAML or a regular expression could trip on.
var unusual = map[string]string{ // to the tag
	"nginx": "", "nginx:1.27": "1.27", "no": "", "12:30": "30",
	"localhost:5000/app": "", "localhost:5000/app:v1": "v1",
	"registry.cn-hangzhou.aliyuncs.com/acs/helloworld-go:160e4dc8":   "160e4dc8",
	"registry.example.com/" + strings.Repeat("deep/", 40) + "app:v1": "v1",
}

func unusualLock() *Lock {
	l := NewLock()
	for ref := range unusual {
		l.Images[ref] = Entry{Digest: sumA, Platforms: []string{"linux/amd64", "linux/arm64"}}
	}
	l.Apps["-/-/web"] = App{Kind: "Service", Revisions: map[string]string{"web-a-1": sumA}}
	return l
}

func TestLock_Encode(t *testing.T) {
	l := NewLock()
	l.Images["web:v1"] = Entry{Digest: sumA, Platforms: []string{"linux/amd64"}}
	l.Images["no"] = Entry{Digest: sumB}
	l.Images["one:v1"] = Entry{Digest: sumA, Index: sumB, Platforms: []string{"linux/arm64"}}
	l.Modules["corp.example/lib@v0.1.0"] = sumA
	l.Targets[""] = target.Releases{Knative: "1.23", Istio: "1.31"}
	l.Targets["prod"] = target.Releases{Istio: "1.20"}
	l.Apps["prod/shop/web"] = App{Kind: "Service", Revisions: map[string]string{"web-b-2": sumB, "web-a-1": sumA}}
	l.Apps["-/-/api"] = App{Kind: "Route", Tracks: map[string]string{"v1": sumA}}
	l.Apps["-/-/plain"] = App{Kind: "Service"}
	assert.Equal(t, `version: 2
images:
  "no":
    digest: `+sumB+`
  one:v1:
    index: `+sumB+`
    digest: `+sumA+`
    platforms: [linux/arm64]
  web:v1:
    digest: `+sumA+`
    platforms: [linux/amd64]
modules:
  corp.example/lib@v0.1.0: `+sumA+`
targets:
  "":
    knative: "1.23"
    istio: "1.31"
  prod:
    istio: "1.20"
apps:
  -/-/api:
    kind: Route
    tracks:
      v1: `+sumA+`
  -/-/plain:
    kind: Service
  prod/shop/web:
    kind: Service
    revisions:
      web-a-1: `+sumA+`
      web-b-2: `+sumB+`
`, string(l.Encode()))
}

// TestLock_RenovateFindsEveryImage applies the regular expression of the
// documentation to a lock.
func TestLock_RenovateFindsEveryImage(t *testing.T) {
	page, err := os.ReadFile("../../docs/pins.md")
	require.NoError(t, err)
	block := regexp.MustCompile("(?s)```json\n(.*?)```").FindSubmatch(page)
	require.NotNil(t, block)
	var config struct {
		CustomManagers []struct{ ManagerFilePatterns, MatchStrings []string }
	}
	require.NoError(t, json.Unmarshal(block[1], &config))
	manager := config.CustomManagers[0]

	file := regexp.MustCompile(strings.Trim(manager.ManagerFilePatterns[0], "/"))
	assert.True(t, file.MatchString("deploy/"+LockName))
	assert.False(t, file.MatchString("my"+LockName))

	l := unusualLock()
	l.Images["single:v1"] = Entry{Digest: sumA, Index: sumB, Platforms: []string{"linux/amd64"}}
	found := map[string]string{}
	form := regexp.MustCompile(manager.MatchStrings[0])
	for _, m := range form.FindAllStringSubmatch(string(l.Encode()), -1) {
		part := func(name string) string { return m[form.SubexpIndex(name)] }
		assert.Equal(t, sumA, part("currentDigest"))
		ref := part("depName")
		if tag := part("currentValue"); tag != "" {
			ref += ":" + tag
		}
		found[ref] = part("currentValue")
	}
	assert.Equal(t, unusual, found)
}

func TestConflicts(t *testing.T) {
	assert.Empty(t, Conflicts("belay.lock", unusualLock().Encode()))
	diags := Conflicts("belay.lock", []byte("a\n<<<<<<< HEAD\r\nb\n||||||| base\nc\n=======\nd\n>>>>>>> x\ne\n<<<<<<< HEAD\n"))
	require.Len(t, diags, 2)
	assert.Equal(t, diag.LockConflict, diags[0].Code)
	assert.Equal(t, "belay.lock:2:1", diags[0].At.String())
	assert.Equal(t, 13, diags[0].At.End.Column)
	assert.Len(t, diags[0].Related, 3)
	assert.Equal(t, "belay.lock:10:1", diags[1].At.String())
}

// FuzzScalar compares what is written without the library with what the library
// writes.
func FuzzScalar(f *testing.F) {
	for ref := range unusual {
		f.Add(ref)
	}
	for _, text := range []string{"-/-/web", "prod/shop/web", "-/a", "-", "--/a", "a/", "/a", "1/2", "0x1/0", "a/b: c", "a/b:c", "a/b #c", "a/b#c", "a:/b", "~/a", "2001-01-01/a", "a/é", "a/b\nc"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !isPlainPath(text) {
			t.Skip()
		}
		data, err := yaml.Marshal(text)
		require.NoError(t, err)
		assert.Equal(t, string(data), scalar(text)+"\n")
	})
}

func TestIsDigest(t *testing.T) {
	hex := strings.Repeat("0123456789abcdef", 4)
	assert.True(t, IsDigest("sha256:"+hex))
	for _, wrong := range []string{"", "sha256:", hex, "sha256:" + hex[1:], "sha256:" + hex + "0", "sha256:" + strings.ToUpper(hex), "sha256:g" + hex[1:], "sha512:" + hex, "sha256:" + hex[1:] + "\n", " sha256:" + hex[1:], "sha256:sha256:" + hex} {
		assert.False(t, IsDigest(wrong), "%q", wrong)
	}
}
