package judge

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

func object(kind string, fields map[string]any) *unstructured.Unstructured {
	u := &unstructured.Unstructured{Object: fields}
	u.SetAPIVersion("serving.knative.dev/v1")
	u.SetKind(kind)
	u.SetName("web")
	return u
}

func TestDrift(t *testing.T) {
	applied := object("Service", map[string]any{"spec": map[string]any{"timeoutSeconds": int64(300)}})

	live := applied.DeepCopy()
	live.SetUID("1")
	live.SetGeneration(3)
	live.SetAnnotations(map[string]string{"serving.knative.dev/creator": "admin"})
	live.Object["status"] = map[string]any{"observedGeneration": int64(3)}
	assert.Empty(t, Drift(applied, live), "what the server notes is no drift")

	added := live.DeepCopy()
	_ = unstructured.SetNestedField(added.Object, int64(300), "spec", "responseStartTimeoutSeconds")
	assert.Contains(t, Drift(applied, added), "responseStartTimeoutSeconds")
	assert.Empty(t, Drift(applied, added, "spec.responseStartTimeoutSeconds"))

	assert.Contains(t, Drift(applied, live, "spec.responseStartTimeoutSeconds"), "is not added")

	annotated := live.DeepCopy()
	annotated.SetAnnotations(map[string]string{"example.com/owner": "web"})
	assert.Contains(t, Drift(applied, annotated), "example.com/owner")
}

func TestUnready(t *testing.T) {
	status := func(observed int64, ready string) map[string]any {
		return map[string]any{"status": map[string]any{
			"observedGeneration": observed,
			"conditions": []any{
				map[string]any{"type": "Ready", "status": ready, "reason": "RevisionMissing", "message": "not found"},
			},
		}}
	}
	for name, test := range map[string]struct {
		fields map[string]any
		want   string
	}{
		"ready":          {status(2, "True"), ""},
		"not ready":      {status(2, "False"), "not Ready; Ready is False: RevisionMissing not found"},
		"ready before":   {status(1, "True"), "generation 2 is not observed yet"},
		"nothing is yet": {map[string]any{}, "generation 2 is not observed yet"},
	} {
		t.Run(name, func(t *testing.T) {
			u := object("Route", test.fields)
			u.SetGeneration(2)
			assert.Equal(t, test.want, Unready(u))
		})
	}
}

func TestContains(t *testing.T) {
	live := map[string]any{
		"kind": "Route",
		"list": []any{map[string]any{"type": "A", "status": "True"}, map[string]any{"type": "B", "status": "False"}},
	}
	for name, test := range map[string]struct {
		want map[string]any
		says string
	}{
		"part":         {map[string]any{"kind": "Route"}, ""},
		"other":        {map[string]any{"kind": "Service"}, ".kind is Route, not Service"},
		"missing":      {map[string]any{"spec": map[string]any{}}, ".spec is <nil>, not a map"},
		"element":      {map[string]any{"list": []any{map[string]any{"type": "B", "status": "False"}}}, ""},
		"other's part": {map[string]any{"list": []any{map[string]any{"type": "B", "status": "True"}}}, ".list has no map[status:True type:B]"},
	} {
		t.Run(name, func(t *testing.T) {
			if test.says == "" {
				assert.Empty(t, Contains(test.want, live))
			} else {
				assert.Contains(t, Contains(test.want, live), test.says)
			}
		})
	}
}

func TestSplit(t *testing.T) {
	route := object("Route", map[string]any{"spec": map[string]any{"traffic": []any{
		map[string]any{"configurationName": "web-b", "percent": int64(30)},
		map[string]any{"configurationName": "web-a", "percent": int64(50)},
		map[string]any{"revisionName": "web-a-00001", "percent": int64(20)},
		map[string]any{"revisionName": "web-c-00001"},
		map[string]any{"configurationName": "web-b", "percent": int64(0), "tag": "next"},
	}}})
	split, err := Declared(route, func(configuration string) (string, error) { return configuration + "-00001", nil })
	assert.NoError(t, err)
	assert.Equal(t, []Share{
		{Revision: "web-a-00001", Percent: 70},
		{Revision: "web-b-00001", Percent: 30},
		{Revision: "web-b-00001", Tag: "next"},
	}, split, "shares of one revision are one, none is none, tags stay")
}
