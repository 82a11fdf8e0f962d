package pod

import (
	"slices"

	"github.com/belay-sh/belay/compiler/rules"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
)

// envRules are the rules of this file.
var envRules = rules.Set{
	Container: []func(*target.Target, ir.Container) diag.List{checkEnv, checkEnvCycles},
}

// reservedEnv are the variables that Knative sets itself; in containers beside
// the app's, PORT is free (k8s_validation.go, reservedEnvVars).
var reservedEnv = []string{"K_CONFIGURATION", "K_REVISION", "K_SERVICE", "PORT"}

// checkEnv reports environment variables that Knative sets itself, and sources
// that are not complete.
func checkEnv(_ *target.Target, c ir.Container) (diags diag.List) {
	for _, n := range c.Node.Field("env").Fields() {
		if slices.Contains(reservedEnv, n.Name) && (n.Name != "PORT" || c.Role == ir.Serving) {
			d := n.KeyErrorf(diag.ReservedEnv, "Knative sets %s itself", n.Name)
			if n.Name == "PORT" {
				d = d.WithHint("write port; the container finds it in PORT")
			}
			diags.Add(d)
		}
		from := c.Spec.Env[n.Name].From
		switch key := n.Field("key"); {
		case from == nil:
		case from.Field == "" && key == nil:
			diags.Add(n.KeyErrorf(diag.MissingField, "%s lacks the field key", n.Name).
				WithHint("envFrom takes all keys of a Secret or ConfigMap"))
		case from.Field != "" && key != nil:
			diags.Add(key.KeyErrorf(diag.MisplacedField, "key does not go with field"))
		case from.Field != "" && n.Field("optional") != nil:
			diags.Add(n.Field("optional").KeyErrorf(diag.MisplacedField, "optional does not go with field"))
		}
	}
	return diags
}

// checkEnvCycles reports variables that use each other in a circle: Kubernetes
// expands only what is defined before.
func checkEnvCycles(_ *target.Target, c ir.Container) (diags diag.List) {
	done := map[string]bool{}
	var visit func(name string, path []string) []string
	visit = func(name string, path []string) []string {
		if i := slices.Index(path, name); i >= 0 {
			return path[i:]
		}
		if v, ok := c.Spec.Env[name]; !ok || done[name] || v.From != nil {
			return nil
		}
		for _, used := range c.Spec.Env[name].Uses() {
			if cycle := visit(used, append(path, name)); cycle != nil {
				return cycle
			}
		}
		done[name] = true
		return nil
	}
	for _, name := range ir.Sorted(c.Spec.Env) {
		cycle := visit(name, nil)
		if cycle == nil {
			continue
		}
		nodes := make([]*ir.Node, len(cycle))
		for i, n := range cycle {
			nodes[i] = c.Node.Field("env").Field(n)
		}
		return append(diags, envCycle(nodes))
	}
	return diags
}

func envCycle(nodes []*ir.Node) diag.Diagnostic {
	last := slices.MaxFunc(nodes, func(a, b *ir.Node) int { return a.At.Compare(b.At) })
	if len(nodes) == 1 {
		return last.Errorf(diag.EnvCycle, "%s uses itself; Kubernetes expands only what stands before", last.Name).
			WithHint("write $$ for a dollar sign")
	}
	d := last.Errorf(diag.EnvCycle, "%s and other variables use each other; Kubernetes expands only what stands before", last.Name)
	for _, n := range nodes {
		if n != last {
			d = d.WithRelated(n.At, "%s has a part in it", n.Name)
		}
	}
	return d
}
