package target

// Releases are the releases of a target as texts, such as "1.23"; "" is a
// product without one.
type Releases struct{ Knative, Istio string }

// BeforeLocks are the newest releases that belay knew as long as its locks had
// none. A bundle whose lock is of that time was compiled for these, if its specs
// name no other: nothing in its files says so.
var BeforeLocks = Releases{Knative: "1.23", Istio: "1.31"}
