package check

import (
	"strconv"
	"strings"

	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/schema"
)

// hintQuantity adds to the report of a malformed quantity those that were
// likely meant.
func hintQuantity(d diag.Diagnostic, n *ir.Node, t *schema.Type) diag.Diagnostic {
	if t.Name != "Quantity" {
		return d
	}
	var quoted []string
	for _, q := range likelyQuantities(n.Text, n.Name) {
		quoted = append(quoted, strconv.Quote(q))
	}
	if len(quoted) == 0 {
		return d
	}
	return d.WithHint("%s: %s", n.Name, diag.Or(quoted))
}

// likelyQuantities are the quantities that a text looks like that is none:
// "100mi" is "100m" of CPU, and "128mb" is "128M" or "128Mi" of anything else.
func likelyQuantities(text, resource string) []string {
	text = strings.ReplaceAll(strings.TrimSpace(text), " ", "")
	digits := len(text) - len(strings.TrimLeft(text, "0123456789."))
	number, unit := text[:digits], strings.ToLower(text[digits:])
	if _, err := strconv.ParseFloat(number, 64); err != nil {
		return nil
	}
	if resource == "cpu" {
		switch unit {
		case "mi", "mc", "mcpu", "millicores", "millicpu", "milli":
			return []string{number + "m"}
		case "c", "cpu", "cpus", "core", "cores", "vcpu", "vcpus":
			return []string{number}
		}
		return nil
	}
	for _, u := range []struct{ prefix, decimal, binary string }{
		{"k", "k", "Ki"}, {"m", "M", "Mi"}, {"g", "G", "Gi"}, {"t", "T", "Ti"}, {"p", "P", "Pi"}, {"e", "E", "Ei"},
	} {
		switch unit {
		case u.prefix + "i", u.prefix + "ib":
			return []string{number + u.binary}
		case u.prefix, u.prefix + "b":
			return []string{number + u.decimal, number + u.binary}
		}
	}
	if unit == "b" || unit == "bytes" {
		return []string{number}
	}
	return nil
}
