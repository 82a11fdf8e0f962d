package lower

import (
	"context"
	"fmt"
	"strings"
	"sync"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"knative.dev/pkg/apis"
	"knative.dev/serving/pkg/apis/config"
	servingv1 "knative.dev/serving/pkg/apis/serving/v1"
	servingv1beta1 "knative.dev/serving/pkg/apis/serving/v1beta1"
	autoscalerconfig "knative.dev/serving/pkg/autoscaler/config"

	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/schema"
)

// An upstreamObject is an object whose type brings Knative's own defaulting
// and validation: the code that its webhook runs.
type upstreamObject interface {
	metav1.ObjectMetaAccessor
	apis.Defaultable
	apis.Validatable
}

// specOf is the part of an object that a manifest has.
func specOf(o upstreamObject) any {
	switch o := o.(type) {
	case *servingv1.Service:
		return o.Spec
	case *servingv1.Configuration:
		return o.Spec
	case *servingv1.Route:
		return o.Spec
	case *servingv1beta1.DomainMapping:
		return o.Spec
	}
	panic(fmt.Sprintf("belay internal: no spec of %T", o))
}

// newUpstream is an empty object of an upstream kind, or nil.
func newUpstream(apiVersion, kind string) upstreamObject {
	switch apiVersion + " " + kind {
	case servingAPI + " Service":
		return &servingv1.Service{}
	case servingAPI + " Configuration":
		return &servingv1.Configuration{}
	case servingAPI + " Route":
		return &servingv1.Route{}
	case "serving.knative.dev/v1beta1 DomainMapping":
		return &servingv1beta1.DomainMapping{}
	}
	return nil
}

// upstream makes an object that upstream has code for: with every default that
// the webhook would write, and refused for whatever the webhook would refuse.
// The revision is the one that the object's template is made from, or nil.
func (b *builder) upstream(apiVersion string, o upstreamObject, r *ir.Revision) {
	o.SetDefaults(b.ctx)
	meta := *o.GetObjectMeta().(*metav1.ObjectMeta)
	for _, refusal := range refusals(o.Validate(b.ctx)) {
		refusal.code, refusal.message = diag.RejectedByAdmission, "Knative refuses this "+b.kind.name+": "+refusal.message
		b.refuse(meta, r, refusal)
	}
	for _, refusal := range podRefusals(o) {
		b.refuse(meta, r, refusal)
	}
	b.add(apiVersion, meta, specOf(o))
}

// refuse reports a refusal of an object at its place in the spec.
func (b *builder) refuse(meta metav1.ObjectMeta, r *ir.Revision, refused refusal) {
	n := b.source(meta, r, refused.path)
	at := n.Errorf
	if n.Kind == schema.Struct {
		at = n.KeyErrorf
	}
	b.diags.Add(at(refused.code, "%s", refused.message))
}

// A refusal is one thing that upstream's validation has to say.
type refusal struct {
	path    string // in the object, as "spec.template.spec.containers[0].image"
	message string
	hint    string
	code    diag.Code // "" for what only the webhook says
}

func refusals(err *apis.FieldError) (out []refusal) {
	for _, e := range err.Filter(apis.ErrorLevel).WrappedErrors() {
		message := strings.ReplaceAll(e.Error(), "\n", ": ") // its details have a line of their own
		r := refusal{message: strings.TrimSuffix(message, ": ")}
		if len(e.Paths) > 0 {
			r.path = e.Paths[0]
		}
		out = append(out, r)
	}
	return out
}

var contexts sync.Map // of context.Context, by target's settings

// upstreamContext carries the cluster's settings to upstream's code.
func upstreamContext(c *ir.Checked) (context.Context, diag.List) {
	key := fmt.Sprint(c.Target.Knative, c.Target.Config)
	if ctx, ok := contexts.Load(key); ok {
		return ctx.(context.Context), nil
	}
	cfg, diags := settings(c)
	ctx := apis.WithinCreate(config.ToContext(context.Background(), cfg))
	if !diags.HasErrors() {
		contexts.Store(key, ctx)
	}
	return ctx, diags
}

// settings are the cluster's settings, read by upstream's own code. That code
// is the newest release's: flags are written out as the target has them, and
// it is kept from defaulting a field that the target does not have.
func settings(c *ir.Checked) (cfg *config.Config, diags diag.List) {
	refuse := func(configMap string, err error) {
		if err != nil {
			diags.Add(c.Node.Find("target", "config", configMap).KeyErrorf(diag.InvalidSetting, "Knative refuses this config-%s: %v", configMap, err))
		}
	}
	var err error
	cfg = &config.Config{}
	cfg.Defaults, err = config.NewDefaultsConfigFromMap(c.Target.Config["defaults"])
	refuse("defaults", err)
	cfg.Features, err = config.NewFeaturesConfigFromMap(c.Target.FlagStates())
	refuse("features", err)
	cfg.Autoscaler, err = autoscalerconfig.NewConfigFromMap(c.Target.Config["autoscaler"])
	refuse("autoscaler", err)
	refuse("network", networkSettings(c.Target.Config["network"]))
	refuse("deployment", deploymentSettings(c.Target.Config["deployment"]))
	refuse("gc", gcSettings(c.Target.Config["gc"]))
	if !diags.HasErrors() && !c.Target.HasField("responseStartTimeoutSeconds") {
		cfg.Defaults.RevisionResponseStartTimeoutSeconds = 0
		cfg.Defaults.RevisionIdleTimeoutSeconds = 0
	}
	return cfg, diags
}
