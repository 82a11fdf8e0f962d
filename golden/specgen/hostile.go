package specgen

import (
	"pgregory.net/rapid"

	"github.com/belay-sh/belay/internal/ir"
)

// HostileFlags are the flags that a cluster has on for hostile specs, so that
// only a policy is between them and the node.
var HostileFlags = []string{
	"kubernetes.podspec-volumes-hostpath", "kubernetes.containerspec-addcapabilities", "kubernetes.podspec-hostnetwork",
	"kubernetes.podspec-hostpid", "kubernetes.podspec-hostipc", "kubernetes.podspec-securitycontext", "kubernetes.podspec-init-containers",
}

// Hostile draws specs of somebody who wants more than an app of their own: each
// has up to three of the hostile parts, in an app or beside it. Their targets
// say nothing of the cluster, except where that is the hostile part.
func Hostile() *rapid.Generator[Document] {
	return rapid.Custom(func(t *rapid.T) Document {
		doc := Released().Draw(t, "spec")
		for _, field := range []string{"target", "platform", "namespaces", "argocd"} {
			delete(doc, field)
		}
		apps := doc["apps"].(object)
		for _, name := range ir.Sorted(apps) {
			repairHostile(t, apps[name].(object))
		}
		for range rapid.IntRange(0, 3).Draw(t, "hostile parts") {
			name := rapid.SampledFrom(ir.Sorted(apps)).Draw(t, "app")
			rapid.SampledFrom(hostileParts).Draw(t, "part")(t, doc, apps[name].(object))
		}
		return doc
	})
}

// repairHostile leaves out what most specs are rejected for, so that the hostile
// parts are what decides.
func repairHostile(t *rapid.T, app object) {
	for _, field := range []string{"labels", "annotations", "mounts", "security", "scheduling", "patches", "sidecars", "init"} {
		if rapid.IntRange(0, 3).Draw(t, field+" stays") > 0 {
			delete(app, field)
			revisions, _ := app["revisions"].(object)
			for _, id := range ir.Sorted(revisions) {
				delete(revisions[id].(object), field)
			}
		}
	}
}

type hostilePart = func(t *rapid.T, doc Document, app object)

// hostileParts are the ways to ask for more.
var hostileParts = []hostilePart{
	in("namespace", "kube-system", "knative-serving", "istio-system", "istio-ingress", "team-b"),
	in("serviceAccount", "cluster-admin", "default"),
	in("visibility", "cluster-local"),
	in("domains", []any{"bank.example.com"}, object{"bank.example.com": object{"tls": "bank-tls"}}, []any{"pay.team-b.apps.example.com"}, []any{"a\u202eb.example.com"}),
	entryOf("annotations", hostileKeys, "true", "Skip", "exec: {path: ./evil.sh}\n", "\x1b[31m::error::owned"),
	entryOf("labels", hostileKeys, "true"),
	entryOf("mounts", []string{"/host"}, object{"hostPath": object{"path": "/"}}, object{"secret": "root"}),
	entryOf("security", []string{"capabilities"}, []any{"SYS_ADMIN"}, []any{"NET_BIND_SERVICE"}, []any{"ALL"}),
	entryOf("sidecars", []string{"evil"}, object{"image": "evil.example.com/x" + digest, "security": object{"capabilities": []any{"NET_RAW"}}, "mounts": object{"/run": object{"hostPath": object{"path": "/run"}}}}),
	entryOf("revisions", []string{"evil"}, object{"weight": int64(0), "mounts": object{"/run": object{"hostPath": object{"path": "/run"}}}}),
	entryOf("mesh", []string{"egress"}, []any{"api.example.org"}, []any{"victim.team-b.svc.cluster.local"}),
	entryOf("mesh", []string{"callers"}, []any{object{"namespace": "jobs"}}),
	beside("target", object{"domain": "evil.example.com"}, object{"config": object{"features": object{"kubernetes.podspec-volumes-hostpath": "enabled"}}}, object{"mesh": object{"rootNamespace": "team-a"}}, object{"knative": "1.15"}),
	beside("namespaces", object{"kube-system": object{"labels": object{"pod-security.kubernetes.io/enforce": "privileged"}}}),
	beside("platform", object{"operator": true}, object{"urls": []any{"https://evil.example.com/x.yaml"}}, object{"manifests": object{"directory": "."}}),
	beside("argocd", object{"name": "x", "repoURL": "https://evil.example.com/x.git", "path": "x"}),
	patching("Service", "AuthorizationPolicy", "PeerAuthentication", "ServiceEntry", "EnvoyFilter", "VirtualService", "Gateway", "DomainMapping", "ClusterDomainClaim", "Route", "Configuration"),
}

var hostileKeys = []string{
	"config.kubernetes.io/function", "config.kubernetes.io/local-config", "internal.config.kubernetes.io/path", "kustomize.config.k8s.io/behavior",
	"argocd.argoproj.io/hook", "argocd.argoproj.io/sync-options", "kustomize.toolkit.fluxcd.io/prune", "helm.sh/hook", "example.com/mine",
}

func in(field string, values ...any) hostilePart {
	return func(t *rapid.T, _ Document, app object) { app[field] = rapid.SampledFrom(values).Draw(t, field) }
}

func beside(field string, values ...any) hostilePart {
	return func(t *rapid.T, doc Document, _ object) { doc[field] = rapid.SampledFrom(values).Draw(t, field) }
}

func entryOf(field string, keys []string, values ...any) hostilePart {
	return func(t *rapid.T, _ Document, app object) {
		ensure(app, field)[rapid.SampledFrom(keys).Draw(t, field+" key")] = rapid.SampledFrom(values).Draw(t, field+" value")
	}
}

// patching patches an object of the app, at a place that a hostile spec would
// like to change.
func patching(kinds ...string) hostilePart {
	return func(t *rapid.T, _ Document, app object) {
		key := rapid.SampledFrom(hostileKeys).Draw(t, "patched key")
		merge := rapid.SampledFrom([]any{
			object{"metadata": object{"annotations": object{key: "true"}}},
			object{"metadata": object{"labels": object{key: "true"}}},
			object{"spec": object{"template": object{"metadata": object{"annotations": object{key: "true"}}}}},
			object{"spec": object{"template": object{"spec": object{"hostNetwork": true}}}},
			object{"spec": object{"template": object{"spec": object{"volumes": []any{object{"name": "host", "hostPath": object{"path": "/"}}}}}}},
			object{"spec": object{"template": object{"spec": object{"serviceAccountName": "cluster-admin"}}}},
			object{"spec": object{"template": object{"spec": object{"containers": []any{object{"name": "user-container", "securityContext": object{"allowPrivilegeEscalation": true, "capabilities": object{"add": []any{"SYS_ADMIN"}}}}}}}}},
			object{"spec": object{"hosts": []any{"*", "bank.example.com"}}},
			object{"spec": object{"exportTo": []any{"*"}}},
			object{"spec": object{"selector": object{"matchLabels": object{"app": "victim"}}}},
			object{"spec": object{"rules": []any{object{}}}},
			object{"spec": object{"namespace": "team-b"}},
			object{"spec": object{"ref": object{"namespace": "kube-system"}}},
			object{"spec": object{"traffic": []any{object{"latestRevision": true, "percent": int64(100), "tag": "x"}}}},
		}).Draw(t, "merge")
		patches, _ := app["patches"].([]any)
		app["patches"] = append(patches, object{"kind": rapid.SampledFrom(kinds).Draw(t, "patched kind"), "merge": merge})
	}
}
