package objectmeta

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestMadeByBelay(t *testing.T) {
	for name, c := range map[string]struct {
		labels, annotations map[string]string
		want                bool
	}{
		"nothing":                {nil, nil, false},
		"both":                   {map[string]string{ManagedByLabel: ManagedByBelay}, map[string]string{SpecAnnotation: "v1alpha1"}, true},
		"the label only":         {map[string]string{ManagedByLabel: ManagedByBelay}, nil, true},
		"the annotation only":    {nil, map[string]string{SpecAnnotation: "v1alpha1"}, true},
		"an empty annotation":    {map[string]string{ManagedByLabel: "Helm"}, map[string]string{SpecAnnotation: ""}, true},
		"another manager":        {map[string]string{ManagedByLabel: "Helm"}, nil, false},
		"another of belay's own": {map[string]string{AppLabel: "web"}, map[string]string{ImagesAnnotation: "{}"}, false},
	} {
		assert.Equal(t, c.want, MadeByBelay(c.labels, c.annotations), name)
	}
}
