package pin

import (
	"context"

	"github.com/belay-sh/belay/internal/diag"
)

// A Query asks a registry about an image.
type Query struct {
	Ref       string   // as written in a spec
	Digest    string   // of the manifest asked about; "" for what the reference stands for now
	Platforms []string // that the image must have, as os/arch or os/arch/variant
	Single    bool     // pin the manifest of the only platform, not the index that has it
}

// An Answer is what a lock keeps of an image, or why there is nothing.
type Answer struct {
	Entry   Entry
	Failure *Failure
}

// A Resolver asks registries. It answers all queries, in their order; what the
// same image is asked twice goes out once. When ctx ends, so do the queries
// that are open.
type Resolver interface {
	Resolve(ctx context.Context, queries []Query) []Answer
}

// A Failure is why there is no digest for an image.
type Failure struct {
	Code     diag.Code // what is wrong with the image; "" if it is the registry, or the way to it
	Registry string    // that was asked: the reference's, or its mirror
	Message  string    // what the registry did, in the third person
	Hint     string    // what to do about it
}

// Error is the registry, what it did, and what to do about it.
func (f *Failure) Error() string { return f.Registry + " " + f.Message + "; " + f.Hint }
