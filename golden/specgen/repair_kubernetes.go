package specgen

// repairKubernetes makes what was drawn of Kubernetes' own types go together.
func repairKubernetes(typeName string, o object) {
	switch typeName {
	case "Toleration":
		repairToleration(o)
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
		repairRequirement(o)
	case "PodAffinityTerm":
		ensure(o, "labelSelector")
		repairLabelKeys(o)
	case "TopologySpread":
		ensure(o, "labelSelector")
		repairLabelKeys(o)
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

func repairToleration(o object) {
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

// repairRequirement gives an operator the values that it takes.
func repairRequirement(o object) {
	switch o["operator"] {
	case "In", "NotIn":
		o["values"] = []any{"a", "b-1"}
	case "Gt", "Lt":
		o["values"] = []any{"5"}
	default:
		delete(o, "values")
	}
}

// repairLabelKeys keeps keys to those that no selector is about.
func repairLabelKeys(o object) {
	if o["matchLabelKeys"] != nil {
		o["matchLabelKeys"] = []any{"serving.knative.dev/revision"}
	}
	if o["mismatchLabelKeys"] != nil {
		o["mismatchLabelKeys"] = []any{"serving.knative.dev/service"}
	}
}
