package mesh

import (
	"regexp"
	"strings"

	networking "istio.io/api/networking/v1alpha3"

	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/schema"
)

// matches are the entries of a revision's match, as Istio has them.
func matches(entries []schema.Match) (out []*networking.HTTPMatchRequest) {
	for _, m := range entries {
		r := &networking.HTTPMatchRequest{}
		if m.Path != nil {
			r.Uri = text(schema.Text(*m.Path))
		}
		for name, t := range m.Headers {
			if r.Headers == nil {
				r.Headers = map[string]*networking.StringMatch{}
			}
			r.Headers[strings.ToLower(name)] = text(t)
		}
		if len(m.Cookies) > 0 {
			if r.Headers == nil {
				r.Headers = map[string]*networking.StringMatch{}
			}
			r.Headers["cookie"] = matchRegex(cookies(m.Cookies))
		}
		for name, t := range m.Query {
			if r.QueryParams == nil {
				r.QueryParams = map[string]*networking.StringMatch{}
			}
			r.QueryParams[name] = parameter(t)
		}
		out = append(out, r)
	}
	return out
}

// text is what a header or a path looks like. Istio reads a match without
// anything in it as presence.
func text(t schema.Text) *networking.StringMatch {
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

// parameter is what a parameter of the query looks like. Prefixes are not in
// all of Istio's releases, and presence is not documented for the query.
func parameter(t schema.Text) *networking.StringMatch {
	if t.Exact != "" {
		return text(t)
	}
	return matchRegex(expression(t, "."))
}

func matchRegex(expr string) *networking.StringMatch {
	return &networking.StringMatch{MatchType: &networking.StringMatch_Regex{Regex: expr}}
}

// expression is a regular expression for a text of certain characters.
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

// cookies is a regular expression for a header Cookie, "a=1; b=2", that has
// all of some cookies, in whatever order: Istio takes one match a header, and
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
