package reference

import (
	"strings"
	"testing"

	upstream "github.com/distribution/reference"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const digest = "sha256:5ea96ba4b872685ff4ddb5cd8d1a97ec18c18fae79ee8df0d29f446c5efe5f50"

func TestParse(t *testing.T) {
	for text, want := range map[string]Reference{
		"nginx":                                  {Repository: "nginx"},
		"a":                                      {Repository: "a"},
		"nginx:1.27":                             {Repository: "nginx", Tag: "1.27"},
		"team/app:v1":                            {Repository: "team/app", Tag: "v1"},
		"docker.io/nginx":                        {Registry: "docker.io", Repository: "nginx"},
		"localhost/app":                          {Registry: "localhost", Repository: "app"},
		"localhost:5000/app:v1":                  {Registry: "localhost:5000", Repository: "app", Tag: "v1"},
		"Registry.example.com/web":               {Registry: "Registry.example.com", Repository: "web"},
		"127.0.0.1:5000/a_b__c/d-e---f":          {Registry: "127.0.0.1:5000", Repository: "a_b__c/d-e---f"},
		"app@" + digest:                          {Repository: "app", Digest: digest},
		"r.io/team/app:v1@" + digest:             {Registry: "r.io", Repository: "team/app", Tag: "v1", Digest: digest},
		"web:" + strings.Repeat("t", longestTag): {Repository: "web", Tag: strings.Repeat("t", longestTag)},
		"r.io/" + strings.Repeat("a", longestRepository): {Registry: "r.io", Repository: strings.Repeat("a", longestRepository)},
	} {
		got, err := Parse(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, got, text)
	}
}

// TestParse_BareDigest has digests without the image that they are of, which a
// kubelet reads as a repository called sha256, and what only looks like one.
func TestParse_BareDigest(t *testing.T) {
	for text, bare := range map[string]bool{
		digest:                                true,
		"r.io/web/" + digest:                  true,
		"sha512:" + strings.Repeat("a", 128):  true,
		"sha256:v1":                           false,
		"r.io/sha256:" + digest[7:19]:         false,
		"sha256@" + digest:                    false,
		"web:" + digest[7:]:                   false,
		"sha256:" + strings.Repeat("g", 64):   false,
		"sha256:" + digest[7:] + "@" + digest: false,
	} {
		_, err := Parse(text)
		if bare {
			assert.ErrorContains(t, err, "digest", text)
		} else {
			assert.NoError(t, err, text)
		}
	}
}

func TestRepair(t *testing.T) {
	for text, want := range map[string]string{
		"docker://r.io/web@" + digest:         "r.io/web@" + digest,
		"DOCKER://r.io/Web:V1":                "r.io/web:V1",
		"containerd://docker.io/team/web":     "docker.io/team/web",
		" r.io/web:v1\n":                      "r.io/web:v1",
		"https://r.io//team///web/:v1":        "r.io/team/web:v1",
		"r.io/web/":                           "r.io/web",
		"r.io/web:":                           "r.io/web",
		"r.io/web@v1":                         "r.io/web:v1",
		"r.io/web@" + digest[7:]:              "r.io/web@" + digest,
		"r.io/web@" + strings.ToUpper(digest): "r.io/web@" + digest,
		"r.io/web/" + digest:                  "r.io/web@" + digest,
		"r.io/web:" + digest:                  "r.io/web@" + digest,
		"r.io/web:v1:" + digest:               "r.io/web:v1@" + digest,
		digest:                                "",
		"Localhost:5000/Web":                  "Localhost:5000/web",
		"r.io/web:v1":                         "",
		"r.io/web@sha256:5ea9":                "",
		"oci://":                              "",
		"":                                    "",
		"http://r.io/web?tag=v1":              "",
	} {
		assert.Equal(t, want, Repair(text), text)
	}
}

// strict are what Parse rejects although both of the parsers that it follows
// take it: a registry that no program reaches, and digests of an algorithm
// that a lock does not have.
var strict = []string{"is not the name of a host", "has the port", "is an IPv6 address", "its digest is", "has a single letter", "it is a digest", "its digest follows", "ASCII characters only"}

// agree compares Parse with what a kubelet and the webhook say of a text.
func agree(t *testing.T, text string) {
	_, err := Parse(text)
	_, kubelet := upstream.ParseNormalizedNamed(text)
	_, webhook := name.ParseReference(text, name.WeakValidation)
	if err == nil {
		assert.NoError(t, kubelet, "a kubelet can't parse %q", text)
		assert.NoError(t, webhook, "the webhook can't parse %q", text)
		return
	}
	for _, reason := range strict {
		if strings.Contains(err.Error(), reason) {
			return
		}
	}
	assert.False(t, kubelet == nil && webhook == nil, "a kubelet and the webhook parse %q, which is rejected: %v", text, err)
}

// unusual are references at the edges of the grammar, valid and not.
var unusual = []string{
	"", "a", "web", "r.io/a", "r.io/web:", ":v1", "@" + digest, "r.io/", "/web", "r.io//web", "a//b", "a/b/", "web:v1:v2", "web:v+1", "web:-1", "web:.1", "web:_1",
	"docker://web", "oci://r.io/web", "https://r.io/web@" + digest, "[fd00::3]:5000/web", "[fd00::3]/web:v1", "r.io:99999/web", "r.io:0/web", "r.io:/web", "r.io:5000x/web",
	"r..io/web", "r.io./web", ".r.io/web", "-o.io/web", "o-.io/web", "ex_ample.com/web", "my_registry:5000/web", "LOCALHOST/web", "Localhost:5000/web", "Foo/web", "foo/Web",
	"_/web", "a_/web", "a__b", "a___b", "a..b", "a.-b", "a---b", "-a", "a-", "r.io/a._b", "ſ/web", "r.io/ｗeb", "web\x00", "web\u200b", "r.io/web ", "web@v1",
	digest, "r.io/web/" + digest, "sha512:" + strings.Repeat("a", 128), "web@sha256:" + strings.Repeat("A", 64), "web@sha256:aa", "web@sha512:" + strings.Repeat("a", 128), "web@" + digest + "@" + digest, "web:v1@" + digest,
	strings.Repeat("a", 64), "r.io/" + strings.Repeat("a", 64), "team/" + strings.Repeat("a", 64), strings.Repeat("a", 64) + ":v1", strings.Repeat("a", 63),
	"r.io/" + strings.Repeat("a/", 127) + "b", "r.io/" + strings.Repeat("a/", 128) + "b", "web:" + strings.Repeat("t", 128), "web:" + strings.Repeat("t", 129),
	strings.Repeat("a", 255), strings.Repeat("a", 256), "xn--e1afmkfd.example.com/web", "1.2.3.4/web", "docker.io/library/a", "index.docker.io/web",
}

func TestParse_AsAKubeletAndTheWebhookDo(t *testing.T) {
	for _, text := range unusual {
		agree(t, text)
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range unusual {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		agree(t, text)
		if repaired := Repair(text); repaired != "" {
			_, err := Parse(repaired)
			assert.NoError(t, err, "the repair of %q", text)
		}
	})
}
