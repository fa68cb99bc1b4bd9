package framing

import "bytes"

// byteStuffed are frames that end with a byte which escapes keep out of the content.
// Such bytes before a frame belong to it: senders put them there to flush noise
// (RFC 1055).
type byteStuffed struct {
	stop     byte
	unescape func(dst, b []byte) ([]byte, bool)
	max      int
	lead     int  // stops before the frame, as far as they were seen
	over     bool // the frame was too long already: its rest is Oversize, too
}

func (s *byteStuffed) cut(b []byte, seen int) (int, Mark) {
	for !s.over && s.lead < len(b) && b[s.lead] == s.stop {
		s.lead++
	}
	if s.lead >= s.max {
		s.lead = 0
		return -s.max, Whole
	}
	from := max(s.lead, seen)
	if at := bytes.IndexByte(b[from:max(from, min(len(b), s.max))], s.stop); at >= 0 {
		m := Whole
		if s.over {
			m = Oversize
		}
		s.reset()
		return from + at + 1, m
	}
	if len(b) < s.max {
		return 0, Whole
	}
	s.over, s.lead = true, 0
	return s.max, Oversize
}

func (s *byteStuffed) reset() { s.over, s.lead = false, 0 }

func (s *byteStuffed) copy() splitRule {
	c := *s
	return &c
}

func (s *byteStuffed) end(b []byte) (Mark, bool) {
	switch {
	case s.over:
		return Oversize, true
	case s.lead == len(b):
		return Whole, false // nothing but stops
	}
	return Incomplete, true
}

// body is nil if the escapes are wrong.
func (s *byteStuffed) body(frame []byte, scratch *[]byte) []byte {
	lead := 0
	for frame[lead] == s.stop {
		lead++
	}
	out, ok := s.unescape((*scratch)[:0], frame[lead:len(frame)-1])
	*scratch = out
	if !ok {
		return nil
	}
	return out
}

// slipEnd ends a frame of SLIP (RFC 1055).
const slipEnd = 0xC0
