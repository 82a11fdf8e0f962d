// Package argocd makes a manifest into what Argo CD reads: the bundle, with
// the waves of its objects, an Application for each cluster, and what Argo CD's
// own configuration needs for it. It adds annotations, and changes nothing else.
package argocd

import (
	"encoding/json"
	"strconv"

	"github.com/belay-sh/belay/ir"
	"github.com/belay-sh/belay/render"
)

const waveAnnotation = "argocd.argoproj.io/sync-wave"

// Bundle is a manifest as files: those of render.Bundle with the hooks among
// the objects, and beside them, in no kustomization, argocd.yaml with the
// Applications, one a side, and argocd-cm.yaml with keys for Argo CD's ConfigMap
// of that name. The manifest has an ArgoCD.
func Bundle(m ir.Manifest, sides ...render.Side) []render.File {
	waved := m
	waved.Objects = make([]ir.Object, 0, len(m.Objects)+len(m.Hooks))
	for _, o := range m.Objects {
		waved.Objects = append(waved.Objects, inWave(o))
	}
	for _, o := range m.Hooks {
		waved.Objects = append(waved.Objects, annotate(o, afterSync))
	}
	var applications []ir.Object
	for _, side := range sides {
		applications = append(applications, application(m, side))
	}
	return append(render.Bundle(waved, sides...),
		render.NewFile("argocd.yaml", applications),
		render.NewFile("argocd-cm.yaml", []ir.Object{configuration(m.ArgoCD)}))
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

// annotate adds annotations to an object, where it does not have them.
func annotate(o ir.Object, more map[string]string) ir.Object {
	body, metadata, annotations := map[string]json.RawMessage{}, map[string]json.RawMessage{}, map[string]string{}
	decode(o.JSON, &body)
	decode(body["metadata"], &metadata)
	if metadata["annotations"] != nil {
		decode(metadata["annotations"], &annotations)
	}
	for key, value := range more {
		if _, own := annotations[key]; !own {
			annotations[key] = value
		}
	}
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
