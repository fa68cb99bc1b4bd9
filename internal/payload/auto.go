package payload

import "unicode/utf8"

// Auto is no charset: it has what is shown of a stream chosen by what came, UTF-8 or
// GBK. Nothing can be sent in it.
const Auto Charset = "auto"

// ParseViewCharset is ParseCharset for what is shown: it takes "auto", too.
func ParseViewCharset(name string) (Charset, error) {
	if name == string(Auto) {
		return Auto, nil
	}
	return ParseCharset(name)
}

// Choose is the charset that a stream is shown in, by its next bytes and what it was
// shown in before ("": nothing was chosen yet).
//
// Bytes of ASCII choose nothing. What is UTF-8 is UTF-8, and what is not, but is GBK
// throughout, is GBK; other bytes change nothing. From GBK it goes back only at a
// character of three bytes or more, as Chinese has in UTF-8: some pairs of GBK are
// two-byte characters of UTF-8 as well.
func Choose(before Charset, data []byte) Charset {
	longest, isUTF8 := longestUTF8(data)
	switch {
	case isUTF8 && longest > 2, isUTF8 && longest == 2 && before != GBK:
		return UTF8
	case !isUTF8 && isGBK(data):
		return GBK
	}
	return before
}

// longestUTF8 is the size of the longest character of several bytes, 0 if there is
// none; ok is false if the bytes are not UTF-8. A character may be cut at their end.
func longestUTF8(data []byte) (longest int, ok bool) {
	for len(data) > 0 {
		if !utf8.FullRune(data) {
			break
		}
		r, size := utf8.DecodeRune(data)
		if r == utf8.RuneError && size == 1 {
			return 0, false
		}
		if size > 1 {
			longest = max(longest, size)
		}
		data = data[size:]
	}
	return longest, true
}

// isGBK reports whether bytes are GBK, with at least one character of two bytes. One
// may be cut at their end.
func isGBK(data []byte) bool {
	d, pairs := newDecoder(GBK), 0
	for len(data) > 0 {
		if data[0] < utf8.RuneSelf {
			data = data[1:]
			continue
		}
		text, size := d.next(data)
		switch {
		case size == 0:
			return pairs > 0
		case size == 1 && len(text) == 0:
			return false
		case size == 2:
			pairs++
		}
		data = data[size:]
	}
	return pairs > 0
}

// choose sets the charset of a stream that is shown in what suits, before its next
// bytes are looked at, and says whether that is another one than before.
func (p *Printer) choose(data []byte) bool {
	if len(data) == 0 || plainRun(data, false) == len(data) {
		return false
	}
	all := data
	if p.held > 0 {
		all = append(append([]byte(nil), p.tail[:p.held]...), data...)
	}
	chosen := Choose(p.Charset, all)
	if chosen == p.Charset {
		return false
	}
	p.Charset, p.decoder = chosen, newDecoder(chosen)
	return true
}
