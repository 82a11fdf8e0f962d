package overlay

import (
	"strings"
	"sync"

	"sigs.k8s.io/kustomize/kyaml/utils"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/belay-sh/belay/deploy/kustomize"
)

// A referenceRule lists the fields that contain the name of an object of a kind.
type referenceRule struct {
	Kind       string
	Group      string
	FieldSpecs []struct {
		Group, Kind, Path string
	} `yaml:"fieldSpecs"`
}

// referenceRules returns the rules of the file that kustomize is given, so that
// belay follows the same references as kustomize.
var referenceRules = sync.OnceValue(func() []referenceRule {
	var file struct {
		NameReference []referenceRule `yaml:"nameReference"`
	}
	if err := yaml.Unmarshal(kustomize.References, &file); err != nil {
		panic("belay internal: references.yaml: " + err.Error())
	}
	return file.NameReference
})

// A reference is a field that contains the name of another object.
type reference struct {
	rule referenceRule
	path string
	node *yaml.Node
}

// referencesIn returns the fields of an object that contain names of others.
func referencesIn(o *yaml.RNode) (found []reference) {
	for _, r := range referenceRules() {
		for _, f := range r.FieldSpecs {
			if f.Kind != o.GetKind() || f.Group != groupOf(o) {
				continue
			}
			keys := utils.PathSplitter(f.Path, "/") // it reads "\/" as a slash in a key
			for _, n := range scalarsAt(o.YNode(), keys) {
				found = append(found, reference{r, strings.Join(keys, "."), n})
			}
		}
	}
	return found
}

// to returns what a reference in an object of a namespace names.
func (r reference) to(namespace string) identity {
	return identity{r.rule.Group, r.rule.Kind, namespace, r.node.Value}
}
