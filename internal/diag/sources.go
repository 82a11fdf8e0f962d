package diag

import "bytes"

// sources are the lines of the files that diagnostics name, each read once.
type sources struct {
	read  func(file string) []byte
	lines map[string][][]byte
}

func newSources(read func(file string) []byte) *sources {
	return &sources{read: read, lines: map[string][][]byte{}}
}

// line is a line of a file, from 1, without its end.
func (s *sources) line(file string, number int) ([]byte, bool) {
	lines, ok := s.lines[file]
	if !ok && s.read != nil {
		if text := s.read(file); text != nil {
			lines = bytes.Split(text, []byte("\n"))
		}
		s.lines[file] = lines
	}
	if number < 1 || number > len(lines) {
		return nil, false
	}
	return bytes.TrimRight(lines[number-1], "\r"), true
}
