package diag

import (
	"bytes"
	"encoding/json"
	"net/url"
	"unicode/utf8"
)

// SARIF writes diagnostics in the form that code scanning services read:
// SARIF 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0/).
type SARIF struct {
	Version string                   // of belay
	Source  func(file string) []byte // the text of a file, or nil
}

type sarifLog struct {
	Schema  string     `json:"$schema"`
	Version string     `json:"version"`
	Runs    []sarifRun `json:"runs"`
}

type sarifRun struct {
	Tool       sarifTool     `json:"tool"`
	ColumnKind string        `json:"columnKind"`
	Results    []sarifResult `json:"results"`
}

type sarifTool struct {
	Driver sarifDriver `json:"driver"`
}

type sarifDriver struct {
	Name    string      `json:"name"`
	Version string      `json:"version"`
	Rules   []sarifRule `json:"rules"`
}

type sarifRule struct {
	ID   Code          `json:"id"`
	Help *sarifMessage `json:"help,omitempty"`
}

type sarifResult struct {
	RuleID    Code            `json:"ruleId"`
	Level     Severity        `json:"level"`
	Message   sarifMessage    `json:"message"`
	Locations []sarifLocation `json:"locations,omitempty"`
	Related   []sarifLocation `json:"relatedLocations,omitempty"`
}

type sarifMessage struct {
	Text     string `json:"text"`
	Markdown string `json:"markdown,omitempty"`
}

type sarifLocation struct {
	ID       int           `json:"id,omitempty"`
	Message  *sarifMessage `json:"message,omitempty"`
	Physical sarifPhysical `json:"physicalLocation"`
}

type sarifPhysical struct {
	Artifact sarifArtifact `json:"artifactLocation"`
	Region   sarifRegion   `json:"region"`
}

type sarifArtifact struct {
	URI string `json:"uri"`
}

type sarifRegion struct {
	StartLine   int `json:"startLine"`
	StartColumn int `json:"startColumn"`
	EndLine     int `json:"endLine"`
	EndColumn   int `json:"endColumn"`
}

// Print returns a list as a SARIF log with one run. Columns count characters
// there, not bytes.
func (s SARIF) Print(list List) []byte {
	sources := newSources(s.Source)
	run := sarifRun{
		Tool:       sarifTool{sarifDriver{Name: "belay", Version: s.Version, Rules: []sarifRule{}}},
		ColumnKind: "unicodeCodePoints",
		Results:    []sarifResult{},
	}
	seen := map[Code]bool{}
	for _, d := range list {
		if !seen[d.Code] {
			seen[d.Code] = true
			run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, rule(d.Code))
		}
		run.Results = append(run.Results, result(d, sources))
	}
	return indented(sarifLog{
		Schema:  "https://json.schemastore.org/sarif-2.1.0.json",
		Version: "2.1.0",
		Runs:    []sarifRun{run},
	})
}

func rule(c Code) sarifRule {
	r := sarifRule{ID: c}
	if page, ok := Page(c); ok {
		r.Help = &sarifMessage{Text: page, Markdown: page}
	}
	return r
}

func result(d Diagnostic, sources *sources) sarifResult {
	text := Printable(d.Message)
	if d.Hint != "" {
		text += "\nhint: " + Printable(d.Hint)
	}
	r := sarifResult{RuleID: d.Code, Level: d.Severity, Message: sarifMessage{Text: text}}
	if !d.At.IsZero() {
		r.Locations = []sarifLocation{{Physical: physical(d.At, sources)}}
	}
	for i, rel := range d.Related {
		r.Related = append(r.Related, sarifLocation{
			ID: i + 1, Message: &sarifMessage{Text: Printable(rel.Message)}, Physical: physical(rel.At, sources),
		})
	}
	return r
}

func physical(at Range, sources *sources) sarifPhysical {
	return sarifPhysical{
		Artifact: sarifArtifact{(&url.URL{Path: at.File}).String()},
		Region: sarifRegion{
			StartLine: at.Start.Line, StartColumn: sources.character(at.File, at.Start),
			EndLine: at.End.Line, EndColumn: sources.character(at.File, at.End),
		},
	}
}

// character turns a column in bytes into one in characters.
func (s *sources) character(file string, p Position) int {
	line, ok := s.line(file, p.Line)
	if !ok {
		return p.Column
	}
	return utf8.RuneCount(line[:min(p.Column-1, len(line))]) + 1
}

// indented is a value as JSON for files and pipes, without HTML's escapes.
func indented(value any) []byte {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(value); err != nil {
		panic("belay internal: diagnostics: " + err.Error())
	}
	return escapeJSON(out.Bytes())
}
