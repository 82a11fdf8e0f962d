package fields

import (
	"testing"

	"github.com/stretchr/testify/assert"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"knative.dev/pkg/ptr"

	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
	"github.com/belay-sh/belay/schema"
)

// TestRead_Profile reads security contexts that belay did not write. A profile
// is read only where it gives all that is there.
func TestRead_Profile(t *testing.T) {
	seccomp := &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault}
	drop := func(add ...corev1.Capability) *corev1.Capabilities {
		return &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}, Add: add}
	}
	for name, c := range map[string]struct {
		context *corev1.SecurityContext
		port    int32
		want    schema.Security
	}{
		"no context":     {nil, 0, schema.Security{Profile: "none"}},
		"bounded":        {&corev1.SecurityContext{Capabilities: drop(), AllowPrivilegeEscalation: ptr.Bool(false), SeccompProfile: seccomp}, 0, schema.Security{}},
		"strict":         {&corev1.SecurityContext{Capabilities: drop(), AllowPrivilegeEscalation: ptr.Bool(false), SeccompProfile: seccomp, RunAsNonRoot: ptr.Bool(true)}, 0, schema.Security{Profile: "strict"}},
		"not non-root":   {&corev1.SecurityContext{Capabilities: drop(), AllowPrivilegeEscalation: ptr.Bool(false), SeccompProfile: seccomp, RunAsNonRoot: ptr.Bool(false)}, 0, schema.Security{Profile: "none"}},
		"escalation":     {&corev1.SecurityContext{Capabilities: drop(), AllowPrivilegeEscalation: ptr.Bool(true), SeccompProfile: seccomp}, 0, schema.Security{Profile: "none"}},
		"no seccomp":     {&corev1.SecurityContext{Capabilities: drop("CHOWN"), AllowPrivilegeEscalation: ptr.Bool(false)}, 0, schema.Security{Profile: "none", Capabilities: []string{"CHOWN"}}},
		"low port":       {&corev1.SecurityContext{Capabilities: drop("CHOWN", netBind), AllowPrivilegeEscalation: ptr.Bool(false), SeccompProfile: seccomp}, 80, schema.Security{Capabilities: []string{"CHOWN"}}},
		"low port, none": {&corev1.SecurityContext{Capabilities: drop(), AllowPrivilegeEscalation: ptr.Bool(false), SeccompProfile: seccomp}, 80, schema.Security{}},
		"high port":      {&corev1.SecurityContext{Capabilities: drop(netBind), AllowPrivilegeEscalation: ptr.Bool(false), SeccompProfile: seccomp}, 8080, schema.Security{Capabilities: []string{"NET_BIND_SERVICE"}}},
	} {
		at := *target.Default()
		at.Config = map[string]map[string]string{"features": {"kubernetes.containerspec-addcapabilities": "enabled"}}
		in := corev1.Container{SecurityContext: c.context}
		if c.port != 0 {
			in.Ports = []corev1.ContainerPort{{ContainerPort: c.port}}
		}
		var got schema.Container
		container.Read(&Conversion{Target: &at, Image: unchanged}, &in, &ir.Container{Spec: &got})
		assert.Equal(t, c.want, got.Security, name)
	}
}

// TestRead_Probe reads probes as the API server stores them, with its defaults.
func TestRead_Probe(t *testing.T) {
	for name, c := range map[string]struct {
		probe corev1.Probe
		want  schema.Probe
	}{
		"http":    {corev1.Probe{ProbeHandler: corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{Path: "/up", Port: intstr.FromInt32(9000), HTTPHeaders: []corev1.HTTPHeader{{Name: "a", Value: "b"}}}}}, schema.Probe{HTTP: ptr.String("/up"), Port: 9000, Headers: map[string]string{"a": "b"}}},
		"no port": {corev1.Probe{ProbeHandler: corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{Path: "/"}}, PeriodSeconds: 10}, schema.Probe{HTTP: ptr.String("/"), Period: ptr.Int32(10)}},
		"tcp":     {corev1.Probe{ProbeHandler: corev1.ProbeHandler{TCPSocket: &corev1.TCPSocketAction{}}, InitialDelaySeconds: 3}, schema.Probe{TCP: true, Delay: 3}},
		"grpc":    {corev1.Probe{ProbeHandler: corev1.ProbeHandler{GRPC: &corev1.GRPCAction{Port: 9000}}}, schema.Probe{GRPC: ptr.String(""), Port: 9000}},
		"exec":    {corev1.Probe{ProbeHandler: corev1.ProbeHandler{Exec: &corev1.ExecAction{Command: []string{"true"}}}}, schema.Probe{Exec: []string{"true"}}},
	} {
		var got schema.Container
		in := corev1.Container{ReadinessProbe: &c.probe}
		container.Read(&Conversion{Target: target.Default(), Image: unchanged}, &in, &ir.Container{Spec: &got})
		assert.Equal(t, &c.want, got.Probes.Readiness, name)
	}
}

// TestRead_FormerNames reads annotations by the names that former releases have.
func TestRead_FormerNames(t *testing.T) {
	c := &Conversion{Target: target.Default(), Image: unchanged}
	meta := metav1.ObjectMeta{Annotations: map[string]string{
		"autoscaling.knative.dev/minScale":         "2",
		"autoscaling.knative.dev/max-scale":        "5",
		"autoscaling.knative.dev/class":            hpa,
		"autoscaling.knative.dev/scale-down-delay": "15m0s",
		"serving.knative.dev/rolloutDuration":      "10m0s",
		"autoscaling.knative.dev/unknown":          "1",
		"networking.knative.dev/disable-auto-tls":  "true",
		"serving.knative.dev/creator":              "a person",
		"features.knative.dev/queueproxy-podinfo":  "enabled",
	}}
	var r ir.Revision
	Scale.Read(c, &meta, &r)
	assert.Equal(t, schema.Scale{Min: "2", Max: "5", Class: "hpa", DownDelay: "15m"}, r.Spec.Scale)
	var app ir.App
	Metadata.Read(c, &meta, &app)
	RouteMetadata.Read(c, &meta, &app)
	assert.Equal(t, schema.Rollout{Duration: "10m"}, app.Spec.Rollout)
	assert.Equal(t, map[string]string{"networking.knative.dev/disable-auto-tls": "true"}, app.Spec.Annotations)
	var pods ir.App
	PodMetadata.Read(c, &meta, &pods)
	assert.Equal(t, map[string]string{"features.knative.dev/queueproxy-podinfo": "enabled"}, pods.Spec.Annotations)
}

// TestRead_MeshAndTheUsersOwn reads labels and annotations that are the mesh's
// only where the template has all that a field stands for.
func TestRead_MeshAndTheUsersOwn(t *testing.T) {
	const inject, mode, waypoint = "sidecar.istio.io/inject", "istio.io/dataplane-mode", "istio.io/use-waypoint"
	scraped := map[string]string{"prometheus.io/scrape": "true", "prometheus.io/port": "9091", "prometheus.io/path": "/metrics"}
	for name, c := range map[string]struct {
		labels, annotations map[string]string
		want                schema.App
	}{
		"ambient":                 {map[string]string{inject: "false", mode: "ambient", waypoint: "w"}, nil, schema.App{Mesh: &schema.Mesh{Ambient: true, Waypoint: "w"}}},
		"a mode without mesh":     {map[string]string{mode: "ambient"}, nil, schema.App{Labels: map[string]string{mode: "ambient"}}},
		"no mode":                 {map[string]string{inject: "true", mode: "none"}, nil, schema.App{Mesh: &schema.Mesh{Inject: ptr.Bool(true)}, Labels: map[string]string{mode: "none"}}},
		"a mode beside a sidecar": {map[string]string{inject: "true", mode: "ambient"}, nil, schema.App{Mesh: &schema.Mesh{Inject: ptr.Bool(true)}, Labels: map[string]string{mode: "ambient"}}},
		"scraped":                 {map[string]string{inject: "true"}, scraped, schema.App{Mesh: &schema.Mesh{Inject: ptr.Bool(true), Telemetry: &schema.Telemetry{Scrape: &schema.Scrape{}}}}},
		"scraped without mesh":    {nil, scraped, schema.App{Annotations: scraped}},
		"scraped without a port":  {map[string]string{inject: "true"}, map[string]string{"prometheus.io/scrape": "true"}, schema.App{Mesh: &schema.Mesh{Inject: ptr.Bool(true)}, Annotations: map[string]string{"prometheus.io/scrape": "true"}}},
	} {
		var got ir.App
		PodMetadata.Read(&Conversion{Target: target.Default(), Image: unchanged}, &metav1.ObjectMeta{Labels: c.labels, Annotations: c.annotations}, &got)
		assert.Equal(t, c.want, got.Spec, name)
	}
}
