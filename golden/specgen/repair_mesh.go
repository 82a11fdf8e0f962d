package specgen

// repairMesh leaves out of the mesh what the rest of the app does not go with.
func repairMesh(doc, app, mesh object) {
	if mesh["inject"] == false {
		for _, field := range []string{"callers", "jwt", "telemetry", "egress", "rateLimit"} {
			delete(mesh, field)
		}
	}
	repairAmbient(mesh)
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

// repairAmbient leaves out what asks for sidecars of a mesh without, and what asks
// for a mesh without of one that has them.
func repairAmbient(mesh object) {
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

// repairFront gives an app whose mesh asks for a VirtualService in front the
// domain that this needs.
func repairFront(name string, app object) {
	domains, _ := app["domains"].(object)
	list, _ := app["domains"].([]any)
	mesh, _ := app["mesh"].(object)
	resilience, _ := mesh["resilience"].(object)
	front := mesh["fault"] != nil || resilience["retries"] != nil || resilience["timeout"] != nil
	if front && len(domains)+len(list) == 0 {
		app["domains"] = []any{name + ".example.com"}
	}
}

// repairMatches gives an app whose requests are routed by more than weight the
// domain that this needs, and each entry requests of its own.
func repairMatches(app, revisions object, ids []string) {
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
