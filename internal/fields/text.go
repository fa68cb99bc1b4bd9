package fields

import (
	"bytes"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"sockeye"
)

func numbered(prefix string, n int) string { return prefix + strconv.Itoa(n) }

var tooMany = both("it has more than %d values", "它的值超过 %d 个", MaxValues)

// readKeys appends what name=value and name: value say. Between pairs are spaces,
// commas, semicolons, bars or ampersands.
func readKeys(dst []Value, frame []byte) ([]Value, sockeye.Text) {
	text := string(frame)
	for at := 0; ; {
		at += spacesAndSeparators(text[at:])
		if at == len(text) {
			break
		}
		name, size := keyName(text[at:])
		if size == 0 {
			if len(dst) == 0 {
				return dst, both("it has no name=value", "其中没有 name=value")
			}
			return dst, both("after %s it does not go on with name=value", "%s 之后不再是 name=value", dst[len(dst)-1].Name)
		}
		at += size
		value, from, to := keyValue(text, at)
		at = to
		v := textValue(value, from)
		v.Name = name
		if len(dst) == MaxValues {
			return dst, tooMany
		}
		dst = append(dst, v)
	}
	if len(dst) == 0 {
		return dst, both("it has no name=value", "其中没有 name=value")
	}
	return dst, nothing
}

// spacesAndSeparators is how many bytes are between pairs.
func spacesAndSeparators(text string) int {
	return len(text) - len(strings.TrimLeft(text, " \t\r\n,;|&{}"))
}

// keyName is the name before the = or : that text begins with, and the bytes up to
// after that; 0 if text does not begin so.
func keyName(text string) (name string, size int) {
	end := strings.IndexAny(text[:min(len(text), maxName+1)], "=:")
	if end <= 0 {
		return "", 0
	}
	name = strings.Trim(text[:end], " \t\"'")
	if name == "" || strings.ContainsAny(name, ",;|&\r\n\t\"") {
		return "", 0
	}
	if first, _ := utf8.DecodeRuneInString(name); !unicode.IsLetter(first) && first != '_' || !isShowable(name) {
		return "", 0
	}
	return name, end + 1
}

// keyValue is the value that stands from at on, and where in text it lies; the last
// result is where to go on.
func keyValue(text string, at int) (value string, from, next int) {
	at += len(text[at:]) - len(strings.TrimLeft(text[at:], " \t"))
	if at < len(text) && text[at] == '"' {
		if end := strings.IndexByte(text[at+1:], '"'); end >= 0 {
			return text[at+1 : at+1+end], at + 1, at + end + 2
		}
	}
	end := strings.IndexAny(text[at:], " \t\r\n,;|&}")
	if end < 0 {
		end = len(text) - at
	}
	if _, digits := leadingNumber(text[at : at+end]); digits == end && end > 0 {
		end += spacedUnit(text[at+end:])
	}
	return text[at : at+end], at, at + end
}

// spacedUnit is the length of a unit after spaces, as in 21.5 °C; 0 if there is none.
// After it the frame or the pair ends, or the next pair begins.
func spacedUnit(text string) int {
	text = text[:min(len(text), 4*maxName)]
	from := len(text) - len(strings.TrimLeft(text, " "))
	unit, _, _ := strings.Cut(text[from:], " ")
	if end := strings.IndexAny(unit, ",;|&}\r\n"); end >= 0 {
		unit = unit[:end]
	}
	if from == 0 || !isUnit(unit) {
		return 0
	}
	rest := text[from+len(unit):]
	if strings.HasPrefix(rest, " ") {
		if _, size := keyName(rest[spacesAndSeparators(rest):]); size == 0 && strings.TrimSpace(rest) != "" {
			return 0
		}
	}
	return from + len(unit)
}

// isUnit is true for what looks like a unit: short, and no pair of its own.
func isUnit(s string) bool {
	return s != "" && len(s) <= maxUnit && !strings.ContainsAny(s, "=:,;\"0123456789") && isShowable(s)
}

// readHeader takes the names of columns from a row; one that is no name gets a number.
func (r *Reader) readHeader(row []byte, separator byte) {
	eachColumn(row, separator, func(n int, text string, _, _ int) bool {
		if text == "" || len(text) > maxName || !isShowable(text) {
			text = numbered("c", n+1)
		}
		r.header = append(r.header, text)
		return n < MaxValues
	})
}

// maxHeaderRow bounds a header that is known again.
const maxHeaderRow = 4096

// takeHeader is true for a row that names the columns: the first of a stream, and the same
// again, as a board sends it that starts anew. A row with a number in it is none: where that
// comes first, the stream was cut in its middle, and its columns are numbered until one comes.
func (r *Reader) takeHeader(row []byte, separator byte) bool {
	if len(r.header) > 0 {
		return bytes.Equal(row, r.headerRow)
	}
	number := false
	eachColumn(row, separator, func(n int, text string, from, _ int) bool {
		v := textValue(text, from)
		number = v.Numeric && v.Unit == ""
		return !number && n < MaxValues
	})
	if number {
		return false
	}
	if r.readHeader(row, separator); len(row) <= maxHeaderRow {
		r.headerRow = bytes.Clone(row)
	}
	return true
}

// readCSV appends the columns of a row. The first row of a stream may be a header.
func (r *Reader) readCSV(dst []Value, frame []byte) ([]Value, sockeye.Text) {
	separator := r.spec.Separator
	if separator == 0 {
		separator = ','
	}
	row := trimLineEnd(frame)
	if len(row) == 0 {
		return dst, both("it is empty", "它是空的")
	}
	if r.spec.Header && r.takeHeader(row, separator) {
		return dst, nothing
	}
	r.found = r.found[:0]
	why := nothing
	eachColumn(row, separator, func(n int, text string, from, to int) bool {
		v := textValue(text, from)
		v.To = to
		switch {
		case r.spec.Header && n < len(r.header):
			v.Name = r.header[n]
		case r.spec.Header:
			v.Name = numbered("c", n+1)
		}
		if n == MaxValues {
			why = tooMany
			return false
		}
		r.found = append(r.found, v)
		return true
	})
	wanted := len(r.spec.Fields)
	if r.spec.Header {
		wanted = len(r.header)
	}
	if why == nothing && wanted > 0 && len(r.found) != wanted {
		why = both("it has %d columns instead of %d", "它有 %d 列，应为 %d 列", len(r.found), wanted)
	}
	if r.spec.Header {
		if len(r.header) > 0 {
			r.found = r.found[:min(len(r.found), len(r.header))]
		}
		return r.spec.choose(dst, r.found), why
	}
	for n, v := range r.found {
		dst = r.spec.column(dst, n, "c", 1, v)
	}
	return dst, why
}

// eachColumn calls do for each column of a row: its text, without quotes and the
// spaces around it, and where it lies. It ends when do is false.
func eachColumn(row []byte, separator byte, do func(n int, text string, from, to int) bool) {
	for n, at := 0, 0; ; n++ {
		for separator != ' ' && at < len(row) && row[at] == ' ' {
			at++
		}
		if at < len(row) && row[at] == '"' {
			text, size := quotedColumn(row[at:])
			inner := row[at+1 : at+size]
			if size > 1 && row[at+size-1] == '"' {
				inner = inner[:size-2]
			}
			if !do(n, text, at+1, at+1+len(inner)) {
				return
			}
			at += size
			skip := bytes.IndexByte(row[at:], separator)
			if skip < 0 {
				return
			}
			at += skip + 1
			continue
		}
		end := bytes.IndexByte(row[at:], separator)
		last := end < 0
		if last {
			end = len(row) - at
		}
		text := strings.TrimRight(string(row[at:at+end]), " \t")
		if !do(n, text, at, at+len(text)) || last {
			return
		}
		at += end + 1
	}
}

// quotedColumn is a column in quotes, in which two quotes are one (RFC 4180, section
// 2), and the bytes that it takes.
func quotedColumn(row []byte) (string, int) {
	var text []byte
	for at := 1; at < len(row); at++ {
		if row[at] == '"' {
			if at+1 == len(row) || row[at+1] != '"' {
				return string(text), at + 1
			}
			at++
		}
		text = append(text, row[at])
	}
	return string(text), len(row)
}

func trimLineEnd(frame []byte) []byte { return bytes.TrimRight(frame, "\r\n") }

// readFireWater appends the channels of a VOFA+ FireWater line: an optional name, a
// colon, and numbers between commas.
func (s *FieldSpec) readFireWater(dst []Value, frame []byte) ([]Value, sockeye.Text) {
	row := trimLineEnd(frame)
	from := bytes.IndexByte(row, ':') + 1
	if string(row[:from]) == "image:" {
		return dst, both("it is the head of an image", "它是图像的头部")
	}
	why := nothing
	eachColumn(row[from:], ',', func(n int, text string, at, _ int) bool {
		v := textValue(text, from+at)
		switch {
		case !v.Numeric:
			why = both("%s is not a number", "%s 不是数字", shortQuote(text))
			return false
		case n == MaxValues:
			why = tooMany
			return false
		}
		dst = s.column(dst, n, "ch", 0, v)
		return true
	})
	return dst, why
}

// readPattern appends the groups of a regular expression, by their names or numbers.
func (r *Reader) readPattern(dst []Value, frame []byte) ([]Value, sockeye.Text) {
	if len(frame) > r.longest {
		return dst, both("the pattern is tried on %d bytes at most, the frame has %d", "该正则表达式最多用于 %d 字节的帧，此帧有 %d 字节", r.longest, len(frame))
	}
	at := r.pattern.FindSubmatchIndex(frame)
	if at == nil {
		return dst, both("the pattern does not match", "正则表达式不匹配")
	}
	for n, name := range r.pattern.SubexpNames() {
		if n == 0 || at[2*n] < 0 || len(dst) == MaxValues {
			continue
		}
		if name == "" {
			name = numbered("g", n)
		}
		v := textValue(string(frame[at[2*n]:at[2*n+1]]), at[2*n])
		v.Name, v.To = name, at[2*n+1]
		dst = append(dst, v)
	}
	return dst, nothing
}

func shortQuote(text string) string {
	const most = 20
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	return strconv.Quote(text)
}
