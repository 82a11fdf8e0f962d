package lower

import (
	security "istio.io/api/security/v1beta1"
)

// requestAuthentication makes the object that has the pods read tokens. It
// refuses bad ones; those that are missing are a policy's matter.
func (b *builder) requestAuthentication() {
	m := b.app.Spec.Mesh
	if m == nil || len(m.JWT) == 0 {
		return
	}
	spec := &security.RequestAuthentication{Selector: b.selector()}
	for _, j := range m.JWT {
		spec.JwtRules = append(spec.JwtRules, &security.JWTRule{Issuer: j.Issuer, JwksUri: j.JWKSURI, Audiences: j.Audiences})
	}
	b.istio(securityGroup, b.meta(b.app.Name), spec)
}

// refuseWithoutToken are the rules at the app's pods on requests that have no
// token of an issuer whose tokens are required; nil if there is none.
func (b *builder) refuseWithoutToken() []*security.Rule {
	from, operation := &security.Source{}, &security.Operation{}
	for _, j := range b.app.Spec.Mesh.JWT {
		if j.Required() {
			from.NotRequestPrincipals = append(from.NotRequestPrincipals, j.Issuer+"/*")
			operation.NotPaths = append(operation.NotPaths, j.Except...)
		}
	}
	if from.NotRequestPrincipals == nil {
		return nil
	}
	return b.exceptProbes(from, []*security.Operation{operation})
}
