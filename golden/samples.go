package golden

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/rogpeppe/go-internal/txtar"
)

// A Sample is the input that a page of a diagnostic shows. A file ARGS has the
// arguments, as in a fixture.
type Sample struct{ Files map[string]string }

var fence = regexp.MustCompile("(?s)```(\\w+)\n(.*?)\n```")

// Blocks calls use with each block of code in a text of Markdown.
func Blocks(text string, use func(language, code string)) {
	for _, m := range fence.FindAllStringSubmatch(text, -1) {
		use(m[1], m[2]+"\n")
	}
}

// PageSample returns the sample in a section of a page.
func PageSample(page, title string) (Sample, error) {
	_, text, ok := strings.Cut(page, "\n## "+title+"\n")
	m := fence.FindStringSubmatch(text)
	if !ok || m == nil {
		return Sample{}, fmt.Errorf("the page has no sample in a section %s", title)
	}
	s := Sample{map[string]string{}}
	switch language, text := m[1], m[2]+"\n"; language {
	case "txtar":
		for _, file := range txtar.Parse([]byte(text)).Files {
			s.Files[file.Name] = string(file.Data)
		}
	case "yaml":
		s.Files["app.yaml"] = text
	default:
		s.Files["app.cue"] = text
	}
	return s, nil
}
