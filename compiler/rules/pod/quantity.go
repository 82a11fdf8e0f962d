package pod

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/belay-sh/belay/compiler/rules"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
)

// quantityRules are the rules of this file.
var quantityRules = rules.Set{
	Container: []func(*target.Target, ir.Container) diag.List{checkQuantities},
}

const (
	// leastBytes is less than any process, file system or log takes.
	leastBytes = 1 << 20
	// leastLimit is less memory than a container starts with: the runtime's own
	// process, which becomes the container's, takes more.
	leastLimit = 4 << 20
	// mostCores is more than a container has on all but the largest machines.
	mostCores = 64
)

// checkQuantities reports amounts of resources that Kubernetes accepts and
// nobody means: a part of a byte, or a unit left out.
func checkQuantities(_ *target.Target, c ir.Container) (diags diag.List) {
	resources := c.Node.Field("resources")
	for _, q := range resources.Field("requests").Fields() {
		diags.Add(checkAmount(q, q.Name, leastBytes)...)
	}
	for _, q := range resources.Field("limits").Fields() {
		least := leastBytes
		if q.Name == "memory" {
			least = leastLimit
		}
		diags.Add(checkAmount(q, q.Name, float64(least))...)
	}
	for _, m := range c.Node.Field("mounts").Fields() {
		if limit := m.Field("emptyDir").Field("sizeLimit"); limit != nil {
			diags.Add(checkAmount(limit, "ephemeral-storage", leastBytes)...)
		}
	}
	return diags
}

// checkAmount reports an amount of a resource that is not likely meant. Zero
// stands for none.
func checkAmount(n *ir.Node, resource string, least float64) diag.List {
	value := amountOf(n.Text)
	if value == 0 {
		return nil
	}
	if resource == "cpu" {
		return checkCores(n, value)
	}
	bytes := resource == "memory" || resource == "ephemeral-storage" || strings.HasPrefix(resource, "hugepages-")
	if !bytes || value >= least && value == math.Trunc(value) {
		return nil
	}
	amount := strconv.FormatFloat(value, 'f', -1, 64) + " bytes"
	if !strings.HasPrefix(amount, n.Text+" ") {
		amount = n.Text + ", which is " + amount
	}
	takes := "whole bytes"
	if value < least {
		takes = fmt.Sprintf("at least %dMi", int64(least)>>20)
	}
	d := n.Errorf(diag.UnlikelyQuantity, "%s is %s; it takes %s", n.Name, amount, takes)
	if hint := withUnit(n.Text, "Mi"); hint != "" && amountOf(hint) >= least {
		d = d.WithHint("%s: %q", n.Name, hint)
	} else if resource == "memory" {
		d = d.WithHint(`%s: "128Mi"`, n.Name)
	}
	return diag.List{d}
}

// checkCores reports an amount of CPU that no machine or no clock has.
func checkCores(n *ir.Node, cores float64) diag.List {
	switch {
	case cores < 0.001:
		return diag.List{n.Errorf(diag.UnlikelyQuantity, "%s is %s; the least that Kubernetes counts is \"1m\", a thousandth of a core", n.Name, n.Text).
			WithHint(`%s: "100m"`, n.Name)}
	case cores > mostCores:
		d := n.Warnf(diag.UnlikelyQuantity, "%s is %s whole cores; few machines have more than %d", n.Name, strconv.FormatFloat(cores, 'f', -1, 64), mostCores)
		if hint := withUnit(n.Text, "m"); hint != "" {
			d = d.WithHint("%s: %q", n.Name, hint)
		}
		return diag.List{d}
	}
	return nil
}

// withUnit is the number of a quantity with the unit that was likely meant; ""
// if the number is no whole one.
func withUnit(text, unit string) string {
	number := strings.TrimRight(text, "numkKMi")
	if _, err := strconv.ParseUint(number, 10, 32); err != nil {
		return ""
	}
	return number + unit
}
