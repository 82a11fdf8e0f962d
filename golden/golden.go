// Package golden is the corpus: what every fixture compiles to, committed, and
// the tests that hold it. Nothing but tests uses it.
//
// A fixture is a directory under fixtures; its case here has the same name. A
// spec's case is the bundle as belay writes it; a spec with mistakes, or with
// warnings, has a diagnostics.txt as well. A file ARGS in a fixture holds the
// arguments, where they are not just ".".
package golden
