// This module has no code: its go.sum holds the hashes of the releases whose
// CRDs package admission reads, each downloaded by its version. go.mod can
// require one version of a module, and "go mod tidy" would drop them all.
module github.com/belay-sh/belay/golden/admission/releases

go 1.26
