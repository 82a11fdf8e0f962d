// Package fault reports what is a mistake in belay itself, and not in its
// input: what happened, where in the code, and where to report it.
package fault

import (
	"bytes"
	"fmt"
	"os"
	"runtime/debug"
)

// Code is the exit code of a process that ends by a fault.
const Code = 2

// Notice is the last line of the report of every fault.
const Notice = "belay: this is a fault of belay itself; please report it, with the text above and the specs if you can: https://github.com/belay-sh/belay/issues\n"

// Exit is deferred first in main and in every goroutine that is started. If
// there is a panic, it prints the report and ends the process. A panic is not
// passed on to another goroutine, which may wait for ever for what this one was
// about to do.
func Exit() {
	if value := recover(); value != nil {
		End("panic: "+text(value), debug.Stack())
	}
}

// End prints the report of a fault, and ends the process.
func End(what string, stack []byte) {
	fmt.Fprintf(os.Stderr, "belay: internal fault: %s\n\n%s\n%s", what, bytes.TrimSpace(stack), Notice)
	os.Exit(Code)
}

// text describes a panic's value as Go does, but for lines in it, which are
// quoted: they may come from the input.
func text(value any) string {
	switch v := value.(type) {
	case error:
		return plain(v.Error())
	case fmt.Stringer:
		return plain(v.String())
	}
	return plain(fmt.Sprint(value))
}

// plain quotes a text that is not of one line of printable characters.
func plain(s string) string {
	quoted := fmt.Sprintf("%q", s)
	for _, r := range s {
		if r < ' ' || r > '~' {
			return quoted
		}
	}
	return s
}
