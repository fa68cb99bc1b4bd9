package device

import (
	"unicode"
	"unicode/utf8"
)

// isSensorName reports whether a sensor may have the name: a letter or _, then up to 63 letters,
// digits and _.
func isSensorName(name string) bool {
	return isName(name, func(r rune) bool { return unicode.IsLetter(r) || r == '_' }, isWordRune)
}

// isBoardName reports whether a board or a target may have the name: a letter, a digit or _,
// then up to 63 letters, digits, _, . and -.
func isBoardName(name string) bool {
	return isName(name, isWordRune, func(r rune) bool { return isWordRune(r) || r == '.' || r == '-' })
}

func isWordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) || r == '_' }

// isName reports whether the first character and the others of a name are allowed. It is no
// regular expression, since a count of 63 over Unicode classes takes 5 ms and 5 MB to compile.
func isName(name string, first, other func(rune) bool) bool {
	for i, r := range name {
		if i == 0 && !first(r) || i > 0 && !other(r) {
			return false
		}
	}
	return name != "" && utf8.RuneCountInString(name) <= 64
}
