package sandbox

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/spf13/pflag"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/belay-sh/belay/compiler/load"
)

func TestRepository(t *testing.T) {
	for _, test := range []struct {
		name  string
		marks []string // files below the directory that is tried
		want  string
	}{
		{"nothing", nil, "a/b/c"},
		{"the repository, from below", []string{"a/.git"}, "a"},
		{"the nearest of two", []string{".git", "a/b/.git"}, "a/b"},
		{"the directory itself", []string{".git", "a/b/c/.git"}, "a/b/c"},
		{"the repository before a module in it", []string{"a/.git", "a/b/cue.mod"}, "a"},
		{"the module before a lock in it", []string{"a/cue.mod", "a/b/c/belay.lock"}, "a"},
		{"the lock, if there is nothing else", []string{"a/b/belay.lock"}, "a/b"},
	} {
		t.Run(test.name, func(t *testing.T) {
			top := t.TempDir()
			dir := filepath.Join(top, "a", "b", "c")
			require.NoError(t, os.MkdirAll(dir, 0o755))
			for _, mark := range test.marks {
				require.NoError(t, os.WriteFile(filepath.Join(top, mark), nil, 0o644))
			}
			assert.Equal(t, filepath.Join(top, test.want), Repository(dir))
		})
	}
}

// hold parses flags, and holds a run in a directory to them.
func hold(t *testing.T, dir string, args ...string) (load.Options, error) {
	t.Helper()
	var b Bounds
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	b.Flags(flags)
	require.NoError(t, flags.Parse(args))
	opts := load.Options{Dir: dir}
	err := b.Hold(&opts)
	if opts.Root != nil {
		t.Cleanup(func() { opts.Root.Close() })
	}
	return opts, err
}

func TestBounds_Hold(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "sub"), 0o755))

	opts, err := hold(t, dir)
	require.NoError(t, err)
	assert.Nil(t, opts.Root)
	assert.Equal(t, Generous, opts.Limits)

	for _, root := range []string{"sub", "./sub/../sub", filepath.Join(dir, "sub")} {
		opts, err = hold(t, dir, "--confine", root)
		require.NoError(t, err)
		assert.Equal(t, filepath.Join(dir, "sub"), opts.Root.Name())
		assert.Equal(t, Strict, opts.Limits)
	}

	opts, err = hold(t, dir, "--confine", ".", "--max-time", "3s", "--max-memory", "500", "--max-input", "1", "--max-objects", "7", "--max-output", "9")
	require.NoError(t, err)
	assert.Equal(t, load.Limits{Time: 3 * time.Second, Elapsed: time.Minute, Memory: 500 << 20, Input: 1 << 20, Objects: 7, Output: 9 << 20, Mistakes: 100}, opts.Limits)
}

// A time that the caller sets is the whole of the run: no input adds to it.
func TestBounds_Hold_MaxTime(t *testing.T) {
	dir := t.TempDir()
	for _, test := range []struct {
		args          []string
		time, elapsed time.Duration
	}{
		{[]string{"--max-time", "3s"}, 3 * time.Second, 0},
		{[]string{"--max-time", "1h"}, time.Hour, 0},
		{[]string{"--max-time", "400ms", "--confine", "."}, 400 * time.Millisecond, time.Minute},
		{[]string{"--max-time", "5m", "--confine", "."}, 5 * time.Minute, 5 * time.Minute},
	} {
		opts, err := hold(t, dir, test.args...)
		require.NoError(t, err)
		l := opts.Limits
		assert.Equal(t, []time.Duration{test.time, test.elapsed, 0, 0, 0}, []time.Duration{l.Time, l.Elapsed, l.PerApp, l.PerMiB, l.MostTime}, test.args)
	}
}

func TestBounds_Hold_Refuses(t *testing.T) {
	dir := t.TempDir()
	_, err := hold(t, dir, "--confine", "nowhere")
	assert.ErrorIs(t, err, os.ErrNotExist)
	for _, arg := range []string{"--max-time=-1s", "--max-memory=-1", "--max-input=-1", "--max-objects=-1"} {
		_, err := hold(t, dir, arg)
		assert.ErrorContains(t, err, "less than nothing", arg)
	}
	for _, args := range [][]string{{"--max-output", "5"}, {"--max-output=-1"}, {"--max-output=-1", "--confine", "."}} {
		_, err := hold(t, dir, args...)
		assert.ErrorContains(t, err, "--max-output is a limit of a confined run", args)
	}
}
