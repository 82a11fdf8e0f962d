package compiler

import (
	"crypto/sha256"
	"encoding/hex"
	"path"
	"strings"

	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
)

// readManifests reads the files that a platform is installed from, and compares
// each with its checksum. Missing files are one diagnostic, with the command that
// fetches them. It drops the platform if a file is missing or differs.
func (r *run) readManifests(c *ir.Checked) (diags diag.List) {
	p := c.Platform
	if p == nil || p.Spec.Manifests == nil {
		return nil
	}
	at := p.Node.Find("manifests", "directory")
	dir := path.Join(path.Dir(at.At.File), at.Text) // as the user sees it from here
	var missing []*ir.ReleaseFile
	var names []string
	for i := range p.Files {
		file := &p.Files[i]
		data, unreadable := r.opts.ReadRelativeTo(at, path.Join(at.Text, file.Name))
		file.Data = data
		switch {
		case len(unreadable) > 0:
			diags.Add(unreadable...)
		case data == nil:
			missing, names = append(missing, file), append(names, file.Name)
		default:
			diags.Add(verify(p, dir, file)...)
		}
	}
	if len(missing) > 0 {
		diags.Add(at.Errorf(diag.MissingManifest, "%s lacks %s of Knative %s", dir, strings.Join(names, ", "), p.Version).
			WithHint("%s", fetch(dir, missing...)))
	}
	if diags.HasErrors() {
		c.Platform = nil
	}
	return diags
}

// verify reports a file whose checksum is not the expected one: the spec's own,
// or that of the release.
func verify(p *ir.Platform, dir string, file *ir.ReleaseFile) diag.List {
	sum := sha256.Sum256(file.Data)
	if hex.EncodeToString(sum[:]) == file.SHA256 {
		return nil
	}
	at := p.Node.Find("manifests", "sha256", file.Name)
	if at.Name != file.Name {
		at = p.Node.Find("manifests", "directory")
	}
	return diag.List{at.Errorf(diag.ManifestMismatch, "%s is not the file of Knative %s: its SHA-256 is %x, not %s",
		path.Join(dir, file.Name), p.Version, sum, file.SHA256).WithHint("%s", fetch(dir, file))}
}

// fetch returns the command that downloads files to a directory, or what to do for
// files whose URL is not known.
func fetch(directory string, files ...*ir.ReleaseFile) string {
	command := "curl -fsSL --create-dirs --output-dir " + directory
	for _, file := range files {
		if file.URL == "" {
			return "get the files of that release"
		}
		command += " -O " + file.URL
	}
	return command
}
