package cuelang

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// FuzzPackages makes a package of the bytes, with all that decides what a
// package consists of, and holds belay's value of it to CUE's own.
func FuzzPackages(f *testing.F) {
	for seed := range 64 {
		data := make([]byte, 24)
		for i := range data {
			data[i] = byte(seed*31 + i*i*7 + i*seed)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 200 {
			return
		}
		g := &packageGenerator{data: data}
		files, args, tags := g.generate()
		want, cueErr := exported(t, files, args, tags)
		got, belayErr := loaded(t, files, args, tags)
		if cueErr != "" {
			assert.NotEmpty(t, belayErr, "cue has an error, belay has the value %s\n%s\n%s", got, cueErr, show(files, args, tags))
			return
		}
		require.Empty(t, belayErr, "cue has the value %s\n%s", want, show(files, args, tags))
		assert.JSONEq(t, want, got, "%s", show(files, args, tags))
	})
}

func show(files map[string]string, args, tags []string) string {
	var b strings.Builder
	fmt.Fprintln(&b, args, tags)
	for name, text := range files {
		fmt.Fprintf(&b, "-- %s --\n%s", name, text)
	}
	return b.String()
}

// A packageGenerator draws packages: each byte is a choice. Without bytes it
// takes the first of everything.
type packageGenerator struct{ data []byte }

func (g *packageGenerator) pick(n int) int {
	if len(g.data) == 0 {
		return 0
	}
	b := int(g.data[0])
	g.data = g.data[1:]
	return b % n
}

func (g *packageGenerator) of(texts ...string) string { return texts[g.pick(len(texts))] }

func (g *packageGenerator) generate() (files map[string]string, args, tags []string) {
	files = map[string]string{}
	if module := g.of(
		"module: \"example.com/x@v0\"\nlanguage: version: \"v0.15.0\"\n",
		"",
		"module: \"example.com/x@v0\"\nlanguage: version: \"v0.13.0\"\n",
		"module: \"example.com/x\"\nlanguage: {version: \"v0.9.0\"}\nsource: kind: \"self\"\n",
		"module: \"example.com/x@v0\"\n",
		"module: \"example.com/x@v0\"\nlanguage: version: \"v0.15.0\"\ndeps: {}\n",
	); module != "" {
		files["cue.mod/module.cue"] = module
	}
	for range 1 + g.pick(4) {
		dir := g.of("p/", "p/", "", "p/q/")
		name := g.of("a", "b", "c", "_d", "e_tool", "f_test", ".g")
		files[dir+name+".cue"] = g.file()
	}
	files["p/z.cue"] = "package p\n\nlast: true\n" + g.field(0)
	args = []string{g.of("./p", "./p:p", "./p:other")}
	for range g.pick(3) {
		tags = append(tags, g.of("dev", "env=prod", "env=dev", "n=3", "nothing=x"))
	}
	return files, args, tags
}

func (g *packageGenerator) file() string {
	var b strings.Builder
	b.WriteString(g.of("", "", "", "@if(dev)\n\n", "@if(!dev)\n\n", "@if(dev && other)\n\n", "@ignore()\n\n", "// a comment\n\n"))
	b.WriteString(g.of("package p\n\n", "package p\n\n", "package p\n\n", "", "package _\n\n", "package other\n\n"))
	for i := range 1 + g.pick(4) {
		b.WriteString(g.field(i))
	}
	return b.String()
}

func (g *packageGenerator) field(depth int) string {
	name := g.of("a", "b", "c", "_h", "#D", "\"q-r\"", "a!", "b?", "[string]", "let L")
	if strings.HasPrefix(name, "let") {
		return fmt.Sprintf("%s%d = %s\n", name, g.pick(9), g.value(depth))
	}
	tag := g.of("", "", "", "", " @tag(env)", " @tag(env,short=dev|prod)", " @tag(n,type=int)")
	return fmt.Sprintf("%s: %s%s\n", name, g.value(depth), tag)
}

func (g *packageGenerator) value(depth int) string {
	if depth > 3 {
		return g.of("1", "\"s\"", "null")
	}
	switch g.pick(14) {
	case 0:
		return "1"
	case 1:
		return g.of("\"s\"", "\"prod\"", "true", "null", "2.5")
	case 2:
		return g.of("int", "string", "_", "bool", "number", ">1 & <9")
	case 3:
		return g.of("a", "b", "_h", "#D", "last", "nowhere")
	case 4:
		return "{" + strings.TrimSpace(g.field(depth+1)) + ", " + strings.TrimSpace(g.field(depth+1)) + "}"
	case 5:
		return "[" + g.value(depth+1) + ", " + g.value(depth+1) + "]"
	case 6:
		return "*" + g.operand(depth+1) + " | " + g.operand(depth+1)
	case 7:
		return g.operand(depth+1) + " | " + g.operand(depth+1)
	case 8:
		return g.operand(depth+1) + " & " + g.operand(depth+1)
	case 9:
		return "[..." + g.value(depth+1) + "]"
	case 10:
		return "{for k, v in {x: 1, y: 2} {(k): " + g.value(depth+1) + "}}"
	case 11:
		return "{if " + g.of("true", "last", "a == 1") + " {c: " + g.value(depth+1) + "}}"
	case 12:
		return "\"\\(" + g.value(depth+1) + ")\""
	default:
		return g.operand(depth+1) + g.of(" + ", " == ", " * ") + g.operand(depth+1)
	}
}

func (g *packageGenerator) operand(depth int) string { return "(" + g.value(depth) + ")" }
