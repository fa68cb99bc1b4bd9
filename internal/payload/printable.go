package payload

import (
	"strconv"
	"unicode"
)

// printable reports whether a character above ASCII leaves a mark of its own on
// the screen and does nothing else. What this release of Go takes for unassigned
// is not printable: nobody can say yet what it will do.
func printable(r rune) bool {
	switch {
	case 0x4E00 <= r && r <= 0x9FFF: // the common Chinese characters, for speed
		return true
	case r == 0x3000: // the ordinary space of Chinese text; IsPrint takes no space but ASCII's
		return true
	}
	return strconv.IsPrint(r) &&
		!unicode.In(r, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point, blank)
}

// isMark reports whether a printable character is drawn into the place of the one
// before it: a combining mark, or the vowel or last consonant of a Hangul
// syllable that is written in parts.
func isMark(r rune) bool {
	switch {
	case r < 0x0300, 0x4E00 <= r && r <= 0x9FFF:
		return false
	case 0x1160 <= r && r <= 0x11FF, 0xD7B0 <= r && r <= 0xD7FF:
		return true
	}
	return unicode.In(r, unicode.Mn, unicode.Me)
}

// blank are letters and symbols whose glyph is empty, though Unicode does not
// count them as ignorable.
var blank = &unicode.RangeTable{
	R16: []unicode.Range16{{Lo: 0x2800, Hi: 0x2800, Stride: 1}}, // braille pattern blank
	R32: []unicode.Range32{
		{Lo: 0x13441, Hi: 0x13442, Stride: 1}, // Egyptian blanks
		{Lo: 0x1D159, Hi: 0x1D159, Stride: 1}, // musical null notehead
	},
}
