// This module has no code: its go.sum holds the hashes of the modules that
// package modules downloads, each by its version. go.mod can require one version
// of a module, and "go mod tidy" would drop them all.
module github.com/belay-sh/belay/golden/modules/sums

go 1.26
