// Package policy limits what a spec may emit, where somebody else wrote it. A
// policy is the platform's: a name or a file that the caller gives, never the
// spec. Its rules are checked on the spec, for the place of a violation, and on
// the emitted objects, so that no field, patch or annotation gets around them.
// It is pure.
package policy

import (
	"slices"

	"github.com/belay-sh/belay/internal/ir"
)

// A Policy is what specs may emit. The zero value permits what Own does.
type Policy struct {
	Name   string   // as the caller gives it: "own", "tenant", or the path of a file
	Target *ir.Node // what the apps are compiled for, instead of the spec's own target; nil for that

	tenant          bool // the rules for specs of others apply
	namespaces      list
	domains         list
	images          list
	serviceAccounts list
	secrets         list
	allow           []rule // what of a tenant's denials does not apply
	deny            []rule // what is denied besides
}

// limited reports whether the policy has lists that objects are held to.
func (p *Policy) limited() bool {
	return slices.ContainsFunc([]list{p.namespaces, p.domains, p.images, p.serviceAccounts, p.secrets}, func(l list) bool { return l.given })
}

// The policies that have a name.
const (
	Own    = "own"    // for the caller's own specs: everything, apart from what other tools obey
	Tenant = "tenant" // for specs of others
)

// Named returns the policy of a name, if there is one.
func Named(name string) (*Policy, bool) {
	return &Policy{Name: name, tenant: name == Tenant}, name == Own || name == Tenant
}

// A list is what a policy permits of some kind of names; without patterns there
// is no list, and nothing is checked against it.
type list struct {
	name     string // in the file
	patterns []string
	given    bool
}

func (l list) permits(name string) bool {
	return !l.given || slices.ContainsFunc(l.patterns, func(p string) bool { return matches(p, name) })
}

// matches reports whether a name has the form of a pattern, in which each '*'
// stands for any text.
func matches(pattern, name string) bool {
	star := -1 // the last '*' of the pattern so far, and what of the name it stands for
	p, n, end := 0, 0, 0
	for n < len(name) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, end = p, n
			p++
		case p < len(pattern) && pattern[p] == name[n]:
			p, n = p+1, n+1
		case star >= 0:
			end++
			p, n = star+1, end
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}
