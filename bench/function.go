package main

import (
	"os"
	"path/filepath"
)

const call = `apiVersion: config.kubernetes.io/v1
kind: ResourceList
items: []
functionConfig:
` + "  apiVersion: belay.sh/v1alpha1\n  kind: App\n  metadata: {name: web, namespace: shop}\n" + appSpec

const appSpec = `  spec:
    image: registry.example.com/web@sha256:5ea96ba4b872685ff4ddb5cd8d1a97ec18c18fae79ee8df0d29f446c5efe5f50
    env: {LOG_LEVEL: info, REGION: eu-west-1}
    port: 8080
    scale: {min: 1, max: 10}
`

// function is one call of the KRM function, from a cold start.
func function(work string, t tools, s sizes, r *report) error {
	list := filepath.Join(work, "call.yaml")
	if err := os.WriteFile(list, []byte(call), 0o644); err != nil {
		return err
	}
	results, err := inTurn(s.coldRuns,
		command{dir: work, args: []string{t.krm}, stdin: list},
		command{dir: work, args: []string{t.emptyfn}, stdin: list},
	)
	if err != nil {
		return err
	}
	whole, err := inTurn(s.coldRuns, command{dir: work, args: []string{t.belay, "krm"}, stdin: list})
	if err != nil {
		return err
	}
	r.add(section{
		title:  "The KRM function, cold",
		about:  "`belay-krm` with one App, against the start of a function of kyaml's framework that does nothing; the same by `belay krm`, for comparison.",
		target: 2.0,
		ratios: ratios(results[0], results[1]),
		rows:   []row{{"belay-krm", results[0]}, {"an empty function", results[1]}, {"belay krm", whole[0]}},
	})
	return nil
}
