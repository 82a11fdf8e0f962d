package rules

import (
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
)

func ReservedMetadata(n *ir.Node, what string, lookup func(string) target.MetadataKey) (diags diag.List) {
	for _, entry := range n.Fields() {
		if known := lookup(entry.Name); known.Place == target.Nowhere {
			diags.Add(entry.KeyErrorf(diag.ReservedMetadata, "the %s %s can't be set here: %s", what, entry.Name, known.Why))
		}
	}
	return diags
}
