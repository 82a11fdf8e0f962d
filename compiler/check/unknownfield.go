package check

import (
	"slices"
	"strings"
	"unicode"

	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/spelling"
	"github.com/belay-sh/belay/schema"
)

// reportUnknown reports a field that the map does not have, and proposes what
// may be meant.
func (c *typechecker) reportUnknown(n *ir.Node, t *schema.Type) {
	d := n.KeyErrorf(diag.UnknownField, "%s has no field %s", owner(n, t), n.Name)
	if hint := suggest(n.Name, t); hint != "" {
		d = d.WithHint("%s", hint)
	} else {
		d = disguised(d, n.Name)
	}
	c.diags.Add(d)
}

func owner(n *ir.Node, t *schema.Type) string {
	switch t.Name {
	case "Document":
		return "a spec"
	case "App":
		return "an app"
	case "Revision":
		return "a revision"
	}
	return n.Parent.DisplayName()
}

// suggest proposes, in this order: the field that Kubernetes or Knative calls
// by that name, the nearest name in the struct, and a place further down that
// has a field of that very name.
func suggest(field string, t *schema.Type) string {
	if hint, ok := foreign[field]; ok {
		return hint
	}
	if near := spelling.Nearest(field, ownFields(t)); near != "" {
		return "did you mean " + near + "?"
	}
	if path := deeper(field, t); path != "" {
		return "did you mean " + path + "?"
	}
	return ""
}

// Suggest proposes what a name means that is neither a field of a spec or of an
// app nor one of the codes, all of which have a dash; "" if nothing is near.
func Suggest(name string, codes []string) string {
	if strings.Contains(name, "-") {
		if near := spelling.Nearest(name, codes); near != "" {
			return "did you mean " + near + "?"
		}
		return ""
	}
	for _, t := range []*schema.Type{schema.Document, schema.Document.Field("apps").Type.Values} {
		if hint := suggest(name, t); hint != "" {
			return hint
		}
	}
	return ""
}

// meantFields are the fields that are suggested for a name which the type does not
// have.
func meantFields(n *ir.Node, t *schema.Type) []string {
	words := strings.FieldsFunc(suggest(n.Name, t), func(r rune) bool { return !unicode.IsLetter(r) })
	return slices.DeleteFunc(ownFields(t), func(field string) bool { return !slices.Contains(words, field) })
}

// isMeant reports whether a name that the type does not have is meant as one of
// the fields.
func isMeant(n *ir.Node, t *schema.Type, fields []string) bool {
	return t.Values == nil && t.Field(n.Name) == nil &&
		slices.ContainsFunc(meantFields(n, t), func(field string) bool { return slices.Contains(fields, field) })
}

// deeper finds a field of that name in a struct below, one level down.
func deeper(field string, t *schema.Type) string {
	for _, f := range t.Fields {
		if f.Type.Field(field) != nil {
			return f.Name + ": " + field
		}
	}
	return ""
}

// foreign maps names of Kubernetes and Knative to what they are here.
var foreign = map[string]string{
	"affinity":                      "write scheduling: affinity",
	"autoscaling":                   "write scale",
	"containerConcurrency":          "write concurrency",
	"containerPort":                 "write port",
	"containers":                    "the app is the container; further ones are sidecars",
	"dnsPolicy":                     "the spec has no such field; set it with patches, where the target's flag kubernetes.podspec-dnspolicy is on",
	"emptyDir":                      "write mounts: \"/path\": emptyDir: {}",
	"hostPort":                      "Knative has no hostPort: the API server would drop it without a word",
	"imagePullPolicy":               "write pullPolicy",
	"imagePullSecrets":              "write pullSecrets",
	"initContainers":                "write init",
	"lifecycle":                     "Knative has no lifecycle hooks: the API server would drop them without a word",
	"livenessProbe":                 "write probes: liveness",
	"maxScale":                      "write scale: max",
	"metadata":                      "write name, namespace, labels and annotations in the app itself",
	"minScale":                      "write scale: min",
	"nodeSelector":                  "write scheduling: nodeSelector",
	"ports":                         "write port: one, and protocol: \"h2c\" for HTTP/2",
	"readinessProbe":                "write probes: readiness",
	"replicas":                      "write scale: {min: …, max: …}",
	"restartPolicy":                 "Knative has no restartPolicy: the API server would drop it without a word",
	"securityContext":               "write security",
	"serviceAccountName":            "write serviceAccount",
	"spec":                          "write the fields of the app without spec around them",
	"startupProbe":                  "write probes: startup",
	"stdin":                         "Knative has no stdin: the API server would drop it without a word",
	"subPathExpr":                   "Knative has no subPathExpr: the API server would drop it without a word",
	"template":                      "write the fields of the template in the app itself",
	"terminationGracePeriodSeconds": "Knative has no terminationGracePeriodSeconds: the API server would drop it without a word; timeoutSeconds bounds it",
	"timeout":                       "write timeoutSeconds",
	"tolerations":                   "write scheduling: tolerations",
	"traffic":                       "write revisions, with a weight each",
	"tty":                           "Knative has no tty: the API server would drop it without a word",
	"volumeMounts":                  "write mounts",
	"volumes":                       "write mounts",
}
