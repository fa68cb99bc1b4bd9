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

	tail  [utf8.UTFMax - 1]byte // the beginning of a character
	held  uint8                 // bytes in tail
	marks uint8                 // how many combining marks may follow
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
		if !utf8.FullRune(data) {
			p.held = uint8(copy(p.tail[:], data))
			break
		}
		r, size := utf8.DecodeRune(data)
		dst = p.appendRune(dst, r, data[0], size)
		data = data[size:]
	}
	return dst
}

// Flush appends what waits for a next piece as escapes, and starts afresh.
func (p *Printer) Flush(dst []byte) []byte {
	for _, b := range p.tail[:p.held] {
		dst = appendByte(dst, b)
	}
	*p = Printer{ASCII: p.ASCII}
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
		if !utf8.FullRune(joined) {
			p.held = uint8(copy(p.tail[:], joined))
			return dst, nil
		}
		r, size := utf8.DecodeRune(joined)
		dst = p.appendRune(dst, r, joined[0], size)
		at += size
	}
	return dst, data[at-held:]
}
