package e2e

import (
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/belay-sh/belay/e2e/cluster"
	"github.com/belay-sh/belay/e2e/judge"
)

var update = flag.Bool("update", false, "write the words of refusals into rows/ as they are now")

// A row is a file in rows/: steps over one namespace of its own, in order. What
// a step applies is in NAME.yaml. If it must be refused, NAME.refused has the
// server's words, an object after the other; if not, NAME.live has what the
// stored objects come to contain. The text above is for readers.
type row struct {
	file    string
	archive *txtar.Archive
	steps   []step
}

type step struct {
	name    string
	objects []*unstructured.Unstructured
	refused *txtar.File // nil if it is to be admitted
	live    []*unstructured.Unstructured
}

func rows(t *testing.T) (all []row) {
	t.Helper()
	files, err := filepath.Glob("rows/*.txtar")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		require.NoError(t, err)
		all = append(all, row{file, archive, steps(t, file, archive)})
	}
	return all
}

func steps(t *testing.T, file string, archive *txtar.Archive) (all []step) {
	t.Helper()
	for i := range archive.Files {
		f := &archive.Files[i]
		name, kind, _ := strings.Cut(f.Name, ".")
		if kind == "yaml" {
			objects, err := cluster.Objects(f.Data)
			require.NoError(t, err, "%s: %s", file, f.Name)
			all = append(all, step{name: name, objects: objects})
			continue
		}
		require.NotEmpty(t, all, "%s: %s comes before what is applied", file, f.Name)
		s := &all[len(all)-1]
		require.Equal(t, s.name, name, "%s: %s does not belong to what comes before it", file, f.Name)
		switch kind {
		case "refused":
			s.refused = f
		case "live":
			var err error
			s.live, err = cluster.Objects(f.Data)
			require.NoError(t, err, "%s: %s", file, f.Name)
		default:
			require.Fail(t, "neither yaml nor refused nor live", "%s: %s", file, f.Name)
		}
	}
	return all
}

// TestRows applies the mistakes that belay tells of as raw YAML: the rules are
// still upstream's, and so are its words.
func TestRows(t *testing.T) {
	for _, r := range rows(t) {
		name := strings.TrimSuffix(filepath.Base(r.file), ".txtar")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			namespace := "row-" + name
			_, err := control.Apply(t.Context(), object("v1", "Namespace", "", namespace), "e2e", false)
			require.NoError(t, err)
			for _, s := range r.steps {
				s.apply(t, namespace)
			}
			if *update {
				require.NoError(t, os.WriteFile(r.file, txtar.Format(r.archive), 0o644))
			}
		})
	}
}

func (s *step) apply(t *testing.T, namespace string) {
	var words []string
	for _, u := range s.objects {
		inNamespace(u, namespace)
		_, err := control.Apply(t.Context(), u, "e2e", s.refused != nil)
		if s.refused == nil {
			require.NoError(t, err, "%s: %s", s.name, cluster.Name(u))
			continue
		}
		words = append(words, refusal(t, s.name, u, err))
		counts.refused.Add(1)
	}
	if s.refused != nil {
		said := strings.Join(words, "\n") + "\n"
		if *update {
			s.refused.Data = []byte(said)
		}
		assert.Equal(t, string(s.refused.Data), said, s.name)
	}
	for _, want := range s.live {
		inNamespace(want, namespace)
		eventually(t, 20*time.Second, func(ctx context.Context) string {
			live, err := control.Get(ctx, want)
			if err != nil {
				return err.Error()
			}
			if why := judge.Contains(want.Object, live.Object); why != "" {
				return s.name + ": " + cluster.Name(want) + why
			}
			return ""
		})
	}
}

// inNamespace puts an object that names no namespace into the row's.
func inNamespace(u *unstructured.Unstructured, namespace string) {
	if u.GetNamespace() == "" && u.GetKind() != "ClusterDomainClaim" {
		u.SetNamespace(namespace)
	}
}

// dryRunPod is the name that Knative's webhook makes up for a pod.
var dryRunPod = regexp.MustCompile(`"dry-run-validation\w+"`)

// refusal is what the server says when it refuses an object.
func refusal(t *testing.T, step string, u *unstructured.Unstructured, err error) string {
	t.Helper()
	require.Error(t, err, "%s: %s is admitted", step, cluster.Name(u))
	var status apierrors.APIStatus
	if !errors.As(err, &status) {
		return err.Error() // of a kind that the server does not have
	}
	return dryRunPod.ReplaceAllString(strings.TrimSpace(status.Status().Message), `"dry-run-validation"`)
}

// listed is a line of the list in rows/README.md.
var listed = regexp.MustCompile(`(?m)^\| (\d+) \| ([WRS]) \|[^|]+\|([^|]*)\|$`)

// TestRows_NoneIsMissing holds the list to the files.
func TestRows_NoneIsMissing(t *testing.T) {
	list, err := os.ReadFile("rows/README.md")
	require.NoError(t, err)
	lines := listed.FindAllStringSubmatch(string(list), -1)
	require.Len(t, lines, 48)
	shown := map[string]row{}
	for _, r := range rows(t) {
		number, _, _ := strings.Cut(filepath.Base(r.file), "-")
		shown[strings.TrimPrefix(number, "0")] = r
	}
	for i, line := range lines {
		number, by, reason := line[1], line[2], strings.TrimSpace(line[3])
		assert.Equal(t, strconv.Itoa(i+1), number)
		r, ok := shown[number]
		assert.NotEqual(t, ok, reason != "", "row %s has a file or a reason", number)
		if ok && by == "W" {
			assert.True(t, slices.ContainsFunc(r.steps, func(s step) bool { return s.refused != nil }), "%s refuses nothing", r.file)
		}
	}
}
