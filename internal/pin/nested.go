package pin

import (
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
)

// Contradictions reports references that a lock gives another digest than a
// lock above it does. The nodes are the images of both, nil if there are none.
func Contradictions(images, above *ir.Node) (diags diag.List) {
	if images == nil {
		return nil
	}
	digests := ir.NewFinder(above)
	for _, image := range images.Children {
		mine, other := image.Field("digest"), digests.Field(image.Name).Field("digest")
		if mine == nil || other == nil || mine.Text == other.Text {
			continue
		}
		diags.Add(mine.Errorf(diag.NestedLock, "%s has another digest than in the lock above this one, which reviewers see", image.Name).
			WithRelated(other.At, "the digest there").
			WithHint("remove this lock, and run: belay pin"))
	}
	return diags
}

// Nested reports a lock that is below another one.
func Nested(lock, above *ir.Node, name string) diag.Diagnostic {
	return lock.Errorf(diag.NestedLock, "this lock goes before %s for the specs here; a repository has one lock", name).
		AsWarning().
		WithRelated(above.At, "the lock above").
		WithHint("remove this lock, and run: belay pin")
}
