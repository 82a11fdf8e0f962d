package frontend

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

// bound parses flags, and returns the options of a run in a directory with these
// bounds.
func bound(t *testing.T, dir string, args ...string) (load.Options, error) {
	t.Helper()
	var b Bounds
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	b.AddFlags(flags)
	require.NoError(t, flags.Parse(args))
	opts := load.Options{Dir: dir}
	err := b.apply(&opts)
	if opts.Root != nil {
		t.Cleanup(func() { opts.Root.Close() })
	}
	return opts, err
}

func TestBounds(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "sub"), 0o755))

	opts, err := bound(t, dir)
	require.NoError(t, err)
	assert.Nil(t, opts.Root)
	assert.Equal(t, withMistakes(Generous, 20), opts.Limits)

	for _, root := range []string{"sub", "./sub/../sub", filepath.Join(dir, "sub")} {
		opts, err = bound(t, dir, "--confine", root)
		require.NoError(t, err)
		assert.Equal(t, filepath.Join(dir, "sub"), opts.Root.Name())
		assert.Equal(t, withMistakes(Strict, 20), opts.Limits)
	}

	opts, err = bound(t, dir, "--confine", ".", "--max-time", "3s", "--max-memory", "500", "--max-input", "1", "--max-objects", "7", "--max-output", "9")
	require.NoError(t, err)
	assert.Equal(t, load.Limits{Time: 3 * time.Second, Elapsed: time.Minute, Memory: 500 << 20, Input: 1 << 20, Objects: 7, Output: 9 << 20, Mistakes: 20}, opts.Limits)
}

// A time that the caller sets is the whole of the run: no input adds to it.
func TestBounds_MaxTime(t *testing.T) {
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
		opts, err := bound(t, dir, test.args...)
		require.NoError(t, err)
		l := opts.Limits
		assert.Equal(t, []time.Duration{test.time, test.elapsed, 0, 0, 0}, []time.Duration{l.Time, l.Elapsed, l.PerApp, l.PerMiB, l.MostTime}, test.args)
	}
}

func TestBounds_Rejected(t *testing.T) {
	dir := t.TempDir()
	_, err := bound(t, dir, "--confine", "nowhere")
	assert.ErrorIs(t, err, os.ErrNotExist)
	for _, arg := range []string{"--max-time=-1s", "--max-memory=-1", "--max-input=-1", "--max-objects=-1"} {
		_, err := bound(t, dir, arg)
		assert.ErrorContains(t, err, "are limits above 0", arg)
	}
	for _, args := range [][]string{{"--max-output", "5"}, {"--max-output=-1"}, {"--max-output=-1", "--confine", "."}} {
		_, err := bound(t, dir, args...)
		assert.ErrorContains(t, err, "--max-output is a limit of a confined run", args)
	}
}

func withMistakes(l load.Limits, mistakes int) load.Limits {
	l.Mistakes = mistakes
	return l
}

// Text for people lists 20 mistakes unless the caller says otherwise; programs get
// all, but for a confined run, whose output a host may keep.
func TestBounds_ErrorLimit(t *testing.T) {
	dir := t.TempDir()
	for _, test := range []struct {
		args       []string
		forProgram bool
		want       int
	}{
		{nil, false, 20},
		{[]string{"--error-limit", "50"}, false, 50},
		{[]string{"--error-limit", "0"}, false, 0},
		{nil, true, 0},
		{[]string{"--error-limit", "7"}, true, 0},
		{[]string{"--confine", "."}, false, 20},
		{[]string{"--confine", ".", "--error-limit", "0"}, false, 100},
		{[]string{"--confine", ".", "--error-limit", "500"}, false, 100},
		{[]string{"--confine", "."}, true, 100},
	} {
		b := Bounds{ForProgram: test.forProgram}
		flags := pflag.NewFlagSet("", pflag.ContinueOnError)
		b.AddFlags(flags)
		require.NoError(t, flags.Parse(test.args))
		opts := load.Options{Dir: dir}
		require.NoError(t, b.apply(&opts))
		assert.Equal(t, test.want, opts.Limits.Mistakes, "%v, for a program: %v", test.args, test.forProgram)
		if opts.Root != nil {
			opts.Root.Close()
		}
	}
	_, err := bound(t, dir, "--error-limit=-1")
	assert.ErrorContains(t, err, "for example: --error-limit 50")
}
