package cluster

import (
	"slices"
	"strings"

	"github.com/belay-sh/belay/compiler/rules"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/spelling"
	"github.com/belay-sh/belay/internal/target"
)

// settingRules are the rules of this file.
var settingRules = rules.Set{
	DependsOn: map[diag.Code][]string{
		diag.MeshWithoutAPI: {"mesh", "cluster", "dataplaneAPI"},
	},
}

// checkTemplates reports templates of hosts that Go's template language
// rejects.
func checkTemplates(t *target.Target, config *ir.Node) (diags diag.List) {
	network := config.Field("network")
	for _, setting := range []string{"tag-template", "domain-template", "tagTemplate", "domainTemplate"} {
		n := network.Field(setting)
		if n == nil {
			continue
		}
		var err error
		if strings.HasPrefix(setting, "tag") {
			_, err = t.Hostname("app", "tag")
		} else {
			_, err = t.DomainName("app", "default", false, nil, nil)
		}
		if err != nil {
			diags.Add(n.Errorf(diag.InvalidSetting, "Knative can't use this %s: %v", setting, err))
		}
	}
	return diags
}

// A flag that does nothing without another.
var dependentFlags = map[string]string{
	"kubernetes.podspec-persistent-volume-write": "kubernetes.podspec-persistent-volume-claim",
	"multi-container-probing":                    "multi-container",
}

// checkDependentFlag reports a flag that is on, at a target on which it does
// nothing without another one.
func checkDependentFlag(t *target.Target, n *ir.Node) diag.List {
	needs := dependentFlags[n.Name]
	if needs == "" || t.Flag(n.Name) == target.Disabled || t.Flag(needs) != target.Disabled {
		return nil
	}
	return diag.List{n.Warnf(diag.SettingRequired, "the flag %s does nothing while %s is off", n.Name, needs).
		WithHint("set %q: \"enabled\" beside it", needs)}
}

// CheckTarget validates the mesh and the settings of a target.
func CheckTarget(t *target.Target, n *ir.Node) diag.List {
	diags := checkMeshAPI(t, n.Field("mesh"))
	diags.Add(checkSettings(t, n.Field("config"))...)
	return append(diags, checkTemplates(t, n.Field("config"))...)
}

// checkMeshAPI reports a mesh in a cluster of its own that does not read Istio
// objects through the data plane's API. Knative's Istio controller writes its
// VirtualServices and Gateways there, and to no other API.
func checkMeshAPI(t *target.Target, mesh *ir.Node) diag.List {
	if !t.Mesh.Separate || t.Mesh.DataplaneAPI {
		return nil
	}
	n := mesh.Field("dataplaneAPI")
	return diag.List{n.Errorf(diag.MeshWithoutAPI, "net-istio writes the routes of apps to the data plane's API, where this mesh never looks: no app would be reachable").
		WithRelated(mesh.Field("cluster").At, "the mesh is another cluster").
		WithHint("have the mesh read the data plane's API, and leave dataplaneAPI out")}
}

// checkSettings reports settings that Knative does not read. It ignores unknown
// keys, and unknown values of flags, silently.
func checkSettings(t *target.Target, config *ir.Node) (diags diag.List) {
	for _, configMap := range config.Fields() {
		if configMap.Name == "istio" {
			diags.Add(checkGateways(t, configMap)...)
			continue
		}
		known := t.Settings(configMap.Name)
		for _, n := range configMap.Children {
			if !slices.Contains(known, n.Name) && !strings.HasPrefix(n.Name, "queue-sidecar-") {
				d := n.KeyErrorf(diag.UnknownSetting, "config-%s of Knative %s has no key %s", configMap.Name, t.Knative, n.Name)
				if near := spelling.Nearest(n.Name, known); near != "" {
					d = d.WithHint("did you mean %q?", near)
				}
				diags.Add(d)
				continue
			}
			if configMap.Name == "features" {
				diags.Add(checkFlag(n)...)
				diags.Add(checkDependentFlag(t, n)...)
			}
		}
	}
	return diags
}

func checkFlag(n *ir.Node) diag.List {
	values := []string{"enabled", "allowed", "disabled"}
	if n.Name == "secure-pod-defaults" {
		values = []string{"enabled", "AllowRootBounded", "disabled"}
	}
	for _, v := range values {
		if strings.EqualFold(v, n.Text) {
			return nil
		}
	}
	return diag.List{n.Errorf(diag.UnknownValue, "%s is %q; a flag is %s, and Knative ignores other values", n.Name, n.Text, diag.Or(values))}
}
