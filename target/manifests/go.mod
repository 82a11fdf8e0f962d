// The module that manifests.sha256 is generated from, under checksum; no Go
// package of it is built. "go mod tidy" would drop it for that reason: do not
// run it here.
module github.com/belay-sh/belay/target/manifests

go 1.26

require knative.dev/operator v0.50.0
