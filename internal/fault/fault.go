// Package fault reports what is a mistake in belay itself, and not in its
// input: what happened, where in the code, and where to report it.
package fault

import (
	"bytes"
	"fmt"
	"os"
	"runtime/debug"
	"sync/atomic"
)

// Code is the exit code of a process that ends by a fault.
const Code = 2

// Notice is the last line of the report of every fault.
const Notice = "belay: this is a fault of belay itself; please report it, with the text above and the specs if you can: https://github.com/belay-sh/belay/issues\n"

// Exit is deferred first in main and in every goroutine that is started, unless
// that defers Keep. If there is a panic, it prints the report and ends the
// process.
func Exit() {
	switch value := recover().(type) {
	case nil:
	case *Panic:
		End("panic: "+text(value.Value), value.Stack)
	default:
		End("panic: "+text(value), debug.Stack())
	}
}

// A Panic is what Repanic panics with: a panic of another goroutine.
type Panic struct {
	Value any
	Stack []byte // of the goroutine that panicked
}

// Error says what the panic was, and where.
func (p *Panic) Error() string {
	return fmt.Sprintf("internal fault of belay, please report it: panic: %s\n%s", text(p.Value), bytes.TrimSpace(p.Stack))
}

// AsError returns a recovered panic as an error, for a program that does not end
// by it.
func AsError(recovered any) error {
	if p, ok := recovered.(*Panic); ok {
		return p
	}
	return &Panic{recovered, debug.Stack()}
}

// Panics keeps the first panic of some goroutines, for the one that waits for
// all of them.
type Panics struct{ first atomic.Pointer[Panic] }

// Keep is deferred first in a goroutine that another one waits for, and keeps
// its panic.
func (p *Panics) Keep() {
	switch value := recover().(type) {
	case nil:
	case *Panic:
		p.first.CompareAndSwap(nil, value)
	default:
		p.first.CompareAndSwap(nil, &Panic{value, debug.Stack()})
	}
}

// Repanic panics if a goroutine did.
func (p *Panics) Repanic() {
	if first := p.first.Load(); first != nil {
		panic(first)
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
