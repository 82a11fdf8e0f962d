// Package kustomize holds what kustomize has to be told about Knative's and
// Istio's objects: which of their fields are names of other objects.
package kustomize

import _ "embed"

// References is a file for the configurations of a kustomization. kustomize
// then renames what a prefix, a suffix or a hash renames in these fields too;
// of its own it knows one of them.
//
//go:embed references.yaml
var References []byte
