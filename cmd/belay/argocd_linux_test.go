package main

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"github.com/belay-sh/belay/golden"
)

// An argoCD runs the commands of the plugin's configuration as Argo CD's own
// server does (cmpserver/plugin/plugin.go): in the Application's directory of a
// copy of the repository, in a working directory that is another each time,
// with little in the environment, nothing on standard input, in the sandbox that
// the sidecar's securityContext is, and an end by SIGKILL.
type argoCD struct {
	t      *testing.T
	bin    string
	plugin struct {
		Metadata struct{ Name string }
		Spec     struct {
			Generate   struct{ Command []string }
			Parameters struct {
				Dynamic struct{ Command []string }
			}
		}
	}
}

func newArgoCD(t *testing.T) *argoCD {
	if testing.Short() {
		t.Skip("it builds belay, and runs it in sandboxes")
	}
	t.Helper()
	a := &argoCD{t: t, bin: openDir(t)}
	programs, err := golden.Programs("../..")
	require.NoError(t, err)
	require.NoError(t, os.CopyFS(a.bin, os.DirFS(programs)))
	config, err := os.ReadFile("../../deploy/argocd/plugin.yaml")
	require.NoError(t, err)
	require.NoError(t, yaml.Unmarshal(config, &a.plugin))
	return a
}

// openDir is a directory that every user can read.
func openDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "_cmp_server")
	require.NoError(t, err)
	require.NoError(t, os.Chmod(dir, 0o755))
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// An answer is what a command said.
type answer struct {
	stdout, stderr string
	err            error
}

// checkout is a copy of a repository as the sidecar has it.
func (a *argoCD) checkout(repo map[string]string) string {
	dir := openDir(a.t)
	for name, text := range repo {
		path := filepath.Join(dir, filepath.FromSlash(name))
		require.NoError(a.t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(a.t, os.WriteFile(path, []byte(text), 0o644))
	}
	return dir
}

func (a *argoCD) run(command []string, repo map[string]string, path string, env ...string) answer {
	dir := a.checkout(repo)
	cmd := exec.CommandContext(a.t.Context(), filepath.Join(a.bin, command[0]), command[1:]...)
	cmd.Dir = filepath.Join(dir, path)
	cmd.Env = append([]string{
		"PATH=" + a.bin, "KUBE_VERSION=1.34.1", "KUBE_API_VERSIONS=apps/v1,serving.knative.dev/v1",
		"ARGOCD_APP_NAME=web", "ARGOCD_APP_NAMESPACE=shop", "ARGOCD_APP_PROJECT_NAME=default", "ARGOCD_APP_REVISION=0123456789abcdef0123456789abcdef01234567",
		"ARGOCD_APP_SOURCE_REPO_URL=https://git.example.com/fleet.git", "ARGOCD_APP_SOURCE_PATH=" + path, "ARGOCD_APP_SOURCE_TARGET_REVISION=main",
	}, env...)
	sandboxed(a.t, cmd, 999)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	assert.NotContains(a.t, stdout.String()+stderr.String(), "_cmp_server", "the working directory is nobody's business")
	return answer{stdout.String(), stderr.String(), err}
}

// generate runs the plugin for a repository of the platform's own.
func (a *argoCD) generate(repo map[string]string, path string, env ...string) answer {
	return a.run(append(slices.Clone(a.plugin.Spec.Generate.Command), "--policy", "own"), repo, path, env...)
}

const image = "registry.example.com/web:v1"

// fleet is a repository with its module, lock and shared package at the root.
var fleet = map[string]string{
	"cue.mod/module.cue": "module: \"example.com/fleet\"\nlanguage: version: \"v0.15.0\"\n",
	"belay.lock":         "images:\n  " + image + ":\n    digest: sha256:5ea96ba4b872685ff4ddb5cd8d1a97ec18c18fae79ee8df0d29f446c5efe5f50\nversion: 1\n",
	"lib/lib.cue":        "package lib\n\nImage: \"" + image + "\"\n",
	"apps/web/app.cue": `package web

import "example.com/fleet/lib"

_env: *"dev" | string @tag(env)
apps: {
	web: {image: lib.Image, env: {ENV: _env, y: "n", NO: "012"}}
	shop: image: lib.Image
}
`,
	"apps/empty/app.cue":  "package empty\n\napps: {}\n",
	"apps/broken/app.cue": "package broken\n\napps: web: {image: 1}\n",
	"apps/alone/app.cue":  "package alone\n\nimport \"example.com/fleet/gone\"\n\napps: web: image: gone.Image\n",
	"plain/x.cue":         "package plain\n\nx: 1\n",
	"none/README":         "nothing\n",
}

func TestArgoCD_Generate(t *testing.T) {
	a := newArgoCD(t)
	first := a.generate(fleet, "apps/web")
	require.NoError(t, first.err, first.stderr)

	cmd := exec.Command(filepath.Join(a.bin, "belay"), "render", "-n", "shop", "./apps/web")
	cmd.Dir = a.checkout(fleet)
	rendered, err := cmd.Output()
	require.NoError(t, err)
	assert.Equal(t, string(rendered), withoutArgoCD(first.stdout), "the same as belay render in the destination's namespace")
	assert.Equal(t, first, a.generate(fleet, "apps/web"), "the same bytes from another directory")

	for name, env := range map[string]string{
		"no parameters":          "ARGOCD_APP_PARAMETERS=null",
		"an empty list":          "ARGOCD_APP_PARAMETERS=[]",
		"another cluster":        "KUBE_VERSION=1.20.0",
		"the defaults, in words": `ARGOCD_APP_PARAMETERS=[{"name":"path","string":"."},{"name":"app","array":[]},{"name":"cluster","string":""}]`,
	} {
		assert.Equal(t, first, a.generate(fleet, "apps/web", env), name)
	}
}

// withoutArgoCD is a stream without the annotations that are for Argo CD.
func withoutArgoCD(stream string) string {
	return regexp.MustCompile(`(?m)^    argocd\.argoproj\.io/.*\n`).ReplaceAllString(stream, "")
}

// tracks is a repository with an app whose traffic goes to Configurations.
var tracks = map[string]string{
	"belay.lock": fleet["belay.lock"],
	"two/app.cue": `package two

apps: web: {
	image: "` + image + `"
	annotations: "argocd.argoproj.io/sync-options": "Prune=confirm"
	revisions: {
		a: weight: 60
		b: {weight: 40, env: B: "b"}
	}
	domains: ["web.example.com"]
}
`,
	"one/app.cue": "package one\n\napps: web: {image: \"" + image + "\", revisions: a: weight: 100}\n",
}

// TestArgoCD_RemovedTrack: the Configuration of a track that is gone has to be
// deleted after the Route has left it, for which Argo CD goes by the annotation
// of the object in the cluster, and with another one by the wave.
func TestArgoCD_RemovedTrack(t *testing.T) {
	a := newArgoCD(t)
	for _, path := range []string{"two", "one"} {
		got := a.generate(tracks, path)
		require.NoError(t, got.err, got.stderr)
		waves := map[string]string{}
		for _, text := range strings.Split(got.stdout, "---\n") {
			var o struct {
				Kind     string
				Metadata struct {
					Name        string
					Annotations map[string]string
				}
			}
			require.NoError(t, yaml.Unmarshal([]byte(text), &o))
			waves[o.Kind] = o.Metadata.Annotations["argocd.argoproj.io/sync-wave"]
			options := o.Metadata.Annotations["argocd.argoproj.io/sync-options"]
			if o.Kind == "Configuration" {
				assert.Contains(t, strings.Split(options, ","), "PruneLast=true", o.Metadata.Name)
			} else {
				assert.NotContains(t, options, "PruneLast")
			}
			if path == "two" {
				assert.Contains(t, strings.Split(options, ","), "Prune=confirm", "what the spec says stays")
			}
		}
		assert.Less(t, waves["Configuration"], waves["Route"])
	}
}

// TestArgoCD_ShippedApplications: the Application of the guide and the one of the
// ApplicationSet prune what is gone last, and have a namespace to be synced to.
func TestArgoCD_ShippedApplications(t *testing.T) {
	set, err := os.ReadFile("../../deploy/argocd/applicationset.yaml")
	require.NoError(t, err)
	guide, err := os.ReadFile("../../docs/argocd.md")
	require.NoError(t, err)
	_, application, ok := strings.Cut(string(guide), "```yaml application.yaml\n")
	require.True(t, ok)
	application, _, _ = strings.Cut(application, "```")
	for name, text := range map[string]string{"applicationset.yaml": string(set), "the guide": application} {
		assert.Contains(t, text, "PruneLast=true", name)
		assert.Contains(t, text, "CreateNamespace=true", name)
		assert.Regexp(t, `(?s)destination:.*\bnamespace: `, text, name)
	}
}

// TestArgoCD_Namespace: apps whose spec names no namespace are in that of the
// destination, with all that names it; and no other app.
func TestArgoCD_Namespace(t *testing.T) {
	a := newArgoCD(t)
	repo := map[string]string{
		"belay.lock": fleet["belay.lock"],
		"app.cue": `package web

target: mesh: injectedServing: true
apps: {
	web: {image: "` + image + `", mesh: {mtls: "strict", callers: [{serviceAccount: "jobs/a"}]}, domains: ["web.example.com"]}
	fixed: {image: "` + image + `", namespace: "fixed"}
}
`,
	}
	for _, c := range []struct{ destination, parameters, want string }{
		{"shop", "null", "shop"},
		{"shop", `[{"name":"namespace","string":"team"}]`, "team"},
		{"shop", `[{"name":"namespace","string":""}]`, "shop"},
		{"", "[]", "default"},
	} {
		got := a.generate(repo, ".", "ARGOCD_APP_NAMESPACE="+c.destination, "ARGOCD_APP_PARAMETERS="+c.parameters)
		require.NoError(t, got.err, got.stderr)
		found := map[string]bool{}
		for _, m := range regexp.MustCompile(`namespace: (.*)`).FindAllStringSubmatch(got.stdout, -1) {
			found[m[1]] = true
		}
		assert.Equal(t, map[string]bool{c.want: true, "fixed": true, "knative-serving": true}, found)
		assert.Contains(t, got.stdout, "name: "+c.want+".web\n", "the policy at the activator")
		assert.Contains(t, got.stdout, "- "+c.want+",*\n", "what that policy is about")
		selected := a.generate(repo, ".", "ARGOCD_APP_NAMESPACE="+c.destination, `ARGOCD_APP_PARAMETERS=[{"name":"app","array":["`+c.want+`/web"]}]`)
		assert.Equal(t, c.want != "team", selected.err == nil, "an app is chosen by the namespace that it is in")
	}
	for _, wrong := range []string{"Shop", "a/b", "-"} {
		got := a.generate(repo, ".", `ARGOCD_APP_PARAMETERS=[{"name":"namespace","string":"`+wrong+`"}]`)
		assert.Error(t, got.err)
		assert.Contains(t, got.stderr, "the parameter namespace: "+wrong+" is not the name of a namespace")
	}
}

// TestArgoCD_SharedObjects: of a fleet whose specs declare the same namespaces,
// one Application has them, and no other.
func TestArgoCD_SharedObjects(t *testing.T) {
	a := newArgoCD(t)
	repo := map[string]string{
		"belay.lock":         fleet["belay.lock"],
		"cue.mod/module.cue": fleet["cue.mod/module.cue"],
		"apps/base.cue":      "package fleet\n\nnamespaces: {shop: inject: true, jobs: {}}\n",
		"apps/web/app.cue":   "package fleet\n\napps: web: {image: \"" + image + "\", namespace: \"shop\"}\n",
		"apps/jobs/app.cue":  "package fleet\n\napps: jobs: {image: \"" + image + "\", namespace: \"jobs\"}\n",
	}
	owners := map[string]int{}
	for path, parameters := range map[string]string{
		"apps/web":  `[{"name":"shared","string":"exclude"}]`,
		"apps/jobs": `[{"name":"shared","string":"exclude"}]`,
		"apps":      `[{"name":"path","string":"./..."},{"name":"shared","string":"only"}]`,
	} {
		got := a.generate(repo, path, "ARGOCD_APP_PARAMETERS="+parameters)
		require.NoError(t, got.err, got.stderr)
		for _, text := range strings.Split(got.stdout, "---\n") {
			var o struct {
				Kind     string
				Metadata struct{ Name string }
			}
			require.NoError(t, yaml.Unmarshal([]byte(text), &o))
			owners[o.Kind+" "+o.Metadata.Name]++
		}
	}
	assert.Equal(t, map[string]int{"Namespace shop": 1, "Namespace jobs": 1, "Service web": 1, "Service jobs": 1}, owners)

	all := a.generate(repo, "apps/web")
	assert.Equal(t, all, a.generate(repo, "apps/web", `ARGOCD_APP_PARAMETERS=[{"name":"shared","string":"include"}]`))
	assert.Contains(t, all.stdout, "kind: Namespace")
	none := a.generate(fleet, "apps/web", `ARGOCD_APP_PARAMETERS=[{"name":"shared","string":"only"}]`)
	assert.Error(t, none.err)
	assert.Contains(t, none.stderr, "the specs declare no namespaces and no platform")
}

// TestArgoCD_OptionalTags: of a fleet with one set of parameters, a spec takes the
// tags that it has.
func TestArgoCD_OptionalTags(t *testing.T) {
	a := newArgoCD(t)
	optional := `{"name":"optional-tags","map":{"env":"prod","region":"eu"}}`
	for _, c := range []struct{ path, parameters, value string }{
		{"apps/web", "[" + optional + "]", "value: prod"},
		{"apps/web", `[{"name":"tags","map":{"env":"staging"}},` + optional + "]", "value: staging"},
		{"apps/plain", "[" + optional + "]", "name: plain"},
		{"apps/plain", `[{"name":"optional-tags","map":{}}]`, "name: plain"},
	} {
		repo := maps.Clone(fleet)
		repo["apps/plain/app.cue"] = "package plain\n\napps: plain: image: \"" + image + "\"\n"
		got := a.generate(repo, c.path, "ARGOCD_APP_PARAMETERS="+c.parameters)
		require.NoError(t, got.err, got.stderr)
		assert.Contains(t, got.stdout, c.value)
	}
}

// TestArgoCD_Strict: Argo CD shows nothing of a sync that works, so that a
// warning is seen only where it is made an error.
func TestArgoCD_Strict(t *testing.T) {
	a := newArgoCD(t)
	repo := map[string]string{"belay.lock": fleet["belay.lock"], "app.cue": `package web

apps: web: {
	image: "` + image + `"
	strategy: "service"
	latest: "a"
	revisions: {
		a: weight: 60
		b: {weight: 40, env: B: "b"}
	}
}
`}
	for parameters, fails := range map[string]bool{
		`[]`:                             false,
		`[{"name":"strict","array":[]}]`: false,
		`[{"name":"strict","array":["auto-numbered-revision"]}]`:                       false,
		`[{"name":"strict","array":["auto-numbered-revision","unrecorded-revision"]}]`: true,
		`[{"name":"strict","array":["all"]}]`:                                          true,
	} {
		got := a.generate(repo, ".", "ARGOCD_APP_PARAMETERS="+parameters)
		assert.Contains(t, got.stderr, "unrecorded-revision", "the log of the sidecar has it anyway")
		assert.Equal(t, fails, got.err != nil, parameters)
		assert.Equal(t, fails, got.stdout == "", parameters)
	}
}

// TestArgoCD_YAMLSpecs: a directory without CUE is compiled from the specs in
// YAML and JSON that it has, and found by them.
func TestArgoCD_YAMLSpecs(t *testing.T) {
	a := newArgoCD(t)
	repo := map[string]string{
		"belay.lock":         fleet["belay.lock"],
		"web/app.yaml":       "# the shop\napps:\n  web: {image: \"" + image + "\"}\n",
		"web/more.json":      `{"apps": {"api": {"image": "` + image + `"}}}`,
		"web/values.yaml":    "apps: {x: 1}\nreplicas: 2\n",
		"web/other.yaml":     "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n",
		"broken/app.yaml":    "apps:\n  web: {image: [}\n",
		"wrong/app.yml":      "apps:\n  web: {image: 1}\n",
		"helm/values.yaml":   "apps: {web: {}}\nservice: {}\n",
		"list/x.yaml":        "apps: [a, b]\n",
		"objects/x.yaml":     "apiVersion: v1\nkind: Namespace\nmetadata: {name: apps}\n",
		"both/app.cue":       "package both\n\napps: cue: image: \"" + image + "\"\n",
		"both/exported.yaml": "apps:\n  yaml: {image: \"" + image + "\"}\n",
	}
	for path, found := range map[string]bool{"web": true, "broken": true, "wrong": true, "helm": false, "list": false, "objects": false, "both": true} {
		got := a.run([]string{"belay", "cmp", "discover"}, repo, path)
		assert.NoError(t, got.err, path)
		assert.Equal(t, found, got.stdout != "", path)
	}
	for _, parameters := range []string{"null", `[{"name":"path","string":"."}]`} {
		got := a.generate(repo, "web", "ARGOCD_APP_PARAMETERS="+parameters)
		require.NoError(t, got.err, got.stderr)
		assert.Contains(t, got.stdout, "name: web")
		assert.Contains(t, got.stdout, "name: api")
	}
	both := a.generate(repo, "both")
	require.NoError(t, both.err, both.stderr)
	assert.NotContains(t, both.stdout, "name: yaml")
	assert.Contains(t, a.generate(repo, "wrong").stderr, "app.yml:2:")
	announced := a.run(a.plugin.Spec.Parameters.Dynamic.Command, repo, "web")
	assert.Contains(t, announced.stdout, `"api"`)
}

func TestArgoCD_Parameters(t *testing.T) {
	a := newArgoCD(t)
	announced := a.run(a.plugin.Spec.Parameters.Dynamic.Command, fleet, "apps/web")
	require.NoError(t, announced.err, announced.stderr)
	var list []struct {
		Name, CollectionType, String string
		Array                        []string
		Map                          map[string]string
	}
	require.NoError(t, json.Unmarshal([]byte(announced.stdout), &list))
	byName := map[string]int{}
	for i, p := range list {
		assert.Contains(t, []string{"string", "array", "map"}, p.CollectionType)
		byName[p.Name] = i
	}
	assert.Equal(t, []string{"shop", "web"}, list[byName["app"]].Array)
	assert.Equal(t, map[string]string{"env": ""}, list[byName["tags"]].Map)
	assert.NotEmpty(t, list[byName["target-knative"]].String)
	broken := a.run(a.plugin.Spec.Parameters.Dynamic.Command, fleet, "apps/broken")
	assert.NoError(t, broken.err)
	assert.True(t, json.Valid([]byte(broken.stdout)))

	set := a.generate(fleet, "apps/web", `ARGOCD_APP_PARAMETERS=[{"name":"tags","map":{"env":"prod"}},{"name":"app","array":["web"]},{"name":"target-knative","string":"1.15"}]`)
	require.NoError(t, set.err, set.stderr)
	assert.Contains(t, set.stdout, "value: prod")
	assert.NotContains(t, set.stdout, "name: shop")

	for parameters, message := range map[string]string{
		`[{"name":"colour","string":"x"}]`:        "there is no parameter colour; there are path, target, app, tags, optional-tags, namespace, shared, strict, target-knative, target-istio, cluster",
		`[{"name":"app","string":"web"}]`:         "the parameter app takes an array",
		`[{"name":"tags","array":["web"]}]`:       "the parameter tags takes a map",
		`[{"name":"shared","string":"some"}]`:     "the parameter shared: some is not one of include, exclude, only",
		`[{"name":"strict","array":["warning"]}]`: "the parameter strict: warning is not the code of a diagnostic",
		`[{"name":"path","array":["web"]}]`:       "the parameter path takes a string",
		`[{"name":"target-istio","string":"9"}]`:  "the parameter target-istio: 9 is not a release",
		`[{"name":"cluster","string":"moon"}]`:    "the parameter cluster: moon is neither",
		`[{"name":"path","string":"../../.."}]`:   "leads out",
		`[{"name":"app","array":["nobody"]}]`:     "no app nobody",
		`{"name":"app"}`:                          "ARGOCD_APP_PARAMETERS",
		`[{"name":"tags","map":{"nothing":"x"}}]`: "unknown-tag",
	} {
		got := a.generate(fleet, "apps/web", "ARGOCD_APP_PARAMETERS="+parameters)
		assert.Error(t, got.err, parameters)
		assert.Empty(t, got.stdout)
		assert.Contains(t, got.stderr, message)
	}
}

// TestArgoCD_NeverEmptySuccess: Argo CD would delete all objects.
func TestArgoCD_NeverEmptySuccess(t *testing.T) {
	a := newArgoCD(t)
	for path, message := range map[string]string{
		"apps/empty":  "the specs make no objects here",
		"apps/broken": "app.cue:3:20",
		"plain":       "unknown-field",
		"none":        "has no CUE package",
		"apps/alone":  "bad-import",
	} {
		got := a.generate(fleet, path)
		assert.Error(t, got.err, path)
		assert.Empty(t, got.stdout, path)
		assert.Contains(t, got.stderr, message, path)
	}
}

// TestArgoCD_PartOfARepository is what the sidecar has with
// manifest-generate-paths: the message names what is not there.
func TestArgoCD_PartOfARepository(t *testing.T) {
	a := newArgoCD(t)
	got := a.generate(map[string]string{"web/app.cue": fleet["apps/web/app.cue"]}, "web", "ARGOCD_APP_SOURCE_PATH=apps/web")
	assert.Error(t, got.err)
	assert.Contains(t, got.stderr, "Argo CD has sent no cue.mod from the Application's directory up")
	unpinned := "package web\n\napps: web: image: \"" + image + "\"\n"
	got = a.generate(map[string]string{"web/app.cue": unpinned}, "web", "ARGOCD_APP_SOURCE_PATH=apps/web")
	assert.Contains(t, got.stderr, "Argo CD has sent no belay.lock from the Application's directory up")

	part := "package fleet\n\napps: web: {image: \"" + image + "\", env: ENV: _env}\n"
	for _, parameters := range []string{"null", `[{"name":"tags","map":{"env":"prod"}}]`} {
		got = a.generate(map[string]string{"web/app.cue": part, "belay.lock": fleet["belay.lock"]}, "web", "ARGOCD_APP_SOURCE_PATH=apps/web", "ARGOCD_APP_PARAMETERS="+parameters)
		assert.Error(t, got.err)
		assert.Contains(t, got.stderr, "Argo CD has sent no cue.mod, or no CUE file above the Application's directory", parameters)
	}
	whole := map[string]string{"cue.mod/module.cue": fleet["cue.mod/module.cue"], "app.cue": "package fleet\n\n_env: \"a\"\n", "web/app.cue": part}
	got = a.generate(whole, "web", `ARGOCD_APP_PARAMETERS=[{"name":"tags","map":{"env":"prod"}}]`)
	assert.Contains(t, got.stderr, "unknown-tag")
	assert.NotContains(t, got.stderr, "CUE file above", "it is there")
}

// TestArgoCD_ModuleOfItsOwn: a CUE module below a lock has that lock.
func TestArgoCD_ModuleOfItsOwn(t *testing.T) {
	a := newArgoCD(t)
	repo := map[string]string{
		"belay.lock": fleet["belay.lock"], "apps/web/cue.mod/module.cue": fleet["cue.mod/module.cue"],
		"apps/web/app.cue": "package web\n\napps: web: image: \"" + image + "\"\n",
	}
	got := a.generate(repo, "apps/web")
	assert.NoError(t, got.err, got.stderr)
	assert.Contains(t, got.stdout, "@sha256:")
}

func TestArgoCD_Discover(t *testing.T) {
	a := newArgoCD(t)
	for path, found := range map[string]bool{"apps/web": true, "apps/broken": true, "plain": false, "none": false} {
		got := a.run([]string{"belay", "cmp", "discover"}, fleet, path)
		assert.NoError(t, got.err, path)
		assert.Equal(t, found, got.stdout != "", path)
	}
}

// TestArgoCD_ApplicationSet calls the plugin as the ApplicationSet for a fleet
// has Argo CD call it: with its parameters, and of the repository only what its
// annotation names.
func TestArgoCD_ApplicationSet(t *testing.T) {
	a := newArgoCD(t)
	var set struct {
		Spec struct {
			Template struct {
				Metadata struct{ Annotations map[string]string }
				Spec     struct {
					Source struct {
						Plugin struct {
							Name       string
							Parameters []map[string]any
						}
					}
				}
			}
		}
	}
	text, err := os.ReadFile("../../deploy/argocd/applicationset.yaml")
	require.NoError(t, err)
	require.NoError(t, yaml.Unmarshal(text, &set))
	plugin := set.Spec.Template.Spec.Source.Plugin
	assert.Equal(t, a.plugin.Metadata.Name, plugin.Name)
	parameters, err := json.Marshal(plugin.Parameters)
	require.NoError(t, err)

	repo := map[string]string{
		"cue.mod/module.cue": fleet["cue.mod/module.cue"], "belay.lock": fleet["belay.lock"],
		"base.cue":          "package fleet\n\n_env: string @tag(env)\n",
		"apps/web/app.cue":  "package fleet\n\napps: web: {image: \"" + image + "\", env: ENV: _env}\n",
		"apps/shop/app.cue": "package fleet\n\napps: shop: image: \"" + image + "\"\n",
		"apps/docs/app.cue": "package docs\n\napps: docs: image: \"" + image + "\"\n",
	}
	part := map[string]string{}
	for _, path := range strings.Split(set.Spec.Template.Metadata.Annotations["argocd.argoproj.io/manifest-generate-paths"], ";") {
		if path == "." {
			path = "/apps/web"
		}
		for name, text := range repo {
			if "/"+name == path || strings.HasPrefix("/"+name, path+"/") {
				part[name] = text
			}
		}
	}
	require.Len(t, part, len(repo)-2, "all but the other apps")
	got := a.generate(part, "apps/web", "ARGOCD_APP_PARAMETERS="+string(parameters))
	require.NoError(t, got.err, got.stderr)
	assert.Contains(t, got.stdout, "value: prod")
	assert.Equal(t, a.generate(repo, "apps/web", "ARGOCD_APP_PARAMETERS="+string(parameters)), got)
	got = a.generate(repo, "apps/docs", "ARGOCD_APP_PARAMETERS="+string(parameters))
	require.NoError(t, got.err, "a spec without the tag: %s", got.stderr)
}

// TestArgoCD_ManyAtOnce: the sidecar has no lock; a request that is killed at
// its deadline leaves the others alone.
func TestArgoCD_ManyAtOnce(t *testing.T) {
	a := newArgoCD(t)
	want := a.generate(fleet, "apps/web")
	require.NoError(t, want.err, want.stderr)
	var calls sync.WaitGroup
	answers := make([]answer, 8)
	for i := range answers {
		calls.Go(func() { answers[i] = a.generate(fleet, "apps/web") })
	}
	killed, _ := a.startEndless()
	require.NoError(t, killed.Process.Kill())
	assert.EqualError(t, killed.Wait(), "signal: killed")
	calls.Wait()
	for _, got := range answers {
		assert.Equal(t, want, got)
	}
}

// TestArgoCD_KilledAtTheDeadline: Argo CD kills the process that it started and
// no other, at once. The one that this has started for the work ends with it.
func TestArgoCD_KilledAtTheDeadline(t *testing.T) {
	a := newArgoCD(t)
	cmd, workers := a.startEndless()
	require.NoError(t, cmd.Process.Kill())
	assert.EqualError(t, cmd.Wait(), "signal: killed")
	for _, pid := range workers {
		t.Cleanup(func() { _ = syscall.Kill(pid, syscall.SIGKILL) })
		waitUntil(t, "no worker is left behind", func() bool { return !running(pid) })
	}
}

// startEndless starts a call that takes longer than anyone waits, with more time
// than the plugin's limit leaves it, and returns when it is at work.
func (a *argoCD) startEndless() (cmd *exec.Cmd, workers []int) {
	loop := "package web\n\n_l: [1,2,3,4,5,6,7,8,9,10]\napps: web: image: \"\\([for a in _l for b in _l for c in _l for d in _l for e in _l for f in _l for g in _l for h in _l for i in _l if a > 10 {1}][0])\"\n"
	cmd = exec.Command(filepath.Join(a.bin, "belay"), "cmp", "generate", "--max-time", "1h", "--max-memory", "4096")
	cmd.Dir = a.checkout(map[string]string{"app.cue": loop})
	cmd.Env = []string{}
	sandboxed(a.t, cmd, 999)
	require.NoError(a.t, cmd.Start())
	waitUntil(a.t, "a worker is started", func() bool {
		workers = childrenOf(cmd.Process.Pid)
		return len(workers) > 0
	})
	return cmd, workers
}

// TestArgoCD_Manifests builds what the guide tells people to add to their
// installation of Argo CD.
func TestArgoCD_Manifests(t *testing.T) {
	a := newArgoCD(t)
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(filepath.Join(dir, "belay"), os.DirFS("../../deploy/argocd")))
	writeTree(t, dir, map[string]string{
		"kustomization.yaml": "resources: [repo-server.yaml]\ncomponents: [belay]\n",
		"repo-server.yaml":   "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: argocd-repo-server}\nspec:\n  selector: {matchLabels: {a: b}}\n  template:\n    metadata: {labels: {a: b}}\n    spec:\n      containers: [{name: argocd-repo-server, image: quay.io/argoproj/argocd}]\n      volumes: [{name: var-files, emptyDir: {}}, {name: plugins, emptyDir: {}}]\n",
	})
	out, err := exec.Command(filepath.Join(a.bin, "kustomize"), "build", dir).CombinedOutput()
	require.NoError(t, err, "%s", out)
	for _, part := range []string{"/var/run/argocd/argocd-cmp-server", "runAsUser: 999", "name: argocd-repo-server", "name: belay-plugin-", "command: [belay, cmp, generate]"} {
		assert.True(t, strings.Contains(string(out), part), part)
	}
}
