package admission

import (
	"github.com/go-json-experiment/json/v1"
	corev1 "k8s.io/api/core/v1"
	servingv1 "knative.dev/serving/pkg/apis/serving/v1"

	"github.com/belay-sh/belay/internal/target"
)

// WarmCaches has upstream's code fill its caches (of types, mostly), which takes
// as long as lowering a whole app. Called beside load, it takes no time of its
// own; not called, the first app takes longer, and nothing else is different.
func WarmCaches() {
	c, err := For(target.Default())
	if err != nil {
		panic("belay internal: the settings of a release: " + err.Error())
	}
	s := &servingv1.Service{}
	s.Spec.Template.Spec.Containers = []corev1.Container{{Image: "any", Env: []corev1.EnvVar{{Name: "ANY"}}}}
	s.SetDefaults(c.ctx)
	_ = s.Validate(c.ctx)
	_, _ = json.Marshal(s)
}
