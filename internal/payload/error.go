package payload

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"sockeye"
)

// shownTarget is how much of what was typed an error repeats, in characters.
const shownTarget = 60

// payloadFault is what is wrong with a typed payload, and where.
type payloadFault struct {
	at            int // byte offset in what was typed
	message, hint sockeye.Text
}

// in makes the fault an error about the text that was typed.
func (f *payloadFault) in(typed string) error {
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
