package overlay

import (
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/belay-sh/belay/internal/target"
)

// A tagHost is a host that Knative gave a tag of a Route or Service when that had
// another name or namespace, as an object in a namespace refers to it.
type tagHost struct{ namespace, host string }

// A renamedHost is the host that a tag has now, with the object of the tag.
type renamedHost struct {
	host           string
	former, called identity
}

// addTagHosts adds the hosts that the tags of an object had by its former names
// and namespaces. Knative makes them from both (config-network).
func (n names) addTagHosts(o *yaml.RNode, t *target.Target) {
	if groupOf(o) != servingGroup || !madeByBelay(o) {
		return
	}
	id := identityOf(o)
	for _, tag := range scalarsAt(o.YNode(), []string{"spec", "traffic", "tag"}) {
		now, err := hostOfTag(o, t, id, tag.Value)
		if err != nil {
			continue // the target's template is reported with the target
		}
		for _, name := range append(formerNames(o), id.name) {
			for _, namespace := range append(valuesOf(o, previousNamespaces), id.namespace) {
				former := identity{id.group, id.kind, namespace, name}
				if host, err := hostOfTag(o, t, former, tag.Value); err == nil && host != now {
					n.tagHosts[tagHost{id.namespace, host}] = renamedHost{now, former, id}
				}
			}
		}
	}
}

// hostOfTag returns the host that Knative gives a tag of an object that is called
// by an identity.
func hostOfTag(o *yaml.RNode, t *target.Target, id identity, tag string) (string, error) {
	name, err := t.Hostname(id.name, tag)
	if err != nil {
		return "", err
	}
	return t.DomainName(name, id.namespace, false, o.GetLabels(), o.GetAnnotations())
}

// staleTagHost returns a host of a tag, with or without a port, that a policy
// excepts (compiler/lower/mesh, callers.go) and that the tag no longer has.
func (n names) staleTagHost(o *yaml.RNode, path string, node *yaml.Node) (staleText, bool) {
	if o.GetKind() != "AuthorizationPolicy" || !strings.Contains(path, ".notHosts[") || !madeByBelay(o) {
		return staleText{}, false
	}
	host, _, _ := strings.Cut(node.Value, ":")
	now, ok := n.tagHosts[tagHost{o.GetNamespace(), host}]
	if !ok {
		return staleText{}, false
	}
	return staleText{path, node, now.former, now.host + node.Value[len(host):], now.called}, true
}
