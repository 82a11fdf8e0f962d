package load

import "path/filepath"

// Size returns how many bytes the unit's own files have. Files of other
// directories that belong to its package are not counted, since each of many
// packages below them would count them again; nor are files above the limit,
// which are not read.
func (u *Unit) Size() (total int64) {
	if u.File == Stdin {
		data, _ := u.Options.ReadStdin()
		return int64(len(data))
	}
	if u.File != "" {
		for _, file := range append([]string{u.File}, u.More...) {
			total += u.Options.size(file)
		}
		return total
	}
	for _, name := range u.list().names {
		if isPackageFile(name) {
			total += u.Options.size(filepath.Join(u.Dir, name))
		}
	}
	return total
}

// size returns how many bytes a file has that a run may read, or else 0.
func (o Options) size(abs string) int64 {
	if data, ok := o.Files[abs]; ok {
		return int64(len(data))
	}
	info, err := o.stat(abs)
	if err != nil || !info.Mode().IsRegular() || info.Size() > o.inputLimit() {
		return 0
	}
	return info.Size()
}
