package fields

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
)

// TestSpecNode_IsTheNarrowestToken has the paths that upstream's validation
// can name in what it refuses (knative.dev/serving/pkg/apis/serving, serving/v1
// and autoscaling, knative.dev/networking/pkg/apis/networking), as it writes
// them.
func TestSpecNode_IsTheNarrowestToken(t *testing.T) {
	app := appOf(t, everyField)
	template := func(paths map[string]string) map[string]string {
		out := map[string]string{}
		for path, want := range paths {
			out["spec.template."+path] = want
		}
		return out
	}
	for _, of := range []struct {
		kind, name string
		revision   *ir.Revision
		leads      map[string]string
	}{
		{"Route", "shop", nil, map[string]string{
			"metadata.name": "name",
			"metadata.labels.networking.knative.dev/visibility":         "visibility",
			"metadata.labels.team":                                      "labels.team",
			"metadata.labels.serving.knative.dev/service":               "labels",
			"metadata.annotations.note":                                 "annotations.note",
			"metadata.annotations.serving.knative.dev/rollout-duration": "rollout.duration",
			"spec.traffic":                      "revisions",
			"spec.traffic[0].percent":           "revisions.a.weight",
			"spec.traffic[0].tag":               "revisions.a.tag",
			"spec.traffic[1].revisionName":      "revisions.b.existing",
			"spec.traffic[1].configurationName": "revisions.b",
			"spec.traffic[1].latestRevision":    "revisions.b",
			"spec.traffic[1].url":               "revisions.b",
			"":                                  "",
		}},
		{"DomainMapping", "a.example.com", nil, map[string]string{
			"metadata.name":       `domains."a.example.com"`,
			"spec.ref.name":       `domains."a.example.com"`,
			"spec.tls.secretName": `domains."a.example.com".tls`,
		}},
		{"Configuration", "shop-a", app.Revisions[0], map[string]string{"metadata.name": "revisions.a"}},
		{"Configuration", "shop-a", app.Revisions[0], template(map[string]string{
			"metadata.annotations.serving.knative.dev/progress-deadline":                          `annotations."serving.knative.dev/progress-deadline"`,
			"metadata.annotations.[serving.knative.dev/progress-deadline]":                        `annotations."serving.knative.dev/progress-deadline"`,
			"metadata.annotations.autoscaling.knative.dev/min-scale":                              "scale.min",
			"metadata.annotations.autoscaling.knative.dev/max-scale":                              "scale.max",
			"metadata.annotations.autoscaling.knative.dev/initial-scale":                          "scale.initial",
			"metadata.annotations.autoscaling.knative.dev/initial-scale=0 not allowed by cluster": "scale.initial",
			"metadata.annotations.autoscaling.knative.dev/activation-scale":                       "scale.activation",
			"metadata.annotations.autoscaling.knative.dev/metric":                                 "scale.metric",
			"metadata.annotations.autoscaling.knative.dev/metric-aggregation-algorithm":           "scale.aggregation",
			"metadata.annotations.autoscaling.knative.dev/target":                                 "scale.target",
			"metadata.annotations.autoscaling.knative.dev/target-utilization-percentage":          "scale.utilization",
			"metadata.annotations.autoscaling.knative.dev/target-burst-capacity":                  "scale.burstCapacity",
			"metadata.annotations.autoscaling.knative.dev/class":                                  "scale.class",
			"metadata.annotations.autoscaling.knative.dev/window":                                 "scale.window",
			"metadata.annotations.autoscaling.knative.dev/scale-down-delay":                       "scale.downDelay",
			"metadata.annotations.autoscaling.knative.dev/scale-to-zero-pod-retention-period":     "scale.retention",
			"metadata.annotations.autoscaling.knative.dev/panic-window-percentage":                "scale.panic.window",
			"metadata.annotations.autoscaling.knative.dev/panic-threshold-percentage":             "scale.panic.threshold",

			"spec.containerConcurrency":        "concurrency",
			"spec.timeoutSeconds":              "timeoutSeconds",
			"spec.responseStartTimeoutSeconds": "responseStartTimeoutSeconds",
			"spec.idleTimeoutSeconds":          "idleTimeoutSeconds",
			"spec.serviceAccountName":          "serviceAccount",
			"spec.imagePullSecrets[1].name":    "pullSecrets[1]",
			"spec.securityContext.fsGroup":     "security.fsGroup",
			"spec.nodeSelector":                "scheduling.nodeSelector",
			"spec.tolerations[0]":              "scheduling.tolerations[0]",
			"spec.affinity":                    "scheduling.affinity",
			"spec.topologySpreadConstraints":   "scheduling.topologySpread",
			"spec.priorityClassName":           "scheduling.priorityClass",
			"spec.runtimeClassName":            "scheduling.runtimeClass",
			"spec.containers":                  "revisions.a",
			"spec.containers[*].ports":         "port",

			"spec.containers[0].image":                                      "image",
			"spec.containers[0].command":                                    "command",
			"spec.containers[0].args[1]":                                    "args[1]",
			"spec.containers[0].workingDir":                                 "workingDir",
			"spec.containers[0].imagePullPolicy":                            "pullPolicy",
			"spec.containers[0].env[1].name":                                "env.B",
			"spec.containers[0].env[1].valueFrom.fieldRef":                  "env.B.field",
			"spec.containers[0].envFrom[1].configMapRef":                    "envFrom[1].configMap",
			"spec.containers[0].ports.containerPort":                        "port",
			"spec.containers[0].ports":                                      "port",
			"spec.containers[0].ports.name":                                 "protocol",
			"spec.containers[0].resources":                                  "resources",
			"spec.containers[0].resources.requests.example.com/gpu":         `resources.requests."example.com/gpu"`,
			"spec.containers[0].resources.limits[cpu]":                      "resources.limits.cpu",
			"spec.containers[0].securityContext":                            "security",
			"spec.containers[0].securityContext.runAsUser":                  "security.user",
			"spec.containers[0].securityContext.runAsGroup":                 "security.group",
			"spec.containers[0].securityContext.readOnlyRootFilesystem":     "security.readOnlyRoot",
			"spec.containers[0].securityContext.capabilities.add":           "security.capabilities",
			"spec.containers[0].readinessProbe":                             "probes.readiness",
			"spec.containers[0].readinessProbe.httpGet.port":                "probes.readiness.port",
			"spec.containers[0].readinessProbe.httpGet.path":                "probes.readiness.http",
			"spec.containers[0].readinessProbe.httpGet.httpHeaders[0].name": "probes.readiness.headers.a",
			"spec.containers[0].readinessProbe.initialDelaySeconds":         "probes.readiness.delay",
			"spec.containers[0].readinessProbe.periodSeconds":               "probes.readiness.period",
			"spec.containers[0].readinessProbe.timeoutSeconds":              "probes.readiness.timeout",
			"spec.containers[0].readinessProbe.failureThreshold":            "probes.readiness.failures",
			"spec.containers[0].readinessProbe.successThreshold":            "probes.readiness.successes",
			"spec.containers[0].livenessProbe.tcpSocket":                    "probes.liveness.tcp",
			"spec.containers[0].startupProbe.grpc":                          "probes.startup.grpc",
			"spec.containers[0].volumeMounts[1].mountPath":                  `mounts."/b"`,
			"spec.containers[0].volumeMounts[2].readOnly":                   `mounts."/c".readOnly`,
			"spec.containers[0].volumeMounts[0].subPath":                    `mounts."/a".subPath`,
			"spec.containers[1].image":                                      "sidecars.log.image",
			"spec.containers[1].env[0].name":                                "sidecars.log.env.L",
			"spec.containers[1].livenessProbe.tcpSocket.port":               "sidecars.log.probes.liveness.port",
			"spec.initContainers[0].args[0]":                                "init.wait.args[0]",
			"spec.initContainers[7].args[0]":                                "revisions.a",

			"spec.volumes[0].name":                   `mounts."/a"`,
			"spec.volumes[0].secret.items[0].key":    `mounts."/a".items.k`,
			"spec.volumes[1].configMap":              `mounts."/b".configMap`,
			"spec.volumes[2].emptyDir.sizeLimit":     `mounts."/c".emptyDir.sizeLimit`,
			"spec.volumes[3].projected[1].configMap": `mounts."/d".projected[1].configMap`,
			"spec.volumes[4].persistentVolumeClaim":  `mounts."/e".pvc`,
			"spec.volumes[9].name":                   "mounts",
			"spec.volumes":                           "mounts",
		})},
	} {
		c := &Conversion{Target: target.Default(), Image: unchanged}
		object := Object{Kind: of.kind, Name: of.name, App: app, Revision: of.revision}
		for path, want := range of.leads {
			n := c.SpecNode(object, path)
			if want != "" {
				want = "." + want
			}
			assert.Equal(t, "apps.web"+want, n.Path(), "%s %s", of.kind, path)
		}
	}
}
