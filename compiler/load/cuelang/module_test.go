package cuelang

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/golden"
	"github.com/belay-sh/belay/internal/diag"
)

const libModule = "module: \"corp.example/lib@v0\"\nlanguage: version: \"v0.15.0\"\nsource: kind: \"self\"\n"

// importing is a module that imports a package of another one.
func importing(deps string) map[string]string {
	return map[string]string{
		"cue.mod/module.cue": "module: \"shop.example/app@v0\"\nlanguage: version: \"v0.15.0\"\n" + deps,
		"app.cue":            "package app\n\nimport \"corp.example/lib\"\n\napps: web: lib.App & {image: \"x\"}\n",
	}
}

const libDep = "deps: \"corp.example/lib@v0\": {v: \"v0.1.0\", default: true}\n"

// cacheModules fills a module cache and makes it CUE's.
func cacheModules(t *testing.T, files map[string]string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	golden.Write(t, dir, files)
	t.Setenv("CUE_CACHE_DIR", dir)
	return dir
}

func loadIn(t *testing.T, dir string, opts load.Options) (string, diag.List) {
	t.Helper()
	opts.CUE, opts.Dir = Language{}, dir
	units, err := load.FindUnits([]string{"."}, opts)
	require.NoError(t, err)
	root, diags := units[0].Load()
	if root == nil {
		return "", diags
	}
	text, err := root.MarshalJSON()
	require.NoError(t, err)
	return string(text), diags
}

func modulesIn(t *testing.T, dir string) (map[string]string, diag.List) {
	t.Helper()
	units, err := load.FindUnits([]string{"./..."}, load.Options{CUE: Language{}, Dir: dir})
	require.NoError(t, err)
	return load.Modules(units)
}

func TestModules_AreReadWithTheirDigestAlone(t *testing.T) {
	cache := cacheModules(t, map[string]string{
		"mod/extract/corp.example/lib@v0.1.0/cue.mod/module.cue": libModule,
		"mod/extract/corp.example/lib@v0.1.0/lib.cue":            "package lib\n\nApp: {port: int | *8081, ...}\n",
	})
	dir := t.TempDir()
	golden.Write(t, dir, importing(libDep))

	_, diags := loadIn(t, dir, load.Options{})
	assert.Equal(t, []diag.Code{diag.UnpinnedModule}, codes(diags))
	assert.Equal(t, "app.cue:3:8", diags[0].At.String())
	assert.Equal(t, "run: belay pin", diags[0].Hint)

	digests, diags := modulesIn(t, dir)
	require.Empty(t, diags)
	require.Equal(t, map[string]string{
		"corp.example/lib@v0.1.0": "sha256:d564217508ece95f1128e3765fb9d960e97e30b117090f156e6a5e699da73b1d",
	}, digests)

	text, diags := loadIn(t, dir, load.Options{Modules: digests})
	require.Empty(t, diags)
	assert.Contains(t, text, `"port":8081`)

	lib := filepath.Join(cache, "mod/extract/corp.example/lib@v0.1.0/lib.cue")
	require.NoError(t, os.WriteFile(lib, []byte("package lib\n\nApp: {port: int | *8085, ...}\n"), 0o600))
	_, diags = loadIn(t, dir, load.Options{Modules: digests})
	assert.Equal(t, []diag.Code{diag.ModuleMismatch}, codes(diags))
	assert.Contains(t, diags[0].Message, digests["corp.example/lib@v0.1.0"])
}

func TestModules_OfConfinedRunsAreInsideTheRoot(t *testing.T) {
	cacheModules(t, map[string]string{
		"mod/extract/corp.example/lib@v0.1.0/cue.mod/module.cue": libModule,
		"mod/extract/corp.example/lib@v0.1.0/lib.cue":            "package lib\n\nApp: {port: int | *8081, ...}\n",
	})
	dir := t.TempDir()
	golden.Write(t, dir, importing(libDep))
	digests, diags := modulesIn(t, dir)
	require.Empty(t, diags)

	root, err := os.OpenRoot(dir)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, root.Close()) })
	_, diags = loadIn(t, dir, load.Options{Modules: digests, Root: root})
	assert.Equal(t, []diag.Code{diag.OutsideRoot}, codes(diags))
	assert.Equal(t, "app.cue:3:8", diags[0].At.String())
	assert.Contains(t, diags[0].Hint, "cue.mod/pkg/corp.example/lib")

	t.Run("a cache in the root is read", func(t *testing.T) {
		cache := os.Getenv("CUE_CACHE_DIR")
		require.NoError(t, os.CopyFS(filepath.Join(dir, "cache"), os.DirFS(cache)))
		t.Setenv("CUE_CACHE_DIR", "cache")
		text, diags := loadIn(t, dir, load.Options{Modules: digests, Root: root})
		require.Empty(t, diags)
		assert.Contains(t, text, `"port":8081`)
	})
}

// TestModules_CopyIsReadEverywhere has a copy and a dependency that differ. The
// copy is what counts, with and without a cache, with and without a digest.
func TestModules_CopyIsReadEverywhere(t *testing.T) {
	for name, sub := range map[string]string{"pkg": "pkg", "gen": "gen", "usr": "usr"} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			files := importing(libDep)
			files["cue.mod/"+sub+"/corp.example/lib/lib.cue"] = "package lib\n\nimport \"corp.example/lib/ports\"\n\nApp: {port: int | *ports.HTTP, ...}\n"
			files["cue.mod/"+sub+"/corp.example/lib/ports/ports.cue"] = "package ports\n\nHTTP: 9000\n"
			golden.Write(t, dir, files)
			for name, cached := range map[string]map[string]string{
				"empty cache": {"x": ""},
				"full cache": {
					"mod/extract/corp.example/lib@v0.1.0/cue.mod/module.cue": libModule,
					"mod/extract/corp.example/lib@v0.1.0/lib.cue":            "package lib\n\nApp: {port: int | *8081, ...}\n",
				},
			} {
				t.Run(name, func(t *testing.T) {
					cacheModules(t, cached)
					text, diags := loadIn(t, dir, load.Options{})
					require.Empty(t, diags)
					assert.Contains(t, text, `"port":9000`)
					digests, diags := modulesIn(t, dir)
					assert.Empty(t, diags)
					assert.Empty(t, digests)
				})
			}
		})
	}
}

func TestModules_MissingFromTheCache(t *testing.T) {
	cacheModules(t, map[string]string{"x": ""})
	dir := t.TempDir()
	golden.Write(t, dir, importing(libDep))
	digests, diags := modulesIn(t, dir)
	assert.Empty(t, digests)
	require.Equal(t, []diag.Code{diag.BadImport}, codes(diags))
	assert.Equal(t, "the module corp.example/lib@v0.1.0 is not in CUE's module cache", diags[0].Message)
	assert.Contains(t, diags[0].Hint, "cue mod tidy")
}

// TestModules_OfModules has a module that imports another one.
func TestModules_OfModules(t *testing.T) {
	cacheModules(t, map[string]string{
		"mod/extract/corp.example/lib@v0.1.0/cue.mod/module.cue":  libModule + "deps: \"corp.example/base@v1\": v: \"v1.2.0\"\n",
		"mod/extract/corp.example/lib@v0.1.0/lib.cue":             "package lib\n\nimport \"corp.example/base/ports@v1\"\n\nApp: {port: int | *ports.HTTP, ...}\n",
		"mod/extract/corp.example/base@v1.2.0/cue.mod/module.cue": "module: \"corp.example/base@v1\"\nlanguage: version: \"v0.15.0\"\nsource: kind: \"self\"\n",
		"mod/extract/corp.example/base@v1.2.0/ports/ports.cue":    "package ports\n\nHTTP: 9001\n",
	})
	dir := t.TempDir()
	files := importing(libDep[:len(libDep)-1] + "\ndeps: \"corp.example/base@v1\": v: \"v1.2.0\"\n")
	files["app.cue"] = "package app\n\nimport \"corp.example/lib\"\n\napps: web: lib.App & {image: \"x\"}\n"
	golden.Write(t, dir, files)
	digests, diags := modulesIn(t, dir)
	require.Empty(t, diags)
	assert.Len(t, digests, 2)
	text, diags := loadIn(t, dir, load.Options{Modules: digests})
	require.Empty(t, diags)
	assert.Contains(t, text, `"port":9001`)

	delete(digests, "corp.example/base@v1.2.0")
	_, diags = loadIn(t, dir, load.Options{Modules: digests})
	require.Equal(t, []diag.Code{diag.UnpinnedModule}, codes(diags))
	assert.Contains(t, diags[0].Message, "corp.example/base@v1.2.0")
}

func codes(diags diag.List) (all []diag.Code) {
	for _, d := range diags {
		all = append(all, d.Code)
	}
	return all
}
