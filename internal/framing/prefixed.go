package framing

import (
	"bytes"
	"encoding/binary"
)

// prefixed are frames in which a number says how long they are.
type prefixed struct {
	bodyIsFrame
	head, tail   []byte
	offset, size int // size may be Varint
	rest         bool
	first        int // bytes until the length is known, at least
	add          int // frame length = number + add
	max          int
	little       bool
}

func newPrefixed(s Spec) *prefixed {
	p := &prefixed{head: []byte(s.Head), tail: []byte(s.Tail), offset: s.Offset, size: s.Size, add: s.Adjust, max: s.max(), little: s.Order == Little, rest: s.Counts != All}
	size := max(0, s.Size)
	if p.rest {
		p.add += s.Offset + size
	}
	p.first = max(s.Offset+max(1, size), len(p.head))
	return p
}

func (p *prefixed) cut(b []byte, _ int) (int, Mark) {
	if len(p.head) > 0 {
		if n := beginning(b, p.head); n != 0 {
			return n, Whole
		}
	}
	if len(b) < p.first {
		return 0, Whole
	}
	n, ok := p.length(b)
	if !ok {
		return -1, Whole
	}
	if n == 0 || len(b) < n {
		return 0, Whole
	}
	if !bytes.HasSuffix(b[:n], p.tail) {
		return -1, Whole
	}
	return n, Whole
}

// length is how long the frame that b begins with says it is, 0 if it does not say yet;
// false if it cannot be that long.
func (p *prefixed) length(b []byte) (int, bool) {
	if p.size == Varint {
		v, size := binary.Uvarint(b[p.offset:])
		if size <= 0 {
			return 0, size == 0
		}
		more := 0
		if p.rest {
			more = size
		}
		return p.fit(v, more, p.offset+size)
	}
	var v uint64
	digits := b[p.offset : p.offset+p.size]
	if p.little {
		for i := len(digits) - 1; i >= 0; i-- {
			v = v<<8 | uint64(digits[i])
		}
	} else {
		for _, d := range digits {
			v = v<<8 | uint64(d)
		}
	}
	return p.fit(v, 0, p.first)
}

// fit is the length that a number and more bytes mean; false if it is less than least,
// or too much.
func (p *prefixed) fit(v uint64, more, least int) (int, bool) {
	if v > uint64(p.max)+1<<17 { // the adjustment and the offset are less: it stays so, and no sum overflows
		return 0, false
	}
	n := int(v) + p.add + more
	return n, n >= least && n >= len(p.head)+len(p.tail) && n <= p.max
}

// mbap are Modbus TCP frames: a header of seven bytes with a protocol number that
// is 0 and a length of 2 to 254 (unit and function code are always there).
type mbap struct{ bodyIsFrame }

const (
	mbapCounted = 6 // bytes up to and with the length
	mbapMost    = 254
)

func (mbap) cut(b []byte, _ int) (int, Mark) {
	if len(b) > 2 && b[2] != 0 || len(b) > 3 && b[3] != 0 || len(b) > 4 && b[4] != 0 || len(b) > 5 && (b[5] < 2 || b[5] > mbapMost) {
		return -1, Whole
	}
	if len(b) < mbapCounted || len(b) < mbapCounted+int(b[5]) {
		return 0, Whole
	}
	return mbapCounted + int(b[5]), Whole
}
