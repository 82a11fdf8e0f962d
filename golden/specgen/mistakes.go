package specgen

import (
	"encoding/json"

	"github.com/belay-sh/belay/internal/diag"
)

// Mistakes are the rules of Knative's webhook and of the CRDs, each broken.
// Those of what happens later, or silently, have no place here: upstream has
// nothing to say of them.
var Mistakes = []Mistake{
	// Traffic.
	{Name: "weights do not sum to 100", Code: diag.WeightsSum, Spec: func(d *Draw, app object) {
		app["revisions"] = object{"a": object{"weight": d.One(0, 1, 49, 51, 100)}, "b": object{"weight": 50}}
	}},
	{Name: "a tag twice", Code: diag.DuplicateTag, Spec: func(_ *Draw, app object) {
		app["revisions"] = object{"a": object{"weight": 100, "tag": "x"}, "b": object{"tag": "x"}}
	}},
	{Name: "a tag that is no label", Code: diag.InvalidName, Spec: func(d *Draw, app object) {
		app["revisions"] = object{"a": object{"weight": 100, "tag": d.One("1st", "Canary_A", "a.b", "-a", "a-")}}
	}, Object: func(d *Draw, o object) {
		o["spec"].(object)["traffic"].([]any)[0].(object)["tag"] = d.One("1st", "Canary_A", "a.b", "-a", "a-")
	}},
	{Name: "a rollout of half seconds", Code: diag.DurationBounds, Spec: func(d *Draw, app object) {
		app["rollout"] = object{"duration": d.One("1.5s", "1ms", "1h0.5s")}
	}},

	// Names.
	{Name: "an app's name that is no label", Code: diag.InvalidName, Spec: func(_ *Draw, app object) {
		app["name"] = "1app"
	}, Object: func(d *Draw, o object) {
		o["metadata"].(object)["name"] = d.One("1app", "App", "a.b", "a_b")
	}},
	{Name: "a domain of the cluster", Code: diag.ClusterDomain, Spec: func(d *Draw, app object) {
		delete(app, "mesh") // whose VirtualService may take the DomainMapping's place
		app["domains"] = []any{d.One("web.default.svc.cluster.local", "web.cluster.local", "svc.cluster.local")}
	}},
	{Name: "a container called queue-proxy", Code: diag.ReservedName, Spec: func(_ *Draw, app object) {
		sidecar(app, "queue-proxy", object{})
	}},
	{Name: "an init container called as a sidecar", Code: diag.DuplicateName, Spec: func(_ *Draw, app object) {
		sidecar(app, "log", object{})
		app["init"] = object{"log": object{"image": "log" + digest}}
	}},
	{Name: "a pull secret twice", Code: diag.DuplicateName, Spec: func(_ *Draw, app object) {
		app["pullSecrets"] = []any{"a", "b", "a"}
	}},

	// Metadata.
	{Name: "an autoscaling annotation on the Service", Code: diag.ReservedMetadata, Spec: func(_ *Draw, app object) {
		ensure(app, "annotations")["autoscaling.knative.dev/min-scale"] = "1"
	}, Object: func(_ *Draw, o object) {
		o["metadata"].(object)["annotations"].(object)["autoscaling.knative.dev/min-scale"] = "1"
	}},
	{Name: "a networking annotation on the template", Code: diag.ReservedMetadata, Spec: func(_ *Draw, app object) {
		ensure(app, "annotations")["networking.knative.dev/visibility"] = "private"
	}, Object: func(_ *Draw, o object) {
		ensure(template(o)["metadata"].(object), "annotations")["networking.knative.dev/visibility"] = "private"
	}},
	{Name: "a progress deadline that is none", Code: diag.InvalidAnnotation, Spec: func(d *Draw, app object) {
		ensure(app, "annotations")["serving.knative.dev/progress-deadline"] = d.One("1.5s", "-1s", "ten")
	}},

	// Containers.
	{Name: "a reserved port", Code: diag.ReservedPort, Spec: func(d *Draw, app object) {
		app["port"] = d.One(8008, 8012, 8013, 8022, 9090, 9091)
	}},
	{Name: "a port that is none", Code: diag.OutOfBounds, Spec: func(_ *Draw, app object) { app["port"] = 65536 }, Object: func(d *Draw, o object) {
		container(o)["ports"] = []any{object{"containerPort": d.One(65536, -1), "protocol": "TCP"}}
	}},
	{Name: "a protocol that is none", Code: diag.UnknownValue, Spec: func(_ *Draw, app object) {
		app["port"], app["protocol"] = 8080, "grpc"
	}, Object: func(d *Draw, o object) {
		container(o)["ports"] = []any{d.One(
			object{"containerPort": 8080, "protocol": "TCP", "name": "grpc"}, object{"containerPort": 8080, "protocol": "UDP"})}
	}},
	{Name: "a port in a second container", Code: diag.SidecarPort, Spec: func(_ *Draw, app object) {
		sidecar(app, "log", object{"port": 8081})
	}},
	{Name: "sidecars without a port", Code: diag.PortRequired, Spec: func(_ *Draw, app object) {
		sidecar(app, "log", object{})
		delete(app, "port")
		delete(app, "protocol")
	}},
	{Name: "a reserved variable", Code: diag.ReservedEnv, Spec: func(d *Draw, app object) {
		ensure(app, "env")[d.One("PORT", "K_SERVICE", "K_CONFIGURATION", "K_REVISION").(string)] = "1"
	}},
	{Name: "a reserved variable beside the app", Code: diag.ReservedEnv, Spec: func(d *Draw, app object) {
		sidecar(app, "log", object{"env": object{d.One("K_SERVICE", "K_CONFIGURATION", "K_REVISION").(string): "1"}})
	}},
	{Name: "an image that does not parse", Code: diag.InvalidImage, Spec: func(d *Draw, app object) {
		app["image"] = d.One("registry.example.com/App"+digest, "b:c:d:e"+digest)
	}, Object: func(d *Draw, o object) {
		container(o)["image"] = d.One("registry.example.com/App"+digest, "b:c:d:e"+digest)
	}},

	// Probes.
	{Name: "failures without a period", Code: diag.InvalidProbe, Spec: func(d *Draw, app object) {
		app["probes"] = object{"readiness": object{"tcp": true, d.One("failures", "timeout").(string): d.One(1, 3)}}
	}},
	{Name: "two ways to probe", Code: diag.OneOf, Spec: func(_ *Draw, app object) {
		app["probes"] = object{"readiness": object{"tcp": true, "http": "/"}}
	}, Object: func(_ *Draw, o object) {
		container(o)["readinessProbe"] = object{"successThreshold": 1, "tcpSocket": object{"port": 0}, "httpGet": object{"port": 0, "path": "/"}}
	}},
	{Name: "a probe of an init container", Code: diag.InitProbe, Spec: func(d *Draw, app object) {
		app["init"] = object{"wait": object{"image": "wait" + digest, "probes": object{
			d.One("readiness", "liveness", "startup").(string): object{"exec": []any{"true"}}}}}
	}},
	{Name: "a probe beside the app without a port", Code: diag.MissingField, Spec: func(d *Draw, app object) {
		sidecar(app, "log", object{"probes": object{
			d.One("readiness", "liveness", "startup").(string): d.One(object{"tcp": true}, object{"http": "/"})}})
	}},

	// Mounts.
	{Name: "a mount over Knative's own", Code: diag.ReservedPath, Spec: func(d *Draw, app object) {
		app["mounts"] = object{d.One("/", "/dev", "/dev/log", "/dev/", "//", "/a/..").(string): object{"secret": "a"}}
	}},
	{Name: "two mounts at one path", Code: diag.DuplicateMount, Spec: func(_ *Draw, app object) {
		app["mounts"] = object{"/a": object{"secret": "a"}, "/b/../a/": object{"secret": "b"}}
	}},
	{Name: "a mount path that is relative", Code: diag.InvalidPath, Spec: func(_ *Draw, app object) {
		app["mounts"] = object{"a": object{"secret": "a"}}
	}, Object: func(_ *Draw, o object) {
		template(o)["spec"].(object)["volumes"] = []any{object{"name": "a", "secret": object{"secretName": "a"}}}
		container(o)["volumeMounts"] = []any{object{"name": "a", "mountPath": "a", "readOnly": true}}
	}},

	// Behaviour.
	{Name: "a timeout over the cluster's", Code: diag.TimeoutLimit, Spec: func(d *Draw, app object) { app["timeoutSeconds"] = d.One(601, 1e6) }},
	{Name: "a concurrency over the cluster's", Code: diag.ConcurrencyLimit, Spec: func(d *Draw, app object) { app["concurrency"] = d.One(1001, 1e6) }},
	{Name: "max below min", Code: diag.ScaleOrder, Spec: func(d *Draw, app object) { app["scale"] = object{"min": d.One(2, 100), "max": 1} }},
	{Name: "activation beyond min and max", Code: diag.ScaleOrder, Spec: func(d *Draw, app object) {
		app["scale"] = d.One(object{"min": 3, "activation": 2}, object{"max": 2, "activation": 3})
	}},
	{Name: "an initial scale of zero", Code: diag.ScaleLimit, Spec: func(_ *Draw, app object) { app["scale"] = object{"initial": 0} }},
	{Name: "a window out of bounds", Code: diag.DurationBounds, Spec: func(d *Draw, app object) {
		app["scale"] = object{"window": d.One("5s", "0s", "5999ms", "6.5s", "3601s", "1h1s")}
	}},
	{Name: "a delay out of bounds", Code: diag.DurationBounds, Spec: func(d *Draw, app object) {
		app["scale"] = d.One(object{"downDelay": "1h1s"}, object{"downDelay": "1.5s"}, object{"retention": "3600001ms"})
	}},
	{Name: "a metric of another class", Code: diag.MetricClass, Spec: func(d *Draw, app object) {
		app["scale"] = object{"metric": d.One("cpu", "memory", "queue-length")}
	}},
	{Name: "a class that knative.dev does not have", Code: diag.UnknownValue, Spec: func(_ *Draw, app object) {
		app["scale"] = object{"class": "vpa.autoscaling.knative.dev"}
	}},
	annotated("a target of nothing", "target", "autoscaling.knative.dev/target", 0, 0.009),
	annotated("a utilization of nothing", "utilization", "autoscaling.knative.dev/target-utilization-percentage", 0, 0.9, 100.5),
	annotated("an activation of one", "activation", "autoscaling.knative.dev/activation-scale", 1, 0),
	annotated("a scale below zero", "min", "autoscaling.knative.dev/min-scale", -1, 2147483648),
	annotated("a scale over what fits", "max", "autoscaling.knative.dev/max-scale", -1, 2147483648),
	annotated("a burst capacity below zero", "burstCapacity", "autoscaling.knative.dev/target-burst-capacity", -2, -0.5),

	// Flags.
	flagged("kubernetes.podspec-init-containers", object{"init": object{"wait": object{"image": "wait" + digest}}}),
	flagged("kubernetes.podspec-fieldref", object{"env": object{"NODE": object{"field": "spec.nodeName"}}}),
	flagged("kubernetes.podspec-nodeselector", object{"scheduling": object{"nodeSelector": object{"disk": "ssd"}}}),
	flagged("kubernetes.podspec-tolerations", object{"scheduling": object{"tolerations": []any{object{"operator": "Exists"}}}}),
	flagged("kubernetes.podspec-affinity", object{"scheduling": object{"affinity": object{"podAntiAffinity": object{}}}}),
	flagged("kubernetes.podspec-topologyspreadconstraints", object{"scheduling": object{"topologySpread": []any{
		object{"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"}}}}),
	flagged("kubernetes.podspec-priorityclassname", object{"scheduling": object{"priorityClass": "high"}}),
	flagged("kubernetes.podspec-runtimeclassname", object{"scheduling": object{"runtimeClass": "gvisor"}}),
	flagged("kubernetes.podspec-securitycontext", object{"security": object{"fsGroup": 1000}}),
	flagged("kubernetes.containerspec-addcapabilities", object{"security": object{"capabilities": []any{"CHOWN"}}}),
	flagged("kubernetes.podspec-persistent-volume-claim", object{"mounts": object{"/a": object{"pvc": "a"}}}),
	flagged("kubernetes.podspec-persistent-volume-write", object{"mounts": object{"/a": object{"pvc": "a", "readOnly": false}}}),
	flagged("kubernetes.podspec-volumes-emptydir", object{"mounts": object{"/a": object{"emptyDir": object{}}}}),
	flagged("kubernetes.podspec-volumes-hostpath", object{"mounts": object{"/a": object{"hostPath": object{"path": "/a"}}}}),
	flagged("kubernetes.podspec-volumes-csi", object{"mounts": object{"/a": object{"csi": object{"driver": "csi.example.com"}}}}),
	flagged("kubernetes.podspec-volumes-image", object{"mounts": object{"/a": object{"image": "a1" + digest}}}),
	flagged("kubernetes.podspec-volumes-ephemeral", object{"mounts": object{"/a": object{"ephemeral": object{
		"accessModes": []any{"ReadWriteOnce"}, "resources": object{"requests": object{"storage": "1Gi"}}}}}}),
	flagged("multi-container", object{"port": 8080, "sidecars": object{"log": object{"image": "log" + digest}}}),
	flagged("multi-container-probing", object{"port": 8080, "sidecars": object{"log": object{
		"image": "log" + digest, "probes": object{"liveness": object{"tcp": true, "port": 9000}}}}}),
}

// annotated is a number of the autoscaler's that its annotation does not take,
// and the schema not either.
func annotated(name, field, annotation string, values ...any) Mistake {
	return Mistake{Name: name, Code: diag.OutOfBounds, Spec: func(d *Draw, app object) {
		app["scale"] = object{field: d.One(values...)}
	}, Object: func(d *Draw, o object) {
		ensure(template(o)["metadata"].(object), "annotations")[annotation] = number(d.One(values...))
	}}
}

// flagged is the use of fields without their flag.
func flagged(flag string, fields object) Mistake {
	return Mistake{Name: "without " + flag, Code: diag.FeatureDisabled, Flag: flag, Spec: func(_ *Draw, app object) {
		for name, value := range fields {
			app[name] = value
		}
	}}
}

// sidecar adds a container to an app, whose own then has a port.
func sidecar(app object, name string, fields object) {
	fields["image"] = "log" + digest
	app["sidecars"] = object{name: fields}
	if app["port"] == nil {
		app["port"] = 8080
	}
}

func template(service object) object { return service["spec"].(object)["template"].(object) }

func container(service object) object {
	return template(service)["spec"].(object)["containers"].([]any)[0].(object)
}

// number is the text of a number.
func number(n any) string {
	text, err := json.Marshal(n)
	if err != nil {
		panic("belay internal: " + err.Error())
	}
	return string(text)
}
