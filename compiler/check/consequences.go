package check

import (
	"slices"
	"strings"

	"github.com/belay-sh/belay/compiler/rules"
	"github.com/belay-sh/belay/compiler/rules/cluster"
	"github.com/belay-sh/belay/internal/diag"
)

// dependsOn are the fields that a finding may be a consequence of, by its code:
// those that the rules declare, and those below.
var dependsOn = rules.Join(appRules, cluster.Rules, rules.Set{DependsOn: severalRules}).DependsOn

// severalRules has the codes that rules of several files report.
var severalRules = map[diag.Code][]string{
	diag.CallerIdentity:               {"namespace", "name", "serviceAccount", "inject", "revision", "labels", "namespaces", "mesh", "apps"},
	diag.DomainRequired:               {"domains", "match", "headers", rules.TargetFeatures, rules.TargetKnative},
	diag.FeatureDisabled:              {rules.TargetFeatures, rules.TargetKnative},
	diag.InjectionConflict:            {"inject", "revision"},
	diag.InvalidName:                  {"tag"},
	diag.InvalidValue:                 {"matchExpressions", "matchFields", "nodeSelectorTerms", "key", "operator", "values"},
	diag.InvalidSetting:               {rules.WholeTarget},
	diag.MisplacedField:               {rules.WholeTarget, "protocol", "ambient", "mesh", "manifests", "urls", "class"},
	diag.MissingField:                 {"values", "accessModes", "storage", "requests", "resources", "nodeSelectorTerms", "matchExpressions", "image", "existing", "revisions", "key", "limits", "port", "protocol", "version", rules.WholeTarget, "mesh", "name", "jwksUri", "jwks"},
	diag.NameTooLong:                  {"name", "namespace", rules.WholeTarget},
	diag.OneOf:                        {"callers"},
	diag.PlatformMismatch:             {rules.TargetKnative, rules.TargetMesh, "target.domain", "version"},
	diag.ReservedMetadata:             {rules.TargetKnative},
	diag.ScaleLimit:                   {rules.TargetAutoscaler, "min", "max", "initial", "scale"},
	diag.SettingRequired:              {rules.WholeTarget, "config", "features", "class", "metric", "scale", "min", "activation", "visibility", "domains"},
	diag.StrictWithoutInjectedServing: {rules.TargetMesh},
	diag.UnknownCaller:                {"namespace", "name", "serviceAccount", "apps"},
	diag.UnknownRelease:               {rules.TargetKnative},
	diag.UnknownSetting:               {rules.TargetKnative},
	diag.UnreadSetting:                {"labelSelector", rules.WholeTarget, "class", "metric", "scale", "probes"},
	diag.UnsupportedField:             {rules.TargetKnative, rules.TargetIstio},
}

// local are the codes whose findings depend only on fields of the map that they
// are in, and on what is below and directly around it: many maps have fields of
// these names.
var local = map[diag.Code]bool{
	diag.InvalidName:    true,
	diag.InvalidValue:   true,
	diag.MisplacedField: true,
	diag.MissingField:   true,
	diag.OneOf:          true,
	diag.UnreadSetting:  true,
}

// withoutCovered drops what is said of a field that the target's release does
// not have: what else a rule reports at the field, and that a field below it is
// not there either.
func withoutCovered(diags diag.List) diag.List {
	absent := map[string]bool{}
	for _, d := range diags {
		if d.Code == diag.UnsupportedField && d.Path != "" {
			absent[d.Path] = true
		}
	}
	if len(absent) == 0 {
		return diags
	}
	return slices.DeleteFunc(slices.Clone(diags), func(d diag.Diagnostic) bool {
		if d.Code != diag.UnsupportedField {
			return absent[d.Path]
		}
		for end := strings.LastIndexByte(d.Path, '.'); end > 0; end = strings.LastIndexByte(d.Path[:end], '.') {
			if absent[d.Path[:end]] {
				return true
			}
		}
		return false
	})
}
