package specgen

import (
	"math"
	"slices"

	"github.com/belay-sh/belay/internal/ir"
)

// repairTemplate makes the fields of a container and its pod go together.
func repairTemplate(o object) {
	sidecars, _ := o["sidecars"].(object)
	if _, ok := o["port"]; !ok && len(sidecars) > 0 {
		o["port"] = int64(8080)
	}
	if _, ok := o["port"]; !ok {
		delete(o, "protocol")
	}
	init, _ := o["init"].(object)
	for _, name := range ir.Sorted(init) {
		delete(init[name].(object), "probes")
	}
	if secrets, ok := o["pullSecrets"].([]any); ok {
		o["pullSecrets"] = secrets[:1] // two may be the same
	}
}

func repairSidecar(o object) {
	delete(o, "port")
	delete(o, "protocol")
	if security, ok := o["security"].(object); ok {
		delete(security, "fsGroup")
	}
	probes, _ := o["probes"].(object)
	for _, name := range ir.Sorted(probes) {
		p := probes[name].(object)
		if _, ok := p["exec"]; !ok {
			p["port"] = int64(9000)
		}
	}
}

func repairEnvValue(o object) {
	if _, ok := o["field"]; ok {
		delete(o, "key")
		delete(o, "optional")
	} else {
		o["key"] = "key"
	}
}

func repairProbes(probes object) {
	for _, name := range []string{"liveness", "startup"} {
		if p, ok := probes[name].(object); ok {
			delete(p, "successes")
		}
	}
	p, ok := probes["readiness"].(object)
	if period, _ := p["period"].(int64); ok && period == 0 {
		delete(p, "failures")
		delete(p, "timeout")
	}
}

func repairProbe(p object) {
	if _, ok := p["http"]; !ok {
		delete(p, "headers")
	}
	if _, ok := p["exec"]; ok {
		delete(p, "port")
	}
	for _, field := range []string{"failures", "timeout"} {
		if p[field] == int64(0) {
			delete(p, field)
		}
	}
}

// mountOptions are the fields of a mount by the sources that they go with.
var mountOptions = map[string][]string{
	"items":    {"secret", "configMap"},
	"optional": {"secret", "configMap"},
	"mode":     {"secret", "configMap", "projected"},
	"subPath":  {"secret", "configMap", "projected", "pvc", "emptyDir", "hostPath", "csi", "ephemeral"},
	"readOnly": {"pvc", "emptyDir", "ephemeral"},
}

func repairMount(m object) {
	for option, sources := range mountOptions {
		if !slices.ContainsFunc(sources, func(source string) bool { return m[source] != nil }) {
			delete(m, option)
		}
	}
	if sources, ok := m["projected"].([]any); ok {
		m["projected"] = sources[:1] // another could have a file of the same name
	}
}

func repairProjection(p object) {
	if p["secret"] == nil && p["configMap"] == nil {
		delete(p, "items")
		delete(p, "optional")
	}
}

// ofBytes are the quantities that are meant where bytes are counted.
var ofBytes = []any{"0", "64Mi", "128Mi", "1Gi", "1.5Gi", "1E"}

// repairResources makes a limit what the request for the same is. Devices are
// whole, and what is asked for of them is what is had.
func repairResources(r object) {
	const device = "example.com/gpu"
	requests, _ := r["requests"].(object)
	limits, _ := r["limits"].(object)
	for name := range requests {
		if limits[name] != nil {
			limits[name] = requests[name]
		}
	}
	for _, amounts := range []object{requests, limits} {
		for _, name := range []string{"memory", "ephemeral-storage"} {
			if amount, ok := amounts[name]; ok && !slices.Contains(ofBytes, amount) {
				amounts[name] = "64Mi"
			}
		}
	}
	_, requested := requests[device]
	_, limited := limits[device]
	if requested || limited {
		delete(requests, device)
		ensure(r, "limits")[device] = int64(2)
	}
}

func repairScale(s object) {
	if s["initial"] == int64(0) {
		s["initial"] = int64(1)
	}
	lower, _ := s["min"].(int64)
	if upper, ok := s["max"].(int64); ok && upper != 0 && upper < lower {
		s["max"] = lower
	}
	if activation, ok := s["activation"].(int64); ok {
		upper, _ := s["max"].(int64)
		if activation < lower || upper != 0 && activation > upper {
			delete(s, "activation")
		}
	}
	switch s["class"] {
	case "hpa":
		repairHPA(s)
	case nil, "kpa":
		if s["metric"] != "rps" && s["metric"] != nil {
			s["metric"] = "concurrency"
		}
	}
}

// repairHPA gives a metric a target, and makes it whole.
func repairHPA(s object) {
	metric := s["metric"]
	if goal, ok := s["target"].(float64); ok {
		s["target"] = math.Ceil(goal)
	}
	if _, ok := s["target"]; !ok && metric != nil && metric != "cpu" {
		s["target"] = int64(64)
	}
}
