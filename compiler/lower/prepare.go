package lower

import (
	"github.com/go-json-experiment/json/v1"
	corev1 "k8s.io/api/core/v1"
	servingv1 "knative.dev/serving/pkg/apis/serving/v1"

	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
)

// Prepare has upstream's code fill its caches (of types, mostly), which takes
// as long as lowering a whole app. Called beside load, it takes no time of its
// own; not called, the first app takes longer, and nothing else is different.
func Prepare() {
	ctx, _ := upstreamContext(&ir.Checked{Target: target.Default()})
	s := &servingv1.Service{}
	s.Spec.Template.Spec.Containers = []corev1.Container{{Image: "any", Env: []corev1.EnvVar{{Name: "ANY"}}}}
	s.SetDefaults(ctx)
	_ = s.Validate(ctx)
	_, _ = json.Marshal(s)
}
