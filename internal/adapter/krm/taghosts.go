package krm

import (
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/belay-sh/belay/internal/target"
)

// A tagHost is a host that Knative gave a tag of a Route or Service when that had
// another name or namespace, as an object in a namespace means it.
type tagHost struct{ namespace, host string }

// A newHost is the host that a tag has now, with what it is a tag of.
type newHost struct {
	host           string
	former, called identity
}

// addTagHosts adds the hosts that the tags of an item had by its former names and
// namespaces. Knative makes them from both (config-network).
func (n names) addTagHosts(item *yaml.RNode, t *target.Target) {
	if groupOf(item) != servingGroup || !owned(item) {
		return
	}
	id := identityOf(item)
	for _, tag := range scalarsAt(item.YNode(), []string{"spec", "traffic", "tag"}) {
		now, err := hostOfTag(item, t, id, tag.Value)
		if err != nil {
			continue // the target's template is reported with the target
		}
		for _, name := range append(formerNames(item), id.name) {
			for _, namespace := range append(noted(item, previousNamespaces), id.namespace) {
				was := identity{id.group, id.kind, namespace, name}
				if host, err := hostOfTag(item, t, was, tag.Value); err == nil && host != now {
					n.hosts[tagHost{id.namespace, host}] = newHost{now, was, id}
				}
			}
		}
	}
}

func hostOfTag(item *yaml.RNode, t *target.Target, id identity, tag string) (string, error) {
	name, err := t.Hostname(id.name, tag)
	if err != nil {
		return "", err
	}
	return t.DomainName(name, id.namespace, false, item.GetLabels(), item.GetAnnotations())
}

// staleTagHost returns a host of a tag, with or without a port, that a policy
// excepts (compiler/lower, callers.go) and that the tag has no longer.
func (n names) staleTagHost(o *yaml.RNode, path string, node *yaml.Node) (staleText, bool) {
	if o.GetKind() != "AuthorizationPolicy" || !strings.Contains(path, ".notHosts[") || !owned(o) {
		return staleText{}, false
	}
	host, _, _ := strings.Cut(node.Value, ":")
	now, ok := n.hosts[tagHost{o.GetNamespace(), host}]
	if !ok {
		return staleText{}, false
	}
	return staleText{path, node, now.former, now.host + node.Value[len(host):], now.called}, true
}
