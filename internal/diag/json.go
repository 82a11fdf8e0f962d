package diag

type jsonList struct {
	Diagnostics []jsonDiagnostic `json:"diagnostics"`
}

type jsonDiagnostic struct {
	Code      Code          `json:"code"`
	Severity  Severity      `json:"severity"`
	Message   string        `json:"message"`
	Hint      string        `json:"hint,omitempty"`
	File      string        `json:"file"`
	Line      int           `json:"line"`
	Column    int           `json:"column"`
	EndLine   int           `json:"endLine"`
	EndColumn int           `json:"endColumn"`
	Path      string        `json:"path,omitempty"`
	Related   []jsonRelated `json:"related,omitempty"`
}

type jsonRelated struct {
	File    string `json:"file"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Message string `json:"message"`
}

// JSON returns a list as one JSON object, for programs. Lines and columns
// count from 1, columns in bytes.
func JSON(list List) []byte {
	out := jsonList{Diagnostics: []jsonDiagnostic{}}
	for _, d := range list {
		j := jsonDiagnostic{
			Code: d.Code, Severity: d.Severity, Message: Printable(d.Message), Hint: Printable(d.Hint), Path: d.Path,
			File: d.At.File, Line: d.At.Start.Line, Column: d.At.Start.Column,
			EndLine: d.At.End.Line, EndColumn: d.At.End.Column,
		}
		for _, r := range d.Related {
			j.Related = append(j.Related, jsonRelated{r.At.File, r.At.Start.Line, r.At.Start.Column, Printable(r.Message)})
		}
		out.Diagnostics = append(out.Diagnostics, j)
	}
	return indented(out)
}
