package argoplugin

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/belay-sh/belay/compiler"
)

// announcement is a parameter as Argo CD shows it to people. All values are
// strings, whatever they stand for.
type announcement struct {
	Name           string            `json:"name"`
	Title          string            `json:"title"`
	Tooltip        string            `json:"tooltip"`
	CollectionType string            `json:"collectionType"`
	String         string            `json:"string,omitempty"`
	Array          []string          `json:"array,omitempty"`
	Map            map[string]string `json:"map,omitempty"`
}

// Announce lists the parameters, as a JSON array, with what the specs in the
// directory have now: their apps, tags and releases. A spec that has mistakes
// has none of that; generate will say so.
func Announce(ctx context.Context, opts compiler.Options) ([]byte, error) {
	var apps, targets []string
	var knative, istio string
	paths, _ := compiler.SpecsIn(ctx, opts.Dir, opts)
	specs, _, err := compiler.Check(ctx, paths, opts)
	if err == nil {
		for _, spec := range specs {
			targets = append(targets, spec.Target.Name)
			knative, istio = spec.Target.Knative.String(), spec.Target.Istio.String()
			for _, app := range spec.Apps {
				apps = append(apps, app.Name)
			}
		}
	}
	slices.Sort(apps)
	slices.Sort(targets)
	targets = slices.Compact(targets)
	target := ""
	if len(targets) == 1 {
		target = targets[0]
	}
	current := map[string]announcement{
		"path":           {String: "."},
		"target":         {String: target},
		"app":            {Array: slices.Compact(apps)},
		"tags":           {Map: tags(paths, opts)},
		"shared":         {String: includeShared},
		"target-knative": {String: knative},
		"target-istio":   {String: istio},
	}
	out := make([]announcement, 0, len(known))
	for _, k := range known {
		a := current[k.name]
		a.Name, a.Title, a.Tooltip, a.CollectionType = k.name, k.title, k.tooltip, k.form
		out = append(out, a)
	}
	data, err := json.MarshalIndent(out, "", "  ")
	return append(data, '\n'), err
}

// tags are the names that the specs' @tag attributes have; their values are
// the specs' own, as long as nobody sets them.
func tags(paths []string, opts compiler.Options) map[string]string {
	out := map[string]string{}
	for _, name := range compiler.Tags(paths, opts) {
		out[name] = ""
	}
	return out
}
