package policy

import (
	"bytes"
	"strings"
)

// A tool obeys labels and annotations of some domains, and of those below them.
type tool struct {
	name    string
	domains []string
	always  bool // nobody writes its keys in a spec: the tool itself sets them, or they are for other files
}

// tools are the programs that read belay's output after belay, and that labels
// and annotations of an object tell what to do with it, or with others.
var tools = []tool{
	{"kustomize and kpt", []string{"config.kubernetes.io", "config.k8s.io"}, true},
	{"kpt", []string{"cli-utils.sigs.k8s.io", "kpt.dev"}, false},
	{"kubectl", []string{"applyset.kubernetes.io"}, false},
	{"Argo CD", []string{"argoproj.io"}, false},
	{"Flux", []string{"fluxcd.io"}, false},
	{"Helm", []string{"helm.sh"}, false},
	{"kapp", []string{"kapp.k14s.io"}, false},
	{"Config Sync", []string{"configmanagement.gke.io", "configsync.gke.io"}, false},
	{"Fleet", []string{"fleet.cattle.io"}, false},
}

// obeyed is the tool that obeys a label or an annotation, if the policy keeps
// specs from setting it; "" if it does not.
func (p *Policy) obeyed(key string) string {
	domain, _, _ := strings.Cut(key, "/")
	for _, t := range tools {
		if !t.always && !p.tenant {
			continue
		}
		for _, d := range t.domains {
			if domain == d || strings.HasSuffix(domain, "."+d) {
				return t.name
			}
		}
	}
	return ""
}

// mentionsTool reports whether an object may have a key that no spec sets.
func mentionsTool(object []byte) bool {
	for _, t := range tools {
		for _, d := range t.domains {
			if t.always && bytes.Contains(object, []byte(d+"/")) {
				return true
			}
		}
	}
	return false
}
