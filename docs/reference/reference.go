// Package reference is the part of the guide that is generated: the fields of
// a spec out of its schema, the diagnostics out of their pages.
package reference

//go:generate go run generate.go
