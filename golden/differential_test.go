package golden_test

import (
	"context"
	"encoding/json"
	"flag"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/belay-sh/belay/compiler"
	"github.com/belay-sh/belay/compiler/check"
	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/compiler/load/cuelang"
	"github.com/belay-sh/belay/compiler/lower"
	"github.com/belay-sh/belay/golden/admission"
	"github.com/belay-sh/belay/golden/specgen"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	emission "github.com/belay-sh/belay/internal/policy"
	"github.com/belay-sh/belay/internal/target"
)

// The differential test compares belay with upstream in both directions, over specs
// drawn at random. What belay accepts, the webhook and the CRDs accept and
// leave alone. What belay rejects for a rule of the webhook's, they reject too,
// when it is lowered in spite of the finding.
//
// belay links the webhook's code, and has run it on what it accepts: in that
// direction the test adds the CRDs of the release, Kubernetes' own validation of pods
// and a second reading of the settings. In the other direction it is independent.
//
// "go test ./golden -run Differential" draws a few hundred specs, the same
// every time; -rapid.checks and -rapid.seed draw more, and others.

func TestDifferential(t *testing.T) {
	enough := fixDraws(t, 600)
	var tally tally
	rapid.Check(t, func(t *rapid.T) { differential(t, &tally) })
	t.Logf("%d specs accepted, %d apps refused by belay and upstream, %d by belay alone (%v)",
		tally.accepted, tally.refused, tally.stricter, tally.codes)
	assert.True(t, tally.accepted > tally.refused+tally.stricter || !enough, "specs are mostly valid, or the test says little")
}

// TestDifferential_Mistakes makes one mistake in a valid spec: belay reports it
// by its code, once and nothing else, and upstream rejects it as well. Each
// mistake gets its part of the checks.
func TestDifferential_Mistakes(t *testing.T) {
	enough := fixDraws(t, 600)
	checks := flag.Lookup("rapid.checks")
	all, err := strconv.Atoi(checks.Value.String())
	require.NoError(t, err)
	require.NoError(t, flag.Set(checks.Name, strconv.Itoa(max(all/len(mistakes)+1, 5))))
	t.Cleanup(func() { _ = flag.Set(checks.Name, strconv.Itoa(all)) })
	for _, m := range mistakes {
		t.Run(m.Name, func(t *testing.T) {
			made := 0
			rapid.Check(t, func(t *rapid.T) { mistaken(t, m, &made) })
			assert.True(t, made > 0 || !enough, "no valid spec for the mistake")
		})
	}
}

var mistakes = slices.Concat(specgen.Mistakes, specgen.PodMistakes)

func FuzzMistakes(f *testing.F) {
	addEntropy(f)
	f.Fuzz(rapid.MakeFuzz(func(t *rapid.T) {
		mistaken(t, rapid.SampledFrom(mistakes).Draw(t, "mistake"), new(int))
	}))
}

// addEntropy gives a fuzzer inputs that are long enough to draw whole specs from.
func addEntropy(f *testing.F) {
	for seed := range byte(8) {
		entropy := make([]byte, 1<<14)
		_, _ = rand.NewChaCha8([32]byte{seed}).Read(entropy) // it always fills
		f.Add(entropy)
	}
}

func FuzzDifferential(f *testing.F) {
	addEntropy(f)
	f.Fuzz(rapid.MakeFuzz(func(t *rapid.T) { differential(t, &tally{}) }))
}

// fixDraws has rapid draw so many specs, the same ones in every run, unless the
// command line gives other flags. With -short it draws a tenth of them, in which not
// everything occurs that a test expects among all: then fixDraws returns false.
func fixDraws(t *testing.T, checks int) (all bool) {
	t.Helper()
	all = !testing.Short() || givenFlags()["rapid.checks"]
	if !all {
		checks /= 2 // rapid itself draws a fifth with -short
	}
	for name, value := range map[string]string{"rapid.seed": "1", "rapid.checks": strconv.Itoa(checks), "rapid.nofailfile": "true"} {
		if !givenFlags()[name] {
			require.NoError(t, flag.Set(name, value))
		}
	}
	return all
}

// givenFlags returns the names of the flags on the command line. It is called before
// a test sets a flag.
var givenFlags = sync.OnceValue(func() map[string]bool {
	given := map[string]bool{}
	flag.Visit(func(f *flag.Flag) { given[f.Name] = true })
	return given
})

// tally counts what became of specs.
type tally struct {
	accepted int // specs
	refused  int // apps that belay and upstream refuse
	stricter int // apps that belay alone refuses
	codes    map[diag.Code]int
}

func differential(t *rapid.T, tally *tally) {
	doc := specgen.Documents().Draw(t, "spec")
	c := newCandidate(t, doc, check.Overrides{})
	if !c.diags.HasErrors() {
		tally.accepted++
		assert.Empty(t, c.findings(t, c.assemble(t).Target), "belay takes it:\n%s", doc.CUE())
		return
	}
	if tally.codes == nil {
		tally.codes = map[diag.Code]int{}
	}
	for app, errors := range c.errorsByApp() {
		if !slices.ContainsFunc(errors, isWebhookRule) {
			tally.stricter++
			for _, d := range errors {
				tally.codes[d.Code]++
			}
			continue
		}
		tally.refused++
		if len(c.refusals(t, app)) == 0 {
			t.Errorf("belay says of app %s\n%s\nand upstream takes it:\n%s", app, diag.Text{}.Print(errors), doc.CUE())
		}
	}
}

func mistaken(t *rapid.T, mistake specgen.Mistake, made *int) {
	m := mistake.Make(t)
	valid := newCandidate(t, m.Valid, check.Overrides{})
	if valid.diags.HasErrors() {
		return
	}
	*made++
	wrong := newCandidate(t, m.Wrong, check.Overrides{})
	codes := codesOf(errorsOf(wrong.diags))
	if m.Flag != "" {
		codes = slices.Compact(codes) // other fields may lack the same flag
	}
	assert.Equal(t, []diag.Code{m.Code}, codes, "%s\n%s%s", m.Name, diag.Text{}.Print(wrong.diags), m.Wrong.CUE())
	var findings []string
	switch {
	case m.Flag != "":
		findings = valid.findings(t, wrong.assemble(t).Target)
	case m.Object != nil:
		findings = valid.findingsAfter(t, m.Kubernetes, func(service map[string]any) { m.Object(m.Draw, service) })
	default:
		findings = wrong.refusals(t, m.App)
	}
	assert.NotEmpty(t, findings, "belay calls it %s, and upstream takes it: %s\n%s", m.Code, m.Name, m.Wrong.CUE())
}

func errorsOf(list diag.List) (errors diag.List) {
	for _, d := range list {
		if d.Severity == diag.Error {
			errors.Add(d)
		}
	}
	return errors
}

// TestDifferential_Releases compiles specs for all releases: what belay takes
// for one, the CRDs of that release take as it is. (What its webhook says,
// nobody can ask any more: the code here is the newest.)
func TestDifferential_Releases(t *testing.T) {
	enough := fixDraws(t, 600)
	taken := map[target.Version]int{}
	rapid.Check(t, func(t *rapid.T) {
		doc := specgen.Released().Draw(t, "spec")
		delete(doc["target"].(map[string]any), "config") // not all releases have all flags
		release := check.Overrides{
			Knative: rapid.SampledFrom(target.Knatives).Draw(t, "Knative").String(),
			Istio:   rapid.SampledFrom(target.Istios).Draw(t, "Istio").String(),
		}
		c := newCandidate(t, doc, release)
		if c.diags.HasErrors() {
			return
		}
		at := c.assemble(t).Target
		taken[at.Knative]++
		for _, o := range c.manifest.Objects {
			assert.Empty(t, crdFindings(t, at, o), "belay takes it for %s and Istio %s:\n%s", release.Knative, release.Istio, doc.CUE())
		}
	})
	for _, v := range target.Knatives {
		assert.True(t, taken[v] > 0 || !enough, "no spec for Knative %s", v)
	}
}

// A candidate is a drawn spec, compiled.
type candidate struct {
	doc      specgen.Document
	opts     compiler.Options
	manifest ir.Bundle
	diags    diag.List
}

const specFile = "/spec/app.cue"

func newCandidate(t require.TestingT, doc specgen.Document, release check.Overrides) *candidate {
	c := &candidate{doc: doc, opts: compiler.Options{Options: inMemory(doc.CUE()), Overrides: release}}
	c.compile(t)
	return c
}

// compileText compiles a spec in CUE whose images need no digests.
func compileText(t require.TestingT, text string) *candidate {
	c := &candidate{opts: compiler.Options{Options: inMemory([]byte(text)), MissingPins: diag.Warning}}
	c.compile(t)
	return c
}

func inMemory(text []byte) load.Options {
	return load.Options{CUE: cuelang.Language{}, Dir: filepath.Dir(specFile), Files: map[string][]byte{specFile: text}}
}

func (c *candidate) compile(t require.TestingT) {
	var err error
	c.manifest, c.diags, err = compiler.Compile(context.Background(), []string{specFile}, c.opts)
	require.NoError(t, err)
}

// errorsByApp are the errors by the key of the app that they are in; "" for
// those elsewhere.
func (c *candidate) errorsByApp() map[string]diag.List {
	apps := map[string]diag.List{}
	for _, d := range c.diags {
		if d.Severity == diag.Error {
			key := ""
			if below, ok := strings.CutPrefix(d.Path, "apps."); ok {
				key, _, _ = strings.Cut(strings.TrimLeft(below, `"`), ".")
				key = strings.TrimRight(key, `"`)
			}
			apps[key] = append(apps[key], d)
		}
	}
	return apps
}

// findings is what the webhook and the API server of a target have to say of
// the objects: nothing, if they take them as they are.
func (c *candidate) findings(t require.TestingT, at *target.Target) (findings []string) {
	ctx := webhookContext(t, at)
	for _, o := range c.manifest.Objects {
		findings = append(findings, webhookFindings(t, ctx, o)...)
		findings = append(findings, crdFindings(t, at, o)...)
		findings = append(findings, kubeFindings(t, at, o)...)
	}
	return findings
}

// findingsAfter is what they say of the Service after an edit; or what
// Kubernetes says of its pods.
func (c *candidate) findingsAfter(t require.TestingT, kubernetes bool, edit func(map[string]any)) []string {
	i := slices.IndexFunc(c.manifest.Objects, func(o ir.Object) bool { return o.Kind == "Service" })
	o := c.manifest.Objects[i]
	var service map[string]any
	require.NoError(t, json.Unmarshal(o.JSON, &service))
	edit(service)
	var err error
	o.JSON, err = json.Marshal(service)
	require.NoError(t, err)
	at := c.assemble(t).Target
	if kubernetes {
		return kubeFindings(t, at, o)
	}
	return append(crdFindings(t, at, o), webhookFindings(t, webhookContext(t, at), o)...)
}

// refusals is what upstream says of an app that belay refuses.
func (c *candidate) refusals(t require.TestingT, app string) (findings []string) {
	checked := c.assemble(t)
	checked.Apps = slices.DeleteFunc(checked.Apps, func(a *ir.App) bool { return a.Node.Name != app })
	require.Len(t, checked.Apps, 1, "app %s has another shape than the schema's: %s", app, diag.Text{}.Print(c.diags))
	// With strategy "service" a template is emitted while it is the latest one.
	for _, stage := range []func(ir.Pinned, *emission.Policy, lower.ForEach) (ir.Bundle, diag.List){lower.Lower, lower.Replay} {
		m, diags := stage(ir.Pinned{Checked: checked}, &emission.Policy{}, lower.InOrder)
		for _, d := range diags {
			if d.Code != diag.UnreplayableRevision {
				findings = append(findings, d.Message)
			}
		}
		for _, o := range m.Objects {
			findings = append(findings, crdFindings(t, checked.Target, o)...)
		}
	}
	return findings
}

// assemble is the spec without any rule.
func (c *candidate) assemble(t require.TestingT) *ir.Checked {
	units, err := load.FindUnits([]string{specFile}, c.opts.Options)
	require.NoError(t, err)
	loaded, diags := units[0].Load()
	require.False(t, diags.HasErrors(), "%s", diag.Text{}.Print(diags))
	checked, _ := check.Assemble(loaded, c.opts.Overrides)
	return checked
}

func crdFindings(t require.TestingT, at *target.Target, o ir.Object) []string {
	if o.Kind == "Namespace" { // Kubernetes' own, without a CRD
		return nil
	}
	crds, err := admission.At(at)
	require.NoError(t, err)
	return crds.Admit(o.JSON)
}

// rejectedByWebhook is what the page of a code says whose mistakes the webhook
// rejects, each of them.
const rejectedByWebhook = "\n**Rejected by**: Knative's admission webhook\n"

// isWebhookRule reports whether a rule is the webhook's own, and not one of what
// happens later, or silently. Its page says so.
func isWebhookRule(d diag.Diagnostic) bool {
	page, _ := diag.Page(d.Code)
	return strings.Contains(page, rejectedByWebhook)
}

// TestDifferential_Pages compares the samples of the pages of the webhook's own
// rules with the webhook: it rejects the bad one, and accepts the good one.
func TestDifferential_Pages(t *testing.T) {
	judged := 0
	for _, code := range diag.Codes() {
		if !isWebhookRule(diag.Diagnostic{Code: code}) {
			continue
		}
		judged++
		t.Run(string(code), func(t *testing.T) {
			page, _ := diag.Page(code)
			bad, good := compileText(t, pageSample(t, page, "Bad").Files["app.cue"]), compileText(t, pageSample(t, page, "Good").Files["app.cue"])
			assert.NotEmpty(t, bad.refusals(t, "web"), "the webhook accepts the bad sample")
			require.Empty(t, errorsOf(good.diags))
			assert.Empty(t, good.findings(t, good.assemble(t).Target))
		})
	}
	assert.Positive(t, judged)
}
