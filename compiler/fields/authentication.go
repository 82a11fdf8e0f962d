package fields

import (
	security "istio.io/api/security/v1beta1"

	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/schema"
)

var mtlsModes = map[string]security.PeerAuthentication_MutualTLS_Mode{
	"strict":     security.PeerAuthentication_MutualTLS_STRICT,
	"permissive": security.PeerAuthentication_MutualTLS_PERMISSIVE,
	"disable":    security.PeerAuthentication_MutualTLS_DISABLE,
}

// MutualTLS returns a mode of mTLS as Istio has it; nil for "inherit" and for
// none.
func MutualTLS(mode string) *security.PeerAuthentication_MutualTLS {
	if m, ok := mtlsModes[mode]; ok {
		return &security.PeerAuthentication_MutualTLS{Mode: m}
	}
	return nil
}

// PeerAuthentication maps whether connections need certificates.
var PeerAuthentication = Table[schema.Mesh, security.PeerAuthentication]{
	{
		Spec: "mtls", Object: "mtls.mode", Others: []string{"mtls"},
		write: func(_ *Conversion, _ *ir.Node, s *schema.Mesh, o *security.PeerAuthentication) {
			o.Mtls = MutualTLS(s.MTLS)
		},
		read: func(_ *Conversion, o *security.PeerAuthentication, s *schema.Mesh) {
			for name, mode := range mtlsModes {
				if o.GetMtls().GetMode() == mode {
					s.MTLS = name
				}
			}
		},
	},
}

// RequestAuthentication maps the tokens that are validated. Which requests need
// one is a policy's matter.
var RequestAuthentication = Table[schema.Mesh, security.RequestAuthentication]{
	listed("jwt", "jwtRules", func(s *schema.Mesh) *[]schema.JWT { return &s.JWT },
		pointersOf(func(o *security.RequestAuthentication) *[]*security.JWTRule { return &o.JwtRules }),
		Table[schema.JWT, security.JWTRule]{
			same("issuer", "issuer", func(s *schema.JWT) *string { return &s.Issuer }, func(o *security.JWTRule) *string { return &o.Issuer }),
			same("jwksUri", "jwksUri", func(s *schema.JWT) *string { return &s.JWKSURI }, func(o *security.JWTRule) *string { return &o.JwksUri }),
			same("audiences", "audiences", func(s *schema.JWT) *[]string { return &s.Audiences }, func(o *security.JWTRule) *[]string { return &o.Audiences }),
		}),
}
