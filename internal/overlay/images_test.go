package overlay

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/belay-sh/belay/internal/pin"
)

func TestPin(t *testing.T) {
	const deployment = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    spec:
      initContainers: [{name: setup, image: "registry.example.com/setup:v1"}]
      containers:
      - {name: web, image: "registry.example.com/web:v1"}
      - {name: done, image: "registry.example.com/done@` + digest + `"}
      - {name: none}
`
	const setup, web = `image: "registry.example.com/setup@` + digest, `image: "registry.example.com/web@` + digest
	for name, c := range map[string]struct {
		stream string
		has    []string
		want   []string
	}{
		"all": {deployment, []string{setup, web, `belay.sh/images: '{"setup":"registry.example.com/setup:v1","web":"registry.example.com/web:v1"}'`}, nil},
		"one that the lock lacks": {edited(t, deployment, "web:v1", "web:v2"), []string{setup, "web:v2", `belay.sh/images: '{"setup":"registry.example.com/setup:v1"}'`}, []string{
			"error[missing-pin] Deployment/web spec.template.spec.containers[0].image: the lock has no digest for registry.example.com/web:v2"}},
		"one that is not valid": {edited(t, deployment, "/web:v1", "/Web:v1"), []string{setup}, []string{
			`error[invalid-image] Deployment/web spec.template.spec.containers[0].image: "registry.example.com/Web:v1" is not a valid image reference`}},
		"a note of others": {edited(t, deployment, "{name: web}", `{name: web, annotations: {belay.sh/images: '{"sidecar":"a:v1"}'}}`), []string{`{"setup":"registry.example.com/setup:v1","sidecar":"a:v1","web":`}, nil},
		"a note that is not JSON": {edited(t, deployment, "{name: web}", "{name: web, annotations: {belay.sh/images: '{'}}"), []string{"setup:v1"}, []string{
			"error[invalid-annotation] Deployment/web metadata.annotations: belay.sh/images is not JSON"}},
		"a list of another name": {"{apiVersion: v1, kind: ConfigMap, metadata: {name: web}, data: {images: [{image: \"registry.example.com/web:v1\"}]}}\n", []string{"web:v1"}, nil},
		"at any depth":           {"{apiVersion: example.com/v1, kind: Job, metadata: {name: web}, spec: {steps: [{pod: {containers: [{name: a, image: \"registry.example.com/web:v1\"}]}}]}}\n", []string{web}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			lock := pin.NewLock()
			for _, ref := range []string{"registry.example.com/web:v1", "registry.example.com/setup:v1"} {
				lock.Images[ref] = pin.Entry{Digest: digest}
			}
			objects := parse(t, c.stream)
			findings, err := Pin(objects, lock)
			require.NoError(t, err)
			found := lines(findings)
			require.Len(t, found, len(c.want), "%v", found)
			for i, want := range c.want {
				assert.Contains(t, found[i], want)
			}
			for _, part := range c.has {
				assert.Contains(t, text(t, objects), part)
			}
		})
	}
}
