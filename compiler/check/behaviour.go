package check

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
	"github.com/belay-sh/belay/schema"
)

// checkBehaviour holds timeouts and concurrency to the cluster's limits. The
// webhook checks timeoutSeconds and concurrency; of the other two timeouts it
// checks nothing (revision_validation.go).
func checkBehaviour(t *target.Target, _ *ir.App, r *ir.Revision) (diags diag.List) {
	limit := t.SettingInt("defaults", "max-revision-timeout-seconds")
	timeout := t.SettingInt("defaults", "revision-timeout-seconds")
	if n := r.Node.Field("timeoutSeconds"); n != nil {
		timeout = *r.Spec.TimeoutSeconds
		if timeout > limit {
			diags.Add(n.Errorf(diag.TimeoutLimit, "timeoutSeconds is %d; the cluster's max-revision-timeout-seconds is %d", timeout, limit))
		}
	}
	for _, name := range []string{"responseStartTimeoutSeconds", "idleTimeoutSeconds"} {
		n := r.Node.Field(name)
		if n == nil {
			continue
		}
		if seconds, _ := strconv.ParseInt(n.Text, 10, 64); seconds > timeout {
			d := n.Errorf(diag.TimeoutOrder, "%s is %d, more than timeoutSeconds, %d: the request ends before", name, seconds, timeout)
			if total := r.Node.Field("timeoutSeconds"); total != nil {
				d = d.WithRelated(total.At, "timeoutSeconds")
			}
			diags.Add(d)
		}
	}
	return append(diags, checkConcurrency(t, r)...)
}

func checkConcurrency(t *target.Target, r *ir.Revision) diag.List {
	n := r.Node.Field("concurrency")
	if n == nil {
		return nil
	}
	limit := t.SettingInt("defaults", "container-concurrency-max-limit")
	switch {
	case *r.Spec.Concurrency > limit:
		return diag.List{n.Errorf(diag.ConcurrencyLimit, "concurrency is %d; the cluster's container-concurrency-max-limit is %d", *r.Spec.Concurrency, limit)}
	case *r.Spec.Concurrency == 0 && t.Setting("defaults", "allow-container-concurrency-zero") == "false":
		return diag.List{n.Errorf(diag.ConcurrencyLimit, "concurrency is 0, no limit; the cluster does not allow that (allow-container-concurrency-zero)")}
	}
	return nil
}

// checkResources holds requests to their limits: the pod would be refused.
func checkResources(_ *target.Target, c ir.Container) (diags diag.List) {
	n := c.Node.Field("resources")
	for _, request := range children(n.Field("requests")) {
		limit := n.Field("limits").Field(request.Name)
		switch {
		case !shared(request.Name):
			diags.Add(checkWhole(request, limit)...)
		case limit != nil && quantity(request.Text) > quantity(limit.Text):
			diags.Add(request.Errorf(diag.RequestOverLimit, "the request for %s, %s, is over its limit, %s", request.Name, request.Text, limit.Text).
				WithRelated(limit.At, "the limit"))
		}
	}
	for _, q := range slices.Concat(children(n.Field("requests")), children(n.Field("limits"))) {
		if value := quantity(q.Text); extended(q.Name) && value != math.Trunc(value) {
			diags.Add(q.Errorf(diag.InvalidValue, "%s is %s; there are only whole ones", q.Name, q.Text))
		}
	}
	return diags
}

// checkWhole holds what a container does not share to one number for request
// and limit (k8s.io/kubernetes/pkg/apis/core/validation, ValidateContainerResourceRequirements).
func checkWhole(request, limit *ir.Node) diag.List {
	if limit == nil {
		return diag.List{request.KeyErrorf(diag.MissingField, "limits lacks the field %q: containers do not share it, so that the request is the limit as well", request.Name).
			WithHint("write limits instead; the request is the same then")}
	}
	if quantity(request.Text) == quantity(limit.Text) {
		return nil
	}
	return diag.List{request.Errorf(diag.RequestOverLimit, "the request for %s, %s, is not its limit, %s: containers do not share it", request.Name, request.Text, limit.Text).
		WithRelated(limit.At, "the limit")}
}

// extended reports whether a resource is none of Kubernetes' own, but of a
// device plugin.
func extended(resource string) bool {
	domain, _, ok := strings.Cut(resource, "/")
	return ok && domain != "kubernetes.io" && !strings.HasSuffix(domain, ".kubernetes.io")
}

// shared reports whether a container may get more of a resource than it asked
// for (pkg/apis/core/v1/helper, IsOvercommitAllowed).
func shared(resource string) bool {
	return !extended(resource) && !strings.HasPrefix(resource, "hugepages-")
}

// suffixes of quantities (k8s.io/apimachinery/pkg/api/resource/suffix.go).
var suffixes = []struct {
	suffix string
	factor float64
}{
	{"Ki", 1 << 10}, {"Mi", 1 << 20}, {"Gi", 1 << 30}, {"Ti", 1 << 40}, {"Pi", 1 << 50}, {"Ei", 1 << 60},
	{"n", 1e-9}, {"u", 1e-6}, {"m", 1e-3}, {"k", 1e3}, {"M", 1e6}, {"G", 1e9}, {"T", 1e12}, {"P", 1e15}, {"E", 1e18},
}

// quantity is the value of a quantity, near enough to compare two.
func quantity(s string) float64 {
	factor := 1.0
	for _, x := range suffixes {
		if number, ok := strings.CutSuffix(s, x.suffix); ok {
			s, factor = number, x.factor
			break
		}
	}
	value, _ := strconv.ParseFloat(s, 64)
	return value * factor
}

// checkDuration holds a duration to bounds and precision.
func checkDuration(n *ir.Node, low, high, unit time.Duration) diag.List {
	if n == nil {
		return nil
	}
	d, err := time.ParseDuration(n.Text)
	switch {
	case err != nil:
		return diag.List{n.Errorf(diag.InvalidDuration, "%s is %q, which is too long for a duration", n.Name, n.Text)}
	case d < low && high == 0:
		return diag.List{n.Errorf(diag.DurationBounds, "%s is %s; it takes %s at least", n.Name, n.Text, schema.Duration(low))}
	case d < low || high > 0 && d > high:
		return diag.List{n.Errorf(diag.DurationBounds, "%s is %s; it takes %s to %s", n.Name, n.Text, schema.Duration(low), schema.Duration(high))}
	case d%unit != 0:
		whole := map[time.Duration]string{time.Second: "seconds", time.Millisecond: "milliseconds"}[unit]
		return diag.List{n.Errorf(diag.DurationBounds, "%s is %s; it takes whole %s", n.Name, n.Text, whole)}
	}
	return nil
}
