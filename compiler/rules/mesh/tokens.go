package mesh

import (
	"slices"
	"strings"

	"github.com/belay-sh/belay/compiler/rules"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
	"github.com/belay-sh/belay/schema"
)

// tokenRules are the rules of this file.
var tokenRules = rules.Set{
	App: []func(*target.Target, *ir.App) diag.List{checkTokens, checkPaths},
	DependsOn: map[diag.Code][]string{
		diag.DuplicateIssuer:   {"issuer", "jwt"},
		diag.OneSidedException: {"except", "require", "issuer", "jwt"},
	},
}

// checkTokens validates the entries of jwt, and compares them with each other.
func checkTokens(_ *target.Target, a *ir.App) (diags diag.List) {
	jwt := a.Node.Field("mesh").Field("jwt")
	if jwt == nil {
		return nil
	}
	seen := map[string]*ir.Node{}
	for i, j := range a.Spec.Mesh.JWT {
		n := jwt.Children[i]
		if except := n.Field("except"); except != nil && !j.Required() {
			diags.Add(except.KeyErrorf(diag.MisplacedField, "except goes with require: no path needs a token here"))
		}
		issuer := n.Field("issuer")
		if first := seen[j.Issuer]; first != nil {
			diags.Add(issuer.Errorf(diag.DuplicateIssuer, "the issuer %q is listed before", j.Issuer).WithRelated(first.At, "the first"))
		}
		seen[j.Issuer] = issuer
		if strings.HasPrefix(j.Issuer, "*") || strings.HasSuffix(j.Issuer, "*") {
			diags.Add(issuer.Errorf(diag.InvalidValue, "issuer is %q; a '*' at its beginning or end would stand for any text in a policy", j.Issuer).
				WithHint("write the claim \"iss\" of the tokens as it is, such as %q", "https://accounts.example.com"))
		}
		diags.Add(checkKeys(n, j)...)
		diags.Add(checkExceptions(a, jwt, i)...)
	}
	return diags
}

// checkKeys reports keys that come in plain text: who can change them on the way
// can make tokens.
func checkKeys(n *ir.Node, j schema.JWT) diag.List {
	from := n.Field("jwksUri")
	if from == nil {
		from = n.Field("issuer")
	}
	if !strings.HasPrefix(from.Text, "http://") {
		return nil
	}
	return diag.List{from.Warnf(diag.PlainKeys, "the keys of issuer %q come in plain text: who can change them on the way can make tokens", j.Issuer).
		WithHint("%s: %q", "jwksUri", "https://"+strings.TrimPrefix(from.Text, "http://"))}
}

// checkExceptions reports paths in except that open more than they look like,
// or nothing.
func checkExceptions(a *ir.App, jwt *ir.Node, i int) (diags diag.List) {
	if !a.Spec.Mesh.JWT[i].Required() {
		return nil
	}
	for _, n := range jwt.Children[i].Field("except").Elements() {
		switch {
		case n.Text == "/*":
			diags.Add(n.Errorf(diag.InvalidPath, "%q is every path, so that no request needs a token", n.Text).
				WithHint("name the paths that are public, such as \"/public/*\"; or, for none that needs a token: require: false"))
			continue
		case strings.HasPrefix(n.Text, "*"):
			diags.Add(n.Warnf(diag.OpenException, "%q excepts every path with that end, also one below what needs a token", n.Text).
				WithHint("name the directory instead, such as \"/public/*\""))
		}
		for k, other := range a.Spec.Mesh.JWT {
			if k == i || !other.Required() || slices.Contains(other.Except, n.Text) {
				continue
			}
			diags.Add(n.Warnf(diag.OneSidedException, "%q needs a token all the same: issuer %q does not except it", n.Text, other.Issuer).
				WithRelated(jwt.Children[k].Key, "the other issuer").
				WithHint("write it in except of each issuer whose tokens are required"))
			break
		}
	}
	return diags
}

// ambiguous are the texts in paths that the policies reject, because the mesh
// and the app may read them differently.
var ambiguous = []string{"%2f", "%5c", "%25", ";", "//"}

// checkPaths reports the paths of policies that no request has: Istio compares
// them with the path of a request, without its query, after it has resolved
// dots in it.
func checkPaths(t *target.Target, a *ir.App) (diags diag.List) {
	mesh := a.Node.Field("mesh")
	for _, list := range []struct{ policy, field string }{{"callers", "paths"}, {"jwt", "except"}} {
		for _, entry := range mesh.Field(list.policy).Elements() {
			for _, n := range entry.Field(list.field).Elements() {
				diags.Add(checkPath(t, n)...)
			}
		}
	}
	return diags
}

func checkPath(t *target.Target, n *ir.Node) diag.List {
	path := strings.ToLower(n.Text)
	segments := strings.Split(strings.TrimSuffix(path, "*"), "/")
	foreign := strings.IndexFunc(n.Text, func(r rune) bool { return r <= ' ' || r > '~' })
	switch {
	case strings.ContainsAny(path, "?#"):
		return diag.List{n.Errorf(diag.InvalidPath, "no request has the path %q: its query and its fragment are not part of it", n.Text).
			WithHint("end it before them: %q", n.Text[:strings.IndexAny(n.Text, "?#")])}
	case foreign >= 0:
		return diag.List{n.Errorf(diag.InvalidPath, "no request has the path %q: a character outside of ASCII is encoded in it", n.Text).
			WithHint("write it as %q", escaped(n.Text))}
	case slices.Contains(segments, ".") || slices.Contains(segments, ".."):
		return diag.List{n.Errorf(diag.InvalidPath, "no request has the path %q: Istio resolves the dots first", n.Text).
			WithHint("write the path that they lead to")}
	}
	decoded := t.Mesh.PathNormalization == target.DecodeAndMergeSlashes
	for _, text := range ambiguous {
		if strings.Contains(path, text) && (!decoded || text != ";" && text != "%25") {
			return diag.List{n.Errorf(diag.InvalidPath, "no request with the path %q is admitted: one with %q is rejected, or changed before it is compared", n.Text, text).
				WithHint("name the path without %q", text)}
		}
	}
	return nil
}

// escaped is a path with what is not ASCII encoded.
func escaped(path string) string {
	var b strings.Builder
	for i := range len(path) {
		if c := path[i]; c <= ' ' || c > '~' {
			const hex = "0123456789ABCDEF"
			b.WriteString("%" + string(hex[c>>4]) + string(hex[c&15]))
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}
