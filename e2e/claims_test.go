package e2e

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/belay-sh/belay/e2e/cluster"
)

// claims let cases run at the same time unless they use the same names: cases
// are applied as they are, and many have an app of the same name in the same
// namespace. What a case leaves behind, the next that claims one of its names
// removes, so that every case finds its names unused, and nobody waits for a
// removal without need.
type claims struct {
	sync.Mutex
	freed *sync.Cond
	held  map[string]bool
	left  map[string]*leavings // by each of their names
}

// leavings are what a case applied.
type leavings struct {
	names   []string
	objects []*unstructured.Unstructured // nil once they are removed
}

var claimed = newClaims()

func newClaims() *claims {
	c := &claims{held: map[string]bool{}, left: map[string]*leavings{}}
	c.freed = sync.NewCond(c)
	return c
}

// claim returns when the names of the objects are the test's own, for as long
// as it runs, and unused.
func claim(t *testing.T, objects []*unstructured.Unstructured) {
	t.Helper()
	names, old := claimed.take(objects)
	t.Cleanup(func() { claimed.free(names) })
	remove(t, old)
}

// removeLeavings removes what cases left, before another claims its names.
func removeLeavings(t *testing.T, cases []bundle) {
	t.Helper()
	var objects []*unstructured.Unstructured
	for _, b := range cases {
		objects = append(objects, b.objects...)
	}
	claim(t, objects)
}

// take waits for the names of objects and takes them, and with them those of
// what has to be removed first.
func (c *claims) take(objects []*unstructured.Unstructured) (names []string, old []*unstructured.Unstructured) {
	own := namesOf(objects)
	c.Lock()
	defer c.Unlock()
	for {
		names = slices.Clone(own)
		for _, name := range own {
			if l := c.left[name]; l != nil && l.objects != nil {
				names = append(names, l.names...)
			}
		}
		if !slices.ContainsFunc(names, func(name string) bool { return c.held[name] }) {
			break
		}
		c.freed.Wait()
	}
	for _, name := range names {
		c.held[name] = true
		if l := c.left[name]; l != nil {
			old = append(old, l.objects...)
			l.objects = nil
		}
	}
	l := &leavings{own, objects}
	for _, name := range own {
		c.left[name] = l
	}
	return names, old
}

func (c *claims) free(names []string) {
	c.Lock()
	defer c.Unlock()
	for _, name := range names {
		delete(c.held, name)
	}
	c.freed.Broadcast()
}

// namesOf are the names that objects take: their own, whatever the kind, in
// the namespace that is there always, and all other namespaces as such.
func namesOf(objects []*unstructured.Unstructured) (names []string) {
	for _, u := range objects {
		switch namespace := u.GetNamespace(); {
		case namespace == "" && u.GetKind() == "Namespace":
			names = append(names, "namespace "+u.GetName())
		case namespace == "" || namespace == "default":
			names = append(names, namespace+"/"+u.GetName())
		default:
			names = append(names, "namespace "+namespace)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// remove deletes objects and waits until they are gone with all that belongs
// to them: namespaces last, which take long about what is in them.
func remove(t *testing.T, objects []*unstructured.Unstructured) {
	t.Helper()
	var namespaces, others []*unstructured.Unstructured
	for _, u := range withChildren(objects) {
		if u.GetKind() == "Namespace" {
			namespaces = append(namespaces, u)
		} else {
			others = append(others, u)
		}
	}
	removeAll(t, others)
	removeAll(t, namespaces)
}

// removeAll deletes objects until none is there: what a controller makes again
// meanwhile, it deletes again.
func removeAll(t *testing.T, objects []*unstructured.Unstructured) {
	t.Helper()
	eventually(t, time.Minute, func(ctx context.Context) string {
		for _, u := range objects {
			if err := control.Delete(ctx, u); err != nil && !apierrors.IsNotFound(err) {
				return err.Error()
			}
		}
		for _, u := range objects {
			if _, err := control.Get(ctx, u); !apierrors.IsNotFound(err) {
				return fmt.Sprintf("%s is still there (%v)", cluster.Name(u), err)
			}
		}
		return ""
	})
}

// withChildren adds to the Services what they own under their own name, and
// leaves out the namespace that Knative itself is in.
func withChildren(objects []*unstructured.Unstructured) (all []*unstructured.Unstructured) {
	for _, u := range objects {
		if u.GetKind() == "Namespace" && u.GetName() == cluster.ServingNamespace {
			continue
		}
		all = append(all, u)
		if kind := u.GroupVersionKind(); kind.Group == "serving.knative.dev" && kind.Kind == "Service" {
			for _, child := range []string{"Configuration", "Route"} {
				all = append(all, object(u.GetAPIVersion(), child, u.GetNamespace(), u.GetName()))
			}
		}
	}
	return all
}

// eventually calls f until it has nothing to say against it, and fails the
// test with what it said last.
func eventually(t *testing.T, patience time.Duration, f func(context.Context) string) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(100 * time.Millisecond) {
		why := f(t.Context())
		if why == "" {
			return
		}
		if time.Now().After(deadline) || t.Context().Err() != nil {
			require.FailNow(t, why)
		}
	}
}
