package compiler

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"path"
	"strings"

	"github.com/belay-sh/belay/diag"
	"github.com/belay-sh/belay/ir"
)

// readManifests reads the files that a platform is installed from, and holds
// each to its checksum. What is missing is told once, with the command that
// fetches it; without its files there is no platform.
func (r *run) readManifests(c *ir.Checked) (diags diag.List) {
	p := c.Platform
	if p == nil || p.Spec.Manifests == nil {
		return nil
	}
	n := p.Node.Field("manifests")
	directory := n.Field("directory")
	dir := path.Join(path.Dir(directory.At.File), directory.Text) // as the user sees it from here
	var missing []*ir.ManifestFile
	for i := range p.Files {
		file := &p.Files[i]
		data, err := r.opts.Beside(directory, path.Join(directory.Text, file.Name))
		sum := sha256.Sum256(data)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			missing = append(missing, file)
		case err != nil:
			diags.Add(directory.Errorf(diag.ReadFailed, "%s can't be read: %v", path.Join(dir, file.Name), err))
		case hex.EncodeToString(sum[:]) != file.SHA256:
			at := directory
			if own := n.Find("sha256", file.Name); own.Name == file.Name {
				at = own
			}
			diags.Add(at.Errorf(diag.ManifestMismatch, "%s is not the file of Knative %s: its SHA-256 is %x, not %s",
				path.Join(dir, file.Name), p.Version, sum, file.SHA256).WithHint("%s", fetch(dir, file)))
		}
		file.Data = data
	}
	if len(missing) > 0 {
		names := make([]string, len(missing))
		for i, file := range missing {
			names[i] = file.Name
		}
		diags.Add(directory.Errorf(diag.MissingManifest, "%s lacks %s of Knative %s", dir, strings.Join(names, ", "), p.Version).
			WithHint("%s", fetch(dir, missing...)))
	}
	if diags.HasErrors() {
		c.Platform = nil
	}
	return diags
}

// fetch is a command that fetches files to a directory, as far as it is known
// from where.
func fetch(directory string, files ...*ir.ManifestFile) string {
	command := "curl -fsSL --create-dirs --output-dir " + directory
	for _, file := range files {
		if file.URL == "" {
			return "get the files of that release"
		}
		command += " -O " + file.URL
	}
	return command
}
