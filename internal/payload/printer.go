package payload

import "unicode/utf8"

// Printer is AppendSafe for bytes that come in pieces: a character that is split
// between two of them comes out whole, with the second. Use one Printer for each
// peer and direction. The zero value is ready; a Printer belongs to one
// goroutine.
//
// However data is cut into pieces, the output of Append and a last Flush is, put
// together, that of AppendSafe.
type Printer struct {
	// ASCII escapes every character above ASCII, for a terminal that does not
	// speak UTF-8: such a terminal may take the middle of a Chinese character for
	// a control.
	ASCII bool
	// Charset is what the bytes are in; it is set before the first piece. What
	// is printed in another charset than UTF-8 reads back by Parse with the same
	// one, except where the charset has two codes for one character.
	Charset Charset

	decoder *charsetDecoder       // for charsets but UTF-8, made when it is needed
	tail    [utf8.UTFMax - 1]byte // the beginning of a character
	held    uint8                 // bytes in tail
	marks   uint8                 // how many combining marks may follow
}

// Append appends the printable form of the next piece, but for up to three bytes
// at its end that begin a character, which wait for the next. data is only lent
// for the call.
func (p *Printer) Append(dst, data []byte) []byte {
	if p.held > 0 {
		dst, data = p.resume(dst, data)
	}
	for len(data) > 0 {
		if n := plainRun(data, false); n > 0 {
			dst = append(dst, data[:n]...)
			p.marks = maxMarks
			data = data[n:]
			continue
		}
		var size int
		if dst, size = p.appendFirst(dst, data); size == 0 {
			p.held = uint8(copy(p.tail[:], data))
			break
		}
		data = data[size:]
	}
	return dst
}

// appendFirst appends the character that data begins with and returns its size,
// which is 0 while the character is not complete.
func (p *Printer) appendFirst(dst, data []byte) ([]byte, int) {
	if p.Charset == "" || p.Charset == UTF8 {
		if !utf8.FullRune(data) {
			return dst, 0
		}
		r, size := utf8.DecodeRune(data)
		return p.appendRune(dst, r, data[0], size), size
	}
	if data[0] < utf8.RuneSelf {
		return p.appendRune(dst, rune(data[0]), data[0], 1), 1
	}
	if p.decoder == nil {
		p.decoder = newDecoder(p.Charset)
	}
	text, size := p.decoder.next(data)
	if size == 1 && len(text) == 0 {
		p.marks = 0
		return appendByte(dst, data[0]), 1
	}
	for len(text) > 0 { // Big5 has codes of two characters
		r, n := utf8.DecodeRune(text)
		dst = p.appendRune(dst, r, text[0], n)
		text = text[n:]
	}
	return dst, size
}

// Flush appends what waits for a next piece as escapes, and starts afresh.
func (p *Printer) Flush(dst []byte) []byte {
	for _, b := range p.tail[:p.held] {
		dst = appendByte(dst, b)
	}
	*p = Printer{ASCII: p.ASCII, Charset: p.Charset, decoder: p.decoder}
	return dst
}

// resume appends the characters that begin in the tail, and returns data without
// what they took of it.
func (p *Printer) resume(dst, data []byte) (_, rest []byte) {
	var buf [2 * len(p.tail)]byte
	held := copy(buf[:], p.tail[:p.held])
	// A character that begins in the tail ends within as many bytes again, so buf
	// is too short for it only if data is.
	total := held + copy(buf[held:], data)
	p.held = 0
	at := 0
	for at < held {
		joined := buf[at:total]
		var size int
		if dst, size = p.appendFirst(dst, joined); size == 0 {
			p.held = uint8(copy(p.tail[:], joined))
			return dst, nil
		}
		at += size
	}
	return dst, data[at-held:]
}
