package fields

import (
	"testing"

	"github.com/go-json-experiment/json/v1"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	networking "istio.io/api/networking/v1alpha3"
	security "istio.io/api/security/v1beta1"
	telemetry "istio.io/api/telemetry/v1alpha1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	servingv1 "knative.dev/serving/pkg/apis/serving/v1"
	servingv1beta1 "knative.dev/serving/pkg/apis/serving/v1beta1"

	"github.com/belay-sh/belay/compiler/check"
	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/golden/specgen"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
	"github.com/belay-sh/belay/schema"
)

// written is what the tables write of an app and one of its revisions.
type written struct {
	Meta, Pod metav1.ObjectMeta
	Template  servingv1.RevisionSpec
	Traffic   servingv1.TrafficTarget
	Domains   map[string]*servingv1beta1.DomainMappingSpec
	Matches   []*networking.HTTPMatchRequest
	Mesh      *writtenMesh
}

type writtenMesh struct {
	Connections networking.TrafficPolicy
	Requests    networking.HTTPRoute
	Fault       *networking.HTTPFaultInjection
	Matches     []*networking.HTTPMatchRequest
	Telemetry   *telemetry.Telemetry
	Peers       security.PeerAuthentication
	Tokens      security.RequestAuthentication
	Ports       []*networking.ServicePort
}

func writeMesh(c *Conversion, n *ir.Node, m *schema.Mesh) *writtenMesh {
	w := &writtenMesh{}
	Connections.Write(c, n, &m.Resilience, &w.Connections)
	Requests.Write(c, n, &m.Resilience, &w.Requests)
	PeerAuthentication.Write(c, n, m, &w.Peers)
	RequestAuthentication.Write(c, n, m, &w.Tokens)
	if m.Fault != nil {
		w.Fault = &networking.HTTPFaultInjection{}
		Fault.Write(c, n, m.Fault, w.Fault)
		w.Matches = Matches(c, n, m.Fault.Match)
	}
	if m.Telemetry != nil {
		w.Telemetry = &telemetry.Telemetry{}
		Telemetry.Write(c, n, m.Telemetry, w.Telemetry)
	}
	for _, e := range m.Egress {
		if e.Host != "" {
			port := &networking.ServicePort{}
			Egress.Write(c, n, &e, port)
			w.Ports = append(w.Ports, port)
		}
	}
	return w
}

func (w *writtenMesh) read(c *Conversion, m *schema.Mesh) {
	Connections.Read(c, &w.Connections, &m.Resilience)
	Requests.Read(c, &w.Requests, &m.Resilience)
	PeerAuthentication.Read(c, &w.Peers, m)
	RequestAuthentication.Read(c, &w.Tokens, m)
	if w.Fault != nil {
		m.Fault = &schema.Fault{Match: readMatches(c, w.Matches)}
		Fault.Read(c, w.Fault, m.Fault)
	}
	if w.Telemetry != nil {
		if m.Telemetry == nil {
			m.Telemetry = &schema.Telemetry{}
		}
		Telemetry.Read(c, w.Telemetry, m.Telemetry)
	}
	for _, port := range w.Ports {
		e := schema.Egress{Host: "example.com"}
		Egress.Read(c, port, &e)
		m.Egress = append(m.Egress, e)
	}
}

func readMatches(c *Conversion, from []*networking.HTTPMatchRequest) (matches []schema.Match) {
	for _, r := range from {
		var m schema.Match
		Match.Read(c, r, &m)
		matches = append(matches, m)
	}
	return matches
}

func write(c *Conversion, app *ir.App, r *ir.Revision) (w written) {
	Metadata.Write(c, app.Node, app, &w.Meta)
	RouteMetadata.Write(c, app.Node, app, &w.Meta)
	PodMetadata.Write(c, app.Node, app, &w.Pod)
	Scale.Write(c, r.Node, r, &w.Pod)
	Template.Write(c, r.Node, r, &w.Template)
	Traffic.Write(c, r.Node, r, &w.Traffic)
	w.Domains = map[string]*servingv1beta1.DomainMappingSpec{}
	for name, settings := range app.Spec.Domains {
		w.Domains[name] = &servingv1beta1.DomainMappingSpec{}
		Domain.Write(c, app.Node, &settings, w.Domains[name])
	}
	w.Matches = Matches(c, r.Node, r.Spec.Match)
	if app.Spec.Mesh != nil {
		w.Mesh = writeMesh(c, app.Node, app.Spec.Mesh)
	}
	return w
}

// read is the reverse of write.
func (w written) read(c *Conversion) (*ir.App, *ir.Revision) {
	app, r := &ir.App{Node: &ir.Node{}}, &ir.Revision{Node: &ir.Node{}}
	Metadata.Read(c, &w.Meta, app)
	RouteMetadata.Read(c, &w.Meta, app)
	PodMetadata.Read(c, &w.Pod, app)
	Scale.Read(c, &w.Pod, r)
	Template.Read(c, &w.Template, r)
	Traffic.Read(c, &w.Traffic, r)
	r.Spec.Match = readMatches(c, w.Matches)
	if w.Mesh != nil {
		w.Mesh.read(c, app.Spec.Mesh)
	}
	for name, spec := range w.Domains {
		var settings schema.DomainSettings
		Domain.Read(c, spec, &settings)
		if app.Spec.Domains == nil {
			app.Spec.Domains = schema.Domains{}
		}
		app.Spec.Domains[name] = settings
	}
	return app, r
}

// TestRoundTrip_EveryField writes a spec with every field into objects, and
// reads the same spec back.
func TestRoundTrip_EveryField(t *testing.T) {
	app := appOf(t, everyField)
	c := &Conversion{Target: target.Default(), Image: unchanged}
	for _, r := range app.Revisions {
		gotApp, got := write(c, app, r).read(c)
		require.Empty(t, c.Diags)
		assert.Equal(t, jsonOf(t, r.Spec), jsonOf(t, got.Spec), "revision %s", r.ID)

		want := app.Spec // but for what is a revision's
		want.Template, want.Revisions, want.Strategy, want.Latest = gotApp.Spec.Template, nil, "", ""
		for i := range gotApp.Spec.Mesh.Egress {
			gotApp.Spec.Mesh.Egress[i].Host = want.Mesh.Egress[i].Host // of the ServiceEntry
		}
		gotApp.Spec.Mesh.Egress = append(gotApp.Spec.Mesh.Egress, schema.Egress{Namespace: "other"}) // of the Sidecar
		assert.Equal(t, jsonOf(t, want), jsonOf(t, gotApp.Spec))
	}
}

// jsonOf returns a value as JSON, in which the types of Kubernetes have one form.
func jsonOf(t *testing.T, value any) string {
	t.Helper()
	data, err := json.Marshal(value)
	require.NoError(t, err)
	var plain any
	require.NoError(t, json.Unmarshal(data, &plain))
	data, err = json.MarshalIndent(plain, "", " ")
	require.NoError(t, err)
	return string(data)
}

// TestRoundTrip_Random reads the objects of random specs back, and writes the
// same objects from what it read.
func TestRoundTrip_Random(t *testing.T) {
	apps := 0
	for seed := range 300 {
		checked := checkedDocument(t, specgen.Documents().Example(seed))
		c := &Conversion{Target: checked.Target, Image: unchanged}
		for _, app := range checked.Apps {
			apps++
			for _, r := range app.Revisions {
				first := write(c, app, r)
				readApp, readRevision := first.read(c)
				assert.Equal(t, jsonOf(t, first), jsonOf(t, write(c, readApp, readRevision)), "seed %d, app %s", seed, app.Name)
				assert.Subset(t, app.Spec.Labels, readApp.Spec.Labels, "seed %d: labels that only belay writes; internal/target/metadata.go reserves them", seed)
				assert.Subset(t, app.Spec.Annotations, readApp.Spec.Annotations, "seed %d: annotations that only belay writes; internal/target/metadata.go reserves them", seed)
			}
		}
		assert.Empty(t, c.Diags)
	}
	assert.Greater(t, apps, 300)
}

// checkedDocument returns the apps of a document that no rule is against.
func checkedDocument(t *testing.T, doc specgen.Document) *ir.Checked {
	t.Helper()
	units, err := load.FindUnits([]string{"/spec/app.json"}, load.Options{Dir: "/spec", Files: map[string][]byte{"/spec/app.json": doc.CUE()}})
	require.NoError(t, err)
	root, diags := units[0].Load()
	require.Empty(t, diags)
	checked, _ := check.Check(root, check.Overrides{})
	return checked
}
