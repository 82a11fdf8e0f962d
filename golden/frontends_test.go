package golden_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"github.com/belay-sh/belay/golden"
)

// A frontEnd prints the objects of specs, as the command line does.
type frontEnd struct {
	pkg     string // its package, below internal/adapter
	print   func(d *driver, dir string, f fixture, cluster string) (string, error)
	chooses string // how its caller chooses one of several targets, as its messages say it
	onePath bool   // it compiles one path
	compare func(d *driver, f fixture, dir, cluster, want, got string)
}

// frontEnds are all front ends but the command line, which the others are compared
// with, and the hook, which prints nothing.
var frontEnds = []frontEnd{
	{pkg: "krm", print: (*driver).kustomize, chooses: "spec.target", compare: func(d *driver, f fixture, dir, cluster, want, got string) {
		d.sameObjects(f, want, got)
		if len(f.Paths) == 1 {
			d.inline(dir, f, cluster, want)
		}
	}},
	{pkg: "argoplugin", print: (*driver).plugin, chooses: "the parameter target", onePath: true, compare: func(d *driver, _ fixture, _, _, want, got string) {
		assert.Equal(d.t, withoutArgoCD(want), withoutArgoCD(got), "the same bytes, but for Argo CD's annotations and hooks")
	}},
}

// TestFrontEnds_AreAllCompared requires each package below internal/adapter that
// calls the compiler to be in the table.
func TestFrontEnds_AreAllCompared(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", "{{.ImportPath}} {{join .Imports \" \"}}", "../internal/adapter/...").Output()
	require.NoError(t, err)
	var calling, compared []string
	for line := range strings.Lines(string(out)) {
		words := strings.Fields(line)
		if slices.Contains(words[1:], "github.com/belay-sh/belay/compiler") {
			calling = append(calling, path.Base(words[0]))
		}
	}
	for _, e := range frontEnds {
		compared = append(compared, e.pkg)
	}
	assert.ElementsMatch(t, calling, compared)
}

// TestFrontEnds_EmitSameObjects takes every fixture through every front end, as
// processes: the command line, the function in kustomize, the plugin as Argo CD runs
// it, the hook in pre-commit. The objects are the same, byte for byte, and so is their
// order, but for what kustomize does, which sorts by kind and writes YAML anew,
// and for what Argo CD alone reads.
func TestFrontEnds_EmitSameObjects(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes every fixture through every front end, in processes")
	}
	programs, err := golden.Programs("..")
	require.NoError(t, err)
	d := &driver{t: t, path: programs + string(os.PathListSeparator) + os.Getenv("PATH"), home: t.TempDir()}
	d.makeHooks()
	for _, f := range fixtures(t) {
		_, m, diags := f.compile(t)
		if diags.HasErrors() {
			continue
		}
		t.Run(f.Name, func(t *testing.T) {
			t.Parallel()
			d := &driver{t: t, path: d.path, home: d.home, hooks: d.hooks}
			f := inItsPlace(f)
			for _, cluster := range m.Clusters() {
				d.compare(f, string(cluster))
			}
			d.preCommit(f)
		})
	}
}

// rewritten are the fixtures in which kustomize writes a scalar otherwise than
// belay, to the same effect.
var rewritten = map[string]string{
	"release-match": "a long regular expression goes over two lines",
	"yaml11":        "the texts = and << lose their quotes",
}

// inItsPlace is a fixture that compiles another's directory, as that other's.
func inItsPlace(f fixture) fixture {
	if strings.HasPrefix(f.Paths[0], "../") {
		f.Dir, f.Paths = filepath.Join(f.Dir, f.Paths[0]), []string{"."}
	}
	return f
}

// A driver takes fixtures through programs.
type driver struct {
	t      *testing.T
	path   string // of programs
	home   string
	hooks  string // a repository of hooks, as "repo: …, rev: …"
	target string // of several, the one to compile
}

// run is what a process prints, or its error with what it has to say.
func (d *driver) run(dir string, env []string, args ...string) (string, error) {
	program, err := lookPath(d.path, args[0])
	require.NoError(d.t, err)
	cmd := exec.Command(program, args[1:]...)
	cmd.Dir = dir
	cmd.Env = append([]string{
		"PATH=" + d.path, "HOME=" + d.home, "PRE_COMMIT_HOME=" + filepath.Join(d.home, "pre-commit"),
		"GIT_AUTHOR_NAME=t", "GIT_AUTHOR_EMAIL=t@example.com", "GIT_COMMITTER_NAME=t", "GIT_COMMITTER_EMAIL=t@example.com",
	}, env...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%s: %w\n%s%s", strings.Join(args, " "), err, stdout.Bytes(), stderr.Bytes())
	}
	return stdout.String(), nil
}

func lookPath(path, name string) (string, error) {
	for _, dir := range filepath.SplitList(path) {
		if info, err := os.Stat(filepath.Join(dir, name)); err == nil && !info.IsDir() {
			return filepath.Join(dir, name), nil
		}
	}
	return "", fmt.Errorf("%s is not installed; make test installs it", name)
}

// compare takes a fixture, or its part for one cluster, through the front ends that
// print objects.
func (d *driver) compare(f fixture, cluster string) {
	dir := d.copy(f)
	args := []string{"belay", "render"}
	for _, tag := range f.Tags {
		args = append(args, "-t", tag)
	}
	if f.Policy != "" {
		args = append(args, "--policy", f.Policy)
	}
	if d.target != "" {
		args = append(args, "--target", d.target)
	}
	if cluster != "" {
		args = append(args, "--cluster", cluster)
	}
	want, err := d.run(dir, nil, append(args, f.Paths...)...)
	severalTargets := err != nil && strings.Contains(err.Error(), "choose one with --target")
	for _, e := range frontEnds {
		got, rejected := e.print(d, dir, f, cluster)
		switch {
		case severalTargets:
			assert.ErrorContains(d.t, rejected, "choose one with "+e.chooses, e.pkg)
		case err != nil:
			// Some bundles are more than a stream can hold; then no front end makes half of one.
			require.ErrorContains(d.t, err, "only a kustomization can hold")
			assert.ErrorContains(d.t, rejected, "only a kustomization can hold", e.pkg)
		case e.onePath && len(f.Paths) > 1:
		case f.Name == "package-of-files":
			assert.Error(d.t, rejected, e.pkg) // the files are one package together, and each configuration has one path
		default:
			require.NoError(d.t, rejected, e.pkg)
			e.compare(d, f, dir, cluster, want, got)
		}
	}
	if severalTargets {
		d.compareTargets(f, cluster, err)
	}
}

// compareTargets compares a fixture for several targets, which the error of belay
// render lists, one by one.
func (d *driver) compareTargets(f fixture, cluster string, several error) {
	names := regexp.MustCompile(`for the targets (.*);`).FindStringSubmatch(several.Error())[1]
	for _, name := range strings.Split(names, ", ") {
		one := *d
		one.target = name
		one.compare(f, cluster)
	}
}

func (d *driver) copy(f fixture) string {
	dir := filepath.Join(d.t.TempDir(), "repo")
	require.NoError(d.t, os.CopyFS(dir, os.DirFS(f.Dir)))
	return dir
}

// kustomize builds a directory with a function for each path of the fixture.
func (d *driver) kustomize(dir string, f fixture, cluster string) (string, error) {
	var functions []string
	for i, path := range f.Paths {
		tags := map[string]string{}
		for _, tag := range f.Tags {
			key, value, _ := strings.Cut(tag, "=")
			tags[key] = value
		}
		function, err := yaml.Marshal(map[string]any{
			"apiVersion": "belay.sh/v1alpha1", "kind": "Render",
			"metadata": map[string]any{
				"name":        fmt.Sprint("render-", i),
				"annotations": map[string]string{"config.kubernetes.io/function": "exec: {path: belay-krm, args: [--policy, " + d.policy(f) + "]}"},
			},
			"spec": map[string]any{"path": path, "tags": tags, "cluster": cluster, "target": d.target},
		})
		require.NoError(d.t, err)
		name := fmt.Sprintf("function-%d.yaml", i)
		functions = append(functions, name)
		require.NoError(d.t, os.WriteFile(filepath.Join(dir, name), function, 0o644))
	}
	require.NoError(d.t, os.WriteFile(filepath.Join(dir, "kustomization.yaml"), []byte("generators: ["+strings.Join(functions, ", ")+"]\n"), 0o644))
	return d.run(dir, nil, "kustomize", "build", "--enable-alpha-plugins", "--enable-exec", ".")
}

// policy is the policy of a fixture for a run that is confined: a file of it is
// outside of the repository.
func (d *driver) policy(f fixture) string {
	if !strings.HasSuffix(f.Policy, ".yaml") {
		return cmp.Or(f.Policy, "own")
	}
	outside := filepath.Join(d.t.TempDir(), f.Policy)
	data, err := os.ReadFile(filepath.Join(f.Dir, f.Policy))
	require.NoError(d.t, err)
	require.NoError(d.t, os.WriteFile(outside, data, 0o644))
	return outside
}

// plugin runs what Argo CD does.
func (d *driver) plugin(dir string, f fixture, cluster string) (string, error) {
	tags := map[string]string{}
	for _, tag := range f.Tags {
		key, value, _ := strings.Cut(tag, "=")
		tags[key] = value
	}
	parameters, err := json.Marshal([]map[string]any{
		{"name": "path", "string": f.Paths[0]}, {"name": "tags", "map": tags}, {"name": "cluster", "string": cluster}, {"name": "target", "string": d.target},
	})
	require.NoError(d.t, err)
	return d.run(dir, []string{"ARGOCD_APP_PARAMETERS=" + string(parameters), "ARGOCD_APP_SOURCE_PATH=."}, "belay", "cmp", "generate", "--policy", d.policy(f))
}

// withoutArgoCD is what the plugin prints without what only Argo CD reads: its
// annotations, the warnings, and the jobs that it runs as hooks.
func withoutArgoCD(stream string) string {
	documents := slices.DeleteFunc(strings.Split(stream, "---\n"), func(text string) bool {
		return strings.Contains(text, "    argocd.argoproj.io/hook: ")
	})
	return regexp.MustCompile(`(?m)^    (argocd\.argoproj\.io|belay\.sh/warnings).*\n`).ReplaceAllString(strings.Join(documents, "---\n"), "")
}

// sameObjects compares streams, whatever their order: each object as text, and
// as what the YAML library of kubectl and Argo CD reads.
func (d *driver) sameObjects(f fixture, want, kustomized string) {
	wantText, wantObjects := d.documents(want)
	text, objects := d.documents(kustomized)
	assert.Equal(d.t, wantObjects, objects)
	if rewritten[f.Name] != "" {
		assert.NotEqual(d.t, wantText, text, "no longer: %s", rewritten[f.Name])
		return
	}
	assert.Equal(d.t, wantText, text)
}

// documents are the objects of a stream, by what they are: as they are written,
// and read.
func (d *driver) documents(stream string) (texts map[string]string, objects map[string]any) {
	texts, objects = map[string]string{}, map[string]any{}
	for _, text := range strings.Split(stream, "---\n") {
		var head struct {
			APIVersion, Kind string
			Metadata         struct{ Namespace, Name string }
		}
		require.NoError(d.t, yaml.Unmarshal([]byte(text), &head))
		var object any
		require.NoError(d.t, yaml.Unmarshal([]byte(text), &object))
		key := fmt.Sprint(head.APIVersion, " ", head.Kind, " ", head.Metadata.Namespace, "/", head.Metadata.Name)
		assert.NotContains(d.t, texts, key)
		texts[key], objects[key] = text, object
	}
	return texts, objects
}

// makeHooks makes a repository of the hooks.
func (d *driver) makeHooks() {
	dir := d.t.TempDir()
	hooks, err := os.ReadFile("../.pre-commit-hooks.yaml")
	require.NoError(d.t, err)
	require.NoError(d.t, os.WriteFile(filepath.Join(dir, ".pre-commit-hooks.yaml"), hooks, 0o644))
	d.commit(dir)
	rev, err := d.run(dir, nil, "git", "rev-parse", "HEAD")
	require.NoError(d.t, err)
	d.hooks = fmt.Sprintf("repo: file://%s, rev: %s", dir, strings.TrimSpace(rev))
}

func (d *driver) commit(dir string) {
	for _, args := range [][]string{{"git", "init", "-q"}, {"git", "add", "-A"}, {"git", "commit", "-q", "-m", "all"}} {
		_, err := d.run(dir, nil, args...)
		require.NoError(d.t, err)
	}
}

// preCommit takes a fixture and its case through the hook: the case is the
// rendered directory.
func (d *driver) preCommit(f fixture) {
	dir := d.copy(f)
	rendered := filepath.Join(dir, "rendered")
	require.NoError(d.t, os.CopyFS(rendered, os.DirFS(filepath.FromSlash(f.Name))))
	os.Remove(filepath.Join(rendered, diagnosticsFile)) // of warnings, if there are
	d.ownHeaders(rendered, "../"+filepath.Base(f.Dir))
	args := []string{"-o", "rendered", "--no-record"} // the lock of a fixture has no ledger
	for _, tag := range f.Tags {
		args = append(args, "-t", tag)
	}
	if f.ArgoCD {
		args = append(args, "--argocd")
	}
	if f.Policy != "" {
		args = append(args, "--policy", f.Policy)
	}
	list, err := json.Marshal(append(args, f.Paths...))
	require.NoError(d.t, err)
	config := fmt.Sprintf("repos: [{%s, hooks: [{id: belay-render-system, entry: belay render --check, args: %s, pass_filenames: false}]}]\n", d.hooks, list)
	require.NoError(d.t, os.WriteFile(filepath.Join(dir, ".pre-commit-config.yaml"), []byte(config), 0o644))
	d.commit(dir)
	out, err := d.run(dir, nil, "pre-commit", "run", "--all-files")
	require.NoError(d.t, err)
	assert.Contains(d.t, out, "Passed")
	if f.Name != "hello" {
		return // one is enough to see it fail
	}
	name := d.spoil(rendered)
	_, err = d.run(dir, nil, "git", "add", "-A")
	require.NoError(d.t, err)
	_, err = d.run(dir, nil, "pre-commit", "run", "--all-files")
	assert.ErrorContains(d.t, err, name, "the hook notices a file that is not as rendered")
}

// ownHeaders names the directory itself as the owner of the files that name
// another fixture's, of whose copy it is the root.
func (d *driver) ownHeaders(dir, owner string) {
	for name, data := range readTree(d.t, dir) {
		own := strings.ReplaceAll(string(data), "# spec: "+owner, "# spec: .")
		require.NoError(d.t, os.WriteFile(filepath.Join(dir, filepath.FromSlash(name)), []byte(own), 0o644))
	}
}

// spoil changes the first file of a rendered directory.
func (d *driver) spoil(dir string) (name string) {
	var files []string
	for name := range readTree(d.t, dir) {
		files = append(files, name)
	}
	require.NotEmpty(d.t, files)
	name = files[0]
	path := filepath.Join(dir, filepath.FromSlash(name))
	data, err := os.ReadFile(path)
	require.NoError(d.t, err)
	require.NoError(d.t, os.WriteFile(path, append(data, "# spoilt\n"...), 0o644))
	return name
}
