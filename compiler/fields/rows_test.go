package fields

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/belay-sh/belay/golden/specgen"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
	"github.com/belay-sh/belay/schema"
)

// unplacedMappings returns what the tables map of objects that do not show where
// in the spec they come from: the routes of a VirtualService are in an order of
// belay's, and a ServiceEntry has the ports of several entries.
func unplacedMappings() []Mapping {
	return slices.Concat(
		under("revisions[].match[]", "spec.http[].match[]", Match.Mappings)(),
		under("mesh.fault.match[]", "spec.http[].match[]", Match.Mappings)(),
		under("mesh.egress[]", "spec.ports[]", Egress.Mappings)())
}

// appMappings returns what the tables map of an app, by the kind of an object
// that has the fields.
func appMappings() map[string][]Mapping {
	return map[string][]Mapping{
		"Route": slices.Concat(
			under("", "metadata", Metadata.Mappings)(),
			under("", "metadata", RouteMetadata.Mappings)(),
			under("revisions[]", "spec.traffic[]", Traffic.Mappings)()),
		"Configuration": slices.Concat(
			under("", "spec.template.metadata", PodMetadata.Mappings)(),
			under("", "spec.template.metadata", Scale.Mappings)(),
			under("", "spec.template.spec", Template.Mappings)()),
		"DomainMapping":         under("domains[]", "spec", Domain.Mappings)(),
		"PeerAuthentication":    under("mesh", "spec", PeerAuthentication.Mappings)(),
		"RequestAuthentication": under("mesh", "spec", RequestAuthentication.Mappings)(),
		"Telemetry":             under("mesh.telemetry", "spec", Telemetry.Mappings)(),
		"DestinationRule":       under("mesh.resilience", "spec.trafficPolicy", Connections.Mappings)(),
		"VirtualService": slices.Concat(
			under("mesh.resilience", "spec.http[]", Requests.Mappings)(),
			under("mesh.fault", "spec.http[].fault", Fault.Mappings)()),
	}
}

// TestRows_LeadToTheirOwnToken finds the place in the spec of every field of an
// object that has a row: it is the field of the row, and no wider one. A field
// that is not in everyField yet is found in random specs.
func TestRows_LeadToTheirOwnToken(t *testing.T) {
	left := map[Mapping]string{} // and the kind of the object
	for kind, mappings := range appMappings() {
		for _, m := range mappings {
			if m.Spec == "" || m.Spec == "sidecars[]" || strings.HasPrefix(m.Spec, "init[]") {
				continue // a container as a whole, or of the same table as the others
			}
			left[m] = kind
		}
	}
	assert.Greater(t, len(left), 200)
	removeFound(left, target.Default(), appOf(t, everyField))
	for seed := 0; len(left) > 0 && seed < 300; seed++ {
		checked := checkedDocument(t, specgen.Documents().Example(seed))
		for _, app := range checked.Apps {
			removeFound(left, checked.Target, app)
		}
	}
	for m, kind := range left {
		t.Errorf("%s: no %s leads to %s of the spec", kind, m.Object, m.Spec)
	}
}

// removeFound removes the mappings whose field of the object leads to the field
// of an app.
func removeFound(left map[Mapping]string, at *target.Target, app *ir.App) {
	c := &Conversion{Target: at, Image: unchanged}
	name := ""
	if len(app.Spec.Domains) > 0 {
		name = ir.Sorted(app.Spec.Domains)[0]
	}
	for m, kind := range left {
		o := Object{Kind: kind, Name: name, App: app, Revision: app.Revisions[0]}
		if slices.ContainsFunc(indexed(m.Object), func(path string) bool {
			return ofContainer(fieldPath(app.Node, c.SpecNode(o, path))) == ofContainer(m.Spec)
		}) {
			delete(left, m)
		}
	}
}

// ofContainer returns the path of a field of any container: all have the same
// fields.
func ofContainer(path string) string {
	return strings.TrimPrefix(strings.TrimPrefix(path, "sidecars[]."), "init[].")
}

// indexed returns a path with numbers for the elements of lists, in every
// combination of a few.
func indexed(path string) []string {
	before, after, ok := strings.Cut(path, "[]")
	if !ok {
		return []string{path}
	}
	var all []string
	for i := range 10 {
		for _, rest := range indexed(after) {
			all = append(all, before+"["+strconv.Itoa(i)+"]"+rest)
		}
	}
	return all
}

// fieldPath returns the path of a node below an app, with "[]" for the keys of
// maps and the numbers of elements.
func fieldPath(app, n *ir.Node) string {
	var names []string
	for ; n != app; n = n.Parent {
		names = append(names, n.Name)
	}
	slices.Reverse(names)
	path, typ := "", appType
	for _, name := range names {
		if f := typ.Field(name); f != nil {
			path, typ = join(path, name), f.Type
			continue
		}
		path += "[]"
		if typ = cmp.Or(typ.Values, typ.Elem); typ == nil {
			break
		}
	}
	return path
}

var appType = schema.Document.Field("apps").Type.Values

// notMapped are the fields of an app that no row maps, each with the reason.
var notMapped = map[string]string{
	"strategy":           "it decides which objects an app has",
	"latest":             "it decides which revision is the template of the Service",
	"revisions[].mirror": "it becomes routes of two VirtualServices",
	"patches":            "they change objects",

	"sidecars[].security.fsGroup": "it is the pod's, which the app's own container has",
	"init[].security.fsGroup":     "it is the pod's, which the app's own container has",

	"mesh.callers":            "they become two denials, of all that callers do not admit",
	"mesh.jwt[].require":      "it becomes a denial of requests without a token of any issuer",
	"mesh.jwt[].except":       "they become paths of that denial",
	"mesh.egress[].host":      "it becomes a ServiceEntry, with the ports of every entry that has the host",
	"mesh.egress[].namespace": "it becomes one of the hosts of a Sidecar, beside those that every app needs",
	"mesh.rateLimit":          "it becomes a filter of Envoy's, which has no type",
}

// TestRows_EveryFieldHasOne walks the schema: each field of an app has a row, or
// a reason why it has none.
func TestRows_EveryFieldHasOne(t *testing.T) {
	mapped, whole := map[string]bool{}, map[string]bool{}
	for _, mappings := range appMappings() {
		for _, m := range mappings {
			mapped[m.Spec] = true
			whole[m.Spec] = whole[m.Spec] || m.Whole
		}
	}
	for _, m := range unplacedMappings() {
		mapped[m.Spec] = true
	}
	used := map[string]bool{}
	var walk func(path string, typ *schema.Type)
	walk = func(path string, typ *schema.Type) {
		switch {
		case notMapped[path] != "":
			used[path] = true
			return
		case whole[path]:
			return
		case len(typ.Fields) > 0:
			for _, f := range typ.Fields {
				if path != "revisions[]" || appType.Field(f.Name) == nil { // a revision has fields of the app
					walk(join(path, f.Name), f.Type)
				}
			}
			return
		case typ.Values != nil && len(typ.Values.Fields) > 0:
			walk(path+"[]", typ.Values)
			return
		case typ.Elem != nil && len(typ.Elem.Fields) > 0:
			walk(path+"[]", typ.Elem)
			return
		}
		assert.True(t, mapped[path] || mapped[path+"[]"], "%s has no row, and no reason why not", path)
	}
	walk("", appType)
	for path := range notMapped {
		assert.True(t, used[path], "%s is not a field, or is below another", path)
		assert.False(t, mapped[path], "%s has a row and a reason why not", path)
	}
}
