package belay_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"testing/fstest"
	"time"

	"github.com/belay-sh/belay"
)

// digest is what the images of the examples are pinned to.
const digest = "sha256:5ea96ba4b872685ff4ddb5cd8d1a97ec18c18fae79ee8df0d29f446c5efe5f50"

// A spec in memory. Of a directory, the file system is os.DirFS(directory).
func ExampleCompile() {
	specs := fstest.MapFS{"app.cue": {Data: []byte(`
package web

target: {knative: "1.23", istio: "1.31"}
apps: web: {
	image: "registry.example.com/web:v1"
	env: GREETING: "hello"
}
`)}}
	bundles, diags, err := belay.Compile(context.Background(), specs, belay.Options{
		Pins: map[string]string{"registry.example.com/web:v1": digest},
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, d := range diags {
		fmt.Println(d)
	}
	for _, b := range bundles {
		for _, o := range b.Objects {
			fmt.Println(o.APIVersion, o.Kind, o.Namespace+"/"+o.Name)
		}
		for _, f := range b.Files() {
			fmt.Println(f.Path)
		}
	}
	// Output:
	// serving.knative.dev/v1 Service default/web
	// default/web.yaml
	// kustomization.yaml
}

// What is wrong in a spec is not an error of Compile.
func ExampleCompile_diagnostics() {
	specs := fstest.MapFS{"app.yaml": {Data: []byte(`apps:
  web:
    image: registry.example.com/web@` + digest + `
    revisions:
      world: {weight: 50}
      knative: {weight: 40, env: {TARGET: Knative}}
`)}}
	bundles, diags, err := belay.Compile(context.Background(), specs, belay.Options{Paths: []string{"app.yaml"}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("bundles:", len(bundles), "errors:", diags.HasErrors())
	for _, d := range diags {
		fmt.Println(d)
		fmt.Println("  field:", d.Field)
		fmt.Println("  hint:", d.Hint)
		for _, r := range d.Related {
			fmt.Printf("  line %d: %s\n", r.Range.Start.Line, r.Message)
		}
	}
	// Output:
	// bundles: 0 errors: true
	// app.yaml:6:25: error[weights-sum]: weights of app "web" add up to 90, not 100
	//   field: apps.web.revisions.knative.weight
	//   hint: raise one of the weights by 10
	//   line 5: the other weight, 50
}

// CUE packages import others of the file system, and all below it share its
// lock. There is one bundle for each target that the specs name.
func ExampleCompile_severalTargets() {
	specs := fstest.MapFS{
		"cue.mod/module.cue": {Data: []byte("module: \"example.com/deploy\"\nlanguage: version: \"v0.9.0\"\n")},
		"lib/lib.cue":        {Data: []byte("package lib\n\n#App: {image: \"registry.example.com/web:v1\", ...}\n")},
		"staging/app.cue":    {Data: []byte("package staging\n\nimport \"example.com/deploy/lib\"\n\ntarget: {name: \"staging\", knative: \"1.23\", istio: \"1.31\"}\napps: web: lib.#App\n")},
		"prod/app.cue":       {Data: []byte("package prod\n\nimport \"example.com/deploy/lib\"\n\ntarget: {name: \"prod\", knative: \"1.23\", istio: \"1.31\"}\napps: web: lib.#App\n")},
		"belay.lock":         {Data: []byte("version: 2\nimages:\n  registry.example.com/web:v1:\n    digest: " + digest + "\n")},
	}
	bundles, diags, err := belay.Compile(context.Background(), specs, belay.Options{Paths: []string{"./..."}})
	if err != nil {
		log.Fatal(err)
	}
	for _, d := range diags {
		fmt.Println(d)
	}
	for _, b := range bundles {
		fmt.Println(b.Target)
		for _, f := range b.Files() {
			fmt.Println(" ", f.Path)
		}
	}
	// Output:
	// prod
	//   prod/default/web.yaml
	//   prod/kustomization.yaml
	// staging
	//   staging/default/web.yaml
	//   staging/kustomization.yaml
}

// A context bounds the time that a run may take.
func ExampleCompile_cancellation() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Nanosecond)
	defer cancel()
	<-ctx.Done()
	specs := fstest.MapFS{"app.yaml": {Data: []byte("apps: {web: {image: registry.example.com/web:v1}}\n")}}
	_, _, err := belay.Compile(ctx, specs, belay.Options{Paths: []string{"app.yaml"}})
	fmt.Println(errors.Is(err, context.DeadlineExceeded))
	// Output:
	// true
}
