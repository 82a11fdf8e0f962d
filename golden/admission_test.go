package golden_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"github.com/belay-sh/belay/golden/admission"
	"github.com/belay-sh/belay/internal/target"
)

// TestCorpus_CRDsLeaveItAlone holds every object to the CRDs of its own
// target's releases: no unknown field, no default, nothing invalid.
func TestCorpus_CRDsLeaveItAlone(t *testing.T) {
	for _, f := range fixtures(t) {
		_, m, diags := f.compile(t)
		if diags.HasErrors() {
			continue
		}
		t.Run(f.Name, func(t *testing.T) {
			crds, err := admission.At(f.target(t))
			require.NoError(t, err)
			for _, o := range m.Objects {
				if !isKubernetes(o.APIVersion) {
					assert.Empty(t, crds.Admit(o.JSON), "%s %s", o.Kind, o.Name)
				}
			}
		})
	}
}

// isKubernetes reports whether an API is Kubernetes' own, without CRDs.
func isKubernetes(apiVersion string) bool {
	group, _, named := strings.Cut(apiVersion, "/")
	return !named || !strings.Contains(group, ".") || strings.HasSuffix(group, ".k8s.io")
}

// TestArgoCD_TakesTheApplications holds the Applications to Argo CD's CRD.
func TestArgoCD_TakesTheApplications(t *testing.T) {
	crds, err := admission.At(target.Default())
	require.NoError(t, err)
	applications := 0
	for _, f := range fixtures(t) {
		if !f.ArgoCD {
			continue
		}
		files, _, _ := f.compile(t)
		for document := range bytes.SplitSeq(files["argocd.yaml"], []byte("\n---\n")) {
			o, err := yaml.YAMLToJSON(document)
			require.NoError(t, err)
			assert.Empty(t, crds.Admit(o), f.Name)
			applications++
		}
	}
	assert.Positive(t, applications)
}

// TestAdmission_Finds has an object with one of each that an API server finds.
func TestAdmission_Finds(t *testing.T) {
	crds, err := admission.At(target.Default())
	require.NoError(t, err)
	object := func(kind, spec string) []byte {
		return []byte(`{"apiVersion": "serving.knative.dev/v1", "kind": "` + kind + `", "metadata": {"name": "web", "namespace": "default"}, "spec": ` + spec + `}`)
	}
	for name, c := range map[string]struct {
		object []byte
		want   string
	}{
		"an unknown field": {object("Route", `{"trafic": []}`), "unknown field spec.trafic"},
		"a default":        {object("Configuration", `{"template": {"spec": {"containers": [{"image": "a", "ports": [{"containerPort": 80}]}]}}}`), `"protocol":"TCP"`},
		"a wrong type":     {object("Route", `{"traffic": [{"percent": "all"}]}`), `spec.traffic[0].percent: Invalid value: "string"`},
		"a wrong name":     {[]byte(`{"apiVersion": "serving.knative.dev/v1", "kind": "Route", "metadata": {"name": "Web", "namespace": "default"}}`), "metadata.name: Invalid value"},
		"an unserved kind": {[]byte(`{"apiVersion": "serving.knative.dev/v1alpha1", "kind": "DomainMapping"}`), "no CRD serves serving.knative.dev/v1alpha1 DomainMapping"},
		"a rule in CEL": {[]byte(`{"apiVersion": "security.istio.io/v1", "kind": "PeerAuthentication", "metadata": {"name": "web", "namespace": "default"},
			"spec": {"portLevelMtls": {"8012": {"mode": "STRICT"}}}}`), "portLevelMtls requires selector"},
	} {
		t.Run(name, func(t *testing.T) {
			findings := crds.Admit(c.object)
			require.Len(t, findings, 1)
			assert.Contains(t, findings[0], c.want)
		})
	}
}
