package load

import (
	"path/filepath"
	"slices"
	"strings"

	"cuelang.org/go/cue/format"
	"cuelang.org/go/cue/parser"

	"github.com/belay-sh/belay/diag"
)

// CUEFiles are the CUE files that paths name, absolute, sorted and each once: a
// file, those of a directory, or those of all directories below.
func CUEFiles(paths []string, opts Options) (files []string, err error) {
	opts.shared = newShared(opts)
	for _, path := range paths {
		below, deep := strings.CutSuffix(filepath.ToSlash(path), "...")
		abs := opts.abs(filepath.FromSlash(below))
		info, err := opts.stat(abs)
		if err != nil {
			return nil, rootCause(err)
		}
		dirs := []string{abs}
		switch {
		case !info.IsDir():
			files = append(files, abs)
			continue
		case deep:
			units, err := findBelow(abs, opts)
			if err != nil {
				return nil, err
			}
			dirs = nil
			for _, u := range units {
				dirs = append(dirs, u.Dir)
			}
		}
		for _, dir := range dirs {
			names, _, err := opts.list(dir)
			if err != nil {
				return nil, rootCause(err)
			}
			for _, name := range names {
				if strings.HasSuffix(name, ".cue") {
					files = append(files, filepath.Join(dir, name))
				}
			}
		}
	}
	slices.Sort(files)
	return slices.Compact(files), nil
}

// Format is a CUE file in CUE's own format.
func Format(file string, data []byte, opts Options) ([]byte, diag.List) {
	u := newFile(file, opts)
	f, err := parseCUE(file, data, parser.NewConfig(parser.ParseComments))
	if err != nil {
		return nil, u.syntaxError(err)
	}
	out, err := format.Node(f)
	if err != nil {
		return nil, diag.List{opts.unreadable(file, err)}
	}
	return out, nil
}
