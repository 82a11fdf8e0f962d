package cluster

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// A component is what one of the modules beside this package builds. They are
// modules of their own because no single choice of Kubernetes libraries suits
// Kubernetes, Knative and Istio alike.
type component struct {
	module   string   // its directory
	packages []string // an executable each, named as the last element
	version  string   // of the executables: that of this module
	edited   []edited
}

var components = []component{
	{module: "kube", packages: []string{"."}, version: "k8s.io/kubernetes"},
	{module: "istio", packages: []string{"."}},
	{
		module:   "knative",
		packages: []string{"knative.dev/serving/cmd/webhook", "./controller", "./autoscaler", "./autoscaler-hpa"},
		edited:   knativeMains,
	},
}

// build makes the executables, unless the user's cache has them. It returns
// their paths by name. source is the directory of the modules.
func build(ctx context.Context, source string) (map[string]string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return nil, err
	}
	executables := map[string]string{}
	for _, c := range components {
		key, err := c.key(ctx, source)
		if err != nil {
			return nil, err
		}
		dir := filepath.Join(cache, "belay-e2e", c.module+"-"+key)
		if _, err := os.Stat(dir); err != nil {
			fmt.Printf("e2e: building %s, which takes minutes the first time\n", c.module)
			if err := c.build(ctx, source, dir); err != nil {
				return nil, fmt.Errorf("building %s: %w", c.module, err)
			}
		}
		for _, pkg := range c.packages {
			executables[c.executable(pkg)] = filepath.Join(dir, c.executable(pkg))
		}
	}
	return executables, nil
}

func (c component) executable(pkg string) string { return filepath.Base(filepath.Join(c.module, pkg)) }

//go:embed build.go edit.go
var builder embed.FS

// key is a hash of all that goes into the component's executables, how they
// are made included.
func (c component) key(ctx context.Context, source string) (string, error) {
	version, err := goCommand(ctx, source, "env", "GOVERSION", "GOOS", "GOARCH")
	if err != nil {
		return "", err
	}
	h := sha256.New()
	fmt.Fprint(h, version)
	for _, name := range []string{"build.go", "edit.go"} {
		data, _ := builder.ReadFile(name) // embedded
		h.Write(data)
	}
	files, err := c.files(source)
	if err != nil {
		return "", err
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(h, "%s %d\n%s", filepath.Base(file), len(data), data)
	}
	return hex.EncodeToString(h.Sum(nil))[:16], nil
}

// files are the module's own.
func (c component) files(source string) (files []string, err error) {
	for _, pattern := range []string{"go.mod", "go.sum", "*.go"} {
		found, err := filepath.Glob(filepath.Join(source, c.module, pattern))
		if err != nil {
			return nil, err
		}
		files = append(files, found...)
	}
	return files, nil
}

// build makes dir, with all executables or not at all.
func (c component) build(ctx context.Context, source, dir string) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	work, err := os.MkdirTemp(filepath.Dir(dir), "build-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	module, out := filepath.Join(work, "module"), filepath.Join(work, "out")
	files, err := c.files(source)
	if err != nil {
		return err
	}
	if err := copyFiles(files, module, nil); err != nil {
		return err
	}
	for _, e := range c.edited {
		if err := e.copy(ctx, module); err != nil {
			return err
		}
	}
	flags, err := c.linkerFlags(ctx, module)
	if err != nil {
		return err
	}
	for _, pkg := range c.packages {
		if _, err := goCommand(ctx, module, "build", "-trimpath", "-buildvcs=false",
			"-ldflags", flags, "-o", filepath.Join(out, c.executable(pkg)), pkg); err != nil {
			return err
		}
	}
	if err := os.Rename(out, dir); err != nil && !os.IsExist(err) { // another run may have been faster
		return err
	}
	return nil
}

// linkerFlags set the version that Kubernetes says it is: Knative and kubectl
// act on it, and without the flags it is v0.0.0.
func (c component) linkerFlags(ctx context.Context, module string) (string, error) {
	const strip, set = "-s -w", " -X k8s.io/component-base/version."
	if c.version == "" {
		return strip, nil
	}
	out, err := goCommand(ctx, module, "list", "-m", "-f", "{{.Version}}", c.version)
	if err != nil {
		return "", err
	}
	version := strings.TrimSpace(out)
	number := strings.Split(strings.TrimPrefix(version, "v"), ".")
	return strip + set + "gitVersion=" + version + set + "gitMajor=" + number[0] + set + "gitMinor=" + number[1] +
		set + "gitTreeState=clean" + set + "gitCommit=" + strings.Repeat("0", 40) + set + "buildDate=2026-01-01T00:00:00Z", nil
}

// goCommand runs the go command in a module and returns its standard output.
func goCommand(ctx context.Context, dir string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=")
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("go %s: %w\n%s", args[0], err, stderr.Bytes())
	}
	return stdout.String(), nil
}
