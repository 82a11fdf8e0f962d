package specgen

import (
	"pgregory.net/rapid"

	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
	"github.com/belay-sh/belay/schema"
)

// enableFlags switches on, at the target, the flags of all fields in use.
func (d drawer) enableFlags(doc object) {
	flags := map[string]bool{}
	collectFlags(doc, schema.Document, flags)
	for _, flag := range ir.Sorted(flags) {
		states := []any{"enabled", "Enabled"}
		allowed := target.Default()
		allowed.Config = map[string]map[string]string{"features": {flag: "allowed"}}
		if allowed.Permits(flag) {
			states = append(states, "allowed")
		}
		features := ensure(ensure(ensure(doc, "target"), "config"), "features")
		features[flag] = rapid.SampledFrom(states).Draw(d.t, flag)
	}
}

func collectFlags(value any, t *schema.Type, flags map[string]bool) {
	switch v := value.(type) {
	case object:
		for name, inner := range v {
			f := t.Field(name)
			if f != nil && f.Flag != "" {
				flags[f.Flag] = true
			}
			if flag := flagOfUse(t, name, inner); flag != "" {
				flags[flag] = true
			}
			if typ := t.At(name); typ != nil {
				collectFlags(inner, typ, flags)
			}
		}
	case []any:
		for _, e := range v {
			if t.Elem != nil {
				collectFlags(e, t.Elem, flags)
			}
		}
	}
}

// flagOfUse is the flag that a field needs where it is, or with the value that
// it has: probes beside the app's own container and at other ports than its own,
// claims mounted for writing.
func flagOfUse(t *schema.Type, name string, value any) string {
	switch {
	case t.Name == "Sidecar" && name == "probes":
		return "multi-container-probing"
	case t.Name == "Probes" && name == "liveness" && value.(object)["port"] != nil:
		return "multi-container-probing"
	case t.Name == "Mount" && name == "readOnly" && value == false:
		return "kubernetes.podspec-persistent-volume-write"
	}
	return ""
}
