package mesh

import (
	"slices"

	security "istio.io/api/security/v1beta1"

	"github.com/belay-sh/belay/compiler/fields"
)

// RequestAuthentications makes the object that has the pods read tokens. It
// rejects bad ones; those that are missing are a policy's matter.
func (a *App) RequestAuthentications() []Object {
	m := a.Spec.Mesh
	if m == nil || len(m.JWT) == 0 {
		return nil
	}
	spec := &security.RequestAuthentication{Selector: a.selector()}
	fields.RequestAuthentication.Write(a.conversion(), a.Node, m, spec)
	return []Object{{Name: a.Name, Spec: spec}}
}

// denyWithoutToken are the rules at the app's pods on requests that have no
// token of an issuer whose tokens are required; nil if there is none. The issuer
// is compared as a whole: principals join it and the subject with a slash, and
// the name of one issuer may begin like that of another. A path needs no token
// if all required issuers except it.
func (a *App) denyWithoutToken() (rules []*security.Rule) {
	noToken := &security.Condition{Key: "request.auth.claims[iss]"}
	var excepted [][]string
	for _, j := range a.Spec.Mesh.JWT {
		if !j.Required() {
			continue
		}
		noToken.NotValues = append(noToken.NotValues, j.Issuer)
		paths := slices.Clone(j.Except)
		slices.Sort(paths)
		if !slices.ContainsFunc(excepted, func(other []string) bool { return slices.Equal(paths, other) }) {
			excepted = append(excepted, paths)
		}
	}
	for _, paths := range excepted {
		rules = append(rules, a.exceptProbes(nil, []*security.Operation{{NotPaths: paths}}, noToken)...)
	}
	return rules
}
