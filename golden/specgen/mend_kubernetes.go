package specgen

// mendKubernetes makes what was drawn of Kubernetes' own types go together.
func mendKubernetes(typeName string, o object) {
	switch typeName {
	case "Toleration":
		mendToleration(o)
	case "Scheduling":
		if spreads, ok := o["topologySpread"].([]any); ok {
			o["topologySpread"] = spreads[:1] // another could be the same
		}
	case "NodeSelectorTerm":
		if len(o) == 0 {
			o["matchExpressions"] = []any{object{"key": "zone", "operator": "Exists"}}
		}
	case "NodeFieldRequirement":
		o["values"] = []any{"node-1"}
	case "NodeRequirement", "LabelRequirement":
		mendRequirement(o)
	case "PodAffinityTerm":
		ensure(o, "labelSelector")
		mendLabelKeys(o)
	case "TopologySpread":
		ensure(o, "labelSelector")
		mendLabelKeys(o)
		if o["whenUnsatisfiable"] == "ScheduleAnyway" {
			delete(o, "minDomains")
		}
	case "DataSource", "DataSourceRef":
		if o["apiGroup"] == nil {
			o["kind"] = "PersistentVolumeClaim"
		}
	case "Claim":
		o["accessModes"] = o["accessModes"].([]any)[:1]
		o["resources"] = object{"requests": object{"storage": "1Gi"}}
		delete(o, "dataSource")
	}
}

func mendToleration(o object) {
	if o["key"] == nil {
		o["operator"] = "Exists"
	}
	if o["operator"] == "Exists" {
		delete(o, "value")
	}
	if o["tolerationSeconds"] != nil {
		o["effect"] = "NoExecute"
	}
}

// mendRequirement gives an operator the values that it takes.
func mendRequirement(o object) {
	switch o["operator"] {
	case "In", "NotIn":
		o["values"] = []any{"a", "b-1"}
	case "Gt", "Lt":
		o["values"] = []any{"5"}
	default:
		delete(o, "values")
	}
}

// mendLabelKeys keeps keys to those that no selector is about.
func mendLabelKeys(o object) {
	if o["matchLabelKeys"] != nil {
		o["matchLabelKeys"] = []any{"serving.knative.dev/revision"}
	}
	if o["mismatchLabelKeys"] != nil {
		o["mismatchLabelKeys"] = []any{"serving.knative.dev/service"}
	}
}
