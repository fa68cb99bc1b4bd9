package payload

import (
	"strings"
	"unicode/utf8"
)

// formulaSigns make a spreadsheet take a cell for a formula, or may lead to one (OWASP,
// CSV injection). Some spreadsheets take the full-width and small ones for the others, and some
// do not look at what is blank before a sign.
const (
	formulaSigns = "=+-@\t\r\n\x00＝＋－＠﹦﹢﹣﹫"
	blanks       = " \u00a0\u3000\u200b\ufeff"
)

// EscapeCSV makes a text harmless for every spreadsheet: one that begins like a formula
// gets an apostrophe, and so does what stands after a semicolon, which separates cells
// where a comma is the decimal point, or after a tab, which some take for a separator
// as well.
func EscapeCSV(s string) string { return guardCells(s, formulaSigns) }

// GuardCSV is EscapeCSV so that UnguardCSV reads it back: apostrophes get one, too.
func GuardCSV(s string) string { return guardCells(s, formulaSigns+"'") }

func guardCells(s, signs string) string {
	var out strings.Builder
	copied := 0
	for at := 0; at < len(s); {
		if beginsWith(s[at:], signs) {
			out.WriteString(s[copied:at] + "'")
			copied = at
		}
		at = nextCell(s, at)
	}
	if copied == 0 && out.Len() == 0 {
		return s
	}
	return out.String() + s[copied:]
}

// beginsWith reports whether the first character that is not blank is one of some.
func beginsWith(cell, signs string) bool {
	r, size := utf8.DecodeRuneInString(strings.TrimLeft(cell, blanks))
	return size > 0 && strings.ContainsRune(signs, r)
}

// UnguardCSV is GuardCSV undone. An apostrophe that it would not have put stays.
func UnguardCSV(s string) string {
	var out strings.Builder
	copied := 0
	for at := 0; at < len(s); {
		if s[at] == '\'' && beginsWith(s[at+1:], formulaSigns+"'") {
			out.WriteString(s[copied:at])
			copied = at + 1
		}
		at = nextCell(s, at)
	}
	return out.String() + s[copied:]
}

// nextCell is where the next cell begins, if semicolons or tabs separate them.
func nextCell(s string, at int) int {
	n := strings.IndexAny(s[at:], ";\t")
	if n < 0 {
		return len(s)
	}
	return at + n + 1
}
