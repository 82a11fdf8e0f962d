//go:build ignore

// Generate_manifests writes manifests.sha256: the checksums of the manifests
// of Knative's releases, in the format of sha256sum, each by the URL of its
// release. It writes manifests.objects as well: what objects those files have,
// and the files of older releases that earlier operators ship. It reads the files out of Knative's operator, which ships them as
// they are: its fetcher copies them from the release bucket, and knative.dev/hack,
// release.sh, publishes the same files there and on GitHub.
package main

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"log"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/belay-sh/belay/internal/target"
)

func main() {
	log.SetFlags(0)
	kodata := filepath.Join(module(target.OperatorModule()), "cmd/operator/kodata")
	var lines []string
	for _, file := range glob(kodata, "knative-serving/*/*.yaml") {
		version := filepath.Base(filepath.Dir(file))
		_, name, _ := strings.Cut(filepath.Base(file), "-") // without the operator's number
		lines = append(lines, line(file, "knative/serving", version, name))
	}
	for _, file := range glob(kodata, "ingress/*/istio/net-istio.yaml") {
		lines = append(lines, line(file, "knative-extensions/net-istio", labelled(file), filepath.Base(file)))
	}
	slices.SortFunc(lines, func(a, b string) int { return strings.Compare(a[64:], b[64:]) })
	check(os.WriteFile("manifests.sha256", []byte(strings.Join(lines, "")), 0o644))
	writeObjects()
}

// writeObjects writes the objects of all files that the operators ship, one a
// line: its kind, its namespace, or "-", and its name.
func writeObjects() {
	seen := map[string]bool{}
	for _, operator := range target.OperatorModules {
		kodata := filepath.Join(module(operator), "cmd/operator/kodata")
		for _, file := range slices.Concat(glob(kodata, "knative-serving/*/*.yaml"), netIstio(kodata)) {
			data, err := os.ReadFile(file)
			check(err)
			for _, document := range strings.Split("\n"+string(data), "\n---") {
				var o struct {
					Kind     string
					Metadata struct{ Namespace, Name, GenerateName string }
				}
				check(yaml.Unmarshal([]byte(document), &o))
				name := o.Metadata.Name
				if name == "" {
					name = o.Metadata.GenerateName // of a job
				}
				if o.Kind != "" {
					seen[fmt.Sprintln(o.Kind, cmp.Or(o.Metadata.Namespace, "-"), name)] = true
				}
			}
		}
	}
	check(os.WriteFile("manifests.objects", []byte(strings.Join(slices.Sorted(maps.Keys(seen)), "")), 0o644))
}

// netIstio are the files net-istio.yaml, which earlier operators have in
// directories of their own.
func netIstio(kodata string) (files []string) {
	for _, pattern := range []string{"ingress/*/net-istio.yaml", "ingress/*/istio/net-istio.yaml"} {
		found, err := filepath.Glob(filepath.Join(kodata, pattern))
		check(err)
		files = append(files, found...)
	}
	return files
}

// module is the directory of a module, whose checksum is beside those of other
// releases that only tests read.
func module(name string) string {
	cmd := exec.Command("go", "mod", "download", "-json", name)
	cmd.Dir = "../../golden/modules/sums"
	out, err := cmd.Output()
	var info struct{ Dir, Error string }
	if jsonErr := json.Unmarshal(out, &info); jsonErr != nil || info.Error != "" {
		log.Fatal(err, " ", info.Error)
	}
	return info.Dir
}

func glob(dir, pattern string) []string {
	files, err := filepath.Glob(filepath.Join(dir, pattern))
	check(err)
	if len(files) == 0 {
		log.Fatalf("no %s in %s", pattern, dir)
	}
	return files
}

func line(file, repository, version, name string) string {
	data, err := os.ReadFile(file)
	check(err)
	return fmt.Sprintf("%x  https://github.com/%s/releases/download/knative-v%s/%s\n", sha256.Sum256(data), repository, version, name)
}

var versionLabel = regexp.MustCompile(`app\.kubernetes\.io/version: "(.*)"`)

// labelled is the version on the objects of a manifest.
func labelled(file string) string {
	data, err := os.ReadFile(file)
	check(err)
	return string(versionLabel.FindSubmatch(data)[1])
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
