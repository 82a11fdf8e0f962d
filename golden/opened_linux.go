package golden

import (
	"encoding/binary"
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"

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
	t.Cleanup(func() { unix.Close(fd) })
	watched := map[int32]string{}
	for _, below := range directories(t, dir, except) { // listed first: to list a directory is to open it
		watch, err := unix.InotifyAddWatch(fd, filepath.Join(dir, below), unix.IN_OPEN)
		if err != nil {
			t.Fatal(err)
		}
		watched[int32(watch)] = below
	}
	return func() (paths []string) {
		for _, e := range readEvents(t, fd) {
			paths = append(paths, filepath.Join(watched[e.watch], e.name))
		}
		slices.Sort(paths)
		return slices.Compact(paths)
	}
}

// directories returns a directory and all below it, relative to it, without
// those in except and what is below them.
func directories(t testing.TB, dir string, except []string) (all []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
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
		all = append(all, below)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// An openEvent says that a name in a watched directory was opened, or the
// directory itself if the name is empty.
type openEvent struct {
	watch int32
	name  string
}

// readEvents returns the events that the kernel has queued, without waiting for
// others: the event of an open is queued before open(2) returns.
func readEvents(t testing.TB, fd int) (events []openEvent) {
	t.Helper()
	buf := make([]byte, 256<<10)
	for {
		n, err := unix.Read(fd, buf)
		switch {
		case errors.Is(err, unix.EAGAIN):
			return events
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil:
			t.Fatal(err)
		}
		// struct inotify_event: int wd; uint32 mask, cookie, len; char name[len]
		for rest := buf[:n]; len(rest) > 0; {
			end := unix.SizeofInotifyEvent + binary.NativeEndian.Uint32(rest[12:])
			if binary.NativeEndian.Uint32(rest[4:])&unix.IN_Q_OVERFLOW != 0 {
				t.Fatal("more was opened than the kernel noted")
			}
			name := strings.TrimRight(string(rest[unix.SizeofInotifyEvent:end]), "\x00")
			events = append(events, openEvent{int32(binary.NativeEndian.Uint32(rest)), name})
			rest = rest[end:]
		}
	}
}
