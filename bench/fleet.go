package main

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/cuecontext"
	"cuelang.org/go/cue/load"
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
	scale: {min: 1, max: 10, target: 80}
%[3]s}
`

const twoRevisions = `	revisions: {
		blue: weight: 90
		green: {weight: 10, env: LOG_LEVEL: "debug", tag: "next"}
	}
`

// writeFleet makes a CUE module of n packages, an app each, with its lock.
func writeFleet(dir string, n int, revisions string) error {
	files := map[string]string{"cue.mod/module.cue": "module: \"example.com/fleet\"\nlanguage: version: \"v0.15.0\"\n"}
	var lock strings.Builder
	lock.WriteString("images:\n")
	for i := range n {
		files[packageFile(i)] = fmt.Sprintf(oneService, i, i%20, revisions)
		fmt.Fprintf(&lock, "  registry.example.com/team/web-%04d:v1.2.3:\n    digest: sha256:%x\n", i, sha256.Sum256([]byte{byte(i), byte(i >> 8)}))
	}
	lock.WriteString("version: 1\n")
	files["belay.lock"] = lock.String()
	for name, text := range files {
		path := filepath.Join(dir, name)
		mkdir(filepath.Dir(path))
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

func packageFile(i int) string { return fmt.Sprintf("p%05d/app.cue", i) }

// render is "belay render ./... -o" into a directory that is not there yet: a
// new one each time, since a file system is slow to give out what was freed
// just before.
func render(t tools, dir string) command {
	c := command{dir: dir}
	n := 0
	c.before = func(c *command) error {
		n++
		c.args = []string{t.belay, "render", "./...", "-o", fmt.Sprintf("%s-out-%d", dir, n)}
		return nil
	}
	return c
}

func fleet(work string, t tools, s sizes, r *report) error {
	for _, v := range []struct{ name, revisions, about string }{
		{"a Service each", "", "one Knative Service an app"},
		{"two revisions each", twoRevisions, "two Configurations and a Route an app"},
	} {
		dir := filepath.Join(work, "fleet-"+strings.Fields(v.name)[0])
		if err := writeFleet(dir, s.fleet, v.revisions); err != nil {
			return err
		}
		results, err := inTurn(s.fleetRuns, render(t, dir), command{args: []string{t.self, "evaluate", dir}})
		if err != nil {
			return err
		}
		r.add(section{
			title: fmt.Sprintf("%d packages, %s", s.fleet, v.name),
			about: "`belay render ./... -o`: loaded, checked, pinned, lowered, validated by Knative's own code and written to disk (" + v.about +
				"), against what `cue/load` and evaluation alone take for the same packages, in one goroutine.",
			target: 1.0,
			ratios: ratios(results[0], results[1]),
			limit:  150 << 20,
			rows:   []row{{"belay render", results[0]}, {"cue/load and evaluation", results[1]}},
		})
	}
	return nil
}

// evaluate is the baseline: load all packages with cue/load, evaluate each.
func evaluate(dir string) {
	ctx := cuecontext.New()
	for _, inst := range load.Instances([]string{"./..."}, &load.Config{Dir: dir}) {
		if err := ctx.BuildInstance(inst).Validate(cue.Concrete(true)); err != nil {
			panic(err)
		}
	}
}

// large is ten times the fleet: time linear, memory flat.
func large(work string, t tools, s sizes, r *report) error {
	small, big := filepath.Join(work, "linear-small"), filepath.Join(work, "linear-big")
	if err := writeFleet(small, s.fleet, ""); err != nil {
		return err
	}
	if err := writeFleet(big, s.large, ""); err != nil {
		return err
	}
	results, err := inTurn(s.largeRuns, render(t, small), render(t, big))
	if err != nil {
		return err
	}
	linear := ratios(results[1], results[0])
	for i := range linear {
		linear[i] /= float64(s.large) / float64(s.fleet)
	}
	r.add(section{
		title:  fmt.Sprintf("%d packages", s.large),
		about:  fmt.Sprintf("Time against %d times that of %d packages; memory.", s.large/s.fleet, s.fleet),
		target: 1.15,
		ratios: linear,
		limit:  0,
		rows:   []row{{fmt.Sprintf("%d packages", s.large), results[1]}, {fmt.Sprintf("%d packages", s.fleet), results[0]}},
	})
	return nil
}

// incremental changes one app and renders again over what is there.
func incremental(work string, t tools, s sizes, r *report) error {
	dir := filepath.Join(work, "incremental")
	if err := writeFleet(dir, s.fleet, ""); err != nil {
		return err
	}
	full := render(t, dir)
	n := 0
	again := command{dir: dir, before: func(c *command) error {
		n++
		c.args = []string{t.belay, "render", "./...", "-o", fmt.Sprintf("%s-out-%d", dir, n)}
		text := strings.Replace(fmt.Sprintf(oneService, 7, 7, ""), "eu-west-1", fmt.Sprintf("eu-west-%d", n), 1)
		return os.WriteFile(filepath.Join(dir, packageFile(7)), []byte(text), 0o644)
	}}
	results, err := inTurn(s.fleetRuns, full, again)
	if err != nil {
		return err
	}
	r.add(section{
		title:  fmt.Sprintf("One of %d apps changed", s.fleet),
		about:  "Rendered again over the directory, against the full render into a new one.",
		target: 0.1,
		ratios: ratios(results[1], results[0]),
		rows:   []row{{"one changed", results[1]}, {"full render", results[0]}},
	})
	return nil
}
