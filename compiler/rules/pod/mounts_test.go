package pod_test

import (
	"testing"

	"github.com/belay-sh/belay/compiler/check/checktest"
)

func TestMountRules(t *testing.T) {
	checktest.Run(t, []checktest.Case{
		{App: `mounts: {/etc/app: {configMap: app}}`},
		{App: `mounts: {/etc/app: {configMap: app}, /etc/app/: {secret: app}}`, Want: "duplicate-mount /etc/app/"},
		{App: `mounts: {/etc/app: {configMap: app}, /etc/app2: {secret: app}}`},
		{App: `mounts: {/dev: {configMap: app}}`, Want: "reserved-path /dev"},
		{App: `mounts: {/dev/: {configMap: app}}`, Want: "reserved-path /dev/"},
		{App: `mounts: {/devices: {configMap: app}}`},
		{App: `mounts: {/x: {configMap: app, readOnly: false}}`, Want: "read-only-mount false"},
		{App: `mounts: {/x: {configMap: app, readOnly: true}}`},
		{App: `mounts: {/x: {configMap: app, items: {k: a/b}}}`},
		{App: `mounts: {/x: {configMap: app, items: {k: a/../b}}}`, Want: "invalid-path a/../b"},
		{App: `mounts: {/x: {configMap: app, items: {k: ..b}}}`, Want: "invalid-path ..b"},
		{App: `mounts: {/x: {configMap: app, subPath: ../b}}`, Want: "invalid-path ../b"},
		{App: `mounts: {/x: {configMap: app, subPath: b..}}`},
	})
}

func TestMountRules_Sources(t *testing.T) {
	checktest.Run(t, []checktest.Case{
		{App: `mounts: {/x: {projected: [{secret: a, items: {k: f}}, {configMap: b, items: {k: g}}]}}`},
		{App: `mounts: {/x: {projected: [{secret: a, items: {k: f}}, {configMap: b, items: {k: f}}]}}`, Want: "volume-conflict f"},
		{App: `mounts: {/x: {projected: [{token: {path: t}, optional: true}]}}`, Want: "misplaced-field optional"},
		{App: `mounts: {/x: {projected: [{fields: {../l: metadata.labels}}]}}`, Want: "invalid-path ../l"},
	})
	const emptyDir = `target: {config: {features: {kubernetes.podspec-volumes-emptydir: enabled}}}`
	checktest.Run(t, []checktest.Case{
		{Top: emptyDir, App: `mounts: {/x: {emptyDir: {}, readOnly: false}}`},
		{Top: emptyDir, App: `mounts: {/x: {emptyDir: {}, items: {k: f}}}`, Want: "misplaced-field items"},
		{Top: emptyDir, App: `mounts: {/x: {emptyDir: {}, optional: true}}`, Want: "misplaced-field optional"},
		{Top: emptyDir, App: `mounts: {/x: {emptyDir: {}, mode: "0644"}}`, Want: "misplaced-field mode"},
		{Top: emptyDir, App: `mounts: {/x: {emptyDir: {name: d}}}, port: 8080, sidecars: {log: {image: example.com/log:v1, mounts: {/y: {emptyDir: {name: d}}}}}`},
		{Top: emptyDir, App: `mounts: {/x: {emptyDir: {name: d}}}, port: 8080, sidecars: {log: {image: example.com/log:v1, mounts: {/y: {emptyDir: {name: d, medium: Memory}}}}}`, Want: "volume-conflict d"},
	})
	const claims = `target: {config: {features: {kubernetes.podspec-persistent-volume-claim: enabled`
	checktest.Run(t, []checktest.Case{
		{Top: claims + `}}}`, App: `mounts: {/x: {pvc: data}}`},
		{Top: claims + `}}}`, App: `mounts: {/x: {pvc: data, readOnly: false}}`, Want: "feature-disabled readOnly"},
		{Top: claims + `, kubernetes.podspec-persistent-volume-write: enabled}}}`, App: `mounts: {/x: {pvc: data, readOnly: false}}`},
	})
}
