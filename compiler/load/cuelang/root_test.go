package cuelang

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/golden"
	"github.com/belay-sh/belay/internal/diag"
)

const aModule = "module: \"example.com/app@v0\"\nlanguage: version: \"v0.15.0\"\n"

const embedding = "@extern(embed)\n\npackage app\n\n_text: _ @embed(file=\"%FILE%\", type=text)\n\napps: web: {image: \"x\", env: S: _text}\n"

// confined loads the package of a directory that is called repo, beside which
// there are files of others.
func confined(t *testing.T, dir string) (string, diag.List) {
	t.Helper()
	root, err := os.OpenRoot(filepath.Join(dir, "repo"))
	require.NoError(t, err)
	defer root.Close()
	return loadIn(t, filepath.Join(dir, "repo"), load.Options{Root: root})
}

// TestRoot_WhatASpecMayRead embeds and imports through links and hidden names,
// confined and not.
func TestRoot_WhatASpecMayRead(t *testing.T) {
	for name, c := range map[string]struct {
		file  string
		links map[string]string // by name: where they lead
		code  diag.Code         // confined; "" if it is read
		free  diag.Code         // not confined
	}{
		"a file":                            {file: "sub/own.txt"},
		"a link inside":                     {file: "link", links: map[string]string{"link": "sub/own.txt"}},
		"a link of links inside":            {file: "link", links: map[string]string{"link": "b", "b": "sub/../sub/own.txt"}},
		"a directory that is a link inside": {file: "link/own.txt", links: map[string]string{"link": "sub"}},
		"a link that leads out":             {file: "link", links: map[string]string{"link": "../secret.txt"}, code: diag.OutsideRoot},
		"a directory that leads out":        {file: "link/secret.txt", links: map[string]string{"link": ".."}, code: diag.OutsideRoot},
		"a link in .git that leads out":     {file: "sub/.git/s.txt", links: map[string]string{"sub/.git/s.txt": "../../../secret.txt"}, code: diag.HiddenFile, free: diag.HiddenFile},
		"a file of Git's":                   {file: ".git/config", code: diag.HiddenFile, free: diag.HiddenFile},
		"a hidden file":                     {file: "sub/.env", code: diag.HiddenFile, free: diag.HiddenFile},
		"a link to a file of Git's":         {file: "link", links: map[string]string{"link": ".git/config"}, code: diag.HiddenFile, free: diag.HiddenFile},
		"a link to Git's directory":         {file: "link/config", links: map[string]string{"link": ".git"}, code: diag.HiddenFile, free: diag.HiddenFile},
		"a link by way of Git's directory":  {file: "link", links: map[string]string{"link": "b/config", "b": "sub/../.git"}, code: diag.HiddenFile, free: diag.HiddenFile},
		"a link that leads in a circle":     {file: "link", links: map[string]string{"link": "b", "b": "link"}, code: diag.EvaluationFailed, free: diag.EvaluationFailed},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			golden.Write(t, dir, map[string]string{
				"secret.txt": "secret\n", "repo/cue.mod/module.cue": aModule, "repo/.git/config": "secret\n",
				"repo/sub/own.txt": "own\n", "repo/sub/.env": "secret\n", "repo/sub/.git/x": "x\n",
				"repo/app.cue": strings.ReplaceAll(embedding, "%FILE%", c.file),
			})
			for from, to := range c.links {
				require.NoError(t, os.Symlink(to, filepath.Join(dir, "repo", from)))
			}
			text, diags := confined(t, dir)
			expect(t, c.code, text, diags)
			text, diags = loadIn(t, filepath.Join(dir, "repo"), load.Options{})
			expect(t, c.free, text, diags)
		})
	}
}

func expect(t *testing.T, code diag.Code, text string, diags diag.List) {
	t.Helper()
	if code == "" {
		assert.Empty(t, diags)
		assert.Regexp(t, "own|secret", text)
		return
	}
	assert.Equal(t, []diag.Code{code}, codes(diags))
	if len(diags) > 0 {
		assert.Equal(t, "app.cue:5:10", diags[0].At.String(), "at the attribute")
		assert.NotContains(t, diags[0].Message, "secret\n")
	}
	assert.NotContains(t, text, "secret")
}

// TestRoot_LinksThatNobodyUses has every kind of link and a pipe beside a spec
// that reads none of them.
func TestRoot_LinksThatNobodyUses(t *testing.T) {
	dir := t.TempDir()
	golden.Write(t, dir, map[string]string{
		"secret.txt": "secret\n", "other/p/p.cue": "package p\n", "repo/cue.mod/module.cue": aModule, "repo/own.txt": "own\n",
		"repo/app.cue":     strings.ReplaceAll(embedding, "%FILE%", "own.txt"),
		"repo/lib/lib.cue": "package lib\n\nX: 1\n",
		"repo/import.cue":  "package app\n\nimport \"example.com/app/lib\"\n\napps: web: port: lib.X\n",
	})
	for from, to := range map[string]string{"cue.mod/pkg": "../../other", "cue.mod/gen": "/etc", "out.yaml": "../secret.txt", "absolute.json": "/etc/hostname", "nowhere.txt": "nothing", "other": "../other", "circle": "circle"} {
		require.NoError(t, os.Symlink(to, filepath.Join(dir, "repo", from)))
	}
	text, diags := confined(t, dir)
	expect(t, "", text, diags)
}

// TestRoot_ImportsThroughLinks imports packages that lie outside of the root,
// or in a hidden directory.
func TestRoot_ImportsThroughLinks(t *testing.T) {
	for name, c := range map[string]struct {
		path  string
		links map[string]string
		code  diag.Code
	}{
		"a directory that leads out":       {path: "example.com/app/lib", links: map[string]string{"lib": "../other"}, code: diag.OutsideRoot},
		"a link in a hidden directory":     {path: "example.com/app/x/.git/lib", links: map[string]string{"x/.git/lib": "../../../other"}, code: diag.HiddenFile},
		"a copy that leads out":            {path: "corp.example/lib", links: map[string]string{"cue.mod/pkg/corp.example/lib": "../../../../other"}, code: diag.OutsideRoot},
		"copies that lead out":             {path: "corp.example/lib", links: map[string]string{"cue.mod/pkg": "../../copies"}, code: diag.OutsideRoot},
		"a file of a package leads out":    {path: "example.com/app/x/lib", links: map[string]string{"x/lib/lib.cue": "../../../other/lib.cue"}, code: diag.OutsideRoot},
		"a file of a copy that leads out":  {path: "corp.example/y/lib", links: map[string]string{"cue.mod/pkg/corp.example/y/lib/lib.cue": "../../../../../../other/lib.cue"}, code: diag.OutsideRoot},
		"a file of a package in .git":      {path: "example.com/app/x/lib", links: map[string]string{"x/lib/lib.cue": "../../.git/lib.cue"}, code: diag.HiddenFile},
		"a directory that is a link to it": {path: "example.com/app/lib", links: map[string]string{"lib": ".git"}, code: diag.HiddenFile},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			golden.Write(t, dir, map[string]string{
				"other/lib.cue": "package lib\n\nS: \"secret\"\n", "copies/corp.example/lib/lib.cue": "package lib\n\nS: \"secret\"\n",
				"repo/cue.mod/module.cue": aModule, "repo/x/.git/x": "", "repo/.git/lib.cue": "package lib\n\nS: \"secret\"\n",
				"repo/app.cue": "package app\n\nimport \"" + c.path + "\"\n\napps: web: {image: \"x\", env: S: lib.S}\n",
			})
			for from, to := range c.links {
				link := filepath.Join(dir, "repo", from)
				require.NoError(t, os.MkdirAll(filepath.Dir(link), 0o755))
				require.NoError(t, os.Symlink(to, link))
			}
			text, diags := confined(t, dir)
			assert.Equal(t, []diag.Code{c.code}, codes(diags), "%v", diags)
			assert.NotContains(t, text, "secret")
		})
	}
}

// TestRoot_LinkThatChanges swaps a link between a file inside and one outside,
// while a spec is read a thousand times: whenever it is looked at and whenever
// it is read, nothing outside is. It goes on until the link was seen both ways.
func TestRoot_LinkThatChanges(t *testing.T) {
	dir := t.TempDir()
	golden.Write(t, dir, map[string]string{
		"secret.txt": "secret\n", "repo/cue.mod/module.cue": aModule, "repo/own.txt": "own\n",
		"repo/app.cue": strings.ReplaceAll(embedding, "%FILE%", "link.txt"),
	})
	link := filepath.Join(dir, "repo", "link.txt")
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			next := link + ".next"
			_ = os.Symlink([]string{"own.txt", "../secret.txt", "../repo/own.txt"}[i%3], next)
			_ = os.Rename(next, link)
		}
	}()
	rounds := 1000
	if testing.Short() {
		rounds = 50
	}
	var read, rejected int
	for read+rejected < rounds || read == 0 || rejected == 0 {
		text, diags := confined(t, dir)
		if !assert.NotContains(t, text, "secret") {
			break
		}
		if len(diags) == 0 {
			read++
		} else {
			rejected++
		}
		for _, d := range diags {
			assert.Contains(t, []diag.Code{diag.OutsideRoot, diag.EvaluationFailed}, d.Code)
			assert.NotContains(t, d.Message, "secret\n")
		}
	}
	close(stop)
	<-stopped
	t.Logf("the file inside was read %d times, and the link that leads out was rejected %d times", read, rejected)
}
