package main

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/validate"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestImage makes the image that deploy/image/Dockerfile describes, without the
// base that it is put on, as an OCI layout; loads it back, and runs its
// entrypoint as a host of functions would.
func TestImage(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds the image")
	}
	dir := t.TempDir()
	written, err := layout.Write(dir, empty.Index)
	require.NoError(t, err)
	require.NoError(t, written.AppendImage(makeImage(t, readRecipe(t))))

	image := loadImage(t, dir)
	require.NoError(t, validate.Image(image))
	file, err := image.ConfigFile()
	require.NoError(t, err)
	assert.Equal(t, "65532:65532", file.Config.User)
	assert.Equal(t, []string{"/usr/local/bin/belay-krm"}, file.Config.Entrypoint)
	assert.Empty(t, file.Config.Cmd, "hosts give no arguments")

	root := openDir(t)
	extract(t, image, root)
	sidecar := exec.Command(filepath.Join(root, "usr/local/bin/belay"), "version")
	out, err := sidecar.CombinedOutput()
	require.NoError(t, err, "%s", out)
	assert.Contains(t, string(out), "belay "+version)

	pins := "  pins: {'registry.example.com/web:v1': 'sha256:5ea96ba4b872685ff4ddb5cd8d1a97ec18c18fae79ee8df0d29f446c5efe5f50'}\n"
	for kind, spec := range map[string]string{
		"App":    "  spec: {image: 'registry.example.com/web:v1'}\n",
		"Render": "  spec: {path: .}\n",
	} {
		t.Run(kind, func(t *testing.T) {
			mounted := filepath.Join(root, strings.ToLower(kind))
			writeTree(t, mounted, map[string]string{"app.cue": "package app\n\napps: web: image: \"registry.example.com/web:v1\"\n"})
			cmd := exec.Command(filepath.Join(root, file.Config.Entrypoint[0]))
			cmd.Dir = mounted
			cmd.Env = []string{"LOG_TO_STDERR=true", "STRUCTURED_RESULTS=true"}
			cmd.Stdin = strings.NewReader("apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: []\nfunctionConfig:\n  apiVersion: belay.sh/v1alpha1\n  kind: " + kind + "\n  metadata: {name: web}\n" + spec + pins)
			sandboxed(t, cmd, 65532)
			answer, err := cmd.CombinedOutput()
			require.NoError(t, err, "%s", answer)
			assert.Contains(t, string(answer), "kind: Service")
			assert.Contains(t, string(answer), "@sha256:5ea96ba4")
		})
	}
}

// readRecipe reads the instructions of the Dockerfile: what the programs are
// built with, and its last stage.
func readRecipe(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile("../../deploy/image/Dockerfile")
	require.NoError(t, err)
	recipe := map[string]string{}
	for line := range strings.Lines(string(text)) {
		if word, rest, ok := strings.Cut(strings.TrimSpace(line), " "); ok {
			recipe[word] = rest // the last of each stands
		}
	}
	assert.True(t, strings.HasSuffix(recipe["FROM"], ":nonroot"), recipe["FROM"])
	return recipe
}

// makeImage runs the build, and puts what it has made where the recipe says.
func makeImage(t *testing.T, recipe map[string]string) v1.Image {
	t.Helper()
	words := strings.Fields(recipe["COPY"])
	from, to := words[len(words)-2], words[len(words)-1]
	built := t.TempDir()
	build := exec.Command("sh", "-c", strings.ReplaceAll(recipe["RUN"], from, built+"/"))
	build.Dir, build.Env = "../..", append(os.Environ(), "TARGETOS="+runtime.GOOS, "TARGETARCH="+runtime.GOARCH)
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)

	image, err := mutate.AppendLayers(empty.Image, layerOf(t, built, to))
	require.NoError(t, err)
	config := v1.Config{User: recipe["USER"]}
	require.NoError(t, json.Unmarshal([]byte(recipe["ENTRYPOINT"]), &config.Entrypoint))
	image, err = mutate.Config(image, config)
	require.NoError(t, err)
	return image
}

// layerOf has the files of a directory, at another place.
func layerOf(t *testing.T, dir, to string) v1.Layer {
	t.Helper()
	files, err := os.ReadDir(dir)
	require.NoError(t, err)
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	for _, f := range files {
		data, err := os.ReadFile(filepath.Join(dir, f.Name()))
		require.NoError(t, err)
		require.NoError(t, w.WriteHeader(&tar.Header{Name: path.Join(strings.TrimPrefix(to, "/"), f.Name()), Mode: 0o755, Size: int64(len(data))}))
		_, err = w.Write(data)
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(archive.Bytes())), nil })
	require.NoError(t, err)
	return layer
}

func loadImage(t *testing.T, dir string) v1.Image {
	t.Helper()
	index, err := layout.ImageIndexFromPath(dir)
	require.NoError(t, err)
	manifest, err := index.IndexManifest()
	require.NoError(t, err)
	require.Len(t, manifest.Manifests, 1)
	image, err := index.Image(manifest.Manifests[0].Digest)
	require.NoError(t, err)
	return image
}

// extract unpacks the files of an image.
func extract(t *testing.T, image v1.Image, dir string) {
	t.Helper()
	files := mutate.Extract(image)
	defer files.Close()
	r := tar.NewReader(files)
	for {
		header, err := r.Next()
		if err == io.EOF {
			return
		}
		require.NoError(t, err)
		data, err := io.ReadAll(r)
		require.NoError(t, err)
		path := filepath.Join(dir, filepath.FromSlash(header.Name))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, data, 0o755))
	}
}
