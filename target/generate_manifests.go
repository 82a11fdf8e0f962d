//go:build ignore

// Generate_manifests writes manifests.sha256: the checksums of the manifests
// of Knative's releases, in the format of sha256sum, each by the URL of its
// release. It reads the files out of Knative's operator, which ships them as
// they are: its fetcher copies them from the release bucket, and knative.dev/hack,
// release.sh, publishes the same files there and on GitHub.
package main

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

func main() {
	log.SetFlags(0)
	kodata := filepath.Join(operator(), "cmd/operator/kodata")
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
}

// operator is the directory of the operator's module, whose checksum is beside
// those of other releases that only tests read.
func operator() string {
	cmd := exec.Command("go", "mod", "download", "-json", "knative.dev/operator@v0.50.0")
	cmd.Dir = "../golden/admission/releases"
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
