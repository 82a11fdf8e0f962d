package argoplugin

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/belay-sh/belay/compiler"
	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
)

func TestParseParameters(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want Parameters
	}{
		"not set": {"", Parameters{}},
		"null":    {"null", Parameters{}},
		"none":    {"[]", Parameters{}},
		"each form": {`[{"name": "path", "string": "./..."}, {"name": "app", "array": ["web", "shop/api"]}, {"name": "tags", "map": {"env": "prod", "a": "b"}}]`,
			Parameters{path: "./...", apps: []string{"web", "shop/api"}, tags: []string{"a=b", "env=prod"}}},
		"an empty string":                {`[{"name": "target", "string": ""}]`, Parameters{}},
		"an array of nothing":            {`[{"name": "app"}]`, Parameters{}},
		"a map of nothing":               {`[{"name": "tags", "map": {}}]`, Parameters{}},
		"fields that belay lacks":        {`[{"name": "path", "string": "a", "required": true, "itemType": "string"}]`, Parameters{path: "a"}},
		"releases":                       {`[{"name": "target-knative", "string": "1.20"}, {"name": "target-istio", "string": "1.28"}]`, Parameters{knative: "1.20", istio: "1.28"}},
		"a cluster":                      {`[{"name": "cluster", "string": "mesh"}]`, Parameters{cluster: ir.Mesh}},
		"shared objects and strict":      {`[{"name": "shared", "string": "only"}, {"name": "strict", "array": ["all", "unrecorded-revision"]}]`, Parameters{shared: "only", strict: []string{"all", "unrecorded-revision"}}},
		"a namespace, and optional tags": {`[{"name": "namespace", "string": "team-a"}, {"name": "optional-tags", "map": {"env": "prod"}}]`, Parameters{namespace: "team-a", optional: map[string]string{"env": "prod"}}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := ParseParameters(c.text)
			require.NoError(t, err)
			assert.Equal(t, c.want, got)
		})
	}
}

func TestParseParameters_Mistakes(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"not JSON":                  {"{", "ARGOCD_APP_PARAMETERS: "},
		"not a list":                {`{"name": "path"}`, "ARGOCD_APP_PARAMETERS: "},
		"a name that is unknown":    {`[{"name": "pth", "string": "a"}]`, "there is no parameter pth; there are path, target, app, "},
		"no name":                   {`[{"string": "a"}]`, "there is no parameter ; "},
		"a list, twice":             {`[{"name": "app", "array": ["a"]}, {"name": "path", "string": "a"}, {"name": "app", "array": ["b"]}]`, "the parameter app is set several times"},
		"a map, twice":              {`[{"name": "tags", "map": {"a": "b"}}, {"name": "tags", "map": {"a": "c"}}]`, "the parameter tags is set several times"},
		"a string, twice":           {`[{"name": "path", "string": "a"}, {"name": "path", "string": "a"}]`, "the parameter path is set several times"},
		"an array for a string":     {`[{"name": "path", "array": ["a"]}]`, "the parameter path takes a string"},
		"nothing for a string":      {`[{"name": "path"}]`, "the parameter path takes a string"},
		"a string for an array":     {`[{"name": "app", "string": "web"}]`, "the parameter app takes an array"},
		"a string for a map":        {`[{"name": "tags", "string": "env=prod"}]`, "the parameter tags takes a map"},
		"a map for an array":        {`[{"name": "app", "map": {"a": "b"}}]`, "the parameter app takes an array"},
		"a release that is unknown": {`[{"name": "target-knative", "string": "7.0"}]`, "the parameter target-knative: 7.0 is not a release that belay knows"},
		"one that is not a number":  {`[{"name": "target-istio", "string": "new"}]`, "the parameter target-istio: "},
		"a cluster":                 {`[{"name": "cluster", "string": "both"}]`, "the parameter cluster: "},
		"a mode":                    {`[{"name": "shared", "string": "some"}]`, "the parameter shared: some is not one of include, exclude, only"},
		"a code":                    {`[{"name": "strict", "array": ["unrecorded"]}]`, "the parameter strict: unrecorded is not the code of a diagnostic"},
		"a namespace":               {`[{"name": "namespace", "string": "Team A"}]`, "the parameter namespace: "},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ParseParameters(c.text)
			require.Error(t, err)
			assert.Contains(t, err.Error(), c.want)
		})
	}
}

// TestAnnounce_AllParameters: what Argo CD shows people is what ParseParameters reads
// back.
func TestAnnounce_AllParameters(t *testing.T) {
	opts := compiler.Options{Options: load.Options{Dir: written(t, "spec.yaml", appText)}}
	data, err := Announce(t.Context(), opts)
	require.NoError(t, err)
	var announced []struct {
		Name, Title, Tooltip, CollectionType, String string
		Array                                        []string
	}
	require.NoError(t, json.Unmarshal(data, &announced))
	require.Len(t, announced, len(known))
	for _, a := range announced {
		assert.NotEmpty(t, a.Title, a.Name)
		assert.NotEmpty(t, a.Tooltip, a.Name)
		switch a.Name {
		case "app":
			assert.Equal(t, []string{"web"}, a.Array)
		case "target-knative":
			assert.Equal(t, "1.20", a.String)
		}
	}
	_, err = ParseParameters(strings.ReplaceAll(string(data), `"collectionType"`, `"c"`))
	assert.ErrorContains(t, err, "takes a string", "Argo CD sends a parameter only if it is set")
}

func TestParameters_OptionalTags(t *testing.T) {
	p := Parameters{tags: []string{"env=prod"}, optional: map[string]string{"env": "dev", "region": "eu", "zone": "a"}}
	assert.Equal(t, []string{"region=eu"}, p.optionalTags([]string{"env", "region", "other"}), "only those that the specs have, after those that are set")
	assert.Empty(t, p.optionalTags(nil))
	assert.Equal(t, []string{"env=dev"}, Parameters{tags: []string{"environment=prod"}, optional: p.optional}.optionalTags([]string{"env"}), "another tag that begins alike")
}

func TestParameters_ApplyStrict(t *testing.T) {
	diags := diag.List{{Code: diag.UnrecordedRevision, Severity: diag.Warning}, {Code: diag.TargetUnset, Severity: diag.Warning}, {Code: diag.TargetUnset, Severity: diag.Note}}
	for name, c := range map[string]struct {
		strict []string
		want   []diag.Severity
	}{
		"none": {nil, []diag.Severity{diag.Warning, diag.Warning, diag.Note}},
		"one":  {[]string{"unrecorded-revision"}, []diag.Severity{diag.Error, diag.Warning, diag.Note}},
		"all":  {[]string{"all"}, []diag.Severity{diag.Error, diag.Error, diag.Note}},
	} {
		var got []diag.Severity
		for _, d := range (Parameters{strict: c.strict}).applyStrict(diags) {
			got = append(got, d.Severity)
		}
		assert.Equal(t, c.want, got, name)
	}
	assert.Equal(t, diag.Warning, diags[0].Severity, "the list of the caller stays as it is")
}
