// Package modules downloads the Go modules of releases of Knative, Istio and Argo CD
// that tests read files of, under checksum.
package modules

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
)

// sums is the directory whose go.sum has the hashes of the modules that are read.
var sums = sync.OnceValues(func() (string, error) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/belay-sh/belay").Output()
	return filepath.Join(strings.TrimSpace(string(out)), "golden", "modules", "sums"), err
})

// Directory returns the directory of a Go module that has a hash there. It
// downloads the module if need be.
func Directory(module string) (dir string, err error) {
	cmd := exec.Command("go", "mod", "download", "-json", module)
	if cmd.Dir, err = sums(); err != nil {
		return "", err
	}
	out, runErr := cmd.Output()
	var info struct{ Dir, Error string }
	if err := json.Unmarshal(out, &info); err != nil {
		return "", fmt.Errorf("%s: %w", module, runErr)
	}
	if info.Error != "" {
		return "", fmt.Errorf("%s: %s", module, info.Error)
	}
	return info.Dir, nil
}
