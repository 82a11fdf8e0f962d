package golden_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"github.com/belay-sh/belay/golden"
	"github.com/belay-sh/belay/internal/ir"
)

// TestReferences puts an overlay with a namePrefix on every case, in real
// kustomize, and looks up every name of another object in what comes out. What a
// case refers to and does not have, a ConfigMap for one, is put beside it.
func TestReferences(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds several overlays of every case, in processes")
	}
	programs, err := golden.Programs("..")
	require.NoError(t, err)
	path, home := programs+string(os.PathListSeparator)+os.Getenv("PATH"), t.TempDir()
	var mu sync.Mutex
	looked, all, ran := map[string]int{}, offline(t), 0
	t.Run("cases", func(t *testing.T) {
		for _, dir := range all {
			t.Run(dir, func(t *testing.T) {
				t.Parallel()
				d := overlays{driver{t: t, path: path, home: home}, t.TempDir()}
				base := d.base(dir)
				d.references(base)
				d.finalize(base)
				d.vet(base)
				mu.Lock()
				defer mu.Unlock()
				ran++
				for _, m := range base.mentions() {
					looked[m.kind]++
				}
			})
		}
	})
	if ran < len(all) {
		return // go test was asked for some
	}
	for _, kind := range []string{"ConfigMap", "Secret", "ServiceAccount", "PersistentVolumeClaim", "Configuration", "Service", "Revision", "host", "revisions"} {
		assert.Positive(t, looked[kind], "names of a %s", kind)
	}
}

// references: what belay ships as configurations is enough for every name that
// stands by itself.
func (d overlays) references(base objects) {
	renamed, err := d.build("renamed")
	require.NoError(d.t, err)
	for _, m := range renamed.mentions() {
		assert.True(d.t, m.within || renamed.has(m), m.text)
	}
	if len(base.hosts()) > 0 {
		assert.NotEqual(d.t, base.hosts(), renamed.hosts(), "kustomize renames what is a host, too")
	}
}

// finalize: then all names are right, hosts are what they were, and Vet has no
// more to say of either. What names nothing of the bundle's stays as it is.
func (d overlays) finalize(base objects) {
	finalized, err := d.build("finalized", "Finalize")
	if base.keepsRevisions() {
		assert.ErrorContains(d.t, err, "error[lost-reference] Service/")
		assert.ErrorContains(d.t, err, "belongs to a Service of another name")
		return
	}
	require.NoError(d.t, err)
	for _, m := range finalized.mentions() {
		assert.True(d.t, finalized.has(m) || !base.has(m), m.text)
	}
	assert.Equal(d.t, base.hosts(), finalized.hosts())
	_, err = d.build("both", "Finalize", "Vet")
	assert.NotContains(d.t, fmt.Sprint(err), "error[lost-")
}

// vet: without that, each object is named in which a name is wrong, and each
// whose name is a host.
func (d overlays) vet(base objects) {
	_, err := d.build("vetted", "Vet")
	wrong := 0
	for _, m := range base.mentions() {
		switch {
		case !m.within || !base.has(m):
			continue
		case m.kind == "Revision":
			assert.ErrorContains(d.t, err, "must have prefix") // Knative's word for it
		default:
			assert.ErrorContains(d.t, err, "error[lost-reference] "+m.object)
		}
		wrong++
	}
	for _, host := range base.hosts() {
		assert.ErrorContains(d.t, err, host)
		wrong++
	}
	if wrong == 0 {
		assert.NotContains(d.t, fmt.Sprint(err), "error[lost-")
	}
}

// TestReferences_Moved puts a namespace on cases, which moves all objects: Vet
// reports each that says something else, and Finalize makes all of them right.
func TestReferences_Moved(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds several overlays of some cases, in processes")
	}
	programs, err := golden.Programs("..")
	require.NoError(t, err)
	path, home := programs+string(os.PathListSeparator)+os.Getenv("PATH"), t.TempDir()
	for _, dir := range []string{"hello", "blue-green", "domains-claimed", "mesh-callers", "mesh-features", "mesh-jwt", "release-match", "release-match-tls"} {
		for name, prefix := range map[string]string{"": "", " and a prefix": "namePrefix: o-\nconfigurations: [references.yaml]\n"} {
			t.Run(dir+name, func(t *testing.T) {
				d := overlays{driver{t: t, path: path, home: home}, t.TempDir()}
				base := d.base(dir)
				d.write("renamed/kustomization.yaml", "resources: [../base]\nnamespace: team\n"+prefix)
				finalized, err := d.build("finalized", "Finalize")
				if prefix != "" && base.keepsRevisions() {
					assert.ErrorContains(t, err, "belongs to a Service of another name")
					return
				}
				require.NoError(t, err)
				d.inTeam(base, finalized)
				_, err = d.build("both", "Finalize", "Vet")
				assert.NotContains(t, fmt.Sprint(err), "error[lost-")

				_, err = d.build("vetted", "Vet")
				stale := 0
				for _, m := range base.mentions() {
					if m.within && base.has(m) && m.kind != "revisions" && m.kind != "Revision" {
						assert.ErrorContains(t, err, "error[lost-reference] ")
						stale++
					}
				}
				if stale == 0 && !base.claims() && prefix == "" {
					assert.NoError(t, err)
				}
			})
		}
	}
}

// inTeam holds the objects of a case that has been moved to what it was: all that
// its objects say of each other, and policies at the activator where they were.
func (d overlays) inTeam(base, moved objects) {
	for _, m := range moved.mentions() {
		assert.True(d.t, moved.has(m) || !base.has(m), m.text)
	}
	assert.Equal(d.t, base.hosts(), moved.hosts())
	wasIn := map[string]bool{}
	for _, object := range base {
		_, namespace, _ := identify(object)
		wasIn[namespace] = true
	}
	serving := 0
	for _, object := range moved {
		kind, namespace, name := identify(object)
		eachText(object, "", func(path, text string) {
			if strings.HasSuffix(path, "spec.namespace") || strings.HasSuffix(path, "spec.ref.namespace") {
				assert.Equal(d.t, "team", text, "%s %s %s", kind, name, path)
			}
			for was := range wasIn {
				if was != "knative-serving" {
					// So a host, a pattern for hosts and a principal have it.
					assert.NotRegexp(d.t, `\.`+was+`\.|/ns/`+was+`/`, text, "%s %s %s", kind, name, path)
				}
			}
		})
		for _, text := range valuesOf(object, "request.headers[Knative-Serving-Namespace]") {
			assert.Equal(d.t, "team", strings.TrimSuffix(text, ",*"), "%s %s", kind, name)
		}
		for _, text := range valuesOf(object, "request.headers[Knative-Serving-Revision]") {
			assert.True(d.t, revisions.MatchString(text) || base.routes(strings.TrimSuffix(text, ",*")), "the cluster has the revision %s already: %s %s", text, kind, name)
		}
		if namespace == "knative-serving" {
			assert.Equal(d.t, "AuthorizationPolicy", kind)
			assert.Contains(d.t, name, "team.", "the policy has the name of its app")
			serving++
		} else if namespace != "" {
			assert.Equal(d.t, "team", namespace)
		}
	}
	assert.Equal(d.t, wasIn["knative-serving"], serving > 0)
}

// valuesOf are the values of conditions that a policy has on a key.
func valuesOf(object map[string]any, key string) (values []string) {
	var visit func(any)
	visit = func(value any) {
		switch value := value.(type) {
		case []any:
			for _, e := range value {
				visit(e)
			}
		case map[string]any:
			if value["key"] == key {
				eachText(value["values"], "", func(_, text string) { values = append(values, text) })
			}
			for _, k := range ir.Sorted(value) {
				visit(value[k])
			}
		}
	}
	visit(object)
	return values
}

// routes reports whether an object has traffic for a revision by its name.
func (o objects) routes(revision string) bool {
	return slices.ContainsFunc(o.mentions(), func(m mention) bool { return m.kind == "Revision" && m.name == revision })
}

// claims reports whether an object names a namespace in a field.
func (o objects) claims() bool {
	return slices.ContainsFunc(o, func(object map[string]any) bool {
		kind, namespace, _ := identify(object)
		return kind == "ClusterDomainClaim" || kind == "DomainMapping" || namespace == "knative-serving"
	})
}

// offline are the directories of the corpus that kustomize builds without a
// network.
func offline(t *testing.T) (dirs []string) {
	t.Helper()
	for name, data := range readTree(t, ".") {
		if filepath.Base(name) == "kustomization.yaml" && !strings.Contains(string(data), "://") {
			dirs = append(dirs, filepath.Dir(name))
		}
	}
	slices.Sort(dirs)
	return dirs
}

// overlays are kustomizations over a case.
type overlays struct {
	driver
	dir string
}

func (d overlays) write(name, text string) {
	path := filepath.Join(d.dir, name)
	require.NoError(d.t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(d.t, os.WriteFile(path, []byte(text), 0o644))
}

// base is a case with all that it refers to.
func (d overlays) base(dir string) objects {
	require.NoError(d.t, os.CopyFS(filepath.Join(d.dir, "case"), os.DirFS(dir)))
	references, err := os.ReadFile("../deploy/kustomize/references.yaml")
	require.NoError(d.t, err)
	d.write("renamed/references.yaml", string(references))
	bundle, err := d.build("case")
	require.NoError(d.t, err)
	others := ""
	for _, m := range bundle.mentions() {
		if slices.Contains([]string{"ConfigMap", "Secret", "ServiceAccount", "PersistentVolumeClaim"}, m.kind) && !bundle.has(m) {
			object := fmt.Sprintf("apiVersion: v1\nkind: %s\nmetadata: {name: %q, namespace: %q}\n---\n", m.kind, m.name, m.namespace)
			if !strings.Contains(others, object) {
				others += object
			}
		}
	}
	d.write("base/others.yaml", others)
	d.write("base/kustomization.yaml", "resources: [../case, others.yaml]\n")
	d.write("renamed/kustomization.yaml", "resources: [../base]\nnamePrefix: o-\nconfigurations: [references.yaml]\n")
	base, err := d.build("base")
	require.NoError(d.t, err)
	return base
}

// build is what kustomize makes of a directory; if there are functions, of one
// that runs them over renamed.
func (d overlays) build(name string, functions ...string) (built objects, err error) {
	if len(functions) > 0 {
		d.write(name+"/kustomization.yaml", "resources: [../renamed]\ntransformers: ["+strings.Join(functions, ", ")+"]\n")
	}
	for _, kind := range functions {
		d.write(name+"/"+kind, "apiVersion: belay.sh/v1alpha1\nkind: "+kind+"\nmetadata:\n  name: f\n  annotations: {config.kubernetes.io/function: 'exec: {path: belay, args: [krm, --error-limit=0]}'}\n")
	}
	out, err := d.run(filepath.Join(d.dir, name), nil, "kustomize", "build", "--enable-alpha-plugins", "--enable-exec", ".")
	if err != nil {
		return nil, err
	}
	for _, text := range strings.Split(out, "\n---\n") {
		var o map[string]any
		require.NoError(d.t, yaml.Unmarshal([]byte(text), &o))
		built = append(built, o)
	}
	return built, nil
}

// objects are those of a stream.
type objects []map[string]any

// A mention is a text with the name of another object.
type mention struct {
	kind, namespace, name string
	within                bool // the name is a part of the text
	text                  string
	object                string // that it stands in, with the prefix
}

// has reports whether one of the objects has the name, or one that makes it.
func (o objects) has(m mention) bool {
	return slices.ContainsFunc(o, func(object map[string]any) bool {
		kind, namespace, name := identify(object)
		serves := kind == "Service" || kind == "Route"
		switch m.kind {
		case "revisions": // the policy is in another namespace
			return name == m.name && (kind == "Service" || kind == "Configuration")
		case "host":
			return namespace == m.namespace && serves && (name == m.name || strings.HasSuffix(m.name, "-"+name))
		case "Revision":
			return namespace == m.namespace && kind == "Service" && strings.HasPrefix(m.name, name+"-")
		case "Service":
			return namespace == m.namespace && serves && name == m.name
		}
		return namespace == m.namespace && kind == m.kind && name == m.name
	})
}

// keepsRevisions reports whether a Service has traffic for a revision that is
// not its template, and which the cluster knows by its name.
func (o objects) keepsRevisions() bool {
	templates := map[string]bool{}
	for _, object := range o {
		eachText(object, "", func(path, text string) {
			if path == "spec.template.metadata.name" {
				templates[text] = true
			}
		})
	}
	return slices.ContainsFunc(o.mentions(), func(m mention) bool {
		return m.kind == "Revision" && strings.HasPrefix(m.object, "Service/") && !templates[m.name]
	})
}

// hosts are the objects whose names are hosts, and stay what they are.
func (o objects) hosts() (found []string) {
	for _, object := range o {
		if kind, _, name := identify(object); kind == "DomainMapping" || kind == "ClusterDomainClaim" {
			found = append(found, kind+" is a host, and was "+name)
		}
	}
	slices.Sort(found)
	return found
}

func identify(object map[string]any) (kind, namespace, name string) {
	metadata, _ := object["metadata"].(map[string]any)
	kind, _ = object["kind"].(string)
	namespace, _ = metadata["namespace"].(string)
	name, _ = metadata["name"].(string)
	return kind, namespace, name
}

// named are the kinds of object that fields name, by the ends of their paths. It
// is upstream's types that say so, not the file that is tested.
var named = map[string]string{
	"configMapKeyRef.name": "ConfigMap", "configMapRef.name": "ConfigMap", "configMap.name": "ConfigMap",
	"secretKeyRef.name": "Secret", "secretRef.name": "Secret", "secret.name": "Secret", "secret.secretName": "Secret",
	"imagePullSecrets.name": "Secret", "tls.secretName": "Secret", "tls.credentialName": "Secret",
	"spec.serviceAccountName": "ServiceAccount", "persistentVolumeClaim.claimName": "PersistentVolumeClaim",
	"traffic.configurationName": "Configuration", "traffic.revisionName": "Revision", "ref.name": "Service",
}

var (
	// host is one of a Service in the cluster, with the tag that may stand before.
	host = regexp.MustCompile(`^([a-z0-9-]+)\.([a-z0-9-]+)\.svc\.cluster\.local`)
	// account is a principal.
	account = regexp.MustCompile(`/ns/([a-z0-9-]+)/sa/([a-z0-9-]+)$`)
	// revisions is a pattern for the revisions of a Configuration, or a Service's.
	revisions = regexp.MustCompile(`^([a-z0-9-]+)-[0-9]\*$`)
)

// mentions are the names of other objects that stand in these.
func (o objects) mentions() (found []mention) {
	for _, object := range o {
		kind, namespace, name := identify(object)
		eachText(object, "", func(path, text string) {
			m := mention{namespace: namespace, name: text, within: true, text: path + ": " + text, object: kind + "/o-" + name}
			keys := strings.Split(path, ".")
			if m.kind = named[strings.Join(keys[max(0, len(keys)-2):], ".")]; m.kind != "" {
				m.within = m.kind == "Revision" // with the name of its Service in it
			} else if strings.HasSuffix(path, "abels.serving.knative.dev/service") && strings.Contains(path, "elector.") {
				m.kind, m.within = "Service", false
			} else if parts := host.FindStringSubmatch(text); parts != nil {
				m.kind, m.name, m.namespace = "host", parts[1], parts[2]
				if kind == "DestinationRule" {
					m.kind = "Revision"
				}
			} else if parts := account.FindStringSubmatch(text); parts != nil {
				m.kind, m.namespace, m.name = "ServiceAccount", parts[1], parts[2]
			} else if parts := revisions.FindStringSubmatch(text); parts != nil && kind == "AuthorizationPolicy" {
				m.kind, m.name = "revisions", parts[1]
			} else {
				return
			}
			found = append(found, m)
		})
	}
	return found
}

// eachText visits the texts in a value, by their paths without indices.
func eachText(value any, path string, visit func(path, text string)) {
	switch value := value.(type) {
	case string:
		visit(strings.TrimPrefix(path, "."), value)
	case []any:
		for _, e := range value {
			eachText(e, path, visit)
		}
	case map[string]any:
		for _, key := range ir.Sorted(value) {
			eachText(value[key], path+"."+key, visit)
		}
	}
}
