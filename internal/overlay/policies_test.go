package overlay

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/belay-sh/belay/compiler/meshpolicy"
)

// guarded returns an app with a policy that belay noted on its Service.
func guarded(t *testing.T) string {
	t.Helper()
	const policy = `apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata:
  name: web
  namespace: shop
  labels: {app.kubernetes.io/managed-by: belay, app.kubernetes.io/name: web}
  annotations: {belay.sh/spec: v1alpha1}
spec:
  mtls: {mode: STRICT}
  selector: {matchLabels: {serving.knative.dev/service: web}}
`
	data, err := parse(t, policy)[0].MarshalJSON()
	require.NoError(t, err)
	note := `belay.sh/policies: '{"` + meshpolicy.Key("PeerAuthentication", "shop", "web") + `":"` + meshpolicy.Hash(data) + `"}'`
	return edited(t, service, "belay.sh/spec: v1alpha1", "belay.sh/spec: v1alpha1, "+note, "belay.sh/app: web", `belay.sh/app: web, sidecar.istio.io/inject: "true"`) + "---\n" + policy
}

func TestVet_Policies(t *testing.T) {
	const changed = "error[lost-policy] PeerAuthentication/web spec: the policy of app web is not the one that belay wrote"
	for name, c := range map[string]struct {
		oldnew []string
		want   []string
	}{
		"as it was":           {nil, nil},
		"the order of fields": {[]string{"  mtls: {mode: STRICT}\n  selector: {matchLabels: {serving.knative.dev/service: web}}", "  selector: {matchLabels: {serving.knative.dev/service: web}}\n  mtls: {mode: STRICT}"}, nil},
		"a weaker mode":       {[]string{"STRICT", "PERMISSIVE"}, []string{changed}},
		"no mode":             {[]string{"  mtls: {mode: STRICT}\n", ""}, []string{changed}},
		"other pods": {[]string{"serving.knative.dev/service: web", "serving.knative.dev/service: api"}, []string{changed,
			"error[lost-policy] PeerAuthentication/web spec.selector.matchLabels: it does not select the pods of Service web: these have no label serving.knative.dev/service: api"}},
		"gone": {[]string{"PeerAuthentication\nmetadata:\n  name: web", "PeerAuthentication\nmetadata:\n  name: other"}, []string{
			"error[lost-policy] Service/web metadata.annotations: the policy PeerAuthentication/shop/web of app web is gone"}},
		"a note that is not JSON": {[]string{`'{"PeerAuthentication`, `'x{"PeerAuthentication`}, []string{
			"error[lost-policy] Service/web metadata.annotations: the annotation belay.sh/policies is not what belay wrote: invalid character 'x' looking for beginning of value"}},
		"pods without a sidecar": {[]string{`inject: "true"`, `inject: "false"`}, []string{
			`error[lost-policy] Service/web spec.template.metadata.labels: a policy of app web would be void: the pods get no sidecar: the label sidecar.istio.io/inject is "false"`}},
		"a dry run": {[]string{"name: web}\n  annotations: {belay.sh/spec: v1alpha1}\nspec:\n  mtls", "name: web}\n  annotations: {belay.sh/spec: v1alpha1, istio.io/dry-run: \"true\"}\nspec:\n  mtls"}, []string{
			"error[lost-policy] PeerAuthentication/web metadata.annotations: a policy of app web would be void: it has istio.io/dry-run: Istio does not enforce it"}},
		"while kustomize renames": {[]string{"  name: web\n", "  name: o-web\n", "belay.sh/spec: v1alpha1", "belay.sh/spec: v1alpha1, internal.config.kubernetes.io/previousNames: web"}, nil},
	} {
		t.Run(name, func(t *testing.T) { assert.ElementsMatch(t, c.want, vetted(t, edited(t, guarded(t), c.oldnew...))) })
	}
}

// TestFinalize_PolicyNote notes policies under the names that an overlay gave them,
// so that the objects are valid afterwards.
func TestFinalize_PolicyNote(t *testing.T) {
	renamed := edited(t, guarded(t), "  name: web\n", "  name: o-web\n", "belay.sh/spec: v1alpha1", "belay.sh/spec: v1alpha1, internal.config.kubernetes.io/previousNames: web")
	out, found := finalized(t, renamed)
	assert.Empty(t, found)
	assert.Contains(t, out, `"PeerAuthentication/shop/o-web":"`)
	assert.NotContains(t, out, `"PeerAuthentication/shop/web"`)
}
