package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/belay-sh/belay/cmd/confine"
	"github.com/belay-sh/belay/compiler/load"
)

// supervise runs belay with its own arguments in a process of its own, and
// passes on what that has to say.
func (c *cli) supervise(opts load.Options, stdin io.Reader) error {
	child := confine.Child{Program: c.self, Args: c.args, Dir: c.dir, Stdin: stdin, Memory: opts.Limits.Memory}
	out, talk, err := child.Run()
	if errors.Is(err, confine.ErrMemory) {
		return c.report(confine.MemoryLimit(opts.Limits), opts)
	}
	if err := c.emit(out); err != nil {
		return err
	}
	if _, err := c.err.Write(talk); err != nil {
		return err
	}
	return err
}

// failed tells an error that is the input's: of a host there is no misuse.
func (c *cli) failed(err error) error {
	fmt.Fprintf(c.err, "belay: %v\n", err)
	return errReported
}
