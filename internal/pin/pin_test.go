package pin

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

const (
	sumA = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	sumB = "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
)

func TestPinned(t *testing.T) {
	for _, c := range []struct{ ref, digest, want string }{
		{"nginx", sumA, "nginx@" + sumA},
		{"nginx:1.27", sumA, "nginx@" + sumA},
		{"localhost:5000/app", sumA, "localhost:5000/app@" + sumA},
		{"localhost:5000/app:v1", sumA, "localhost:5000/app@" + sumA},
		{"example.com/app@" + sumB, "", "example.com/app@" + sumB},
		{"example.com/app:v1@" + sumB, "", "example.com/app@" + sumB},
		{"example.com/app:v1", "", "example.com/app:v1"},
	} {
		assert.Equal(t, c.want, Pinned(c.ref, c.digest))
	}
}

func TestHasDigest(t *testing.T) {
	for ref, want := range map[string]bool{"nginx": false, "a.example.com/team/app:v1": false, "app@" + sumA: true, "app:v1@" + sumA: true} {
		got, err := HasDigest(ref)
		assert.NoError(t, err, ref)
		assert.Equal(t, want, got, ref)
	}
	for _, ref := range []string{"Upper/case", "a b", "example.com/x:v1", "app:", "app@sha256:short"} {
		_, err := HasDigest(ref)
		assert.Error(t, err, ref)
	}
}
