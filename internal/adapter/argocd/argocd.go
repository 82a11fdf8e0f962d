// Package argocd makes a manifest into what Argo CD reads: the bundle, with
// the waves of its objects, an Application for each cluster, and what Argo CD's
// own configuration needs for it. It adds annotations, and changes nothing else.
package argocd

import (
	"encoding/json"
	"maps"
	"path"
	"strconv"
	"strings"

	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/objectmeta"
	"github.com/belay-sh/belay/render"
)

const (
	waveAnnotation    = "argocd.argoproj.io/sync-wave"
	optionsAnnotation = "argocd.argoproj.io/sync-options"
)

// Bundle makes a manifest into files: those of render.Bundle for an annotated
// manifest, and beside them, in no kustomization, argocd.yaml with the
// Applications, one per cluster, and argocd-cm.yaml with keys for Argo CD's ConfigMap
// of that name. The manifest has an ArgoCD.
func Bundle(m ir.Bundle, clusters ...ir.Cluster) []render.File {
	annotated := Annotate(m)
	var applications []ir.Object
	for _, cluster := range clusters {
		applications = append(applications, application(m, cluster))
	}
	return append(render.Bundle(annotated, clusters...),
		render.SharedFile(path.Join(m.Target, "argocd.yaml"), owned(m, applications...)),
		render.SharedFile(path.Join(m.Target, "argocd-cm.yaml"), owned(m, configuration(m.ArgoCD))))
}

// owned are objects of the specs that have the field argocd.
func owned(m ir.Bundle, objects ...ir.Object) []ir.Object {
	for i := range objects {
		objects[i].Owners = m.ArgoCDOwners
	}
	return objects
}

// Annotate gives the objects of a manifest the annotations that Argo CD
// applies and prunes them by, and puts the hooks, which only Argo CD runs, among
// the objects.
func Annotate(m ir.Bundle) ir.Bundle {
	objects := make([]ir.Object, 0, len(m.Objects)+len(m.Hooks))
	for _, o := range m.Objects {
		objects = append(objects, prunedLast(inWave(o)))
	}
	for _, o := range m.Hooks {
		objects = append(objects, annotate(o, afterSync))
	}
	m.Objects, m.Hooks = objects, nil
	return m
}

// AnnotateWithWarnings is Annotate, and writes the warnings about an app on its
// Service or Route, where the health script finds them: Argo CD shows what the
// plugin prints only if it fails.
func AnnotateWithWarnings(m ir.Bundle, warnings map[ir.FileKey][]string) ir.Bundle {
	m = Annotate(m)
	for i, o := range m.Objects {
		texts := warnings[o.FileKey]
		if len(texts) > 0 && strings.HasPrefix(o.APIVersion, "serving.knative.dev/") && (o.Kind == "Service" || o.Kind == "Route") {
			m.Objects[i] = setAnnotations(o, map[string]string{objectmeta.WarningsAnnotation: strings.Join(texts, "; ")})
		}
	}
	return m
}

// afterSync makes a job one that runs after each sync, in place of its last run.
var afterSync = map[string]string{
	"argocd.argoproj.io/hook":               "PostSync",
	"argocd.argoproj.io/hook-delete-policy": "BeforeHookCreation",
}

// inWave writes an object's wave on it. Without one Argo CD takes 0.
func inWave(o ir.Object) ir.Object {
	if o.Wave == 0 {
		return o
	}
	return annotate(o, map[string]string{waveAnnotation: strconv.Itoa(o.Wave)})
}

// prunedLast has Argo CD delete a Configuration after it has applied everything
// else: a Route that still sends traffic to it is not ready. Argo CD reads the
// option from the object in the cluster, so that it takes effect for every
// Application, whatever its own sync options are. Other options of the
// Configuration's own stay.
func prunedLast(o ir.Object) ir.Object {
	const option = "PruneLast=true"
	if o.Kind != "Configuration" {
		return o
	}
	own := annotationsOf(o)[optionsAnnotation]
	for word := range strings.SplitSeq(own, ",") {
		if name, _, _ := strings.Cut(strings.TrimSpace(word), "="); name == "PruneLast" {
			return o
		}
	}
	if own != "" {
		return setAnnotations(o, map[string]string{optionsAnnotation: own + "," + option})
	}
	return setAnnotations(o, map[string]string{optionsAnnotation: option})
}

// annotate adds annotations to an object, where it does not have them.
func annotate(o ir.Object, more map[string]string) ir.Object {
	missing := maps.Clone(more)
	for key := range annotationsOf(o) {
		delete(missing, key)
	}
	return setAnnotations(o, missing)
}

// annotationsOf returns the annotations of an object.
func annotationsOf(o ir.Object) map[string]string {
	var object struct {
		Metadata struct{ Annotations map[string]string }
	}
	decode(o.JSON, &object)
	return object.Metadata.Annotations
}

// setAnnotations returns an object with annotations set, the others as they are.
func setAnnotations(o ir.Object, more map[string]string) ir.Object {
	body, metadata, annotations := map[string]json.RawMessage{}, map[string]json.RawMessage{}, map[string]string{}
	decode(o.JSON, &body)
	decode(body["metadata"], &metadata)
	maps.Copy(annotations, annotationsOf(o))
	maps.Copy(annotations, more)
	metadata["annotations"] = encode(annotations)
	body["metadata"] = encode(metadata)
	o.JSON = encode(body)
	return o
}

func decode(data []byte, into any) {
	if err := json.Unmarshal(data, into); err != nil {
		panic("belay internal: an object that is not JSON: " + err.Error())
	}
}

func encode(value any) []byte {
	data, err := json.Marshal(value)
	if err != nil {
		panic("belay internal: not JSON: " + err.Error())
	}
	return data
}
