package framing

import (
	"bytes"

	"sockeye/internal/decode"
)

// splitter makes the rule of a spec.
func (s Spec) splitter() splitRule {
	switch s.Method {
	case Line:
		return &delimited{mark: []byte{'\n'}, max: s.max(), line: true}
	case Delimiter:
		return &delimited{mark: []byte(s.Delimiter), max: s.max()}
	case Fixed:
		return fixedSize{size: s.Size}
	case Length:
		return newPrefixed(s)
	case Between:
		return &between{head: []byte(s.Head), tail: []byte(s.Tail), after: s.After, max: s.max()}
	case STX:
		return &between{head: []byte{0x02}, tail: []byte{0x03}, after: s.After, max: s.max()}
	case SLIP:
		return &byteStuffed{stop: slipEnd, unescape: decode.UnescapeSLIP, max: s.max()}
	case COBS:
		return &byteStuffed{stop: 0, unescape: decode.UnescapeCOBS, max: s.max()}
	case ModbusRTU:
		return rtu{}
	case ModbusTCP:
		return mbap{}
	case JSON:
		return &jsonValues{max: s.max()}
	case Idle:
		return idleGap{max: s.max()}
	case Message:
		d, _ := decode.Named(s.Protocol) // Parse has looked for it
		return &decoderMessages{decoder: d, max: s.max()}
	}
	return unframed{}
}

// bodyIsFrame is a frame that is its own body.
type bodyIsFrame struct{}

func (bodyIsFrame) body(frame []byte, _ *[]byte) []byte { return frame }

// unframed are frames as they were read: the framer ends the stream after each.
type unframed struct{ bodyIsFrame }

func (unframed) cut(b []byte, _ int) (int, Mark) { return len(b), Whole }

// idleGap are frames that only a pause ends.
type idleGap struct {
	bodyIsFrame
	max int
}

func (p idleGap) cut(b []byte, _ int) (int, Mark) {
	if len(b) > p.max {
		return p.max, Oversize
	}
	return 0, Whole
}

func (idleGap) end([]byte) (Mark, bool) { return Whole, true }

// fixedSize are frames of one length.
type fixedSize struct {
	bodyIsFrame
	size int
}

func (f fixedSize) cut(b []byte, _ int) (int, Mark) {
	if len(b) < f.size {
		return 0, Whole
	}
	return f.size, Whole
}

// delimited are frames that end with a mark.
type delimited struct {
	mark []byte
	max  int
	line bool // a CR before the mark belongs to it
	over bool // the frame was too long already: its rest is Oversize, too
}

func (d *delimited) cut(b []byte, seen int) (int, Mark) {
	from := max(0, seen-len(d.mark)+1)
	if at := bytes.Index(b[from:min(len(b), d.max)], d.mark); at >= 0 {
		m := Whole
		if d.over {
			m, d.over = Oversize, false
		}
		return from + at + len(d.mark), m
	}
	if len(b) < d.max {
		return 0, Whole
	}
	d.over = true
	return d.max - len(d.mark) + 1, Oversize // the mark may begin in the bytes that stay
}

func (d *delimited) reset() { d.over = false }

func (d *delimited) copy() splitRule {
	c := *d
	return &c
}

func (d *delimited) end([]byte) (Mark, bool) {
	if d.over {
		return Oversize, true
	}
	return Incomplete, true
}

func (d *delimited) body(frame []byte, _ *[]byte) []byte {
	frame = frame[:len(frame)-len(d.mark)]
	if d.line {
		frame = bytes.TrimSuffix(frame, []byte{'\r'})
	}
	return frame
}

// between are frames from a head to a tail.
type between struct {
	head, tail []byte
	after, max int
}

func (e *between) cut(b []byte, seen int) (int, Mark) {
	if n := beginning(b, e.head); n != 0 || len(b) < len(e.head) {
		return n, Whole
	}
	from := max(len(e.head), seen-len(e.tail)-e.after+1)
	if most := min(len(b), e.max-e.after); from < most {
		if at := bytes.Index(b[from:most], e.tail); at >= 0 {
			n := from + at + len(e.tail) + e.after
			if n > len(b) {
				return 0, Whole
			}
			return n, Whole
		}
	}
	if len(b) >= e.max {
		return e.max, Oversize
	}
	return 0, Whole
}

func (e *between) body(frame []byte, _ *[]byte) []byte {
	return frame[len(e.head) : len(frame)-len(e.tail)-e.after]
}

// beginning is -n if the first n bytes of b cannot begin with head, else 0. Bytes
// that may be the first of a head that has not come yet are not among them.
func beginning(b, head []byte) int {
	if bytes.HasPrefix(b, head) || len(b) < len(head) && bytes.HasPrefix(head, b) {
		return 0
	}
	if at := bytes.Index(b[1:], head); at >= 0 {
		return -1 - at
	}
	n := max(1, len(b)-len(head)+1)
	for !bytes.HasPrefix(head, b[n:]) {
		n++
	}
	return -n
}
