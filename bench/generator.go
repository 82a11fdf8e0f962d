package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// generator is a build of kustomize's with one generator: belay, or a shell
// script that prints the same YAML.
func generator(work string, t tools, s sizes, r *report) error {
	dir := mkdir(filepath.Join(work, "generator"))
	function := func(name, kind, exec, spec string) string {
		return fmt.Sprintf("apiVersion: belay.sh/v1alpha1\nkind: %s\nmetadata:\n  name: %s\n  annotations:\n    config.kubernetes.io/function: |\n      exec: %s\n%s", kind, name, exec, spec)
	}
	spec := strings.ReplaceAll(strings.TrimPrefix(appSpec, "  "), "\n  ", "\n")
	files := map[string]string{
		"belay/kustomization.yaml": "generators: [web.yaml]\n",
		"belay/web.yaml":           function("web", "App", "{path: "+t.krm+"}", spec),
		"shell/kustomization.yaml": "generators: [web.yaml]\n",
		"shell/web.yaml":           function("web", "Script", "{path: ./generate.sh}", ""),
		"shell/generate.sh":        "#!/bin/sh\ncat >/dev/null\ncat objects.yaml\n",
	}
	for name, text := range files {
		path := filepath.Join(dir, name)
		mkdir(filepath.Dir(path))
		if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
			return err
		}
	}
	build := func(sub string) []string {
		return []string{t.kustomize, "build", "--enable-alpha-plugins", "--enable-exec", filepath.Join(dir, sub)}
	}
	args := build("belay")
	objects, err := exec.Command(args[0], args[1:]...).Output()
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "shell", "objects.yaml"), objects, 0o644); err != nil {
		return err
	}
	results, err := inTurn(s.coldRuns, command{dir: dir, args: build("belay")}, command{dir: dir, args: build("shell")})
	if err != nil {
		return err
	}
	r.add(section{
		title:  "kustomize build with one generator",
		about:  "`kustomize build` of a kustomization with one App, which `belay-krm` generates, against the same with a shell script that prints the same YAML.",
		target: 1.6,
		ratios: ratios(results[0], results[1]),
		rows:   []row{{"with belay", results[0]}, {"with a shell script", results[1]}},
	})
	return nil
}
