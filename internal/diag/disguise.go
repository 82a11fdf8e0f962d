package diag

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Hidden reports whether a character has no picture of its own: controls,
// among them those that turn the direction of the text around it, characters
// without width, and code points that no character has. White space other than
// line and paragraph separators is not hidden.
func Hidden(r rune) bool {
	return !unicode.IsGraphic(r) || unicode.Is(fillers, r)
}

// fillers are letters and marks that are drawn as nothing.
var fillers = &unicode.RangeTable{R16: []unicode.Range16{
	{Lo: 0x034f, Hi: 0x034f, Stride: 1}, // combining grapheme joiner
	{Lo: 0x115f, Hi: 0x1160, Stride: 1}, // Hangul fillers
	{Lo: 0x17b4, Hi: 0x17b5, Stride: 1}, // Khmer inherent vowels
	{Lo: 0x180b, Hi: 0x180f, Stride: 1}, // Mongolian variation selectors
	{Lo: 0x3164, Hi: 0x3164, Stride: 1}, // Hangul filler
	{Lo: 0xffa0, Hi: 0xffa0, Stride: 1}, // half-width Hangul filler
}, R32: []unicode.Range32{
	{Lo: 0xe0100, Hi: 0xe01ef, Stride: 1}, // variation selectors supplement
}}

// joins reports whether the character at i, which ends at end, is a joiner
// between characters that are written with joiners: emoji, and the letters of
// Arabic, Persian and Indic scripts.
func joins(text string, i, end int) bool {
	if r, _ := utf8.DecodeRuneInString(text[i:]); r != 0x200c && r != 0x200d {
		return false
	}
	before, _ := utf8.DecodeLastRuneInString(text[:i])
	after, _ := utf8.DecodeRuneInString(text[end:])
	return isJoined(before) && isJoined(after)
}

func isJoined(r rune) bool {
	return r > unicode.MaxLatin1 && r != utf8.RuneError && !Hidden(r) && !unicode.In(r, unicode.Latin, unicode.Cyrillic, unicode.Greek)
}

// Disguise describes the first thing in a text that makes it look like another
// text, or returns "": a hidden character other than a line break or a tab, or
// a word in which letters of another script stand for Latin ones.
func Disguise(text string) string {
	if isPlain(text) {
		return ""
	}
	for i, r := range text {
		end := i + utf8.RuneLen(r)
		if r == utf8.RuneError || r == '\n' || r == '\t' || r == '\r' || !Hidden(r) || joins(text, i, end) {
			continue
		}
		return Describe(r)
	}
	for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) }) {
		if foreign := mixed(word); foreign != 0 {
			return fmt.Sprintf("%s among those of another script", Describe(foreign))
		}
	}
	return ""
}

// isPlain reports whether a text is printable ASCII and its white space, as
// almost all texts are.
func isPlain(text string) bool {
	for i := range len(text) {
		if c := text[i]; c >= utf8.RuneSelf || c < ' ' && c != '\n' && c != '\t' && c != '\r' || c == 0x7f {
			return false
		}
	}
	return true
}

// greekAsLatin are the Greek letters that look like Latin ones; others, as μ
// and Δ, stand beside Latin letters in units and formulas.
const greekAsLatin = "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧινκορυ"

// mixed returns the first letter of a word that is of another script than the
// letters before it and looks like them, or 0.
func mixed(word string) rune {
	var latin, cyrillic, greek, other rune
	for _, r := range word {
		var first *rune
		switch {
		case unicode.Is(unicode.Latin, r):
			first = &latin
		case unicode.Is(unicode.Cyrillic, r):
			first = &cyrillic
		case strings.ContainsRune(greekAsLatin, r):
			first = &greek
		case unicode.In(r, unicode.Armenian, unicode.Cherokee, unicode.Coptic, unicode.Lisu):
			first = &other
		default:
			continue
		}
		if *first == 0 {
			*first = r
		}
	}
	switch {
	case latin != 0 && cyrillic != 0:
		return cyrillic
	case (latin != 0 || cyrillic != 0) && greek != 0:
		return greek
	case latin != 0 && other != 0:
		return other
	}
	return 0
}

// Describe names a character that a reader can't see, or can't tell from
// another one.
func Describe(r rune) string {
	switch {
	case unicode.Is(unicode.Bidi_Control, r):
		return fmt.Sprintf("the bidirectional control U+%04X", r)
	case unicode.IsControl(r):
		return fmt.Sprintf("the control character U+%04X", r)
	case Hidden(r):
		return fmt.Sprintf("the invisible character U+%04X", r)
	case unicode.IsLetter(r):
		return fmt.Sprintf("%c, the %s letter U+%04X", r, scriptOf(r), r)
	}
	return fmt.Sprintf("%c, the character U+%04X", r, r)
}

// scriptOf is the script of a letter: a character has one.
func scriptOf(r rune) string {
	for name, table := range unicode.Scripts {
		if unicode.Is(table, r) {
			return strings.ReplaceAll(name, "_", " ")
		}
	}
	return "unknown"
}
