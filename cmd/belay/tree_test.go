package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// treeOf is what is in a directory, without opening pipes.
func treeOf(t *testing.T, dir string) (names []string) {
	t.Helper()
	require.NoError(t, filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err == nil {
			names = append(names, fmt.Sprint(path, info.Mode(), info.Size(), info.ModTime()))
		}
		return err
	}))
	return names
}

func writeTree(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		switch target, link := strings.CutPrefix(text, "-> "); {
		case link:
			require.NoError(t, os.Symlink(strings.ReplaceAll(target, "$DIR", dir), path))
		case text == "|":
			require.NoError(t, syscall.Mkfifo(path, 0o644))
		default:
			require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
		}
	}
}
