package main

import (
	"fmt"
	"math/rand"
	"strings"
)

// A hostile input is a tree of files that wants to harm whoever renders it.
type hostile struct {
	name  string
	files map[string]string // below the root; a value "-> target" is a link, "|" a pipe
	size  int64             // of the file "large", which is sparse
	args  []string          // of belay; render of the root if empty
	exec  string            // the program, if it is another than belay
	stdin string
	code  string // a diagnostic that it must end with; any, if empty
}

// hostileInputs are the families, each with its variants.
func hostileInputs(listener string) (all []hostile) {
	for _, family := range []struct {
		name     string
		variants []hostile
	}{
		{"bomb", bombs()}, {"deep", deep()}, {"endless", endless()}, {"memory", memory()}, {"large", large()},
		{"bytes", notText()}, {"link", links()}, {"embed", embeds()}, {"import", imports(listener)}, {"path", outsidePaths()},
		{"many", many()}, {"garbage", garbage()}, {"lock", locks()}, {"cycle", cycles()}, {"krm", lists()}, {"cmp", plugins()},
	} {
		for i, h := range family.variants {
			h.name = fmt.Sprintf("%s-%02d", family.name, i)
			all = append(all, h)
		}
	}
	return all
}

// cue is an input of one CUE file, and yaml and json those of theirs.
func cue(code, text string) hostile {
	return hostile{code: code, files: map[string]string{"app.cue": text}}
}

func file(code, name, text string) hostile {
	return hostile{code: code, files: map[string]string{name: text}, args: []string{"render", "--confine", ".", name}}
}

// hurried shortens the time of an input that takes all there is.
func hurried(h hostile) hostile {
	h.args = []string{"render", "--confine", ".", "--max-time", "400ms", "."}
	return h
}

// bombs are aliases of aliases.
func bombs() (out []hostile) {
	for width := 2; width <= 12; width += 2 {
		for _, depth := range []int{25, 40} {
			var b strings.Builder
			b.WriteString("a0: &a0 [x, x]\n")
			for i := range depth {
				fmt.Fprintf(&b, "a%d: &a%d [%s]\n", i+1, i+1, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i), width), ", "))
			}
			out = append(out, file("yaml-alias", "app.yaml", b.String()))
		}
	}
	merges := "a0: &a0 {x: 1}\n"
	for i := range 30 {
		merges += fmt.Sprintf("a%d: &a%d {<<: [*a%d, *a%d], k%d: *a%d}\n", i+1, i+1, i, i, i, i)
	}
	return append(out,
		file("", "app.yaml", merges),
		hostile{files: map[string]string{"app.cue": "@extern(embed)\npackage app\n\napps: _ @embed(file=bomb.yaml)\n", "bomb.yaml": out[3].files["app.yaml"], "cue.mod/module.cue": aModule}},
		file("", "app.yaml", "a: &a [*a, *a]\n"))
}

const aModule = "module: \"example.com/app\"\nlanguage: version: \"v0.15.0\"\n"

// deep are inputs that nest, in every way that the languages know.
func deep() (out []hostile) {
	for _, n := range []int{1100, 20_000, 300_000} {
		for _, s := range []struct{ open, middle, shut string }{
			{"[", "1", "]"}, {"(", "1", ")"}, {"{a:", "1", "}"}, {"!", "true", ""}, {"-", "1", ""}, {"1+", "1", ""}, {"a.", "a", ""}, {"a: ", "1", ""},
			{"{}&", "{}", ""}, {"1|", "1", ""}, {`"\(`, "1", `)"`}, {"a[0].", "a", ""}, {"if true {", "1", "}"},
		} {
			if n > 20_000 && len(s.open) > 3 {
				continue
			}
			out = append(out, cue("too-deep", "a: "+strings.Repeat(s.open, n)+s.middle+strings.Repeat(s.shut, n)+"\n"))
		}
		for _, s := range [][2]string{{"[", "]"}, {`{"a":`, "}"}} {
			out = append(out,
				file("", "app.json", strings.Repeat(s[0], n)+"1"+strings.Repeat(s[1], n)),
				file("", "app.yaml", "a: "+strings.Repeat(s[0], n)+"1"+strings.Repeat(s[1], n)+"\n"))
		}
		out = append(out, file("", "app.yaml", strings.Repeat("- ", n)+"1\n"))
	}
	return out
}

// endless are specs that compute for longer than anyone waits.
func endless() (out []hostile) {
	loops := []string{"x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9"}
	for n := 7; n <= 9; n++ {
		comprehension := "for " + strings.Join(loops[:n], " in _l for ") + " in _l"
		for _, body := range []string{`apps: web: args: [` + comprehension + ` {"x"}]`, comprehension + ` {apps: "w\(x1)": image: "x"}`} {
			out = append(out, hurried(cue("", "_l: [1,2,3,4,5,6,7,8,9,10]\napps: web: image: \"x\"\n"+body+"\n")))
		}
		alternatives := make([]string, 8*n)
		for i := range alternatives {
			alternatives[i] = fmt.Sprintf("({x%d: 1} | {x%d: 2})", i%(4*n), i)
		}
		out = append(out, hurried(cue("", "apps: web: env: "+strings.Join(alternatives, " & ")+"\n")))
	}
	return append(out,
		cue("time-limit", "_l: [1,2,3,4,5,6,7,8,9,10]\napps: web: {image: \"x\", args: [for "+strings.Join(loops, " in _l for ")+" in _l if x1+x2 > 90 {\"x\"}]}\n"),
		hurried(cue("", "import \"list\"\napps: web: {image: \"x\", args: [for i in list.Range(0, 1000000000, 1) if i < 0 {\"x\"}]}\n")),
		hurried(cue("", "import \"text/template\"\n_l: [1,2,3,4,5,6,7,8,9,10]\napps: web: image: template.Execute(\"{{range .}}"+strings.Repeat("{{range $}}", 9)+strings.Repeat("{{end}}", 10)+"\", _l)\n")),
		hurried(cue("", "import \"strings\"\napps: web: image: strings.Join([for i in strings.Split(strings.Repeat(\"x\", 900000), \"\") for j in [1,2,3,4,5,6,7,8,9] {i}], \"\")\n")),
	)
}

// memory are specs that grow.
func memory() (out []hostile) {
	for _, factor := range []int{2, 4, 10} {
		for _, join := range []string{"interpolation", "sum"} {
			text := "a0: \"xxxxxxxxxxxxxxxx\"\n"
			for i := range 40 {
				parts := strings.Repeat(fmt.Sprintf(`\(a%d)`, i), factor)
				value := `"` + parts + `"`
				if join == "sum" {
					value = strings.TrimSuffix(strings.Repeat(fmt.Sprintf("a%d+", i), factor), "+")
				}
				text += fmt.Sprintf("a%d: %s\n", i+1, value)
			}
			out = append(out, hurried(cue("", text+"apps: web: image: a40\n")))
		}
	}
	return append(out,
		cue("memory-limit", "import \"math/bits\"\napps: web: {image: \"x\", timeoutSeconds: bits.Lsh(1, 1000000000000)}\n"),
		hostile{code: "memory-limit", files: map[string]string{"app.cue": "package app\n\nimport \"example.com/p\"\n\napps: web: timeoutSeconds: p.X\n", "cue.mod/module.cue": aModule, "cue.mod/pkg/example.com/p/p.cue": "package p\n\nimport \"math/bits\"\n\nX: bits.Lsh(1, 1000000000000)\n"}},
		cue("", "import \"strings\"\napps: web: image: strings.Repeat(\"x\", 4294967296)\n"),
		cue("", "apps: web: image: \"x\" * 1099511627776\n"),
		cue("", "import \"list\"\napps: web: {image: \"x\", args: list.Repeat([\"x\"], 1000000000000)}\n"),
		cue("", "import \"math\"\napps: web: {image: \"x\", timeoutSeconds: math.Pow(10, 1000000000)}\n"),
		cue("", "apps: web: {image: \"x\", timeoutSeconds: 1e1000000000}\n"),
		hurried(cue("", "import \"list\"\napps: web: {image: \"x\", args: [for i in list.Range(0, 100000000, 1) {\"\\(i)\"}]}\n")),
	)
}

// large are inputs above the limit, some of holes only.
func large() (out []hostile) {
	for _, name := range []string{"app.cue", "app.yaml", "app.json", "belay.lock"} {
		for _, size := range []int64{8<<20 + 1, 100 << 20, 1 << 40} {
			h := hostile{code: "too-large", size: size, files: map[string]string{name: "-> large", "large": "", "spec.cue": "package app\n\napps: web: image: \"x\"\n"}}
			if name != "app.cue" && name != "belay.lock" {
				h.args = []string{"render", "--confine", ".", name}
			}
			out = append(out, h)
		}
	}
	stdin := file("", "app.cue", "")
	stdin.args = []string{"render", "--confine", ".", "-"}
	stdin.stdin = strings.Repeat("// comment\n", 10<<20)
	text := file("", "app.yaml", strings.Repeat("[],", 2_600_000))
	list := file("", "app.json", `{"apps": [`+strings.Repeat("[],", 2_600_000)+`1]}`)
	line := cue("", `apps: web: image: "`+strings.Repeat("x", 7<<20)+"\"\n")
	return append(out, stdin, text, list, line)
}

// notText are bytes that no text has.
func notText() (out []hostile) {
	for _, bytes := range []string{"\x00", "\xff", "\xc3\x28", "\xed\xa0\x80", "\xf8\x88\x80\x80\x80", "a\x00b\xff"} {
		out = append(out,
			cue("syntax", "apps: web: image: \"x"+bytes+"\"\n"),
			file("syntax", "app.yaml", "apps: {web: {image: \"x"+bytes+"\"}}\n"),
			file("syntax", "app.json", `{"apps": {"web": {"image": "x`+bytes+`"}}}`))
	}
	return out
}

// links lead out of the root, or to what is no file.
func links() (out []hostile) {
	spec := "package app\n\napps: web: image: \"x\"\n"
	for _, target := range []string{"../../secret.cue", "$DIR/../../secret.cue", "../../../../../../../../../../../etc/hostname", "/dev/zero", "/dev/stdin", "/proc/self/environ", "sub/../../../secret.cue"} {
		out = append(out,
			hostile{code: "outside-root", files: map[string]string{"app.cue": "-> " + target, "sub/x": ""}},
			hostile{code: "outside-root", files: map[string]string{"app.cue": spec, "belay.lock": "-> " + target, "sub/x": ""}})
	}
	return append(out,
		hostile{code: "outside-root", files: map[string]string{"app.cue": "-> b", "b": "-> c", "c": "-> ../../secret.cue"}},
		hostile{code: "read-failed", files: map[string]string{"app.cue": "-> b.cue", "b.cue": "-> app.cue"}},
		hostile{code: "read-failed", files: map[string]string{"app.cue": "|"}},
		hostile{code: "read-failed", files: map[string]string{"app.cue": spec, "belay.lock": "|"}},
		hostile{files: map[string]string{"app.cue": spec, "cue.mod": "-> ../cue.mod", "x": ""}},
		hostile{files: map[string]string{"sub": "-> ../../other/p"}, args: []string{"render", "--confine", ".", "sub"}},
		hostile{files: map[string]string{"sub": "-> ../../other", "x": ""}, args: []string{"render", "--confine", ".", "./..."}},
	)
}

// embeds embed what lies outside.
func embeds() (out []hostile) {
	for _, what := range []string{"file=../../secret.yaml", "file=/etc/hostname, type=text", "file=link.yaml", "glob=*.yaml", "file=dir/secret.yaml", "file=pipe.yaml", "file=/proc/self/environ, type=text", "file=zero.txt, type=text"} {
		out = append(out, hostile{files: map[string]string{
			"app.cue": "@extern(embed)\npackage app\n\napps: _ @embed(" + what + ")\n", "cue.mod/module.cue": aModule,
			"link.yaml": "-> ../../secret.yaml", "dir": "-> ../..", "pipe.yaml": "|", "zero.txt": "-> /dev/zero",
		}})
	}
	return out
}

// imports want modules from elsewhere.
func imports(listener string) (out []hostile) {
	for _, path := range []string{"example.com/other/p", listener + "/p", "registry.example.com/p@v0", "github.com/belay-sh/belay/p", "../../other/p", "/etc", "file:///etc"} {
		out = append(out, hostile{code: "", files: map[string]string{"app.cue": "package app\n\nimport p \"" + path + "\"\n\napps: web: image: p.Secret\n", "cue.mod/module.cue": aModule}})
	}
	deps := aModule + "deps: \"example.com/p@v0\": v: \"v0.1.0\"\n"
	spec := "package app\n\nimport \"example.com/p\"\n\napps: web: image: p.Secret\n"
	return append(out,
		hostile{files: map[string]string{"app.cue": spec, "cue.mod/module.cue": deps}},
		hostile{files: map[string]string{"app.cue": spec, "cue.mod/module.cue": aModule, "cue.mod/pkg/example.com/p": "-> ../../../../../other/p"}},
		hostile{files: map[string]string{"app.cue": spec, "cue.mod/module.cue": aModule, "cue.mod/pkg": "-> ../../../other"}},
		hostile{files: map[string]string{"app.cue": spec, "cue.mod/module.cue": "-> ../../cue.mod/module.cue"}},
		hostile{code: "unresolved-reference", files: map[string]string{"app.cue": "package app\n\napps: web: image: _secret\n"}},
	)
}

// outsidePaths name what lies outside.
func outsidePaths() (out []hostile) {
	for _, path := range []string{"../..", "../../secret.yaml", "../../...", "/etc", "/etc/hostname", "sub/../../..", "/proc/self/fd/0", "/dev/zero"} {
		out = append(out, hostile{files: map[string]string{"app.cue": "package app\n\napps: web: image: \"x\"\n", "sub/x": ""}, args: []string{"render", "--confine", ".", path}})
	}
	return append(out, hostile{files: map[string]string{"app.cue": "package app\n\napps: web: image: \"x\"\n"}, args: []string{"render", "--confine", ".", "--lock", "../../belay.lock", "."}})
}

// many make more of something than anyone has use for.
func many() []hostile {
	fields := &strings.Builder{}
	for i := range 200_000 {
		fmt.Fprintf(fields, "k%d: 1\n", i)
	}
	digest := "@sha256:5ea96ba4b872685ff4ddb5cd8d1a97ec18c18fae79ee8df0d29f446c5efe5f50"
	objects := cue("too-many-objects", "import \"list\"\nfor i in list.Range(0, 400, 1) {apps: \"w\\(i)\": image: \"x.example.com/web"+digest+"\"}\n")
	objects.args = []string{"render", "--confine", ".", "--max-objects", "300", "--max-time", "1m", "."}
	return []hostile{
		objects,
		hurried(cue("", "import \"list\"\nfor i in list.Range(0, 1000000, 1) {apps: \"w\\(i)\": image: \"x\"}\n")),
		file("", "app.yaml", fields.String()),
		file("", "app.json", "{"+strings.ReplaceAll(strings.ReplaceAll(strings.TrimSuffix(strings.ReplaceAll(fields.String(), "\n", ","), ","), "k", `"k`), ":", `":`)+"}"),
		cue("", "apps: web: {image: \"x\"\n"+fields.String()+"}\n"),
	}
}

// garbage are bytes at random, the same each time.
func garbage() (out []hostile) {
	r := rand.New(rand.NewSource(6))
	alphabet := "{}[]()&|*!,:\"'\\\n\t -_#$@ap012.x"
	for range 10 {
		noise, text := make([]byte, 4096), make([]byte, 4096)
		r.Read(noise)
		for i := range text {
			text[i] = alphabet[r.Intn(len(alphabet))]
		}
		out = append(out, cue("", string(noise)), cue("", string(text)), file("", "app.yaml", string(text)), file("", "app.json", string(text)))
	}
	return out
}

// locks are hostile in the lock.
func locks() (out []hostile) {
	for _, lock := range []string{
		"\x00", "\xff\xfe", strings.Repeat("[", 100_000), bombs()[0].files["app.yaml"], "version: 1\nimages: [1, 2]\n", "version: 99999999999999999999\n",
		"version: 1\nimages:\n  x:\n    digest: sha256:../../secret\n", "- - - -", "version: 1\nimages: {x: {digest: !!binary aGk=}}\n", "{",
	} {
		out = append(out, hostile{files: map[string]string{"app.cue": "package app\n\napps: web: image: \"x.example.com/y:v1\"\n", "belay.lock": lock}})
	}
	return out
}

// cycles contain themselves.
func cycles() (out []hostile) {
	for _, text := range []string{
		"apps: apps\n", "apps: web: env: apps\n", "#L: {next: #L}\napps: web: env: #L\n", "apps: web: {image: image}\n", "apps: web: image: \"\\(apps.web.image)\"\n",
		"_a: _b\n_b: [_a]\napps: web: args: _a\n", "#F: {n: int, out: {if n > 0 {(#F & {\"n\": n-1}).out}}}\napps: web: env: (#F & {n: 1000000}).out\n",
		"_f: {n: int, if n > 0 {a: _f & {\"n\": n - 1}}}\napps: web: env: _f & {n: 100000}\n",
	} {
		out = append(out, hurried(cue("", text)))
	}
	return out
}

// lists are hostile as ResourceLists of the function.
func lists() (out []hostile) {
	call := func(config string) string {
		return "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: []\nfunctionConfig:\n  apiVersion: belay.sh/v1alpha1\n" + config
	}
	head := "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nfunctionConfig: {apiVersion: belay.sh/v1alpha1, kind: Vet, metadata: {name: v}}\nitems: "
	bomb := strings.ReplaceAll("\n"+bombs()[3].files["app.yaml"], "\n", "\n    ")
	for _, stdin := range []string{
		"", "\x00", "\xff\xfe", "{", "[]", "kind: ResourceList", "kind: ResourceList\nitems: 1\n", "kind: ResourceList\nitems: []\nfunctionConfig: []\n",
		head + strings.Repeat("[", 100_000), head + strings.Repeat("[],", 400_000), head + "[" + strings.Repeat("{},", 300_000) + "]",
		strings.Repeat("- a\n", 5<<20), call("  kind: Apps\n  metadata: {name: a}\n  spec:" + bomb + "\n"), call("  kind: App\n  metadata: {name: a}\n  spec: [1]\n"),
		call("  kind: Render\n  metadata: {name: a}\n  spec: {path: ../..}\n"), call("  kind: Render\n  metadata: {name: a}\n  spec: {path: /etc}\n"),
		call("  kind: Render\n  metadata: {name: a}\n  spec: {path: ../../secret.yaml}\n"), call("  kind: Pin\n  metadata: {name: a}\n  spec: {images: [1]}\n"),
		call("  kind: Deploy\n  metadata: {name: a}\n"), call("  kind: App\n"),
	} {
		out = append(out, hostile{args: []string{"krm", "--confine", "."}, stdin: stdin})
	}
	for _, h := range append(memory()[:6], append(endless()[:3], links()[:4]...)...) {
		h.args = []string{"krm", "--confine", ".", "--max-time", "400ms"}
		h.stdin = call("  kind: Render\n  metadata: {name: a}\n  spec: {path: .}\n")
		out = append(out, h)
	}
	return out
}

// ofFunction are the inputs of belay krm, for belay-krm.
func ofFunction(inputs []hostile, program string) (out []hostile) {
	for _, h := range inputs {
		if len(h.args) > 0 && h.args[0] == "krm" {
			h.name, h.exec, h.args = "belay-"+h.name, program, h.args[1:]
			out = append(out, h)
		}
	}
	return out
}

// plugins are hostile as Applications of Argo CD's.
func plugins() (out []hostile) {
	for _, h := range append(memory()[:7], append(endless()[:3], append(links()[:6], embeds()...)...)...) {
		h.args = []string{"cmp", "generate", "--confine", ".", "--max-time", "400ms"}
		out = append(out, h)
	}
	return out
}
