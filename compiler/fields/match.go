package fields

import (
	"regexp"
	"strings"

	networking "istio.io/api/networking/v1alpha3"

	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/schema"
)

// Match maps what a request looks like. Cookies become one expression for their
// header; they are read back as a match of the header.
var Match = Table[schema.Match, networking.HTTPMatchRequest]{
	{
		Spec: "path", Object: "uri",
		write: func(_ *Conversion, _ *ir.Node, s *schema.Match, o *networking.HTTPMatchRequest) {
			if s.Path != nil {
				o.Uri = matchText(schema.Text(*s.Path))
			}
		},
		read: func(_ *Conversion, o *networking.HTTPMatchRequest, s *schema.Match) {
			if o.Uri != nil {
				path := schema.Path(readText(o.Uri))
				s.Path = &path
			}
		},
		below: under("path", "uri", textMappings),
	},
	matchTexts("headers", "headers", strings.ToLower,
		func(s *schema.Match) *map[string]schema.Text { return &s.Headers },
		func(o *networking.HTTPMatchRequest) *map[string]*networking.StringMatch { return &o.Headers }, matchText, readText),
	{
		Spec: "cookies", Object: "headers.cookie",
		write: func(_ *Conversion, _ *ir.Node, s *schema.Match, o *networking.HTTPMatchRequest) {
			if len(s.Cookies) > 0 {
				putText(&o.Headers, "cookie", matchRegex(cookies(s.Cookies)))
			}
		},
		below: under("cookies[]", "headers.cookie", textMappings),
	},
	matchTexts("query", "queryParams", func(name string) string { return name },
		func(s *schema.Match) *map[string]schema.Text { return &s.Query },
		func(o *networking.HTTPMatchRequest) *map[string]*networking.StringMatch { return &o.QueryParams }, matchParameter, readParameter),
}

// Matches returns the entries of a match, as Istio has them.
func Matches(c *Conversion, n *ir.Node, entries []schema.Match) (out []*networking.HTTPMatchRequest) {
	for i := range entries {
		r := &networking.HTTPMatchRequest{}
		Match.Write(c, n, &entries[i], r)
		out = append(out, r)
	}
	return out
}

// matchTexts maps texts by name. Names are written in the form that Istio
// compares.
func matchTexts(spec, object string, form func(string) string, from func(*schema.Match) *map[string]schema.Text, to func(*networking.HTTPMatchRequest) *map[string]*networking.StringMatch, write func(schema.Text) *networking.StringMatch, read func(*networking.StringMatch) schema.Text) Row[schema.Match, networking.HTTPMatchRequest] {
	return Row[schema.Match, networking.HTTPMatchRequest]{
		Spec: spec, Object: object,
		write: func(_ *Conversion, _ *ir.Node, s *schema.Match, o *networking.HTTPMatchRequest) {
			for name, t := range *from(s) {
				putText(to(o), form(name), write(t))
			}
		},
		read: func(_ *Conversion, o *networking.HTTPMatchRequest, s *schema.Match) {
			for name, m := range *to(o) {
				if *from(s) == nil {
					*from(s) = map[string]schema.Text{}
				}
				(*from(s))[name] = read(m)
			}
		},
		below: under(spec+"[]", object+"[]", textMappings),
	}
}

// textMappings lists the ways to match a text, all of which are written as one.
func textMappings() []Mapping {
	return []Mapping{{Spec: "exact", Object: "exact"}, {Spec: "prefix", Object: "prefix"}, {Spec: "regex", Object: "regex"}, {Spec: "present"}}
}

func putText(to *map[string]*networking.StringMatch, name string, m *networking.StringMatch) {
	if *to == nil {
		*to = map[string]*networking.StringMatch{}
	}
	(*to)[name] = m
}

// matchText returns the match of a header or a path. Istio reads a match without
// anything in it as presence.
func matchText(t schema.Text) *networking.StringMatch {
	switch {
	case t.Exact != "":
		return &networking.StringMatch{MatchType: &networking.StringMatch_Exact{Exact: t.Exact}}
	case t.Prefix != "":
		return &networking.StringMatch{MatchType: &networking.StringMatch_Prefix{Prefix: t.Prefix}}
	case t.Regex != "":
		return matchRegex(t.Regex)
	}
	return &networking.StringMatch{}
}

// matchParameter returns the match of a parameter of the query. Prefixes are not in
// all of Istio's releases, and presence is not documented for the query.
func matchParameter(t schema.Text) *networking.StringMatch {
	if t.Exact != "" {
		return matchText(t)
	}
	return matchRegex(expression(t, anyCharacter))
}

// readText is the reverse of matchText.
func readText(m *networking.StringMatch) schema.Text {
	t := schema.Text{Exact: m.GetExact(), Prefix: m.GetPrefix(), Regex: m.GetRegex()}
	t.Present = t == schema.Text{}
	return t
}

// readParameter is the reverse of matchParameter.
func readParameter(m *networking.StringMatch) schema.Text {
	expr := m.GetRegex()
	if expr == "" {
		return readText(m)
	}
	if expr == expression(schema.Text{}, anyCharacter) {
		return schema.Text{Present: true}
	}
	if prefix, ok := strings.CutSuffix(expr, anyCharacter+"*"); ok {
		if re, err := regexp.Compile(prefix); err == nil {
			if literal, complete := re.LiteralPrefix(); complete && regexp.QuoteMeta(literal) == prefix {
				return schema.Text{Prefix: literal}
			}
		}
	}
	if inner, ok := strings.CutPrefix(expr, "(?:"); ok && strings.HasSuffix(inner, ")") {
		inner = strings.TrimSuffix(inner, ")")
		if _, err := regexp.Compile(inner); err == nil {
			return schema.Text{Regex: inner}
		}
	}
	return schema.Text{Regex: expr}
}

// anyCharacter is an expression for a character of a parameter.
const anyCharacter = "."

func matchRegex(expr string) *networking.StringMatch {
	return &networking.StringMatch{MatchType: &networking.StringMatch_Regex{Regex: expr}}
}

// expression returns a regular expression for a text of certain characters.
func expression(t schema.Text, character string) string {
	switch {
	case t.Exact != "":
		return regexp.QuoteMeta(t.Exact)
	case t.Prefix != "":
		return regexp.QuoteMeta(t.Prefix) + character + "*"
	case t.Regex != "":
		return "(?:" + t.Regex + ")"
	}
	return character + "*"
}

// cookies returns a regular expression for a header Cookie, "a=1; b=2", that has
// all of some cookies, in whatever order: Istio takes one match per header, and
// RE2 has no other way to say "and".
func cookies(cookies map[string]schema.Text) string {
	var pairs []string
	for _, name := range ir.Sorted(cookies) {
		pairs = append(pairs, regexp.QuoteMeta(name)+"="+expression(cookies[name], "[^;]"))
	}
	var orders []string
	permute(pairs, nil, func(order []string) {
		orders = append(orders, strings.Join(order, "; ?(?:.*; ?)?"))
	})
	alternatives := orders[0]
	if len(orders) > 1 {
		alternatives = "(?:" + strings.Join(orders, "|") + ")"
	}
	return "(?:.*; ?)?" + alternatives + "(?:;.*)?"
}

// permute calls f with every order of rest, after what is in front.
func permute(rest, front []string, f func([]string)) {
	if len(rest) == 0 {
		f(front)
		return
	}
	for i, s := range rest {
		others := append(append([]string{}, rest[:i]...), rest[i+1:]...)
		permute(others, append(front[:len(front):len(front)], s), f)
	}
}
