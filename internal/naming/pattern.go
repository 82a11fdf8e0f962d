package naming

import (
	"strconv"
	"strings"
)

// The headers in which net-istio's gateways name the revision of a request to
// Knative's activator (knative.dev/serving/pkg/activator, RevisionHeaderName).
const (
	NamespaceHeader = "Knative-Serving-Namespace"
	RevisionHeader  = "Knative-Serving-Revision"
)

// HeaderKey returns the key of a condition of an AuthorizationPolicy on a header.
func HeaderKey(header string) string { return "request.headers[" + header + "]" }

// NumberedRevisions returns patterns for the names of the revisions that the cluster
// numbers: that of the Service or Configuration, and the number of its generation, of
// five digits or more (knative.dev/pkg/kmeta, ChildName).
func NumberedRevisions(owner string) (patterns []string) {
	for digit := range 10 {
		patterns = append(patterns, owner+"-"+strconv.Itoa(digit)+"*")
	}
	return patterns
}

// CutNumberedRevisions returns the owner of the revisions that a pattern of
// NumberedRevisions matches, and the rest of the pattern.
func CutNumberedRevisions(pattern string) (owner, rest string, ok bool) {
	i := len(pattern) - len("-0*")
	if i <= 0 || pattern[i] != '-' || pattern[i+1] < '0' || pattern[i+1] > '9' || pattern[i+2] != '*' {
		return "", "", false
	}
	return pattern[:i], pattern[i:], true
}

// NamespaceValues returns the values of NamespaceHeader for a namespace: the
// namespace, and a pattern for a header that a request has more than once.
func NamespaceValues(namespace string) []string { return []string{namespace, namespace + ",*"} }

// CutNamespaceValue returns the namespace of a value of NamespaceValues, and the rest
// of the value.
func CutNamespaceValue(value string) (namespace, rest string) {
	namespace, _, _ = strings.Cut(value, ",")
	return namespace, value[len(namespace):]
}

const (
	anyHost = "*."
	cluster = ".svc.cluster.local"
)

// NamespaceHosts returns patterns for the hosts of a namespace in the cluster, without
// a port and with that of HTTP.
func NamespaceHosts(namespace string) []string {
	host := anyHost + namespace + cluster
	return []string{host, host + ":80"}
}

// CutNamespaceHosts returns the namespace of a pattern of NamespaceHosts, and what is
// before and after it.
func CutNamespaceHosts(pattern string) (before, namespace, after string, ok bool) {
	host, ok := strings.CutPrefix(pattern, anyHost)
	namespace, rest, found := strings.Cut(host, cluster)
	if !ok || !found || strings.Contains(namespace, ".") {
		return "", "", "", false
	}
	return anyHost, namespace, cluster + rest, true
}
