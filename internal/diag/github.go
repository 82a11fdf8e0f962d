package diag

import (
	"bytes"
	"fmt"
	"strings"
)

// GitHub returns a list as workflow commands, which GitHub Actions shows on
// the lines of a pull request.
func GitHub(list List) []byte {
	var out bytes.Buffer
	for _, d := range list {
		text := Printable(d.Message)
		for _, r := range d.Related {
			text += fmt.Sprintf("\n%s: %s", Printable(r.At.String()), Printable(r.Message))
		}
		if d.Hint != "" {
			text += "\nhint: " + Printable(d.Hint)
		}
		fmt.Fprintf(&out, "::%s file=%s,line=%d,endLine=%d,col=%d,endColumn=%d,title=%s::%s\n",
			command(d.Severity), property.Replace(Printable(d.At.File)), d.At.Start.Line, d.At.End.Line, d.At.Start.Column, d.At.End.Column,
			property.Replace(string(d.Code)), data.Replace(text))
	}
	return out.Bytes()
}

// command is the workflow command for a severity.
func command(s Severity) string {
	if s == Note {
		return "notice"
	}
	return string(s)
}

// The escapes of workflow commands: in what follows "::", and in properties.
var (
	data     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	property = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)
