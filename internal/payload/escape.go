package payload

import (
	"strings"
	"unicode/utf8"
)

// AppendSafe appends data as text that can be sent to any UTF-8 terminal, on one
// line: characters that leave a mark of their own pass, among them Chinese and
// emoji; all else is written as the escapes of ParseText, which reads back
// exactly data. A line end is \n, a byte that is not UTF-8 or a control is \xNN,
// a character that is invisible, unassigned, private or turns the direction of
// writing is \u{…}, and a backslash is \\, so that nobody can send something
// that looks like an escape of ours.
//
// A combining mark passes only on a character to sit on, and four on one, so
// that it cannot touch what stands before data, nor pile up over other lines.
//
// It allocates nothing when dst has room.
func AppendSafe(dst, data []byte) []byte {
	var p Printer
	return p.Flush(p.Append(dst, data))
}

// SafeString makes foreign text that is no payload safe to show: a name, a file,
// a whole message with such things in it. It escapes as AppendSafe does but
// leaves backslashes alone, so that Windows paths stay as they are and applying
// it twice does no harm. It can therefore not be read back; Quote can.
func SafeString(s string) string {
	if plainRun(s, true) == len(s) {
		return s
	}
	var dst []byte
	for {
		before, after, found := strings.Cut(s, `\`)
		dst = AppendSafe(dst, []byte(before))
		if !found {
			return string(dst)
		}
		dst = append(dst, '\\')
		s = after
	}
}

// Quote is s in double quotes, escaped as AppendSafe does, with \" for a quote:
// what an error message shows of something foreign. Of the result at most max
// characters stand between the quotes, and … after them if s has more; max 0 is
// no limit.
func Quote(s string, max int) string {
	var p Printer
	var buf [16]byte
	dst := []byte{'"'}
	for shown := 0; s != ""; {
		r, size := utf8.DecodeRuneInString(s)
		piece := p.appendRune(buf[:0], r, s[0], size)
		if r == '"' {
			piece = append(buf[:0], `\"`...)
		}
		shown += utf8.RuneCount(piece)
		if max > 0 && shown > max {
			return string(dst) + `"…`
		}
		dst = append(dst, piece...)
		s = s[size:]
	}
	return string(append(dst, '"'))
}

// maxMarks is how many combining marks may sit on one character: the limit that
// Unicode names in UTS #39, section 5.4.
const maxMarks = 4

// appendRune appends one character of size bytes. For utf8.RuneError of size 1,
// an invalid byte, first is that byte.
func (p *Printer) appendRune(dst []byte, r rune, first byte, size int) []byte {
	switch {
	case size == 1 && plainASCII(first, false):
		p.marks = maxMarks
		return append(dst, first)
	case size == 1:
		p.marks = 0
		return appendByte(dst, first)
	case p.ASCII || !printable(r):
		p.marks = 0
		return appendUnicode(dst, r)
	case !isMark(r):
		p.marks = maxMarks
	case p.marks == 0:
		return appendUnicode(dst, r)
	default:
		p.marks--
	}
	return utf8.AppendRune(dst, r)
}

// appendByte appends the escape of one byte that stands for no character, or for
// one that is not shown.
func appendByte(dst []byte, b byte) []byte {
	switch b {
	case '\n':
		return append(dst, `\n`...)
	case '\r':
		return append(dst, `\r`...)
	case '\t':
		return append(dst, `\t`...)
	case '\\':
		return append(dst, `\\`...)
	}
	return append(dst, '\\', 'x', hexDigits[b>>4], hexDigits[b&15])
}

// appendUnicode appends the escape of one character.
func appendUnicode(dst []byte, r rune) []byte {
	dst = append(dst, `\u{`...)
	shift := 20
	for shift > 4 && r>>shift == 0 {
		shift -= 4
	}
	for ; shift >= 0; shift -= 4 {
		dst = append(dst, hexDigits[r>>shift&15])
	}
	return append(dst, '}')
}

// plainRun counts the bytes at the beginning of data that pass as they are.
func plainRun[T string | []byte](data T, backslash bool) int {
	for i := range len(data) {
		if !plainASCII(data[i], backslash) {
			return i
		}
	}
	return len(data)
}

func plainASCII(b byte, backslash bool) bool {
	return ' ' <= b && b <= '~' && (b != '\\' || backslash)
}
