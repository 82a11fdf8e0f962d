// Package invocation completes the commands that hints propose, so that they
// read the specs that the message is about and compile them alike: with the
// paths and the flags of the call that found the mistake.
package invocation

import (
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/internal/diag"
)

// An Invocation is what decides which specs a command reads and what they
// compile to.
type Invocation struct {
	Paths []string
	Flags []string // names and values, in turn; a flag without a value is left out

	// Where is added to a hint with a command: where to run it, if that is not where
	// the message is read.
	Where string
}

// AtRoot is where the paths of InRepository lead from.
const AtRoot = "at the root of the repository"

// InRepository returns the invocation of a host's call in a directory. Whoever
// reads the messages is not there, so the paths are those from the root of the
// repository, which the call is confined to.
func InRepository(opts load.Options, paths []string, flags ...string) Invocation {
	inv := Invocation{Paths: paths}
	for _, tag := range opts.Tags {
		inv.Flags = append(inv.Flags, "-t", tag)
	}
	inv.Flags = append(inv.Flags, flags...)
	if opts.Root == nil {
		return inv
	}
	inv.Paths, inv.Where = nil, AtRoot
	for _, p := range paths {
		if !filepath.IsAbs(p) {
			p = filepath.Join(opts.Dir, p)
		}
		if below, err := filepath.Rel(opts.Root.Name(), p); err == nil {
			p = below
		}
		inv.Paths = append(inv.Paths, path.Clean(filepath.ToSlash(p)))
	}
	return inv
}

// Command returns a command that repeats the invocation, with flags of its own,
// which are words of a shell.
func (inv Invocation) Command(name string, flags ...string) string {
	words := slices.Concat([]string{"belay", name}, flags)
	for i := 0; i+1 < len(inv.Flags); i += 2 {
		if inv.Flags[i+1] != "" {
			words = append(words, inv.Flags[i], ShellWord(inv.Flags[i+1]))
		}
	}
	if slices.ContainsFunc(inv.Paths, func(p string) bool { return strings.HasPrefix(p, "-") && p != "-" }) {
		words = append(words, "--")
	}
	if !slices.Equal(inv.Paths, []string{"."}) {
		for _, p := range inv.Paths {
			words = append(words, ShellWord(p))
		}
	}
	return strings.Join(words, " ")
}

// proposal matches a command that a hint proposes for the specs of the run.
var proposal = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\bbelay (pin|render|vet)((?: --?[a-z][a-z-]*(?:='[^']*')?)*)`)
})

// Complete returns diagnostics whose hints propose commands that repeat the
// invocation.
func (inv Invocation) Complete(list diag.List) diag.List {
	list = slices.Clone(list)
	for i, d := range list {
		list[i].Hint = inv.CompleteHint(d.Hint)
	}
	return list
}

// CompleteHint returns a hint whose commands repeat the invocation.
func (inv Invocation) CompleteHint(hint string) string {
	completed := proposal().ReplaceAllStringFunc(hint, func(command string) string {
		parts := proposal().FindStringSubmatch(command)
		return inv.Command(parts[1], strings.Fields(parts[2])...)
	})
	if completed != hint && inv.Where != "" {
		completed += " (" + inv.Where + ")"
	}
	return completed
}

// ShellWord returns a word as a shell reads it.
func ShellWord(word string) string {
	if word != "" && !strings.ContainsFunc(word, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._/=:@%+,-", r))
	}) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
