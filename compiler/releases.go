package compiler

import (
	"fmt"
	"strings"

	"github.com/belay-sh/belay/compiler/check"
	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/pin"
	"github.com/belay-sh/belay/internal/target"
)

// overrides are the caller's, with the releases that a unit's lock has. One of a
// version that has none keeps those that were the default at its time, so that
// another belay does not change what is deployed.
func (r *run) overrides(lock *pin.Lock) check.Overrides {
	o := r.opts.Overrides
	if lock != nil && !r.opts.IgnoreLockedReleases {
		o.Locked = lock.Targets
		if lock.Version < 2 {
			o.Defaults = target.BeforeLocks
		}
	}
	return o
}

// unsetTarget is a target whose release neither the spec nor the lock names.
type unsetTarget struct {
	key  string // its lock and its name
	diag diag.Diagnostic
}

// unsetTarget returns the target of a unit, if nothing names one of its releases
// and the default stands in.
func (r *run) unsetTarget(u *load.Unit, c checkedUnit) *unsetTarget {
	if r.opts.TargetUnset == "" || len(c.Apps) == 0 || c.Origin.Knative != ir.FromDefault && c.Origin.Istio != ir.FromDefault {
		return nil
	}
	d := diag.Diagnostic{Code: diag.TargetUnset, Severity: r.opts.TargetUnset, At: u.Start()}
	if n := c.Node.Field("target"); n != nil {
		d.At, d.Path = n.Key, n.Path()
	}
	unset, fields := unsetReleases(c.Checked.Checked)
	d.Message = "neither the spec nor the lock names the cluster's release of " + strings.Join(unset, " and ") +
		"; that is the default of this belay, and another belay may have another"
	standard := target.Default()
	if c.Origin.Knative == ir.FromDefault && c.Target.Knative != standard.Knative || c.Origin.Istio == ir.FromDefault && c.Target.Istio != standard.Istio {
		d.Message = "neither the spec nor the lock names the cluster's release of " + strings.Join(unset, " and ") +
			"; that was the default when locks had the version of this one, and a spec with another lock has a newer one"
	}
	if c.Target.Name != "" {
		d.Message = "target " + c.Target.Name + ": " + d.Message
	}
	d = d.WithHint("run: belay pin, which writes it to the lock; or set target: {%s}", strings.Join(fields, ", "))
	return &unsetTarget{c.Lock + "\n" + c.Target.Name, d}
}

// unsetReleases returns the releases that nothing names, as "Knative 1.23", and
// the fields of target that would name them, as knative: "1.23".
func unsetReleases(c *ir.Checked) (unset, fields []string) {
	for _, product := range []struct {
		name, field string
		source      ir.Source
		version     target.Version
	}{
		{"Knative", "knative", c.Origin.Knative, c.Target.Knative},
		{"Istio", "istio", c.Origin.Istio, c.Target.Istio},
	} {
		if product.source == ir.FromDefault {
			unset = append(unset, product.name+" "+product.version.String())
			fields = append(fields, fmt.Sprintf("%s: %q", product.field, product.version))
		}
	}
	return unset, fields
}

// unsetTargets reports each target without a release once, where it is first.
func unsetTargets(all []compiledUnit, severity diag.Severity) (diags diag.List) {
	if severity == "" {
		return nil
	}
	seen := map[string]bool{}
	for _, c := range all {
		if c.unset != nil && !seen[c.unset.key] {
			seen[c.unset.key] = true
			diags.Add(c.unset.diag)
		}
	}
	return diags
}
