package sandbox

import (
	"bytes"
	"fmt"
	"io"
	"sync/atomic"
)

// A bounded buffer keeps what is written to it, up to a limit in bytes, and counts
// the bytes beyond it. A limit of 0 is no limit.
type bounded struct {
	bytes.Buffer
	limit int64
	rest  atomic.Int64
}

func (b *bounded) Write(data []byte) (int, error) {
	kept := data
	if room := b.limit - int64(b.Len()); b.limit > 0 && int64(len(data)) > room {
		kept = data[:room]
		b.rest.Add(int64(len(data)) - room)
	}
	b.Buffer.Write(kept) // never fails
	return len(data), nil
}

// ReadFrom copies through Write, because io.Copy would otherwise call ReadFrom of
// the buffer, which has no limit.
func (b *bounded) ReadFrom(r io.Reader) (int64, error) {
	return io.Copy(struct{ io.Writer }{b}, r)
}

// cut reports whether more was written than the limit.
func (b *bounded) cut() bool { return b.rest.Load() > 0 }

// writeTo writes the whole lines that were kept, and the number of bytes that were
// not.
func (b *bounded) writeTo(w io.Writer) error {
	text := b.Bytes()
	if b.cut() {
		end := bytes.LastIndexByte(text, '\n') + 1
		left := int64(len(text)-end) + b.rest.Load()
		text = fmt.Appendf(text[:end:end], "belay: %d more bytes of messages are left out\n", left)
	}
	_, err := w.Write(text)
	return err
}
