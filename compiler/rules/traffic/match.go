package traffic

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/v1"

	"github.com/belay-sh/belay/compiler/rules"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
	"github.com/belay-sh/belay/schema"
)

// matchRules are the rules of this file.
var matchRules = rules.Set{
	App: []func(*target.Target, *ir.App) diag.List{checkRequestRouting, checkMatch},
	DependsOn: map[diag.Code][]string{
		diag.InvalidMatch:     {"headers", "cookies", "path", "match"},
		diag.SeveralMirrors:   {"mirror"},
		diag.UnreachableMatch: {"match", "headers", "cookies", "path"},
	},
}

// tagHeader picks a tag, where the flag tag-header-based-routing is on
// (knative.dev/networking/pkg/http/header, RouteTagKey).
const tagHeader = "Knative-Serving-Tag"

// checkRequestRouting validates revisions that get requests by their content
// instead of by weight. What routes these is a VirtualService on domains of the
// app's own, since a host that Knative makes itself must not be bound by two;
// or Knative, by a header.
func checkRequestRouting(t *target.Target, a *ir.App) (diags diag.List) {
	var mirrored *ir.Node
	for _, r := range a.Revisions {
		if !r.RoutedByRequest() {
			continue
		}
		n := r.Written
		label := schema.Document.Field("apps").Type.Values.Field("revisions").Type.Values.Field("tag").Type.Pattern
		if r.Spec.Tag == "" && !label.Match(r.ID) {
			diags.Add(n.KeyErrorf(diag.InvalidName, "revision %q gets a tag for match or mirror, and its id can't be one; it takes %s", r.ID, label.Form).
				WithHint("tag: %q", "v"+r.ID))
		}
		if !a.HasVirtualService() {
			diags.Add(checkWithoutVirtualService(t, a, r, n)...)
		}
		if m := n.Field("mirror"); m != nil {
			if mirrored != nil {
				diags.Add(severalMirrors(a, mirrored, m))
			}
			mirrored = m
		}
	}
	return diags
}

// checkWithoutVirtualService reports match and mirror of an app without domains
// that Knative cannot route by itself.
func checkWithoutVirtualService(t *target.Target, a *ir.App, r *ir.Revision, n *ir.Node) (diags diag.List) {
	hint := fmt.Sprintf("domains: [%q]", a.Name+".example.com")
	if m := n.Field("mirror"); m != nil {
		diags.Add(m.KeyErrorf(diag.DomainRequired, "mirror needs domains of the app's own; Knative's routing does not have it").WithHint("%s", hint))
	}
	match := n.Field("match")
	if match == nil {
		return diags
	}
	if !t.Permits("tag-header-based-routing") {
		return append(diags, match.KeyErrorf(diag.DomainRequired, "match needs domains of the app's own: a host that Knative makes itself can't be routed twice").WithHint("%s", hint))
	}
	for i, m := range r.Spec.Match {
		if !picksTag(m, r.Tag()) {
			diags.Add(match.Children[i].KeyErrorf(diag.DomainRequired, "without domains Knative itself routes, by the header %s alone", tagHeader).
				WithHint("headers: %q: %q", tagHeader, r.Tag()))
		}
	}
	return diags
}

// picksTag reports whether a match is what Knative routes by itself.
func picksTag(m schema.Match, tag string) bool {
	for name, text := range m.Headers {
		return strings.EqualFold(name, tagHeader) && text.Exact == tag &&
			len(m.Headers) == 1 && m.Path == nil && len(m.Cookies)+len(m.Query) == 0
	}
	return false
}

func severalMirrors(a *ir.App, first, second *ir.Node) diag.Diagnostic {
	if first.Key.Compare(second.Key) > 0 {
		first, second = second, first
	}
	return second.KeyErrorf(diag.SeveralMirrors, "two revisions of app %q have mirror; requests are sent twice at most", a.Name).
		WithRelated(first.Key, "the other one")
}

// maxCookies of one entry: all orders of them stand in one expression.
const maxCookies = 3

// ignoredHeaders are names that a VirtualService drops from a match of headers
// (istio.io/api/networking/v1alpha3, HTTPMatchRequest).
var ignoredHeaders = []string{"authority", "method", "scheme", "uri"}

// checkMatch reports entries of match that Istio rejects, or that have no
// effect (istio.io/istio/pkg/config/validation/virtualservice.go,
// validateHTTPRouteMatchRequest).
func checkMatch(_ *target.Target, a *ir.App) (diags diag.List) {
	for _, r := range a.Revisions {
		for i, m := range r.Spec.Match {
			n := r.Written.Field("match").Children[i]
			if len(n.Children) == 0 {
				diags.Add(n.Errorf(diag.InvalidMatch, "an entry of match without any field takes every request").
					WithHint("for that there is weight: 100"))
			}
			diags.Add(checkMatchHeaders(n.Field("headers"), len(m.Cookies) > 0)...)
			if cookies := n.Field("cookies"); len(m.Cookies) > maxCookies {
				diags.Add(cookies.KeyErrorf(diag.InvalidMatch, "cookies has %d entries; it takes %d at most", len(m.Cookies), maxCookies))
			}
			for _, texts := range [][]*ir.Node{n.Children, n.Field("headers").Fields(), n.Field("cookies").Fields(), n.Field("query").Fields()} {
				for _, text := range texts {
					diags.Add(checkRegex(text.Field("regex"))...)
				}
			}
		}
	}
	return append(diags, checkReachable(a)...)
}

func checkMatchHeaders(headers *ir.Node, cookies bool) (diags diag.List) {
	seen := map[string]*ir.Node{}
	for _, n := range headers.Fields() {
		name := strings.ToLower(n.Name)
		switch {
		case seen[name] != nil:
			diags.Add(n.KeyErrorf(diag.InvalidMatch, "the header %s stands twice; names of headers have no case", name).WithRelated(seen[name].Key, "the first"))
		case name == "cookie" && cookies:
			diags.Add(n.KeyErrorf(diag.InvalidMatch, "cookies and the header Cookie in one entry: they are the same header"))
		case slices.Contains(ignoredHeaders, name):
			diags.Add(n.KeyErrorf(diag.InvalidMatch, "Istio ignores a header called %s in a match", name))
		}
		seen[name] = n
	}
	return diags
}

// maxRegex is the longest expression that Istio takes (validateStringRegexp).
const maxRegex = 1024

func checkRegex(n *ir.Node) diag.List {
	if n == nil {
		return nil
	}
	if len(n.Text) > maxRegex {
		return diag.List{n.Errorf(diag.InvalidMatch, "the regular expression has %d bytes; Istio takes %d", len(n.Text), maxRegex)}
	}
	if _, err := regexp.Compile(n.Text); err != nil {
		return diag.List{n.Errorf(diag.InvalidMatch, "Istio does not read this regular expression: %v", err)}
	}
	return nil
}

// checkReachable reports entries that no request gets to, because an earlier
// one matches each of them (IST0130, IST0131): the same entry, or one with a
// shorter path and nothing else.
func checkReachable(a *ir.App) (diags diag.List) {
	var earlier matchIndex
	for _, r := range a.Revisions {
		for i, m := range r.Spec.Match {
			n := r.Written.Field("match").Children[i]
			if b := earlier.covering(m); b != nil {
				first, last := b, n
				if first.At.Compare(last.At) > 0 {
					first, last = last, first
				}
				diags.Add(last.KeyErrorf(diag.UnreachableMatch, "no request gets to revision %q by this entry; revisions take requests in the order of their ids", r.ID).
					WithRelated(first.At, "takes what it would"))
			}
			earlier.add(m, n)
		}
	}
	return diags
}

// A matchIndex finds the first of many entries that covers another one, without
// a comparison with each of them.
type matchIndex struct {
	nodes    []*ir.Node
	same     map[string]int // the first entry, by its canonical text
	prefixes map[string]int // the first entry that has this path prefix and nothing else
}

func (x *matchIndex) add(m schema.Match, n *ir.Node) {
	if x.same == nil {
		x.same, x.prefixes = map[string]int{}, map[string]int{}
	}
	i := len(x.nodes)
	x.nodes = append(x.nodes, n)
	putFirst(x.same, canonical(m), i)
	if m.Path != nil && m.Path.Prefix != "" && len(m.Headers)+len(m.Cookies)+len(m.Query) == 0 {
		putFirst(x.prefixes, m.Path.Prefix, i)
	}
}

func putFirst(index map[string]int, key string, i int) {
	if _, ok := index[key]; !ok {
		index[key] = i
	}
}

// covering returns the first entry that is the same as m, or that is a path
// prefix of what m asks for; nil if there is none.
func (x *matchIndex) covering(m schema.Match) *ir.Node {
	first := len(x.nodes)
	if i, ok := x.same[canonical(m)]; ok {
		first = i
	}
	if m.Path != nil {
		path := cmp.Or(m.Path.Prefix, m.Path.Exact)
		for end := 1; end <= len(path); end++ {
			if i, ok := x.prefixes[path[:end]]; ok {
				first = min(first, i)
			}
		}
	}
	if first == len(x.nodes) {
		return nil
	}
	return x.nodes[first]
}

// canonical is a match as text: the same for the same requests.
func canonical(m schema.Match) string {
	headers := map[string]schema.Text{}
	for name, text := range m.Headers {
		headers[strings.ToLower(name)] = text
	}
	var path schema.Path
	if m.Path != nil {
		path = *m.Path
	}
	text, err := json.Marshal([]any{headers, m.Cookies, m.Query, path})
	if err != nil {
		panic("belay internal: match: " + err.Error())
	}
	return string(text)
}
