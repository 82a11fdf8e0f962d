// Kube says what Kubernetes has against objects: it reads pod templates and
// the spec of HorizontalPodAutoscalers, a JSON object a line, and answers each
// with a line, a JSON list of errors. It is the API server's own code. It is a
// module of its own, because k8s.io/kubernetes needs replace directives.
package main

import (
	"bufio"
	"encoding/json"
	"log"
	"os"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/kubernetes/pkg/apis/autoscaling"
	autoscalingdefaults "k8s.io/kubernetes/pkg/apis/autoscaling/v2"
	autoscalingvalidation "k8s.io/kubernetes/pkg/apis/autoscaling/validation"
	"k8s.io/kubernetes/pkg/apis/core"
	coredefaults "k8s.io/kubernetes/pkg/apis/core/v1"
	corevalidation "k8s.io/kubernetes/pkg/apis/core/validation"
)

// A question is one object.
type question struct {
	Template   *corev1.PodTemplateSpec                // of a Deployment
	Autoscaler *autoscalingv2.HorizontalPodAutoscaler // as Knative makes it
}

func main() {
	log.SetFlags(0)
	in := bufio.NewReader(os.Stdin)
	out := json.NewEncoder(os.Stdout)
	for dec := json.NewDecoder(in); dec.More(); {
		var q question
		if err := dec.Decode(&q); err != nil {
			log.Fatal(err)
		}
		errors := []string{}
		for _, e := range q.validate() {
			errors = append(errors, e.Error())
		}
		if err := out.Encode(errors); err != nil {
			log.Fatal(err)
		}
	}
}

func (q question) validate() field.ErrorList {
	if q.Autoscaler != nil {
		return validateAutoscaler(q.Autoscaler)
	}
	return validateTemplate(q.Template)
}

func validateTemplate(template *corev1.PodTemplateSpec) field.ErrorList {
	pod := &corev1.PodTemplate{Template: *template}
	coredefaults.SetObjectDefaults_PodTemplate(pod)
	var internal core.PodTemplateSpec
	if err := coredefaults.Convert_v1_PodTemplateSpec_To_core_PodTemplateSpec(&pod.Template, &internal, nil); err != nil {
		return field.ErrorList{field.InternalError(nil, err)}
	}
	return corevalidation.ValidatePodTemplateSpec(&internal, field.NewPath("template"), corevalidation.PodValidationOptions{
		AllowRelaxedEnvironmentVariableValidation: true, AllowMatchLabelKeysInPodTopologySpread: true,
	})
}

func validateAutoscaler(hpa *autoscalingv2.HorizontalPodAutoscaler) field.ErrorList {
	autoscalingdefaults.SetObjectDefaults_HorizontalPodAutoscaler(hpa)
	var internal autoscaling.HorizontalPodAutoscaler
	if err := autoscalingdefaults.Convert_v2_HorizontalPodAutoscaler_To_autoscaling_HorizontalPodAutoscaler(hpa, &internal, nil); err != nil {
		return field.ErrorList{field.InternalError(nil, err)}
	}
	return autoscalingvalidation.ValidateHorizontalPodAutoscaler(&internal, autoscalingvalidation.HorizontalPodAutoscalerSpecValidationOptions{MinReplicasLowerBound: 1})
}
