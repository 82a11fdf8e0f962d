package cuelang

import (
	"cuelang.org/go/cue/format"
	"cuelang.org/go/cue/parser"

	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/internal/diag"
)

// Format is a CUE file in CUE's own format. The file is named by its absolute
// path.
func Format(file string, data []byte, opts load.Options) ([]byte, diag.List) {
	f, err := parseCUE(file, data, parser.NewConfig(parser.ParseComments))
	if err != nil {
		return nil, syntaxError(opts, err)
	}
	out, err := format.Node(f)
	if err != nil {
		return nil, diag.List{opts.Unreadable(file, err)}
	}
	return out, nil
}
