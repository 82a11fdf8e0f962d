package render

import (
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/belay-sh/belay/internal/ir"
)

const kustomizationFile = "kustomization.yaml"

// A kustomization lists the files of a directory, and what kustomize fetches
// and patches for the owners of a remote platform.
type kustomization struct {
	files   []string // relative to the kustomization
	urls    []string
	patches []string // that merge, as YAML
	owners  []string // of urls and patches
}

// newKustomization is a kustomization with the remote part of a bundle, if it
// is not nil.
func newKustomization(files []string, remote *ir.Remote) kustomization {
	k := kustomization{files: files}
	if remote != nil {
		k.urls, k.owners = remote.URLs, remote.Owners
		for _, document := range encode(remote.Patches) {
			k.patches = append(k.patches, string(document))
		}
	}
	return k
}

// file is the kustomization in a directory. kustomize finds what to patch by
// kind, namespace and name.
func (k kustomization) file(dir string) File {
	body := map[string]any{
		"apiVersion": "kustomize.config.k8s.io/v1beta1",
		"kind":       "Kustomization",
		"resources":  list(slices.Concat(k.files, k.urls)),
	}
	var patches []any
	for _, p := range k.patches {
		patches = append(patches, map[string]any{"patch": p})
	}
	if patches != nil {
		body["patches"] = patches
	}
	return File{
		Path: path.Join(dir, kustomizationFile), Owners: k.owners, Shared: true,
		Data: withHeader(k.owners, marshal(node(body))), kustomization: &k,
	}
}

// isEmpty reports whether the kustomization has nothing to list.
func (k kustomization) isEmpty() bool { return len(k.files) == 0 && len(k.urls) == 0 }

// parseKustomization reads a kustomization that belay wrote. What it cannot
// read is left out, and written anew.
func parseKustomization(data []byte) (k kustomization) {
	var body struct {
		Resources []string
		Patches   []struct{ Patch string }
	}
	k.owners, _, _ = splitHeader(data)
	if yaml.Unmarshal(data, &body) != nil {
		return k
	}
	for _, r := range body.Resources {
		if strings.Contains(r, "://") {
			k.urls = append(k.urls, r)
		} else {
			k.files = append(k.files, path.Clean(r))
		}
	}
	for _, p := range body.Patches {
		k.patches = append(k.patches, p.Patch)
	}
	return k
}

func list(words []string) []any {
	all := make([]any, len(words))
	for i, w := range words {
		all[i] = w
	}
	return all
}
