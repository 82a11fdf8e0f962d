package golden

import (
	"os"
	"path/filepath"
	"testing"
)

// Write puts files below a directory, by names with slashes.
func Write(t testing.TB, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		err := os.MkdirAll(filepath.Dir(path), 0o755)
		if err == nil {
			err = os.WriteFile(path, []byte(text), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// Seeds calls add with every spec of the fixtures under root, good and bad, for
// a fuzz test to begin with. The name is that of the file.
func Seeds(f *testing.F, root string, add func(name string, data []byte)) {
	f.Helper()
	for _, pattern := range []string{"*/app.*", "bad/*/app.*"} {
		files, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil || len(files) == 0 {
			f.Fatal(root, pattern, err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			add(filepath.Base(file), data)
		}
	}
}
