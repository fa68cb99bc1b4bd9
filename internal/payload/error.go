package payload

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"sockeye"
)

// shownTarget is how much of what was typed an error repeats, in characters.
const shownTarget = 60

// SyntaxFault is what is wrong with a typed text, and where: with a payload, or with one of the
// small languages that are built on this package's. It is nil if nothing is wrong.
type SyntaxFault struct {
	at            int // byte offset in what was typed
	message, hint sockeye.Text
}

// FaultAt is a fault at a byte offset of what was typed.
func FaultAt(at int, message, hint sockeye.Text) *SyntaxFault {
	return &SyntaxFault{at, message, hint}
}

// WithHint is the same fault with another next step.
func (f *SyntaxFault) WithHint(hint sockeye.Text) *SyntaxFault {
	return &SyntaxFault{f.at, f.message, hint}
}

// In makes the fault an error about the text that was typed: an *sockeye.Error of kind Invalid
// that names the column as a person counts.
func (f *SyntaxFault) In(typed string) error {
	at := place(typed, f.at)
	return &sockeye.Error{
		Kind: sockeye.Invalid, Op: "parse", Target: Quote(typed, shownTarget),
		Message: sockeye.Text{En: at.En + ": " + f.message.En, Zh: at.Zh + "：" + f.message.Zh},
		Hint:    f.hint,
	}
}

// place names a byte offset as a person counts: characters from 1, and the line
// if there are several.
func place(typed string, at int) sockeye.Text {
	lineStart := strings.LastIndexByte(typed[:at], '\n') + 1
	column := utf8.RuneCountInString(typed[lineStart:at]) + 1
	if !strings.Contains(typed, "\n") {
		return both("column %d", "第 %d 列", column)
	}
	line := strings.Count(typed[:lineStart], "\n") + 1
	return both("line %d, column %d", "第 %d 行第 %d 列", line, column)
}

// both fills the same values into a sentence of each language.
func both(en, zh string, args ...any) sockeye.Text {
	return sockeye.Text{En: fmt.Sprintf(en, args...), Zh: fmt.Sprintf(zh, args...)}
}

// quoteFirst quotes the first character of s.
func quoteFirst(s string) string {
	_, n := utf8.DecodeRuneInString(s)
	return Quote(s[:n], 0)
}
