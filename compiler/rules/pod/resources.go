package pod

import (
	"math"
	"slices"
	"strings"

	"github.com/belay-sh/belay/compiler/kubernetes"
	"github.com/belay-sh/belay/compiler/rules"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
)

// resourceRules are the rules of this file.
var resourceRules = rules.Set{
	Container: []func(*target.Target, ir.Container) diag.List{checkResources},
	DependsOn: map[diag.Code][]string{
		diag.RequestOverLimit: {"requests", "limits"},
	},
}

// checkResources compares requests with limits: Kubernetes would reject the
// pod.
func checkResources(_ *target.Target, c ir.Container) (diags diag.List) {
	n := c.Node.Field("resources")
	for _, request := range n.Field("requests").Fields() {
		limit := n.Field("limits").Field(request.Name)
		switch {
		case !isShared(request.Name):
			diags.Add(checkWhole(request, limit)...)
		case limit != nil && kubernetes.Amount(request.Text) > kubernetes.Amount(limit.Text):
			diags.Add(request.Errorf(diag.RequestOverLimit, "the request for %s, %s, is over its limit, %s", request.Name, request.Text, limit.Text).
				WithRelated(limit.At, "the limit"))
		}
	}
	for _, q := range slices.Concat(n.Field("requests").Fields(), n.Field("limits").Fields()) {
		if value := kubernetes.Amount(q.Text); isExtended(q.Name) && value != math.Trunc(value) {
			diags.Add(q.Errorf(diag.InvalidValue, "%s is %s; there are only whole ones", q.Name, q.Text))
		}
	}
	return diags
}

// checkWhole reports a request that differs from its limit, for what containers
// do not share (k8s.io/kubernetes/pkg/apis/core/validation,
// ValidateContainerResourceRequirements).
func checkWhole(request, limit *ir.Node) diag.List {
	if limit == nil {
		return diag.List{request.KeyErrorf(diag.MissingField, "limits lacks the field %q: containers do not share it, so that the request is the limit as well", request.Name).
			WithHint("write limits instead; the request is the same then")}
	}
	if kubernetes.Amount(request.Text) == kubernetes.Amount(limit.Text) {
		return nil
	}
	return diag.List{request.Errorf(diag.RequestOverLimit, "the request for %s, %s, is not its limit, %s: containers do not share it", request.Name, request.Text, limit.Text).
		WithRelated(limit.At, "the limit")}
}

// isExtended reports whether a resource is none of Kubernetes' own, but of a
// device plugin.
func isExtended(resource string) bool {
	domain, _, ok := strings.Cut(resource, "/")
	return ok && domain != "kubernetes.io" && !strings.HasSuffix(domain, ".kubernetes.io")
}

// isShared reports whether a container may get more of a resource than it asked
// for (pkg/apis/core/v1/helper, IsOvercommitAllowed).
func isShared(resource string) bool {
	return !isExtended(resource) && !strings.HasPrefix(resource, "hugepages-")
}
