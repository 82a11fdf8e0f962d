package main

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// A killedPin is a directory with a lock of 40 images that "belay pin --update"
// changes from one state to the other, and is killed meanwhile.
type killedPin struct {
	t        *testing.T
	dir      string
	other    *atomic.Bool // what the registry has
	requests atomic.Int32 // that are still to come before the process is killed
	kill     atomic.Pointer[func()]
	locks    [2]string
	state    int // which of them there is
}

func newKilledPin(t *testing.T) *killedPin {
	k := &killedPin{t: t, dir: t.TempDir()}
	var spec string
	_, k.other, spec = twoStates(t, 40, func() {
		if kill := k.kill.Load(); kill != nil && k.requests.Add(-1) == 0 {
			(*kill)()
		}
	})
	require.NoError(t, os.WriteFile(filepath.Join(k.dir, "app.cue"), []byte(spec), 0o644))
	for i := range k.locks {
		k.other.Store(i == 1)
		out, err := belay(t, k.dir, "pin", "--update").CombinedOutput()
		require.NoError(t, err, "%s", out)
		k.locks[i] = k.lock()
	}
	require.NotEqual(t, k.locks[0], k.locks[1])
	k.state = 1
	return k
}

func (k *killedPin) lock() string {
	data, err := os.ReadFile(filepath.Join(k.dir, "belay.lock"))
	require.NoError(k.t, err)
	return string(data)
}

// settle notes which lock there is: one of the two, whole.
func (k *killedPin) settle() (changed bool) {
	now := k.lock()
	if now == k.locks[1-k.state] {
		k.state = 1 - k.state
		return true
	}
	require.Equal(k.t, k.locks[k.state], now)
	return false
}

// TestPin_KilledAtAnyRequest kills the process as each of the registry's
// answers is due: the lock is the old one.
func TestPin_KilledAtAnyRequest(t *testing.T) {
	if testing.Short() {
		t.Skip("it starts and kills 40 processes")
	}
	k := newKilledPin(t)
	k.other.Store(k.state == 0)
	for request := range 40 {
		cmd := belay(t, k.dir, "pin", "--update")
		started := make(chan struct{})
		kill := func() {
			<-started
			_ = cmd.Process.Kill()
		}
		k.requests.Store(int32(request) + 1)
		k.kill.Store(&kill)
		require.NoError(t, cmd.Start())
		close(started)
		assert.EqualError(t, cmd.Wait(), "signal: killed")
		assert.False(t, k.settle())
	}
}

// TestPin_KilledAtAnyWrite kills the process at each thing that it does to the
// directory of the lock: it is the old one or the new one, and the new one once
// it has been put in place.
func TestPin_KilledAtAnyWrite(t *testing.T) {
	if testing.Short() {
		t.Skip("it starts a process for each write, and kills it")
	}
	k := newKilledPin(t)
	for step, done := 1, false; !done; step++ {
		k.other.Store(k.state == 0)
		fd, err := unix.InotifyInit1(unix.IN_CLOEXEC)
		require.NoError(t, err)
		const changes = unix.IN_CREATE | unix.IN_MODIFY | unix.IN_ATTRIB | unix.IN_CLOSE_WRITE | unix.IN_MOVED_FROM | unix.IN_MOVED_TO | unix.IN_DELETE
		_, err = unix.InotifyAddWatch(fd, k.dir, changes)
		require.NoError(t, err)
		cmd := belay(t, k.dir, "pin", "--update")
		require.NoError(t, cmd.Start())
		ended := make(chan error, 1)
		go func() {
			err := cmd.Wait()
			// An event of the test's own ends the wait for the process's.
			_ = os.WriteFile(filepath.Join(k.dir, ".ended"), nil, 0o644)
			ended <- err
		}()
		seen := nextEvents(t, fd, step)
		done = seen < step
		if !done {
			_ = cmd.Process.Signal(syscall.SIGKILL) // it may have ended
		}
		err = <-ended
		require.NoError(t, unix.Close(fd))
		require.NoError(t, os.Remove(filepath.Join(k.dir, ".ended")))
		changed := k.settle()
		if done {
			require.NoError(t, err, "nobody killed it")
			assert.True(t, changed, "it has written the lock")
			assert.Greater(t, step, 3, "there are moments: a file is made, written and put in place")
		}
	}
}

// nextEvents reads so many events of the process's from inotify(7), and returns
// how many there were before that of the file ".ended".
func nextEvents(t *testing.T, fd, want int) (seen int) {
	t.Helper()
	buf := make([]byte, unix.SizeofInotifyEvent+unix.NAME_MAX+1) // room for one, or a few short ones
	for {
		n, err := unix.Read(fd, buf)
		if err == unix.EINTR {
			continue
		}
		require.NoError(t, err)
		for _, name := range eventNames(buf[:n]) {
			if name == ".ended" {
				return seen
			}
			if seen++; seen == want {
				return seen
			}
		}
	}
}

// eventNames are the names of the files that events of inotify(7) are about.
func eventNames(events []byte) (names []string) {
	for len(events) > 0 {
		// struct inotify_event: int wd; uint32 mask, cookie, len; char name[len]
		end := unix.SizeofInotifyEvent + binary.NativeEndian.Uint32(events[12:])
		names = append(names, strings.TrimRight(string(events[unix.SizeofInotifyEvent:end]), "\x00"))
		events = events[end:]
	}
	return names
}
