package capture

import "time"

// What a place of one direction may be away from what is known of it.
const (
	// impossible is further than any window reaches (RFC 7323: 1 GiB).
	impossible = 1 << 30
	// near is how far before the first segment seen, without a SYN, a late one may be.
	near = 1 << 20
	// maxInFlight is what one side is ahead of the other in the real world. Beyond,
	// so much is missing in the capture, or it is another connection.
	maxInFlight = 64 << 20
)

// fit is how a number goes with what is known of a direction.
type fit int

const (
	unknown   fit = iota // nothing is known of the direction
	due                  // where the direction goes on
	inside               // before that, or not far beyond
	far                  // only if much is missing
	elsewhere            // before the SYN or after the FIN
)

// fit judges bytes of the direction, or with length 0 an acknowledgement.
func (h *half) fit(seq uint32, length int, reach int64) fit {
	at, end := h.place(seq), max(h.next, h.acked)
	switch {
	case !h.started && !h.isEarly:
		return unknown
	case !h.started:
		at, end = int64(int32(seq-h.early)), 0
	case at < h.lowest() || h.hasFIN && at+int64(length) > h.fin+1:
		return elsewhere
	case len(h.pending) > 0:
		end = max(end, h.pending[len(h.pending)-1].end())
	}
	switch {
	case at-end > reach || at-end < -impossible:
		return far
	case at == end || h.started && at == h.next:
		return due
	}
	return inside
}

// lowest is the first place that can belong to the direction: the byte before the
// first is a probe whether the other side is alive (RFC 1122, 4.2.3.6). Without SYN, a
// late segment may be from before the first one seen.
func (h *half) lowest() int64 {
	if h.syn || h.finished {
		return h.start - 1
	}
	return h.start - near
}

// segmentVerdict is whether a segment belongs to a connection.
type segmentVerdict int

const (
	belongs segmentVerdict = iota
	another                // to one between the same addresses that came after it
	stray                  // to none that is known, and it carries nothing
)

// judge decides whether a segment belongs to the connection, by its numbers of both
// directions together: in one direction, much may be missing in the capture.
func (c *tcpConnection) judge(s *tcpSegment) segmentVerdict {
	own, other := c.sides(s)
	switch {
	case s.has(tcpRST):
		return belongs
	case s.has(tcpSYN):
		if c.replacedBySYN(s) {
			return another
		}
		return belongs
	}
	reach := int64(maxInFlight)
	if c.reset {
		reach = 0 // what crossed the abort goes on where the direction was
	}
	seq, ack := own.fit(s.seq, s.payload.length, reach), unknown
	if s.has(tcpACK) {
		ack = other.fit(s.ack, 0, reach)
	}
	switch {
	case s.payload.length == 0 && seq >= far && ack >= far:
		return stray
	case s.payload.length == 0:
		return belongs
	case seq == elsewhere || ack == elsewhere, seq == far && ack != due && ack != unknown, ack == far && seq != due && seq != unknown:
		return another
	case seq == far && ack == unknown && own.beyond(s.seq):
		return another
	}
	return belongs
}

// beyond reports whether a number is further away than any window reaches.
func (h *half) beyond(seq uint32) bool {
	d := int64(int32(seq - uint32(h.next)))
	return d > impossible || d < -impossible
}

// synAgain is how long a connection that has carried something must be silent until a SYN with its
// own number begins another one. Small systems begin each at the same number (lwIP: 6510); a SYN that
// is sent again comes before the data, or shortly after if the network delayed it.
const synAgain = time.Second

// replacedBySYN reports whether a segment with SYN begins another connection.
func (c *tcpConnection) replacedBySYN(s *tcpSegment) bool {
	own, other := c.sides(s)
	again := own.started && s.seq+1 == uint32(own.start)
	switch {
	case s.begins() && !own.started:
		// After a SYN of the other side that nothing followed, both open at once (RFC 9293, 3.5).
		return other.carried() || own.isEarly && own.early != s.seq+1
	case s.begins():
		return !again || own.hasFIN || c.closed() || own.carried() && c.assembly.reader.at.Sub(c.last) >= synAgain
	case !other.reached(s.ack):
		return true
	case own.started:
		return !again && (c.closed() || own.carried() || other.carried())
	}
	return false
}

// reached reports whether a SYN may acknowledge a number of the direction: one of
// what is there of it.
func (h *half) reached(seq uint32) bool {
	if !h.started {
		return !h.isEarly || h.early == seq
	}
	at := h.place(seq)
	return h.start <= at && at <= h.next
}
