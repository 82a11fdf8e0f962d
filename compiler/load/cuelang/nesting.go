package cuelang

import (
	"strings"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/errors"
	"cuelang.org/go/cue/parser"
	"cuelang.org/go/cue/scanner"
	"cuelang.org/go/cue/token"
)

// maxNesting bounds how deep the syntax tree of a CUE file may be: CUE's parser
// and evaluator walk it by recursion, and Go ends the process when a stack has
// grown too large.
const maxNesting = 1000

// parseCUE parses a CUE file, unless it nests too deep.
func parseCUE(name string, src any, cfg parser.Config) (*ast.File, error) {
	data := src.([]byte)
	if pos, deep := tooDeep(name, data); deep {
		return nil, nestingError{errors.Newf(pos, "nested too deep: more than %d brackets and operators around a value", maxNesting)}
	}
	return parser.ParseFile(name, data, cfg)
}

// A nestingError is the error of parseCUE for a file that nests too deep.
type nestingError struct{ cueError }

type cueError = errors.Error // a field of this name leaves the method Error visible

func isNestingError(err error) bool {
	var deep nestingError
	return errors.As(err, &deep)
}

// tooDeep tells where a CUE file nests too deep. It follows the tokens:
// brackets nest, and so does each operator of an expression or a chain of
// labels, up to the next comma, which CUE also has at the end of most lines.
func tooDeep(name string, data []byte) (token.Pos, bool) {
	if len(data) < maxNesting {
		return token.NoPos, false
	}
	var s scanner.Scanner
	s.Init(token.NewFile(name, -1, len(data)), data, func(token.Pos, string, []any) {}, 0)
	n := nesting{levels: []level{{}}}
	for {
		pos, tok, _ := s.Scan()
		if tok == token.EOF {
			return token.NoPos, false
		}
		if tok == token.RPAREN && n.top().interpolation {
			n.resumed = strings.HasSuffix(s.ResumeInterpolation(), "(")
		}
		if n.add(tok); n.depth > maxNesting {
			return pos, true
		}
	}
}

// nesting is how deep the tokens so far lead into the syntax tree.
type nesting struct {
	levels  []level // the open brackets, and the file itself
	depth   int
	resumed bool // the next bracket opens an expression in a string
}

type level struct {
	chain         int // operators since the last comma
	interpolation bool
}

func (n *nesting) top() *level { return &n.levels[len(n.levels)-1] }

func (n *nesting) add(tok token.Token) {
	switch tok {
	case token.INTERPOLATION:
		n.resumed = true
	case token.LPAREN, token.LBRACK, token.LBRACE:
		n.levels = append(n.levels, level{interpolation: n.resumed})
		n.resumed = false
		n.depth++
	case token.RPAREN, token.RBRACK, token.RBRACE:
		if len(n.levels) > 1 {
			n.depth -= n.top().chain + 1
			n.levels = n.levels[:len(n.levels)-1]
		}
	case token.COMMA:
		n.depth -= n.top().chain
		n.top().chain = 0
	default:
		if tok.IsOperator() || tok.IsKeyword() {
			n.top().chain++
			n.depth++
		}
	}
}
