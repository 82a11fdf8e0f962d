package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/belay-sh/belay/compiler"
	"github.com/belay-sh/belay/internal/frontend"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/pin"
	"github.com/belay-sh/belay/internal/relock"
)

// writeLocks writes the locks that changed, each in one rename, and prints what
// changed. A lock that is not in belay's own form is written in it.
func (c *cli) writeLocks(updates []relock.LockUpdate, p *pinFlags, opts compiler.Options) error {
	for _, l := range updates {
		have, err := os.ReadFile(l.Path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		text := l.New.Encode()
		if err == nil && bytes.Equal(bytes.ReplaceAll(have, []byte("\r\n"), []byte("\n")), text) {
			c.printUnused(l, p, opts)
			continue
		}
		if err := replaceFile(l.Path, text); err != nil {
			return err
		}
		c.summarize(l, opts)
		c.printUnused(l, p, opts)
	}
	return nil
}

// printUnused prints how many entries of a lock the run does not use, and the
// command that removes those that no other run uses either.
func (c *cli) printUnused(l relock.LockUpdate, p *pinFlags, opts compiler.Options) {
	if l.Unused == 0 {
		return
	}
	all := p.specFlags
	all.Target = ""
	specs := []string{opts.DisplayPath(filepath.Dir(l.Path)) + "/..."}
	c.PrintLine("belay: entries of %s that this run does not use: %d; to remove what no spec uses, run: %s",
		opts.DisplayPath(l.Path), l.Unused, all.invocation(specs).Command("pin", "--prune"))
}

// summarize prints what changed in a lock:
//
//	belay.lock
//	  helloworld-go 160e4dc8  sha256:ab12cd34ef56 → sha256:cd34ab12fe65
func (c *cli) summarize(l relock.LockUpdate, opts compiler.Options) {
	c.PrintLine("%s", opts.DisplayPath(l.Path))
	if l.Old.Version != l.New.Version && l.Old.Version != 0 {
		fmt.Fprintf(c.Err, "  version %d → %d\n", l.Old.Version, l.New.Version)
	}
	names := shortNames(ir.Sorted(l.New.Images), ir.Sorted(l.Old.Images))
	out := tabwriter.NewWriter(c.Err, 0, 0, 2, ' ', 0)
	for _, ref := range ir.Sorted(names) {
		tabulate(out, names[ref], l.Old.Images[ref].Digest, l.New.Images[ref].Digest)
	}
	modules := maps.Clone(l.Old.Modules)
	maps.Copy(modules, l.New.Modules)
	for _, module := range ir.Sorted(modules) {
		tabulate(out, module, l.Old.Modules[module], l.New.Modules[module])
	}
	out.Flush()
	c.summarizeTargets(l)
	if n := countRecorded(l); n > 0 {
		fmt.Fprintf(c.Err, "  apps recorded: %d\n", n)
	}
	for _, key := range ir.Sorted(l.Old.Former) { // of a lock of version 1
		_, named := l.New.Apps["-/"+key]
		_, open := l.New.Apps["-/-/"+key[strings.IndexByte(key, '/')+1:]]
		if !named && !open {
			fmt.Fprintf(c.Err, "  app %s: dropped\n", key)
		}
	}
	for _, key := range ir.Sorted(l.Old.Apps) {
		if _, stays := l.New.Apps[key]; !stays {
			fmt.Fprintf(c.Err, "  app %s: dropped\n", key)
		}
	}
}

// tabulate prints a digest that was added, dropped or changed.
func tabulate(out io.Writer, name, old, now string) {
	switch {
	case now == "":
		fmt.Fprintf(out, "  %s\tdropped\n", name)
	case old == "":
		fmt.Fprintf(out, "  %s\t%s\n", name, short(now))
	case old != now:
		fmt.Fprintf(out, "  %s\t%s → %s\n", name, short(old), short(now))
	}
}

// summarizeTargets prints the releases that a lock has for targets and did not have
// before, and the targets that it no longer has:
//
//	target prod: Knative 1.22 → 1.23, Istio 1.31
func (c *cli) summarizeTargets(l relock.LockUpdate) {
	for _, name := range ir.Sorted(l.Old.Targets) {
		if _, stays := l.New.Targets[name]; !stays {
			fmt.Fprintf(c.Err, "  %s: dropped\n", strings.TrimSpace("target "+name))
		}
	}
	for _, name := range ir.Sorted(l.New.Targets) {
		old, now := l.Old.Targets[name], l.New.Targets[name]
		if old == now {
			continue
		}
		var releases []string
		for _, p := range []struct{ product, old, now string }{{"Knative", old.Knative, now.Knative}, {"Istio", old.Istio, now.Istio}} {
			switch {
			case p.now == "":
			case p.old == "" || p.old == p.now:
				releases = append(releases, p.product+" "+p.now)
			default:
				releases = append(releases, p.product+" "+p.old+" → "+p.now)
			}
		}
		fmt.Fprintf(c.Err, "  %s: %s\n", strings.TrimSpace("target "+name), strings.Join(releases, ", "))
	}
}

// countRecorded returns the number of apps whose entry in the ledger changes.
func countRecorded(l relock.LockUpdate) (n int) {
	for key, app := range l.New.Apps {
		if old, ok := l.Old.Apps[key]; !ok || old.Kind != app.Kind || !maps.Equal(old.Revisions, app.Revisions) || !maps.Equal(old.Tracks, app.Tracks) {
			n++
		}
	}
	return n
}

func short(digest string) string { return digest[:len("sha256:")+12] }

// shortNames returns short forms of references, such as "helloworld-go 160e4dc8": the
// last part of the path, and the tag. References with equal short forms keep their
// registry and path.
func shortNames(lists ...[]string) map[string]string {
	names, count := map[string]string{}, map[string]int{}
	for _, list := range lists {
		for _, ref := range list {
			if names[ref] == "" {
				names[ref] = shortName(ref[strings.LastIndexByte(ref, '/')+1:])
				count[names[ref]]++
			}
		}
	}
	for ref, name := range names {
		if count[name] > 1 {
			names[ref] = shortName(ref)
		}
	}
	return names
}

func shortName(ref string) string {
	repository, tag, _ := pin.Split(ref)
	return strings.TrimSpace(repository + " " + tag)
}

// replaceFile writes a file in one rename, so that it is complete, old or new, at any
// moment. The mode stays. If path is a link, the file that it leads to is replaced.
func replaceFile(path string, data []byte) error {
	path, err := destination(path)
	if err != nil {
		return err
	}
	mode := fs.FileMode(0o644)
	if info, err := os.Stat(path); err == nil {
		mode = info.Mode().Perm()
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".belay-")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	if _, err = f.Write(data); err == nil {
		err = f.Chmod(mode)
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// destination returns the file to replace if path is a link. A link that leads out of
// the repository is an error: otherwise the author of the link would choose which file
// of the user's is overwritten.
func destination(path string) (string, error) {
	info, err := os.Lstat(path)
	if err != nil || info.Mode()&fs.ModeSymlink == 0 {
		return path, nil
	}
	return resolveInside(path, frontend.Repository(filepath.Dir(path)))
}

// resolveInside returns the file that a link leads to. One outside of the repository
// is an error.
func resolveInside(link, repository string) (target string, err error) {
	if target, err = filepath.EvalSymlinks(link); err != nil {
		return "", err
	}
	if repository, err = filepath.EvalSymlinks(repository); err != nil {
		return "", err
	}
	if rel, err := filepath.Rel(repository, target); err != nil || !filepath.IsLocal(rel) {
		return "", fmt.Errorf("%s is a link that leads out of the repository, to %s; it was not written", link, target)
	}
	return target, nil
}

// checkLinks returns an error if the directory, or one above it, is a link that leads
// out of the link's repository. Links in the path of the working directory are the
// caller's own choice, and accepted.
func (c *cli) checkLinks(dir string) error {
	for at := filepath.Clean(dir); at != filepath.Dir(at) && at != filepath.Clean(c.Dir); at = filepath.Dir(at) {
		info, err := os.Lstat(at)
		if err != nil || info.Mode()&fs.ModeSymlink == 0 {
			continue // a directory that does not exist is made
		}
		repository, marked := frontend.FindRepository(filepath.Dir(at))
		if !marked {
			continue
		}
		if _, err := resolveInside(at, repository); err != nil {
			return err
		}
	}
	return nil
}
