package specgen

import (
	"pgregory.net/rapid"

	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/schema"
)

// object is a struct of a document.
type object = map[string]any

// repair makes what was drawn field by field go together, given the type of the
// struct.
func (d drawer) repair(typeName string, o object) {
	switch typeName {
	case "Document":
		d.repairDocument(o)
	case "Fault":
		if o["abort"] == nil && o["delay"] == nil {
			o["delay"] = object{"duration": "1s"}
		}
	case "Egress":
		if o["namespace"] != nil {
			delete(o, "port")
			delete(o, "protocol")
		} else {
			o["port"] = int64(443)
		}
	case "Match":
		if len(o) == 0 {
			o["path"] = "/next"
		}
	case "Namespace":
		repairNamespace(o)
	case "App":
		d.repairApp(o)
	case "Revision":
		repairTemplate(o)
	case "Sidecar":
		repairSidecar(o)
	case "EnvValue":
		repairEnvValue(o)
	case "Probes":
		repairProbes(o)
	case "Probe":
		repairProbe(o)
	case "Mount":
		repairMount(o)
	case "Projection":
		repairProjection(o)
	case "Resources":
		repairResources(o)
	case "Scale":
		repairScale(o)
	case "Retries":
		if o["attempts"] == int64(0) {
			o["attempts"] = int64(1)
		}
	default:
		repairKubernetes(typeName, o)
	}
}

func (d drawer) repairDocument(doc object) {
	apps := ensure(doc, "apps")
	if len(apps) == 0 {
		apps["app"] = d.structure(schema.Document.Field("apps").Type.Values)
	}
	for _, name := range ir.Sorted(apps) {
		app := apps[name].(object)
		if mesh, _ := app["mesh"].(object); mesh["mtls"] == "strict" {
			ensure(ensure(doc, "target"), "mesh")["injectedServing"] = true
		}
		repairExisting(name, app)
		if mesh, ok := app["mesh"].(object); ok {
			repairMesh(doc, app, mesh)
		}
		repairFront(name, app)
	}
	repairPlatform(doc)
}

// repairPlatform makes what is said of the installation agree with the target.
func repairPlatform(doc object) {
	if argocd, _ := doc["argocd"].(object); argocd["mesh"] != nil {
		ensure(ensure(doc, "target"), "mesh")["cluster"] = "separate"
	}
	target, _ := doc["target"].(object)
	mesh, _ := target["mesh"].(object)
	if mesh["cluster"] == "separate" {
		delete(mesh, "dataplaneAPI")
		if argocd, ok := doc["argocd"].(object); ok {
			argocd["mesh"] = object{"name": "mesh"}
		}
	}
	platform, _ := doc["platform"].(object)
	if mesh["injectedServing"] != true && platform["mtls"] == "strict" {
		platform["mtls"] = "permissive"
	}
	if _, ok := target["domain"]; ok {
		delete(platform, "sslip")
	}
}

// repairExisting gives revisions in the cluster the name of their app, and
// nothing that they can't have.
func repairExisting(name string, app object) {
	if other, ok := app["name"].(string); ok {
		name = other
	}
	revisions, _ := app["revisions"].(object)
	for _, id := range ir.Sorted(revisions) {
		r := revisions[id].(object)
		if _, ok := r["existing"]; !ok {
			continue
		}
		if id == app["latest"] {
			delete(r, "existing")
			continue
		}
		kept := object{"existing": name + "-old"}
		for _, field := range []string{"weight", "tag"} {
			if v, ok := r[field]; ok {
				kept[field] = v
			}
		}
		revisions[id] = kept
	}
}

func ensure(o object, field string) object {
	if _, ok := o[field].(object); !ok {
		o[field] = object{}
	}
	return o[field].(object)
}

func repairNamespace(ns object) {
	if _, ok := ns["inject"]; ok {
		delete(ns, "revision")
	}
}

func (d drawer) repairApp(app object) {
	repairTemplate(app)
	if _, ok := app["image"]; !ok {
		app["image"] = words["Image"].Draw(d.t, "image")
	}
	revisions, _ := app["revisions"].(object)
	ids := ir.Sorted(revisions)
	d.repairWeights(revisions, ids)
	repairMatches(app, revisions, ids)
	delete(app, "latest")
	mesh, _ := app["mesh"].(object)
	if resilience, _ := mesh["resilience"].(object); resilience["connectionPool"] != nil || resilience["outlier"] != nil {
		app["strategy"] = "service" // or the hosts that these are for have no names
	}
	switch {
	case len(ids) == 0:
		delete(app, "strategy")
	case app["strategy"] == "service":
		app["latest"] = rapid.SampledFrom(ids).Draw(d.t, "latest")
	default:
		delete(app, "patches") // there is no Service to patch
	}
	if annotations, ok := app["annotations"].(object); ok {
		known := rapid.SampledFrom(knownAnnotations).Draw(d.t, "known annotation")
		annotations[known[0]] = known[1]
	}
}

// repairWeights makes weights sum to 100, and tags different.
func (d drawer) repairWeights(revisions object, ids []string) {
	left := int64(100)
	for i, id := range ids {
		r := revisions[id].(object)
		weight := left
		if i < len(ids)-1 {
			weight = rapid.Int64Range(0, left).Draw(d.t, "weight")
		}
		if left -= weight; weight > 0 {
			r["weight"] = weight
		} else {
			delete(r, "weight")
		}
		if tag, ok := r["tag"].(string); ok {
			r["tag"] = tag + string(rune('a'+i))
		}
	}
}
