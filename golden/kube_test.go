package golden_test

import (
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"sync"

	"github.com/stretchr/testify/require"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"knative.dev/serving/pkg/apis/autoscaling"
	"knative.dev/serving/pkg/apis/autoscaling/v1alpha1"
	servingv1 "knative.dev/serving/pkg/apis/serving/v1"
	autoscalerconfig "knative.dev/serving/pkg/autoscaler/config"
	hpa "knative.dev/serving/pkg/reconciler/autoscaling/hpa/resources"

	"github.com/belay-sh/belay/golden"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
)

// kube answers for Kubernetes: the program of golden/kube, which runs until
// the tests end.
var kube = sync.OnceValues(func() (ask func(question any) ([]string, error), err error) {
	program, err := golden.Program("..", "golden/kube")
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(program)
	cmd.Stderr = os.Stderr
	var in io.Writer
	if in, err = cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	questions, answers := json.NewEncoder(in), json.NewDecoder(out)
	var one sync.Mutex
	return func(question any) (errors []string, err error) {
		one.Lock()
		defer one.Unlock()
		if err := questions.Encode(question); err != nil {
			return nil, err
		}
		return errors, answers.Decode(&errors)
	}, cmd.Start()
})

// kubeFindings is what Kubernetes has against the pods of an object and
// against the autoscaler that Knative makes for them.
func kubeFindings(t require.TestingT, at *target.Target, o ir.Object) []string {
	if o.Kind != "Service" && o.Kind != "Configuration" {
		return nil
	}
	ask, err := kube()
	require.NoError(t, err)
	var v struct {
		Spec struct {
			Template servingv1.RevisionTemplateSpec
		}
	}
	if o.Kind == "Service" {
		var s servingv1.Service
		require.NoError(t, json.Unmarshal(o.JSON, &s))
		v.Spec.Template = s.Spec.Template
	} else {
		var c servingv1.Configuration
		require.NoError(t, json.Unmarshal(o.JSON, &c))
		v.Spec.Template = c.Spec.Template
	}
	template := v.Spec.Template
	findings, err := ask(map[string]any{"template": podOf(template)})
	require.NoError(t, err)
	if autoscaler := autoscalerOf(t, at, template); autoscaler != nil {
		if autoscaler.Spec.Metrics == nil && template.Annotations["autoscaling.knative.dev/metric"] != "" && template.Annotations["autoscaling.knative.dev/metric"] != autoscaling.CPU {
			findings = append(findings, "an autoscaler without its metric")
		}
		more, err := ask(map[string]any{"autoscaler": autoscaler})
		require.NoError(t, err)
		findings = append(findings, more...)
	}
	return findings
}

// podOf is the pod that the revision controller makes, as far as Kubernetes
// validates it: probes of port 0 are about the port of the container.
func podOf(template servingv1.RevisionTemplateSpec) corev1.PodTemplateSpec {
	pod := corev1.PodTemplateSpec{ObjectMeta: template.ObjectMeta, Spec: template.Spec.PodSpec}
	for _, c := range pod.Spec.Containers {
		for _, p := range []*corev1.Probe{c.ReadinessProbe, c.LivenessProbe, c.StartupProbe} {
			if p != nil && p.HTTPGet != nil && p.HTTPGet.Port.IntVal == 0 {
				p.HTTPGet.Port = intstr.FromInt32(8080)
			}
			if p != nil && p.TCPSocket != nil && p.TCPSocket.Port.IntVal == 0 {
				p.TCPSocket.Port = intstr.FromInt32(8080)
			}
			if p != nil && p.GRPC != nil && p.GRPC.Port == 0 {
				p.GRPC.Port = 8080
			}
		}
	}
	return pod
}

// autoscalerOf is what Knative makes for a template of class hpa, or nil.
func autoscalerOf(t require.TestingT, at *target.Target, template servingv1.RevisionTemplateSpec) *autoscalingv2.HorizontalPodAutoscaler {
	config, err := autoscalerconfig.NewConfigFromMap(at.Config["autoscaler"])
	require.NoError(t, err)
	class := template.Annotations[autoscaling.ClassAnnotationKey]
	if class == "" {
		class = config.PodAutoscalerClass
	}
	if class != autoscaling.HPA {
		return nil
	}
	pa := &v1alpha1.PodAutoscaler{ObjectMeta: metav1.ObjectMeta{Name: "a", Namespace: "b", UID: "c", Annotations: template.Annotations}}
	if pa.Annotations == nil {
		pa.Annotations = map[string]string{}
	}
	pa.Annotations[autoscaling.ClassAnnotationKey] = class
	pa.Spec.ScaleTargetRef = corev1.ObjectReference{APIVersion: "apps/v1", Kind: "Deployment", Name: "a"}
	return hpa.MakeHPA(pa, config)
}
