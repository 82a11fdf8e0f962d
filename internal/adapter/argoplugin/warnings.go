package argoplugin

import (
	"fmt"

	"github.com/belay-sh/belay/compiler"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
)

// maxWarnings is how many warnings of an app are shown. The others are counted.
const maxWarnings = 10

// warnings returns the warnings of a run as texts, by the file of their app. They
// have no places, since a line that moves would change what is applied.
func warnings(run compiler.Run) map[ir.FileKey][]string {
	found := map[ir.FileKey][]string{}
	for app, list := range run.Warnings {
		var texts []string
		for _, d := range list {
			texts = append(texts, fmt.Sprintf("%s: %s", d.Code, diag.Printable(d.Message)))
		}
		if more := len(texts) - maxWarnings; more > 0 {
			texts = append(texts[:maxWarnings], fmt.Sprintf("and %d more", more))
		}
		found[ir.FileKey{Namespace: app.Namespace, App: app.Name}] = texts
	}
	return found
}
