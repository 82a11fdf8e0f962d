package install

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	k8syaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"

	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/objectmeta"
	"github.com/belay-sh/belay/internal/target"
	"github.com/belay-sh/belay/schema"
)

// A release adds the objects of a release's manifests to a bundle: as they are,
// except for the cluster's settings, the labels of the namespace, replicas, and
// what every object of a bundle carries.
type release struct {
	checked *ir.Checked
	bundle  *ir.Bundle
	unset   map[string]map[string]string // of the cluster's settings, those whose ConfigMap has not come yet
	seen    map[string]bool              // the objects so far; serving-core.yaml has the CRDs once more
	diags   diag.List
}

// fileWaves are the waves of the files of a release.
var fileWaves = map[string]int{
	target.ServingCRDs: crdWave,
	target.ServingCore: coreWave,
	target.ServingHPA:  coreWave,
	target.NetIstio:    ingressWave,
}

func (r *release) addFiles() (diags diag.List) {
	for _, file := range r.checked.Platform.Files {
		if err := r.addFile(file); err != nil {
			n := r.checked.Platform.Node.Find("manifests", "directory")
			diags.Add(n.Errorf(diag.InvalidValue, "%s of Knative %s can't be read: %v", file.Name, r.checked.Platform.Version, err))
		}
	}
	if diags.Add(r.diags...); diags.HasErrors() {
		return diags // what is unset may be in what can't be read
	}
	for _, name := range ir.Sorted(r.unset) {
		n := r.checked.Node.Find("target", "config", name)
		if name == "domain" {
			n = cmp.Or(r.checked.Platform.Node.Field("sslip"), r.checked.Node.Find("target", "domain"))
		}
		diags.Add(n.KeyErrorf(diag.MissingComponent, "the manifests of Knative %s have no ConfigMap config-%s", r.checked.Platform.Version, name))
	}
	return diags
}

// addFile adds the objects of a file.
func (r *release) addFile(file ir.ReleaseFile) error {
	documents := k8syaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(file.Data)))
	for {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		data, err := yaml.YAMLToJSON(document)
		if err != nil {
			return err
		}
		if string(data) == "null" {
			continue // comments only
		}
		u := &unstructured.Unstructured{}
		if err := u.UnmarshalJSON(data); err != nil {
			return err
		}
		if err := r.addObject(file, u); err != nil {
			return fmt.Errorf("%s %s: %w", u.GetKind(), u.GetName(), err)
		}
	}
}

// addObject adds an object of a file.
func (r *release) addObject(file ir.ReleaseFile, u *unstructured.Unstructured) error {
	if name := cmp.Or(u.GetName(), u.GetGenerateName()); name != "" && !u.IsList() && !target.IsReleased(u.GetKind(), u.GetNamespace(), name) {
		r.diags.Add(r.foreign(file, u.GetKind(), name))
		return nil
	}
	if err := r.adapt(u); err != nil {
		return err
	}
	hook := nameJob(u)
	if u.GetName() == "" || u.IsList() {
		return errors.New("it is not an object with a name")
	}
	key := strings.Join([]string{u.GetKind(), u.GetNamespace(), u.GetName()}, "/")
	if r.seen[key] {
		return nil
	}
	r.seen[key] = true
	if err := errors.Join(
		addTo(u, map[string]string{objectmeta.ManagedByLabel: objectmeta.ManagedByBelay}, "metadata", "labels"),
		addTo(u, map[string]string{objectmeta.SpecAnnotation: schema.APIVersion, objectmeta.ManifestAnnotation: manifestReference(file)}, "metadata", "annotations"),
	); err != nil {
		return err
	}
	data, err := u.MarshalJSON()
	if err != nil {
		return err
	}
	o := ir.Object{
		APIVersion: u.GetAPIVersion(), Kind: u.GetKind(), Namespace: u.GetNamespace(), Name: u.GetName(),
		FileKey: ir.FileKey{Shared: strings.TrimSuffix(file.Name, ".yaml")},
		Wave:    fileWaves[file.Name], Cluster: ir.ClusterOf(u.GetAPIVersion()), JSON: bytes.TrimSpace(data),
	}
	switch {
	case hook:
		r.bundle.Hooks = append(r.bundle.Hooks, o)
		return nil
	case o.Kind == "Namespace":
		o.FileKey, o.Wave, o.Cluster = ir.NamespaceFileKey(o.Name), namespaceWave, ir.AllClusters
	case o.Kind == "CustomResourceDefinition":
		o.Wave = crdWave
	}
	r.bundle.Objects = append(r.bundle.Objects, o)
	return nil
}

// foreign reports an object that no release installs. The checksum of a file
// that belay does not have is the spec's own: it proves that the file is the one
// that was meant, and not that it is Knative.
func (r *release) foreign(file ir.ReleaseFile, kind, name string) diag.Diagnostic {
	manifests := r.checked.Platform.Node.Field("manifests")
	at := manifests.Find("sha256", file.Name)
	if at.Name != file.Name {
		at = manifests.Find("directory")
	}
	return at.Errorf(diag.ManifestMismatch, "%s has the %s %s, which no release of Knative installs", file.Name, kind, name).
		WithHint("get the file of the release; what else the cluster is to have goes elsewhere")
}

// manifestReference names a file of a release, and what was in it.
func manifestReference(file ir.ReleaseFile) string {
	name := file.URL
	if name == "" {
		name = file.Name
	}
	return name + "@sha256:" + file.SHA256
}
