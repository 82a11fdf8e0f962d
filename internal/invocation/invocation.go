package main

import (
	"regexp"
	"slices"
	"strings"

	"github.com/belay-sh/belay/internal/diag"
)

// An invocation is what the caller wrote on the command line that decides which
// specs a command reads and what they compile to. Commands that belay proposes
// repeat it, so that they do what the message says.
type invocation struct {
	paths []string
	flags []string // words
}

// invocation is what the caller wrote for the paths given.
func (f *specFlags) invocation(paths []string) invocation {
	inv := invocation{paths: paths}
	add := func(flag string, values ...string) {
		for _, v := range values {
			if v != "" {
				inv.flags = append(inv.flags, flag, shellWord(v))
			}
		}
	}
	add("-t", f.Tags...)
	add("-n", f.Namespace)
	add("--target", f.Target)
	add("--target-knative", f.Knative)
	add("--target-istio", f.Istio)
	add("--lock", f.Lock)
	return inv
}

// command is a command that repeats the invocation, with flags of its own.
func (inv invocation) command(name string, flags ...string) string {
	words := []string{"belay", name}
	words = append(words, flags...)
	words = append(words, inv.flags...)
	paths := slices.Clone(inv.paths)
	if slices.ContainsFunc(paths, func(p string) bool { return strings.HasPrefix(p, "-") && p != "-" }) {
		words = append(words, "--")
	}
	if !slices.Equal(paths, []string{"."}) {
		for _, p := range paths {
			words = append(words, shellWord(p))
		}
	}
	return strings.Join(words, " ")
}

// proposal matches a command that a hint proposes for the specs of the run.
var proposal = regexp.MustCompile(`\bbelay (pin|render|vet)((?: --?[a-z][a-z-]*(?:='[^']*')?)*)`)

// complete returns diagnostics whose hints propose commands that repeat the
// invocation.
func (inv invocation) complete(list diag.List) diag.List {
	list = slices.Clone(list)
	for i, d := range list {
		list[i].Hint = proposal.ReplaceAllStringFunc(d.Hint, func(command string) string {
			parts := proposal.FindStringSubmatch(command)
			return inv.command(parts[1], strings.Fields(parts[2])...)
		})
	}
	return list
}

// shellWord is a word as a shell takes it.
func shellWord(word string) string {
	if word != "" && !strings.ContainsFunc(word, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._/=:@%+,-", r))
	}) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
