package render

import (
	"bytes"
	"maps"
	"path"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/belay-sh/belay/internal/ir"
)

// A Replacement is a Service or a Route that the plan puts in the place of the
// other under one name. Knative does not do that in a cluster: neither takes
// over what the other owns
// (knative.dev/serving/pkg/reconciler/service/service.go, RouteNotOwned).
type Replacement struct {
	Target    string // name of the cluster that the bundle is for
	Namespace string
	Name      string
	From, To  string // kinds
}

// Replacements compares the directory's Services and Routes with the plan's.
func (p *Plan) Replacements() (out []Replacement) {
	for _, f := range p.Write {
		before := p.entrancesBefore(f)
		if len(before) == 0 {
			continue // as in every new file
		}
		after := entrances(f.Data)
		for _, key := range ir.Sorted(before) {
			old, now := before[key], after[key]
			if now.Kind != "" && now.Kind != old.Kind {
				out = append(out, Replacement{f.Target, old.Metadata.Namespace, old.Metadata.Name, old.Kind, now.Kind})
			}
		}
	}
	return out
}

// entrancesBefore are the Services and Routes of a file as the directory has
// it, at its path or where it was before the target got a name or a mesh of its
// own.
func (p *Plan) entrancesBefore(f File) map[string]entrance {
	all := map[string]entrance{}
	for _, target := range []string{"", f.Target} {
		for _, cluster := range []ir.Cluster{ir.AllClusters, ir.Dataplane} {
			maps.Copy(all, entrances(p.old[path.Join(target, string(cluster), f.Home.File())]))
		}
	}
	return all
}

// entrance is what requests to an app come in by.
type entrance struct {
	APIVersion string `yaml:"apiVersion"`
	Kind       string
	Metadata   struct{ Namespace, Name string }
}

// entrances are the Services and Routes in a file, by namespace and name.
func entrances(file []byte) map[string]entrance {
	out := map[string]entrance{}
	if !bytes.Contains(file, []byte("\nkind: Route\n")) && !bytes.Contains(file, []byte("\nkind: Service\n")) {
		return out
	}
	for dec := yaml.NewDecoder(bytes.NewReader(file)); ; {
		var e entrance
		if dec.Decode(&e) != nil {
			return out // its end; or a file of before that a person broke
		}
		if e.APIVersion == "serving.knative.dev/v1" && slices.Contains([]string{"Service", "Route"}, e.Kind) {
			out[e.Metadata.Namespace+"/"+e.Metadata.Name] = e
		}
	}
}
