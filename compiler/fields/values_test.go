package fields

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"testing"

	"github.com/go-json-experiment/json/v1"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/belay-sh/belay/internal/target"
)

// otherValues are the fields of an object whose value no field of the spec has:
// names that belay makes, keys of maps, which lead to their value, defaults, what
// a profile stands for, and values in another form.
var otherValues = regexp.MustCompile(`^metadata\.name$` +
	`|\.(env|httpHeaders|containers|initContainers|volumes|volumeMounts)\[\d+\]\.name$` +
	`|\.volumeMounts\[\d+\]\.(mountPath|readOnly)$` +
	`|\.items\[\d+\]\.key$|\.downwardAPI\.items\[\d+\]\.path$` +
	`|\.securityContext\.(allowPrivilegeEscalation|capabilities\.drop\[0\]|seccompProfile\.type|runAsNonRoot)$` +
	`|\.ports\[0\]\.protocol$|\.defaultMode$|autoscaling\.knative\.dev/class$|prometheus\.io/scrape$` +
	`|^spec\.mtls\.mode$|\.retryOn$|\.(interval|baseEjectionTime)$|\.disabled$|^spec\.metrics\[0\]\.providers\[0\]\.name$`)

// TestSpecNode_HasTheValueOfTheField walks the objects that everyField is written
// to. The place in the spec that a value leads to has the same value, so that the
// paths of a row and what it writes cannot be of different fields.
func TestSpecNode_HasTheValueOfTheField(t *testing.T) {
	app := appOf(t, everyField)
	c := &Conversion{Target: target.Default(), Image: unchanged}
	w := write(c, app, app.Revisions[0])
	objects := map[string]any{
		"Configuration": map[string]any{
			"metadata": w.Meta,
			"spec":     map[string]any{"template": map[string]any{"metadata": w.Pod, "spec": w.Template}, "traffic": []any{w.Traffic}},
		},
		"DestinationRule":       map[string]any{"spec": map[string]any{"trafficPolicy": protoJSON(t, &w.Mesh.Connections)}},
		"VirtualService":        map[string]any{"spec": map[string]any{"http": []any{protoJSON(t, &w.Mesh.Requests), map[string]any{"fault": protoJSON(t, w.Mesh.Fault)}}}},
		"Telemetry":             map[string]any{"spec": protoJSON(t, w.Mesh.Telemetry)},
		"PeerAuthentication":    map[string]any{"spec": protoJSON(t, &w.Mesh.Peers)},
		"RequestAuthentication": map[string]any{"spec": protoJSON(t, &w.Mesh.Tokens)},
	}
	compared := 0
	for kind, value := range objects {
		data, err := json.Marshal(value)
		require.NoError(t, err)
		var object any
		require.NoError(t, json.Unmarshal(data, &object))
		eachValue("", object, func(path, value string) {
			n := c.SpecNode(Object{Kind: kind, Name: "shop-a", App: app, Revision: app.Revisions[0]}, path)
			if n.Text != value && !otherValues.MatchString(path) {
				t.Errorf("%s: %s is %s, and %s of the spec is %q", kind, path, value, n.Path(), n.Text)
			}
			compared++
		})
	}
	assert.Greater(t, compared, 150)
}

func protoJSON(t *testing.T, m proto.Message) json.RawMessage {
	t.Helper()
	data, err := protojson.Marshal(m)
	require.NoError(t, err)
	return data
}

// eachValue calls f with the path of every value that is not a map or a list.
func eachValue(path string, value any, f func(path, value string)) {
	switch value := value.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(value)) {
			eachValue(join(path, key), value[key], f)
		}
	case []any:
		for i, element := range value {
			eachValue(path+"["+strconv.Itoa(i)+"]", element, f)
		}
	case nil:
	default:
		f(path, fmt.Sprint(value))
	}
}
