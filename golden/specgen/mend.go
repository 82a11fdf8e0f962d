package specgen

import (
	"slices"

	"pgregory.net/rapid"

	"github.com/belay-sh/belay/ir"
	"github.com/belay-sh/belay/schema"
)

// object is a struct of a document.
type object = map[string]any

// mend makes what was drawn field by field go together, given the type of the
// struct.
func (d drawer) mend(typeName string, o object) {
	switch typeName {
	case "Document":
		d.mendDocument(o)
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
		mendNamespace(o)
	case "App":
		d.mendApp(o)
	case "Revision":
		mendTemplate(o)
	case "Sidecar":
		mendSidecar(o)
	case "EnvValue":
		mendEnvValue(o)
	case "Probes":
		mendProbes(o)
	case "Probe":
		mendProbe(o)
	case "Mount":
		mendMount(o)
	case "Projection":
		mendProjection(o)
	case "Resources":
		mendResources(o)
	case "Scale":
		mendScale(o)
	case "Retries":
		if o["attempts"] == int64(0) {
			o["attempts"] = int64(1)
		}
	}
}

func (d drawer) mendDocument(doc object) {
	apps := ensure(doc, "apps")
	if len(apps) == 0 {
		apps["app"] = d.structure(schema.Document.Field("apps").Type.Values)
	}
	for _, name := range ir.Sorted(apps) {
		app := apps[name].(object)
		if mesh, _ := app["mesh"].(object); mesh["mtls"] == "strict" {
			ensure(ensure(doc, "target"), "mesh")["injectedServing"] = true
		}
		mendExisting(name, app)
		if mesh, ok := app["mesh"].(object); ok {
			mendMesh(doc, app, mesh)
		}
		mendFront(name, app)
	}
	mendPlatform(doc)
}

// mendMesh leaves out of the mesh what the rest of the app does not go with.
func mendMesh(doc, app, mesh object) {
	if mesh["inject"] == false {
		for _, field := range []string{"callers", "jwt", "telemetry", "egress", "rateLimit"} {
			delete(mesh, field)
		}
	}
	mendAmbient(mesh)
	if app["strategy"] == "service" || mesh["mtls"] == "disable" {
		delete(mesh, "callers")
	}
	if mesh["callers"] != nil {
		mesh["mtls"] = "strict"
		ensure(ensure(doc, "target"), "mesh")["injectedServing"] = true
	}
	if resilience, ok := mesh["resilience"].(object); ok && app["strategy"] != "service" {
		delete(resilience, "connectionPool")
		delete(resilience, "outlier")
	}
}

// mendAmbient leaves out what asks for sidecars of a mesh without, and what asks
// for a mesh without of one that has them.
func mendAmbient(mesh object) {
	if mesh["ambient"] != true {
		delete(mesh, "waypoint")
		return
	}
	for _, field := range []string{"inject", "callers", "jwt", "egress", "rateLimit"} {
		delete(mesh, field)
	}
	if mesh["mtls"] == "disable" {
		delete(mesh, "mtls")
	}
	if mesh["telemetry"] != nil {
		mesh["waypoint"] = "waypoint"
	}
}

// mendFront gives an app whose mesh asks for a VirtualService in front the
// domain that this needs.
func mendFront(name string, app object) {
	domains, _ := app["domains"].(object)
	list, _ := app["domains"].([]any)
	mesh, _ := app["mesh"].(object)
	resilience, _ := mesh["resilience"].(object)
	front := mesh["fault"] != nil || resilience["retries"] != nil || resilience["timeout"] != nil
	if front && len(domains)+len(list) == 0 {
		app["domains"] = []any{name + ".example.com"}
	}
}

// mendPlatform makes what is said of the installation agree with the target.
func mendPlatform(doc object) {
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

// mendExisting gives revisions in the cluster the name of their app, and
// nothing that they can't have.
func mendExisting(name string, app object) {
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

func mendNamespace(ns object) {
	if _, ok := ns["inject"]; ok {
		delete(ns, "revision")
	}
}

func (d drawer) mendApp(app object) {
	mendTemplate(app)
	if _, ok := app["image"]; !ok {
		app["image"] = words["Image"].Draw(d.t, "image")
	}
	revisions, _ := app["revisions"].(object)
	ids := ir.Sorted(revisions)
	d.mendWeights(revisions, ids)
	mendMatches(app, revisions, ids)
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

// mendWeights makes weights sum to 100, and tags different.
func (d drawer) mendWeights(revisions object, ids []string) {
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

// mendMatches gives an app whose requests are routed by more than weight the
// domain that this needs, and each entry requests of its own.
func mendMatches(app, revisions object, ids []string) {
	mirrored := false
	for _, id := range ids {
		r := revisions[id].(object)
		if match, ok := r["match"].([]any); ok {
			r["match"] = match[:1]
			match[0].(object)["path"] = "/" + id
		}
		if r["mirror"] != nil && mirrored {
			delete(r, "mirror")
		}
		mirrored = mirrored || r["mirror"] != nil
		if (r["match"] != nil || r["mirror"] != nil) && app["domains"] == nil {
			app["domains"] = []any{"matched.example.com"}
		}
	}
}

// mendTemplate mends what a container and its pod are.
func mendTemplate(o object) {
	sidecars, _ := o["sidecars"].(object)
	if _, ok := o["port"]; !ok && len(sidecars) > 0 {
		o["port"] = int64(8080)
	}
	if _, ok := o["port"]; !ok {
		delete(o, "protocol")
	}
	init, _ := o["init"].(object)
	for _, name := range ir.Sorted(init) {
		delete(init[name].(object), "probes")
	}
	if secrets, ok := o["pullSecrets"].([]any); ok {
		o["pullSecrets"] = secrets[:1] // two may be the same
	}
}

func mendSidecar(o object) {
	delete(o, "port")
	delete(o, "protocol")
	if security, ok := o["security"].(object); ok {
		delete(security, "fsGroup")
	}
	probes, _ := o["probes"].(object)
	for _, name := range ir.Sorted(probes) {
		p := probes[name].(object)
		if _, ok := p["exec"]; !ok {
			p["port"] = int64(9000)
		}
	}
}

func mendEnvValue(o object) {
	if _, ok := o["field"]; ok {
		delete(o, "key")
		delete(o, "optional")
	} else {
		o["key"] = "key"
	}
}

func mendProbes(probes object) {
	for _, name := range []string{"liveness", "startup"} {
		if p, ok := probes[name].(object); ok {
			delete(p, "successes")
		}
	}
	p, ok := probes["readiness"].(object)
	if period, _ := p["period"].(int64); ok && period == 0 {
		delete(p, "failures")
		delete(p, "timeout")
	}
}

func mendProbe(p object) {
	if _, ok := p["http"]; !ok {
		delete(p, "headers")
	}
	if _, ok := p["exec"]; ok {
		delete(p, "port")
	}
	for _, field := range []string{"failures", "timeout"} {
		if p[field] == int64(0) {
			delete(p, field)
		}
	}
}

// mountOptions are the fields of a mount by the sources that they go with.
var mountOptions = map[string][]string{
	"items":    {"secret", "configMap"},
	"optional": {"secret", "configMap"},
	"mode":     {"secret", "configMap", "projected"},
	"subPath":  {"secret", "configMap", "projected", "pvc", "emptyDir", "hostPath", "csi", "ephemeral"},
	"readOnly": {"pvc", "emptyDir", "ephemeral"},
}

func mendMount(m object) {
	for option, sources := range mountOptions {
		if !slices.ContainsFunc(sources, func(source string) bool { return m[source] != nil }) {
			delete(m, option)
		}
	}
	if sources, ok := m["projected"].([]any); ok {
		m["projected"] = sources[:1] // another could have a file of the same name
	}
}

func mendProjection(p object) {
	if p["secret"] == nil && p["configMap"] == nil {
		delete(p, "items")
		delete(p, "optional")
	}
}

// mendResources makes a limit what the request for the same is. Devices are
// whole, and what is asked for of them is what is had.
func mendResources(r object) {
	const device = "example.com/gpu"
	requests, _ := r["requests"].(object)
	limits, _ := r["limits"].(object)
	for name := range requests {
		if limits[name] != nil {
			limits[name] = requests[name]
		}
	}
	_, requested := requests[device]
	_, limited := limits[device]
	if requested || limited {
		delete(requests, device)
		ensure(r, "limits")[device] = int64(2)
	}
}

func mendScale(s object) {
	if s["initial"] == int64(0) {
		s["initial"] = int64(1)
	}
	lower, _ := s["min"].(int64)
	if upper, ok := s["max"].(int64); ok && upper != 0 && upper < lower {
		s["max"] = lower
	}
	if activation, ok := s["activation"].(int64); ok {
		upper, _ := s["max"].(int64)
		if activation < lower || upper != 0 && activation > upper {
			delete(s, "activation")
		}
	}
	switch s["class"] {
	case "hpa":
		delete(s, "window")
		delete(s, "aggregation")
	case nil, "kpa":
		if s["metric"] != "rps" && s["metric"] != nil {
			s["metric"] = "concurrency"
		}
	}
}
