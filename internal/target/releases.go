package target

// Releases are the releases of a target as texts, such as "1.23"; "" is a
// product without one.
type Releases struct{ Knative, Istio string }
