// Package snapshot turns the ConfigMaps of a cluster's Knative into the target
// block of a spec: what belay has to know of the cluster, and nothing of what
// is as released. Input is what "kubectl get configmap -n knative-serving -o
// yaml" prints, or the files of an installation.
package snapshot

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"

	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
)

// object is what matters of a Kubernetes object.
type object struct {
	Kind     string
	Metadata struct {
		Name   string
		Labels map[string]string
	}
	Data  map[string]string
	Items []object
}

// Take reads ConfigMaps and returns the target they make, and the target block
// that says so, in CUE. ConfigMaps that are not Knative's are passed over.
func Take(documents []byte) (*target.Target, []byte, error) {
	objects, err := decode(documents)
	if err != nil {
		return nil, nil, err
	}
	t := target.Default()
	t.Config = map[string]map[string]string{}
	found, labelled := false, false
	for _, o := range objects {
		name, ok := strings.CutPrefix(o.Metadata.Name, "config-")
		if o.Kind != "ConfigMap" || !ok {
			continue
		}
		found = true
		known, err := release(t, o.Metadata.Labels["app.kubernetes.io/version"])
		if err != nil {
			return nil, nil, err
		}
		labelled = labelled || known
		if name == "domain" {
			t.Domain = domain(o.Data)
		} else {
			t.Config[name] = o.Data
		}
	}
	if !found {
		return nil, nil, errors.New("there is no ConfigMap of Knative's in the input (config-features, config-defaults, …)")
	}
	reduce(t)
	return t, print(t, labelled), nil
}

func decode(documents []byte) (objects []object, err error) {
	dec := yaml.NewDecoder(bytes.NewReader(documents))
	for {
		var o object
		err := dec.Decode(&o)
		if errors.Is(err, io.EOF) {
			return objects, nil
		}
		if err != nil {
			return nil, err
		}
		objects = append(append(objects, o), o.Items...)
	}
}

// release takes the version from the label that Knative's manifests carry, if
// it is there and names a release: a build from source has another.
func release(t *target.Target, label string) (known bool, err error) {
	v, ok := target.Parse(label)
	if !ok {
		return false, nil
	}
	if known, list := target.Known(v, target.Knatives); !known {
		return false, fmt.Errorf("the ConfigMaps are of Knative %s, which belay does not know; it knows %s", v, list)
	}
	t.Knative = v
	return true, nil
}

// domain is the domain of routes without labels: the key whose value has no
// selector (config-domain).
func domain(data map[string]string) string {
	for _, key := range ir.Sorted(data) {
		if key != "_example" && !strings.Contains(data[key], "selector") {
			return key
		}
	}
	return ""
}

// reduce leaves of the settings those that the release does not have anyway.
func reduce(t *target.Target) {
	released := &target.Target{Knative: t.Knative}
	for configMap, data := range t.Config {
		if configMap == "istio" { // no release sets any of its keys
			delete(data, "_example")
			continue
		}
		known := released.Settings(configMap)
		kept := map[string]string{}
		for _, key := range known {
			if value, ok := data[key]; ok && !strings.EqualFold(value, released.Setting(configMap, key)) {
				kept[key] = value
			}
		}
		t.Config[configMap] = kept
	}
}

// print writes the target block.
func print(t *target.Target, labelled bool) []byte {
	var out bytes.Buffer
	out.WriteString("target: {\n")
	if !labelled {
		out.WriteString("\t// The ConfigMaps do not say which release they are of; this is the default of belay.\n")
	}
	fmt.Fprintf(&out, "\tknative: %q\n", t.Knative)
	if t.Domain != "" {
		fmt.Fprintf(&out, "\tdomain:  %q\n", t.Domain)
	}
	for _, configMap := range []string{"defaults", "features", "network", "autoscaler", "deployment", "gc", "istio"} {
		settings := t.Config[configMap]
		if len(settings) == 0 {
			continue
		}
		fmt.Fprintf(&out, "\tconfig: %s: {\n", configMap)
		for _, key := range ir.Sorted(settings) {
			fmt.Fprintf(&out, "\t\t%s: %s\n", label(key), strconv.Quote(settings[key]))
		}
		out.WriteString("\t}\n")
	}
	out.WriteString("}\n")
	return out.Bytes()
}

var identifier = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`) })

func label(key string) string {
	if identifier().MatchString(key) {
		return key
	}
	return strconv.Quote(key)
}
