package main

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

const oneService = `package app

apps: "web-%04[1]d": {
	image:     "registry.example.com/team/web-%04[1]d:v1.2.3"
	namespace: "team-%02[2]d"
	env: {
		LOG_LEVEL: "info"
		REGION:    "eu-west-1"
		TOKEN: {secret: "api", key: "token"}
	}
	port: 8080
	resources: {
		requests: {cpu: "100m", memory: "128Mi"}
		limits: memory: "256Mi"
	}
	probes: readiness: {http: "/healthz", period: 5}
	concurrency:    50
	timeoutSeconds: 120
	scale: {min: 1, max: 10, target: 40}
%[3]s}
`

const twoRevisions = `	revisions: {
		blue: weight: 90
		green: {weight: 10, env: LOG_LEVEL: "debug", tag: "next"}
	}
`

const fleetModule = "module: \"example.com/fleet\"\nlanguage: version: \"v0.15.0\"\n"

// writeFleet makes a CUE module of n packages, an app each, with its lock.
func writeFleet(dir string, n int, revisions string) error {
	files := map[string]string{
		"cue.mod/module.cue": fleetModule,
		"belay.lock":         fleetLock(n, revisions),
	}
	for i := range n {
		files[packageFile(i)] = fmt.Sprintf(oneService, i, i%20, revisions)
	}
	for name, text := range files {
		path := filepath.Join(dir, name)
		mkdir(filepath.Dir(path))
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// fleetLock is the lock of a fleet: digests, releases, and the kind that each
// app was rendered as before.
func fleetLock(n int, revisions string) string {
	kind := "Service"
	if revisions != "" {
		kind = "Route"
	}
	var images, apps []string
	for i := range n {
		images = append(images, fmt.Sprintf("  registry.example.com/team/web-%04d:v1.2.3:\n    digest: sha256:%x\n", i, sha256.Sum256([]byte{byte(i), byte(i >> 8)})))
		apps = append(apps, fmt.Sprintf("  -/team-%02d/web-%04d:\n    kind: %s\n", i%20, i, kind))
	}
	slices.Sort(images)
	slices.SortFunc(apps, func(a, b string) int { return strings.Compare(key(a), key(b)) })
	return "version: 2\nimages:\n" + strings.Join(images, "") +
		releases + "apps:\n" + strings.Join(apps, "")
}

// releases are those of the target, in a lock.
const releases = "targets:\n  \"\":\n    knative: \"1.23\"\n    istio: \"1.31\"\n"

// key is that of an app's entry in a lock.
func key(entry string) string {
	key, _, _ := strings.Cut(entry, ":")
	return key
}

func packageFile(i int) string { return fmt.Sprintf("p%05d/app.cue", i) }

// render is "belay render ./... -o" into a directory that is not there yet. The
// directory is in memory where the machine has a file system there: a disk is
// slow to give out what was freed just before, which would be measured instead.
func render(t tools, dir string) command {
	out := filepath.Join(memory(filepath.Dir(dir)), filepath.Base(dir)+"-out")
	c := command{dir: dir, args: []string{t.belay, "render", "./...", "-o", out}}
	c.before = func(*command) error { return os.RemoveAll(out) }
	return c
}

// memory returns a directory in memory that belongs to a run's directory, or
// the run's directory itself if the machine has no such file system.
func memory(work string) string {
	const tmpfs = "/dev/shm"
	if info, err := os.Stat(tmpfs); err != nil || !info.IsDir() {
		return work
	}
	return mkdir(filepath.Join(tmpfs, "belay-bench", filepath.Base(work)))
}

func fleet(work string, t tools, s sizes, r *report) error {
	schema, err := writeSchema(work, t)
	if err != nil {
		return err
	}
	for _, v := range []struct {
		name, revisions, about string
		target                 float64
	}{
		{"a Service each", "", "one Knative Service per app", 0.7},
		{"two revisions each", twoRevisions, "two Configurations and a Route per app", 1.0},
	} {
		dir := filepath.Join(work, "fleet-"+strings.Fields(v.name)[0])
		if err := writeFleet(dir, s.fleet, v.revisions); err != nil {
			return err
		}
		results, err := inTurn(s.fleetRuns,
			render(t, dir),
			command{args: []string{t.self, "baseline", dir}},
			command{args: []string{t.self, "baseline", dir, schema}},
		)
		if err != nil {
			return err
		}
		r.add(section{
			title: fmt.Sprintf("%d packages, %s", s.fleet, v.name),
			about: "`belay render ./... -o`: loaded, checked, pinned, lowered, validated by Knative's own code and written to files in memory (" + v.about +
				"), against what `cue/load` and evaluation alone take for the same packages, in one goroutine; the same unified with belay's schema, for comparison.",
			target: v.target,
			ratios: ratios(results[0], results[1]),
			limit:  150 << 20,
			rows:   []row{{"belay render", results[0]}, {"cue/load and evaluation", results[1]}, {"the same, unified with the schema", results[2]}},
		})
	}
	return nil
}
