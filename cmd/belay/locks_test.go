package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/belay-sh/belay/compiler"
	"github.com/belay-sh/belay/compiler/load/cuelang"
	"github.com/belay-sh/belay/internal/frontend"
	"github.com/belay-sh/belay/internal/pin"
	"github.com/belay-sh/belay/internal/relock"
)

func TestSummarize(t *testing.T) {
	digest := func(letter string) pin.Entry { return pin.Entry{Digest: "sha256:" + strings.Repeat(letter, 64)} }
	l := relock.LockUpdate{Path: "/srv/deploy/belay.lock", Old: pin.NewLock(), New: pin.NewLock()}
	l.Old.Images = map[string]pin.Entry{
		"registry.example.com/acs/helloworld-go:160e4dc8": digest("a"),
		"docker.io/web:v1": digest("a"),
		"gone":             digest("c"),
		"same:v1":          digest("d"),
	}
	l.New.Images = map[string]pin.Entry{
		"registry.example.com/acs/helloworld-go:160e4dc8": digest("b"),
		"docker.io/web:v1":      digest("b"),
		"localhost:5000/web:v1": digest("c"),
		"same:v1":               digest("d"),
	}
	var said bytes.Buffer
	opts := compiler.Options{}
	opts.Dir = "/srv"
	(&cli{Process: frontend.Process{Err: &said}}).summarize(l, opts)
	assert.Equal(t, `deploy/belay.lock
  docker.io/web v1        sha256:aaaaaaaaaaaa → sha256:bbbbbbbbbbbb
  gone                    dropped
  localhost:5000/web v1   sha256:cccccccccccc
  helloworld-go 160e4dc8  sha256:aaaaaaaaaaaa → sha256:bbbbbbbbbbbb
`, said.String())
}

// TestPin_ProgressBar looks at what a terminal gets: how many images have their
// answer, and the registry that takes longest.
func TestPin_ProgressBar(t *testing.T) {
	host, _, spec := twoStates(t, 12, nil)
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "app.cue"), []byte(spec), 0o644))
	config := filepath.Join(dir, "config")
	require.NoError(t, os.WriteFile(config, []byte("{}"), 0o600))
	var said bytes.Buffer
	c := &cli{Process: frontend.Process{
		Out: &said, Err: &said, Dir: dir, CUE: cuelang.Language{}, Args: []string{"pin", "--registry-config", config},
	}, terminal: true}
	require.Equal(t, 0, c.run(), said.String())
	assert.Contains(t, said.String(), "looking up images, slowest: "+host)
	assert.Contains(t, said.String(), "/12)")
	assert.Contains(t, said.String(), "\rbelay.lock\n", "the bar is gone before the summary")
}

func TestReplaceFile_ThroughALink(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "shared.lock"), []byte("old"), 0o644))
	link := filepath.Join(dir, "belay.lock")
	require.NoError(t, os.Symlink("shared.lock", link))
	require.NoError(t, replaceFile(link, []byte("new")))
	data, err := os.ReadFile(filepath.Join(dir, "shared.lock"))
	require.NoError(t, err)
	assert.Equal(t, "new", string(data))
	info, err := os.Lstat(link)
	require.NoError(t, err)
	assert.Equal(t, os.ModeSymlink, info.Mode().Type())
}

// TestReplaceFile_NotOutOfTheRepository has links to a file of somebody else:
// one that leads there directly, by an absolute path, and through another link.
func TestReplaceFile_NotOutOfTheRepository(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "theirs.lock")
	require.NoError(t, os.WriteFile(outside, []byte("theirs"), 0o644))
	dir := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(dir, ".git"), 0o755))
	relative, err := filepath.Rel(dir, outside)
	require.NoError(t, err)
	require.NoError(t, os.Symlink(outside, filepath.Join(dir, "absolute")))
	require.NoError(t, os.Symlink(relative, filepath.Join(dir, "relative")))
	require.NoError(t, os.Symlink("relative", filepath.Join(dir, "indirect")))
	for _, name := range []string{"absolute", "relative", "indirect"} {
		err := replaceFile(filepath.Join(dir, name), []byte("new"))
		require.ErrorContains(t, err, "leads out of the repository", name)
	}
	data, err := os.ReadFile(outside)
	require.NoError(t, err)
	assert.Equal(t, "theirs", string(data))
}
