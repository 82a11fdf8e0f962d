package render

import (
	"bytes"

	"github.com/rogpeppe/go-internal/diff"
)

// Diff is the plan as a unified diff, from what the directory holds to what it
// should hold.
func (p *Plan) Diff() []byte {
	var out bytes.Buffer
	for _, f := range p.Write {
		from := "a/" + f.Path
		if p.old[f.Path] == nil {
			from = "/dev/null"
		}
		out.Write(diff.Diff(from, p.old[f.Path], "b/"+f.Path, f.Data))
	}
	for _, r := range p.Remove {
		out.Write(diff.Diff("a/"+r.Path, p.old[r.Path], "/dev/null", nil))
	}
	return out.Bytes()
}
