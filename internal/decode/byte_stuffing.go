package decode

import (
	"bytes"

	"sockeye"
)

var slip = Decoder{
	Name: "slip", Title: sockeye.Text{En: "SLIP", Zh: "SLIP"}, Source: "RFC 1055", strict: 20,
	read: func(c *cursor) { c.readStuffed(slipEnd, UnescapeSLIP) },
}

var cobs = Decoder{
	Name: "cobs", Title: sockeye.Text{En: "COBS", Zh: "COBS"}, Source: "Cheshire and Baker, 1999", strict: 20,
	read: func(c *cursor) { c.readStuffed(0, UnescapeCOBS) },
}

// readStuffed reads bytes up to the one that ends a frame, and what is in them. Ends
// before it belong to it.
func (c *cursor) readStuffed(end byte, unescape func(dst, b []byte) ([]byte, bool)) {
	lead := 0
	for lead < len(c.b) && c.b[lead] == end {
		lead++
	}
	size := bytes.IndexByte(c.b[lead:], end)
	if size <= 0 {
		if c.short = c.measuring; !c.short {
			c.reject()
		}
		c.need = len(c.b) + 1
		return
	}
	body, ok := unescape(nil, c.b[lead:lead+size])
	c.at = lead + size + 1
	if !ok {
		c.add("Content", c.preview(c.b[lead:lead+size]), lead, lead+size).Fault = both("the escapes are wrong", "转义有误")
		return
	}
	if c.measuring {
		return
	}
	c.summary("%s", plural(len(body), "byte"))
	n := c.add("Content", c.preview(body), lead, lead+size)
	encoded := !bytes.Equal(body, c.b[lead:lead+size])
	if m, known := auto.decode(body, Hints{}, false); known && m.Protocol != auto.Name && m.Bytes == len(body) && !m.Short {
		d, _ := Named(m.Protocol)
		n.Note = d.Title.En
		c.content(d, body, lead, lead+size, encoded)
	}
}

// The special bytes of SLIP, RFC 1055.
const (
	slipEnd    = 0xC0
	slipEsc    = 0xDB
	slipEscEnd = 0xDC
	slipEscEsc = 0xDD
)

// UnescapeSLIP appends the content of a SLIP frame, without its ends, to dst. It is false
// if an escape is wrong.
func UnescapeSLIP(dst, b []byte) ([]byte, bool) {
	for {
		at := bytes.IndexByte(b, slipEsc)
		if at < 0 {
			return append(dst, b...), true
		}
		dst = append(dst, b[:at]...)
		if at+1 == len(b) {
			return dst, false
		}
		switch b[at+1] {
		case slipEscEnd:
			dst = append(dst, slipEnd)
		case slipEscEsc:
			dst = append(dst, slipEsc)
		default:
			return dst, false
		}
		b = b[at+2:]
	}
}

// UnescapeCOBS appends the content of a COBS frame, without the zero that ends it, to dst:
// each code byte says how many bytes follow before the next zero; 255 means 254 bytes and
// no zero. It is false if a code is wrong.
func UnescapeCOBS(dst, b []byte) ([]byte, bool) {
	for len(b) > 0 {
		n := int(b[0])
		if n == 0 || n > len(b) {
			return dst, false
		}
		dst = append(dst, b[1:n]...)
		b = b[n:]
		if n < 255 && len(b) > 0 {
			dst = append(dst, 0)
		}
	}
	return dst, true
}
