package sockeye

import (
	"encoding/json"
	"fmt"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// MarshalJSON is json.Marshal for what is shown or kept: a terminal can print the text as it
// is. What peers said is in it, and encoding/json leaves the C1 controls, of which one begins
// the orders of terminals, and characters that turn the direction of writing or that nobody
// sees. They are \u escapes here, so that no value changes.
func MarshalJSON(v any) ([]byte, error) {
	text, err := json.Marshal(v)
	return EscapeJSON(text), err
}

// EscapeJSON is MarshalJSON of a text that is JSON already. It gives the same slice back if
// nothing is to be escaped, and changes none.
func EscapeJSON(text []byte) []byte {
	for at := 0; at < len(text); {
		r, size := rune(text[at]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRune(text[at:])
		}
		if r >= 0x7f && !unicode.IsGraphic(r) {
			return escapeJSON(append([]byte(nil), text[:at]...), text[at:])
		}
		at += size
	}
	return text
}

// escapeJSON is the rest of EscapeJSON, from the first character to escape on.
func escapeJSON(dst, text []byte) []byte {
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		switch {
		case r < 0x7f || unicode.IsGraphic(r):
			dst = append(dst, text[:size]...)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			dst = fmt.Appendf(dst, `\u%04x\u%04x`, high, low)
		default:
			dst = fmt.Appendf(dst, `\u%04x`, r)
		}
		text = text[size:]
	}
	return dst
}
