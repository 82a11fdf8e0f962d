package golden

import (
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// WatchOpened watches a directory and all directories below it, except those in
// some, from now on (inotify(7)). The function that it returns lists the paths
// that have been opened since it was called last, by whomever: relative to the
// directory, sorted, each once.
func WatchOpened(t testing.TB, dir string, except ...string) (opened func() []string) {
	t.Helper()
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		t.Fatal(err)
	}
	events := os.NewFile(uintptr(fd), "inotify")
	t.Cleanup(func() { events.Close() })
	watched := map[int32]string{}
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		below, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		if slices.Contains(except, filepath.ToSlash(below)) {
			return fs.SkipDir
		}
		watch, err := unix.InotifyAddWatch(fd, path, unix.IN_OPEN)
		watched[int32(watch)] = below
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	read := func() (paths []string) {
		if err := events.SetReadDeadline(time.Now().Add(time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 256<<10)
		n, err := events.Read(buf)
		if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatal(err)
		}
		// struct inotify_event: int wd; uint32 mask, cookie, len; char name[len]
		for rest := buf[:n]; len(rest) > 0; {
			end := unix.SizeofInotifyEvent + binary.NativeEndian.Uint32(rest[12:])
			if binary.NativeEndian.Uint32(rest[4:])&unix.IN_Q_OVERFLOW != 0 {
				t.Fatal("more was opened than the kernel noted")
			}
			name := strings.TrimRight(string(rest[unix.SizeofInotifyEvent:end]), "\x00")
			paths = append(paths, filepath.Join(watched[int32(binary.NativeEndian.Uint32(rest))], name))
			rest = rest[end:]
		}
		slices.Sort(paths)
		return slices.Compact(paths)
	}
	read() // the watch itself has opened nothing, but what walked before it may have
	return read
}
