//go:build ignore

// Generate reads what differs between releases of Knative Serving out of the
// releases themselves (Go modules, through the module proxy) and writes
// table.go: the flags and settings of the ConfigMaps with their defaults, and
// the fields of the CRDs that came later than the oldest release. It adds the
// checksums of all modules that releases.go names to golden/modules/sums.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/format"
	"log"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"text/template"

	"go.yaml.in/yaml/v3"

	"github.com/belay-sh/belay/internal/target"
)

// Minor numbers of the modules of knative.dev/serving, from the oldest to the
// newest release that belay knows; v0.27 is Knative 1.0.
var oldest, newest = minorOf(target.Knatives[0]), minorOf(target.Knatives[len(target.Knatives)-1])

func minorOf(release target.Version) int {
	if release.Major == 0 {
		return release.Minor
	}
	return release.Minor + 27
}

// version is the Knative release that a module is.
func version(minor int) target.Version {
	if minor < 27 {
		return target.Version{Minor: minor}
	}
	return target.Version{Major: 1, Minor: minor - 27}
}

// release is that release as Go code.
func release(minor int) string {
	v := version(minor)
	return fmt.Sprintf("Version{%d, %d}", v.Major, v.Minor)
}

// row is something that releases have or not, with its value in each.
type row struct {
	Map, Name    string
	Since, Until int
	Values       []dated
	Strict       int // the first release that is strict about it
}

type dated struct {
	Since int
	Value string
}

type table struct {
	rows  map[string]*row
	order []string
}

func (t *table) see(configMap, name, value string, minor int) *row {
	key := configMap + "\x00" + name
	r := t.rows[key]
	if r == nil {
		r = &row{Map: configMap, Name: name, Since: minor}
		t.rows[key] = r
		t.order = append(t.order, key)
	}
	if n := len(r.Values); n == 0 || r.Values[n-1].Value != value {
		r.Values = append(r.Values, dated{minor, value})
	}
	r.Until = minor + 1
	return r
}

func (t *table) sorted() (rows []*row) {
	slices.Sort(t.order)
	for _, key := range t.order {
		rows = append(rows, t.rows[key])
	}
	return rows
}

// unset are the settings whose documented value is an example; without the key
// there is none, or another setting's.
var unset = regexp.MustCompile(`^(revision-(cpu|memory|ephemeral-storage)-(request|limit)|revision-response-start-timeout-seconds|queue-sidecar-(cpu-limit|memory-.*|ephemeral-storage-.*)|queueSidecar(CPULimit|Memory.*|EphemeralStorage.*)|namespace-wildcard-cert-selector|.*concurrency.?[sS]tate.*)$`)

func main() {
	log.SetFlags(0)
	settings, fields := table{rows: map[string]*row{}}, table{rows: map[string]*row{}}
	for minor := oldest; minor <= newest; minor++ {
		dir := download(target.ServingModule(version(minor)))
		for _, name := range []string{"features", "defaults", "autoscaler", "deployment", "gc"} {
			readConfigMap(&settings, name, filepath.Join(dir, "config/core/configmaps", name+".yaml"), minor)
		}
		readConfigMap(&settings, "network", filepath.Join(networking(dir, version(minor)), "config/config-network.yaml"), minor)
		readStrictness(&settings, dir, minor)
		readFields(&fields, filepath.Join(dir, "config/core/300-resources/configuration.yaml"), minor)
	}
	var out bytes.Buffer
	check(code.Execute(&out, map[string]any{"Newest": version(newest).String(), "Settings": settings.sorted(), "Fields": later(fields.sorted())}))
	src, err := format.Source(out.Bytes())
	check(err)
	check(os.WriteFile("table.go", src, 0o644))
	for _, v := range target.Istios {
		download(target.IstioModule(v))
	}
	for _, module := range target.OperatorModules {
		download(module)
	}
	writeSums()
}

// sumsDirectory has the go.sum with the checksums of the modules that are read here
// and in tests. The go command compares a module with its line.
const sumsDirectory = "../../golden/modules/sums"

var sums = map[string]bool{} // lines of that file

// download returns the directory of a module, and notes its checksums.
func download(module string) string {
	cmd := exec.Command("go", "mod", "download", "-json", module)
	cmd.Dir = sumsDirectory
	out, err := cmd.Output()
	var info struct{ Path, Version, Dir, Sum, GoModSum, Error string }
	if jsonErr := json.Unmarshal(out, &info); jsonErr != nil || info.Error != "" {
		log.Fatal(module, ": ", err, " ", info.Error)
	}
	sums[info.Path+" "+info.Version+" "+info.Sum+"\n"] = true
	sums[info.Path+" "+info.Version+"/go.mod "+info.GoModSum+"\n"] = true
	return info.Dir
}

// writeSums adds the checksums to those that the file has: it has some that only
// tests need.
func writeSums() {
	path := filepath.Join(sumsDirectory, "go.sum")
	for line := range strings.Lines(string(read(path))) {
		sums[line] = true
	}
	check(os.WriteFile(path, []byte(strings.Join(slices.Sorted(maps.Keys(sums)), "")), 0o644))
}

// networking is the module of knative.dev/networking that a release of serving
// is built with, or what stands for it.
func networking(dir string, release target.Version) string {
	if module := target.NetworkingModule(release); module != "" {
		return download(module)
	}
	mod := read(filepath.Join(dir, "go.mod"))
	version := regexp.MustCompile(`knative\.dev/networking (\S+)`).FindSubmatch(mod)[1]
	return download("knative.dev/networking@" + string(version))
}

// readConfigMap reads the documented keys and their values, which are those
// that hold without the key.
func readConfigMap(t *table, name, path string, minor int) {
	var object struct{ Data map[string]string }
	check(yaml.Unmarshal(read(path), &object))
	values := map[string]string{}
	check(yaml.Unmarshal([]byte(object.Data["_example"]), &values))
	for key, value := range values {
		if unset.MatchString(key) {
			value = ""
		}
		t.see(name, key, strings.TrimSpace(value), minor)
	}
}

var (
	flagField = regexp.MustCompile(`as\w*Flag\(([^,]+), &nc\.(\w+)\)`)
	constant  = regexp.MustCompile(`(\w+)\s*= "([^"]+)"`)
	strictUse = regexp.MustCompile(`[fF]eatures\.(\w+) (?:!=|==) config\.Enabled`)
)

// readStrictness notes the flags of which the webhook's code asks for
// "enabled", so that "allowed" is not enough.
func readStrictness(flags *table, dir string, minor int) {
	source := read(filepath.Join(dir, "pkg/apis/config/features.go"))
	constants := map[string]string{}
	for _, m := range constant.FindAllSubmatch(source, -1) {
		constants[string(m[1])] = string(m[2])
	}
	names := map[string]string{}
	for _, m := range flagField.FindAllSubmatch(source, -1) {
		name := strings.Trim(string(m[1]), `"`)
		if c, ok := constants[name]; ok {
			name = c
		}
		names[string(m[2])] = name
	}
	for _, file := range []string{"k8s_validation.go", "fieldmask.go"} {
		for _, m := range strictUse.FindAllSubmatch(read(filepath.Join(dir, "pkg/apis/serving", file)), -1) {
			if r := flags.rows["features\x00"+names[string(m[1])]]; r != nil && r.Strict == 0 {
				r.Strict = minor
			}
		}
	}
}

type schema struct {
	Properties map[string]*schema
	Items      *schema
}

// readFields lists the paths that a template may have.
func readFields(t *table, path string, minor int) {
	var crd struct {
		Spec struct {
			Versions []struct {
				Schema struct {
					OpenAPIV3Schema schema `yaml:"openAPIV3Schema"`
				}
			}
		}
	}
	check(yaml.Unmarshal(read(path), &crd))
	root := crd.Spec.Versions[0].Schema.OpenAPIV3Schema
	template := root.Properties["spec"].Properties["template"].Properties["spec"]
	walk(t, template, "", minor)
}

func walk(t *table, s *schema, path string, minor int) {
	for name, sub := range s.Properties {
		field := strings.TrimPrefix(path+"."+name, ".")
		t.see("", field, "", minor)
		for sub.Items != nil {
			sub = sub.Items
		}
		walk(t, sub, field, minor)
	}
}

// later are the fields that came after the oldest release, without those
// inside of one that came with them. Up to 1.5 the CRDs took any field of a
// pod ("preserve unknown fields"): what they list first at 1.6 was there.
func later(rows []*row) (out []*row) {
	const listed = 33
	since := map[string]int{}
	for _, r := range rows {
		since[r.Name] = r.Since
	}
	for _, r := range rows {
		parent := r.Name
		if i := strings.LastIndexByte(parent, '.'); i >= 0 {
			parent = parent[:i]
		}
		if r.Since > listed && (parent == r.Name || since[parent] < r.Since) {
			out = append(out, r)
		}
	}
	return out
}

func read(path string) []byte {
	data, err := os.ReadFile(path)
	check(err)
	return data
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

var code = template.Must(template.New("").Funcs(template.FuncMap{
	"release": release,
	"ended":   func(minor int) bool { return minor <= newest },
}).Parse(`// Code generated by "go run generate.go" from the releases of knative.dev/serving. DO NOT EDIT.

// The releases that it was generated from go up to Knative {{.Newest}}.

package target

var settings = []setting{
{{range .Settings}}	{configMap: {{printf "%q" .Map}}, key: {{printf "%q" .Name}}, since: {{release .Since}}{{if ended .Until}}, until: {{release .Until}}{{end}}{{with .Strict}}, strict: {{release .}}{{end}}, values: []dated{ {{range .Values}}{ {{release .Since}}, {{printf "%q" .Value}} }, {{end}} } },
{{end}}}

var fields = []field{
{{range .Fields}}	{path: {{printf "%q" .Name}}, since: {{release .Since}} },
{{end}}}
`))
