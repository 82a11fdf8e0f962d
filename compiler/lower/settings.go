package lower

import (
	"context"
	"maps"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networking "knative.dev/networking/pkg/config"
	"knative.dev/serving/pkg/deployment"
	"knative.dev/serving/pkg/gc"
)

// The functions below find what Knative's webhook refuses of ConfigMaps that
// apps are not defaulted or validated by.

// networkSettings are those of config-network, but for the templates of hosts,
// which have been checked where they stand.
func networkSettings(settings map[string]string) error {
	if len(settings) == 0 {
		return nil
	}
	rest := maps.Clone(settings)
	maps.DeleteFunc(rest, func(key, _ string) bool { return strings.HasSuffix(strings.ToLower(key), "template") })
	_, err := networking.NewConfigFromMap(rest)
	return err
}

// deploymentSettings are those of config-deployment. The release sets the image
// of queue-proxy; without one there is no config.
func deploymentSettings(settings map[string]string) error {
	if len(settings) == 0 {
		return nil
	}
	whole := map[string]string{deployment.QueueSidecarImageKey: "queue"}
	maps.Copy(whole, settings)
	_, err := deployment.NewConfigFromMap(whole)
	return err
}

// gcSettings are those of config-gc.
func gcSettings(settings map[string]string) error {
	if len(settings) == 0 {
		return nil
	}
	_, err := gc.NewConfigFromConfigMapFunc(context.Background())(&corev1.ConfigMap{Data: settings})
	return err
}
