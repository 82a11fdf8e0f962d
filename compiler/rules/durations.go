package rules

import (
	"time"

	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/schema"
)

// CheckDuration compares a duration with its bounds and its precision. A high
// bound of 0 is none.
func CheckDuration(n *ir.Node, low, high, unit time.Duration) diag.List {
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
