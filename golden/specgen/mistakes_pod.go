package specgen

import "github.com/belay-sh/belay/internal/diag"

// PodMistakes are rules of Kubernetes and of the autoscaler's controller, each
// broken. Knative's webhook has nothing to say of them.
var PodMistakes = []Mistake{
	scheduled("an operator that is none", diag.UnknownValue, "tolerations", "tolerations",
		[]any{object{"key": "gpu", "operator": "Exist"}}, []any{object{"key": "gpu", "operator": "equal"}}),
	scheduled("an effect that is none", diag.UnknownValue, "tolerations", "tolerations",
		[]any{object{"key": "gpu", "effect": "NoSchedul"}}),
	scheduled("a value with Exists", diag.MisplacedField, "tolerations", "tolerations",
		[]any{object{"key": "gpu", "operator": "Exists", "value": "true"}}),
	scheduled("a toleration of nothing", diag.MissingField, "tolerations", "tolerations",
		[]any{object{"value": "true"}}, []any{object{"effect": "NoExecute", "operator": "Equal"}}),
	scheduled("seconds of another effect", diag.MisplacedField, "tolerations", "tolerations",
		[]any{object{"key": "gpu", "effect": "NoSchedule", "tolerationSeconds": 5}}, []any{object{"operator": "Exists", "tolerationSeconds": 5}}),
	scheduled("an operator of nodes without values", diag.MissingField, "affinity", "affinity",
		nodes(object{"key": "zone", "operator": "In"}), nodes(object{"key": "zone", "operator": "Gt"})),
	scheduled("values that do not count", diag.MisplacedField, "affinity", "affinity",
		nodes(object{"key": "zone", "operator": "Exists", "values": []any{"a"}})),
	scheduled("two values to compare", diag.InvalidValue, "affinity", "affinity",
		nodes(object{"key": "zone", "operator": "Gt", "values": []any{"1", "2"}})),
	scheduled("a value that no label has", diag.InvalidValue, "affinity", "affinity",
		nodes(object{"key": "zone", "operator": "In", "values": []any{"not a label"}})),
	scheduled("an operator of nodes that is none", diag.UnknownValue, "affinity", "affinity",
		nodes(object{"key": "zone", "operator": "in", "values": []any{"a"}})),
	scheduled("a weight out of bounds", diag.OutOfBounds, "affinity", "affinity",
		object{"podAffinity": object{preferred: []any{object{"weight": 101, "podAffinityTerm": object{"topologyKey": "zone", "labelSelector": object{}}}}}}),
	scheduled("keys without a selector", diag.MisplacedField, "affinity", "affinity",
		object{"podAntiAffinity": object{required: []any{object{"topologyKey": "zone", "matchLabelKeys": []any{"team"}}}}}),
	scheduled("a skew of nothing", diag.OutOfBounds, "topologySpread", "topologySpreadConstraints",
		[]any{object{"maxSkew": 0, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule", "labelSelector": object{}}}),
	scheduled("what happens otherwise", diag.UnknownValue, "topologySpread", "topologySpreadConstraints",
		[]any{object{"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "Sometimes", "labelSelector": object{}}}),
	scheduled("least places of a preference", diag.MisplacedField, "topologySpread", "topologySpreadConstraints",
		[]any{object{"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "ScheduleAnyway", "minDomains": 2, "labelSelector": object{}}}),
	scheduled("a constraint twice", diag.DuplicateName, "topologySpread", "topologySpreadConstraints",
		[]any{
			object{"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "ScheduleAnyway", "labelSelector": object{}},
			object{"maxSkew": 2, "topologyKey": "zone", "whenUnsatisfiable": "ScheduleAnyway", "labelSelector": object{}},
		}),
	{Name: "a field that no pod has", Code: diag.UnknownValue, Kubernetes: true, Spec: func(_ *Draw, app object) {
		app["env"] = object{"NODE": object{"field": "spec.nodename"}}
	}, Object: func(d *Draw, o object) {
		container(o)["env"] = []any{object{"name": "NODE", "valueFrom": object{"fieldRef": object{"fieldPath": d.One("spec.nodename", "metadata.labels", "status.podIP['a']")}}}}
	}},
	{Name: "a resource that is none", Code: diag.UnknownValue, Kubernetes: true, Spec: func(d *Draw, app object) {
		app["resources"] = object{"limits": object{d.One("memroy", "gpu", "storage").(string): "1Gi"}}
	}, Object: func(d *Draw, o object) {
		container(o)["resources"] = object{"limits": object{d.One("memroy", "gpu", "storage").(string): "1Gi"}}
	}},
	{Name: "a header of a probe that is none", Code: diag.InvalidName, Kubernetes: true, Spec: func(d *Draw, app object) {
		app["probes"] = object{"readiness": object{"http": "/", "headers": object{d.One("a b", "a_b", "").(string): "c"}}}
	}, Object: func(d *Draw, o object) {
		container(o)["readinessProbe"] = object{"successThreshold": 1, "httpGet": object{"path": "/", "port": 0, "httpHeaders": []any{object{"name": d.One("a b", "a_b", ""), "value": "c"}}}}
	}},
	claimed("a claim of no size", diag.MissingField, object{"accessModes": []any{"ReadWriteOnce"}, "resources": object{"requests": object{}}}),
	claimed("a claim of size zero", diag.OutOfBounds, object{"accessModes": []any{"ReadWriteOnce"}, "resources": object{"requests": object{"storage": "0"}}}),
	claimed("access modes that exclude each other", diag.InvalidValue,
		object{"accessModes": []any{"ReadWriteOncePod", "ReadWriteOnce"}, "resources": object{"requests": object{"storage": "1Gi"}}}),
	claimed("a source of no group", diag.InvalidValue, object{"accessModes": []any{"ReadWriteOnce"}, "resources": object{"requests": object{"storage": "1Gi"}},
		"dataSource": object{"kind": "VolumeSnapshot", "name": "backup"}}),
	autoscaled("a metric without a target", diag.MissingField, object{"class": "hpa", "metric": "queue-depth"}, object{"class": "hpa", "metric": "memory"}),
	autoscaled("a target that is cut to zero", diag.InvalidValue,
		object{"class": "hpa", "metric": "queue-depth", "target": 0.5}, object{"class": "hpa", "metric": "memory", "target": 0.9}),
}

const (
	required  = "requiredDuringSchedulingIgnoredDuringExecution"
	preferred = "preferredDuringSchedulingIgnoredDuringExecution"
)

// nodes is an affinity to nodes with one requirement.
func nodes(requirement object) object {
	return object{"nodeAffinity": object{required: object{"nodeSelectorTerms": []any{object{"matchExpressions": []any{requirement}}}}}}
}

// scheduled is a mistake in a field of scheduling, which has the same shape in
// the pod under another name.
func scheduled(name string, code diag.Code, field, podField string, values ...any) Mistake {
	return Mistake{Name: name, Code: code, Kubernetes: true, Spec: func(d *Draw, app object) {
		app["scheduling"] = object{field: d.One(values...)}
	}, Object: func(d *Draw, o object) {
		template(o)["spec"].(object)[podField] = d.One(values...)
	}}
}

// claimed is a mistake in a claim that is made for the pod.
func claimed(name string, code diag.Code, claim object) Mistake {
	return Mistake{Name: name, Code: code, Kubernetes: true, Spec: func(_ *Draw, app object) {
		app["mounts"] = object{"/claimed": object{"ephemeral": claim}}
	}, Object: func(_ *Draw, o object) {
		template(o)["spec"].(object)["volumes"] = []any{object{"name": "a", "ephemeral": object{"volumeClaimTemplate": object{"spec": claim}}}}
		container(o)["volumeMounts"] = []any{object{"name": "a", "mountPath": "/claimed"}}
	}}
}

// autoscaled is a mistake in the settings of class hpa.
func autoscaled(name string, code diag.Code, scales ...any) Mistake {
	return Mistake{Name: name, Code: code, Kubernetes: true, Spec: func(d *Draw, app object) {
		app["scale"] = d.One(scales...)
	}, Object: func(d *Draw, o object) {
		scale := d.One(scales...).(object)
		annotations := object{"autoscaling.knative.dev/class": "hpa.autoscaling.knative.dev", "autoscaling.knative.dev/metric": scale["metric"]}
		if goal, ok := scale["target"].(float64); ok {
			annotations["autoscaling.knative.dev/target"] = number(goal)
		}
		template(o)["metadata"].(object)["annotations"] = annotations
	}}
}
