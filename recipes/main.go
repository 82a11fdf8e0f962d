// Recipes counts the files of a commit that were changed by hand, and fails if
// there are more than the recipe of ARCHITECTURE.md for such a change may take:
//
//	go run ./recipes COMMIT field|kind|frontend|diagnostic|release
//
// The test beside it ("make recipes") does the same with a change of each kind,
// which it applies to a copy of the working tree.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
)

func main() {
	if len(os.Args) != 3 || limits[os.Args[2]] == 0 {
		fmt.Fprintln(os.Stderr, "usage: go run ./recipes COMMIT field|kind|frontend|diagnostic|release")
		os.Exit(2)
	}
	files, err := filesOf(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, "recipes:", err)
		os.Exit(2)
	}
	for _, name := range files {
		fmt.Println(name)
	}
	limit := limits[os.Args[2]]
	fmt.Printf("%d files by hand; a %s takes at most %d\n", len(files), os.Args[2], limit)
	if len(files) > limit {
		os.Exit(1)
	}
}

// filesOf returns the files that a commit changes by hand.
func filesOf(commit string) ([]string, error) {
	names, err := git("diff-tree", "--root", "--no-commit-id", "--name-only", "-r", commit)
	if err != nil {
		return nil, err
	}
	return byHand(strings.Fields(names), func(name string) string {
		text, err := git("show", commit+":"+name)
		if err != nil { // the commit removes it
			text, _ = git("show", commit+"^:"+name)
		}
		line, _, _ := strings.Cut(text, "\n")
		return line
	}), nil
}

// git returns what a command of git prints.
func git(args ...string) (string, error) {
	out, err := exec.Command("git", append([]string{"-c", "core.quotePath=false"}, args...)...).Output()
	if err != nil {
		return "", fmt.Errorf("git %s: %w", strings.Join(args, " "), err)
	}
	return string(out), nil
}
