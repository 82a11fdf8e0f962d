package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/belay-sh/belay/compiler"
	"github.com/belay-sh/belay/ir"
	"github.com/belay-sh/belay/pin"
)

// writeLocks writes the locks that changed, each in one rename, and says what
// changed. One that says what it said before is left as it is, whatever hand
// wrote it.
func (c *cli) writeLocks(relocks []compiler.Relock, opts compiler.Options) error {
	for _, l := range relocks {
		_, err := os.Stat(l.Path)
		if err == nil && l.New.Equal(l.Old) {
			continue
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if err := replaceFile(l.Path, l.New.Encode()); err != nil {
			return err
		}
		c.summarize(l, opts)
	}
	return nil
}

// summarize prints what changed in a lock:
//
//	belay.lock
//	  helloworld-go 160e4dc8  sha256:ab12cd34ef56 → sha256:cd34ab12fe65
func (c *cli) summarize(l compiler.Relock, opts compiler.Options) {
	c.say("%s", opts.Rel(l.Path))
	names := shortNames(ir.Sorted(l.New.Images), ir.Sorted(l.Old.Images))
	out := tabwriter.NewWriter(c.err, 0, 0, 2, ' ', 0)
	for _, ref := range ir.Sorted(names) {
		old, had := l.Old.Images[ref]
		now, has := l.New.Images[ref]
		switch {
		case !has:
			fmt.Fprintf(out, "  %s\tdropped\n", names[ref])
		case !had:
			fmt.Fprintf(out, "  %s\t%s\n", names[ref], short(now.Digest))
		case old.Digest != now.Digest:
			fmt.Fprintf(out, "  %s\t%s → %s\n", names[ref], short(old.Digest), short(now.Digest))
		}
	}
	out.Flush()
}

func short(digest string) string { return digest[:len("sha256:")+12] }

// shortNames are references as people say them, "helloworld-go 160e4dc8": the
// last part of the path and the tag. Those that are alike so far keep their
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

// replaceFile writes a file in one rename, so that whatever happens it is the
// old one or the new one. It keeps its mode, and what a link leads to is replaced,
// not the link.
func replaceFile(path string, data []byte) error {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
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
