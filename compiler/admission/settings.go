package admission

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"sync"
	"sync/atomic"

	corev1 "k8s.io/api/core/v1"
	networking "knative.dev/networking/pkg/config"
	"knative.dev/pkg/apis"
	"knative.dev/serving/pkg/apis/config"
	autoscalerconfig "knative.dev/serving/pkg/autoscaler/config"
	"knative.dev/serving/pkg/deployment"
	"knative.dev/serving/pkg/gc"

	"github.com/belay-sh/belay/internal/target"
)

// SettingErrors are the settings of a target that Knative's webhook rejects.
type SettingErrors []SettingError

// A SettingError is what Knative's webhook reports of one ConfigMap.
type SettingError struct {
	ConfigMap string // without "config-": "defaults"
	Err       error
}

// Error has the first of them.
func (e SettingErrors) Error() string {
	return fmt.Sprintf("the target's settings: config-%s: %v", e[0].ConfigMap, e[0].Err)
}

// contexts are Knative's contexts with settings, by the target's. A program that
// compiles the specs of many others does not keep all that it ever met.
var contexts struct {
	sync.Map
	count atomic.Int64
}

// maxContexts is how many contexts are kept; a run has one for each target.
const maxContexts = 256

// For returns the controller of a target. The error is of type SettingErrors:
// it is about the target's settings, which Knative's code reads.
func For(t *target.Target) (*Controller, error) {
	key := fmt.Sprint(t.Knative, t.Config)
	if ctx, ok := contexts.Load(key); ok {
		return &Controller{t, ctx.(context.Context)}, nil
	}
	cfg, invalid := settings(t)
	if len(invalid) > 0 {
		return nil, invalid
	}
	ctx := apis.WithinCreate(config.ToContext(context.Background(), cfg))
	if contexts.count.Add(1) > maxContexts {
		contexts.Clear()
		contexts.count.Store(1)
	}
	contexts.Store(key, ctx)
	return &Controller{t, ctx}, nil
}

// settings are the cluster's settings, read by upstream's own code. That code
// is the newest release's: flags are written out as the target has them, and
// settings keep it from defaulting a field that the target does not have.
func settings(t *target.Target) (cfg *config.Config, invalid SettingErrors) {
	report := func(configMap string, err error) {
		if err != nil {
			invalid = append(invalid, SettingError{configMap, err})
		}
	}
	var err error
	cfg = &config.Config{}
	cfg.Defaults, err = config.NewDefaultsConfigFromMap(t.DefaultsSettings())
	report("defaults", err)
	cfg.Features, err = config.NewFeaturesConfigFromMap(t.FlagStates())
	report("features", err)
	cfg.Autoscaler, err = autoscalerconfig.NewConfigFromMap(t.Config["autoscaler"])
	report("autoscaler", err)
	report("network", validateNetworkSettings(t.Config["network"]))
	report("deployment", validateDeploymentSettings(t.Config["deployment"]))
	report("gc", validateGCSettings(t.Config["gc"]))
	return cfg, invalid
}

// The functions below validate ConfigMaps that apps are neither defaulted nor
// validated by.

// validateNetworkSettings validates those of config-network, except for the
// templates of hosts, which have been checked where they are written.
func validateNetworkSettings(settings map[string]string) error {
	if len(settings) == 0 {
		return nil
	}
	rest := maps.Clone(settings)
	maps.DeleteFunc(rest, func(key, _ string) bool { return strings.HasSuffix(strings.ToLower(key), "template") })
	_, err := networking.NewConfigFromMap(rest)
	return err
}

// validateDeploymentSettings validates the settings of config-deployment. It adds an
// image of queue-proxy, which the release sets and upstream's parser requires.
func validateDeploymentSettings(settings map[string]string) error {
	if len(settings) == 0 {
		return nil
	}
	whole := map[string]string{deployment.QueueSidecarImageKey: "queue"}
	maps.Copy(whole, settings)
	_, err := deployment.NewConfigFromMap(whole)
	return err
}

// validateGCSettings validates those of config-gc.
func validateGCSettings(settings map[string]string) error {
	if len(settings) == 0 {
		return nil
	}
	_, err := gc.NewConfigFromConfigMapFunc(context.Background())(&corev1.ConfigMap{Data: settings})
	return err
}
