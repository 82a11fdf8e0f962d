package overlay

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestCheckShape(t *testing.T) {
	const head = "apiVersion: v1\nkind: Secret\n"
	for text, want := range map[string]string{
		head + "metadata: {name: a, namespace: b, labels: {a: b}, annotations: {c: d}}": "",
		head:                    "",
		"metadata: {name: a}":   "", // no kind is reported elsewhere
		head + "metadata: null": "",
		head + "metadata: {name: null, labels: null, annotations: {a: null}}": "",
		head + "metadata: {name: 3, labels: {a: 1}}":                          "", // the webhook reports it
		"[]":                                      " is not a map",
		"apiVersion: [v1]\nkind: Secret":          "apiVersion is not a string",
		"apiVersion: v1\nkind: {a: b}":            "kind is not a string",
		head + "metadata: a":                      "metadata is not a map, such as {name: web}",
		head + "metadata: [a]":                    "metadata is not a map, such as {name: web}",
		head + "metadata: {name: {a: b}}":         "metadata.name is not a string",
		head + "metadata: {namespace: [a]}":       "metadata.namespace is not a string",
		head + "metadata: {labels: a}":            "metadata.labels is not a map of strings",
		head + "metadata: {annotations: [a]}":     "metadata.annotations is not a map of strings",
		head + "metadata: {labels: {a: [b]}}":     "metadata.labels.a is not a string",
		head + "metadata: {annotations: {a: {}}}": "metadata.annotations.a is not a string",
	} {
		f, ok := CheckShape(parse(t, text)[0])
		assert.Equal(t, want == "", ok, text)
		assert.Equal(t, want, f.Message, text)
	}
}

// TestVet_ReportsTheShape reports a malformed object once, and the others as ever.
func TestVet_ReportsTheShape(t *testing.T) {
	assert.Equal(t, []string{
		"error[wrong-type] Service/ metadata: metadata is not a map, such as {name: web}",
		"error[rejected-by-admission] Service/web spec.traffic: Knative rejects this Service: Traffic targets sum to 90, want 100: spec.traffic",
	}, vetted(t, "apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: [3]\n---\n"+edited(t, service, "percent: 100", "percent: 90")))
}
