package capture

import (
	"fmt"
	"net/netip"

	"sockeye"
)

const (
	tcpFIN = 0x01
	tcpSYN = 0x02
	tcpRST = 0x04
	tcpACK = 0x10
)

// tcpAssembly puts TCP connections together from their segments.
type tcpAssembly struct {
	reader      *Reader
	connections *recent[addressPair, *tcpConnection]
	waiting     int // bytes of segments that wait for a missing one, of all connections
}

func newAssembly(d *Reader) *tcpAssembly {
	t := &tcpAssembly{reader: d}
	t.connections = newRecent[addressPair, *tcpConnection](maxConnections, (*tcpConnection).finish)
	return t
}

// finish gives out what waits for segments that the file does not have.
func (t *tcpAssembly) finish() {
	for t.connections.drop() {
	}
}

// tcpSegment is a TCP segment as it came.
type tcpSegment struct {
	from, to netip.AddrPort
	seq, ack uint32
	flags    byte
	payload  captured
}

func (s *tcpSegment) has(flag byte) bool { return s.flags&flag != 0 }

// begins reports whether a client begins a connection with it.
func (s *tcpSegment) begins() bool { return s.flags&(tcpSYN|tcpACK) == tcpSYN }

// segment takes in a TCP segment.
func (t *tcpAssembly) segment(from, to netip.Addr, f captured) {
	if len(f.data) < 20 {
		t.reader.skip(malformed)
		return
	}
	h, head := f.data, int(f.data[12]>>4)*4
	if head < 20 || head > f.length {
		t.reader.skip(malformed)
		return
	}
	s := tcpSegment{netip.AddrPortFrom(from, be.Uint16(h)), netip.AddrPortFrom(to, be.Uint16(h[2:])), be.Uint32(h[4:]), be.Uint32(h[8:]), h[13],
		captured{f.data[min(head, len(f.data)):], f.length - head}}
	key := pairOf(s.from, s.to)
	c, known := t.connections.get(key)
	if known && c.replacedBy(&s) {
		c.finish()
		t.connections.remove(key)
		known = false
	}
	if !known {
		if s.has(tcpRST) {
			return // the end of what was not seen
		}
		c = t.open(&s)
		t.connections.most = t.reader.bounded(maxConnections, bytesPerConnection)
		t.connections.put(key, c)
	}
	c.take(&s)
}

// open makes the connection of the first segment seen of it.
func (t *tcpAssembly) open(s *tcpSegment) *tcpConnection {
	c := &tcpConnection{assembly: t, server: s.to, client: s.from}
	_, known := t.reader.sessions.get(serverKey{"tcp", s.from})
	switch {
	case s.begins():
	case s.has(tcpSYN), known, s.from.Port() < s.to.Port():
		c.server, c.client = s.from, s.to
	}
	c.half = [2]half{{kind: sockeye.Received, end: sockeye.ReasonEOF}, {kind: sockeye.Sent, end: sockeye.ReasonLocal}}
	return c
}

// tcpConnection is one TCP connection of the capture, seen from its server.
type tcpConnection struct {
	assembly       *tcpAssembly
	server, client netip.AddrPort
	peer           *sockeye.Peer // nil until there is something to tell: a last ACK alone is no connection
	half           [2]half       // from the client, from the server

	reason sockeye.Reason // "" as long as nothing ended it
	reset  bool
	left   bool
}

// sides are the half that a segment belongs to, and the other one.
func (c *tcpConnection) sides(s *tcpSegment) (own, other *half) {
	if s.from == c.client {
		return &c.half[0], &c.half[1]
	}
	return &c.half[1], &c.half[0]
}

// closed reports whether the connection is over, for all that is known.
func (c *tcpConnection) closed() bool {
	return c.reset || c.half[0].finished && c.half[1].finished
}

// impossible is further than any window reaches (RFC 7323: 1 GiB), near what a
// connection that ended may still get.
const (
	impossible = 1 << 30
	near       = 1 << 20

	// maxInFlight is what one side may be ahead of the other in the real world:
	// a FIN from further away belongs to another connection.
	maxInFlight = 64 << 20
)

// replacedBy reports whether a segment belongs to another connection between the
// same addresses, which came after this one.
func (c *tcpConnection) replacedBy(s *tcpSegment) bool {
	own, other := c.sides(s)
	switch {
	case s.has(tcpRST):
		return false
	case s.has(tcpSYN):
		same := own.started && s.seq+1 == uint32(own.start)
		switch {
		case c.closed():
			return !s.has(tcpACK) || !same
		case own.started:
			return !same && (s.begins() || own.carried() || other.carried())
		}
		return s.begins() && other.started && !other.syn && other.carried()
	case !own.started || s.payload.length == 0:
		return false
	}
	ahead := int64(int32(s.seq - uint32(own.next)))
	switch {
	case ahead > impossible || ahead < -impossible:
		return true
	case own.finished && c.closed() && !c.reset:
		return ahead >= 0
	case c.reset && ahead > near:
		return true
	case own.syn:
		return own.next+ahead < own.start-1
	}
	return own.next+ahead < own.start-near
}

// take takes in a segment of the connection.
func (c *tcpConnection) take(s *tcpSegment) {
	own, other := c.sides(s)
	if c.peer == nil && (s.has(tcpSYN) || s.payload.length > 0) && !s.has(tcpRST) {
		c.peer = c.assembly.reader.peer("tcp", c.server, c.client, nil)
	}
	first := s.seq
	if s.has(tcpSYN) {
		first++
		if !own.started || !own.carried() {
			own.begin(first, true)
		}
	}
	if s.has(tcpACK) {
		other.acknowledged(s.ack)
		c.advance(other)
	}
	if s.has(tcpRST) {
		c.resetBy(own)
		return
	}
	if !own.started && (s.payload.length > 0 || s.has(tcpFIN)) {
		own.begin(own.beginning(first, s.payload.length), false)
	}
	if own.started {
		c.insert(own, own.place(first), s.payload)
		if s.has(tcpFIN) {
			own.ends(own.place(first) + int64(s.payload.length))
		}
		c.advance(own)
	}
	c.leave()
}

// resetBy takes in an abort. What one side sent may still come after it.
func (c *tcpConnection) resetBy(own *half) {
	if !c.closed() {
		c.reset, c.reason = true, sockeye.ReasonAborted
		if own == &c.half[0] {
			c.reason = sockeye.ReasonReset
		}
	}
	c.leave()
}

// leave tells of the end once, when nothing is missing before it.
func (c *tcpConnection) leave() {
	if c.left || !c.closed() || len(c.half[0].pending)+len(c.half[1].pending) > 0 {
		return
	}
	c.left = true
	c.add(sockeye.Event{Kind: sockeye.Left, Detail: &sockeye.Detail{Reason: c.reason}})
}

// finish gives out what waits: the rest is not in the file.
func (c *tcpConnection) finish() {
	for i := range c.half {
		h := &c.half[i]
		for len(h.pending) > 0 || h.hasFIN && !h.finished {
			c.skipHole(h)
			c.advance(h)
		}
	}
	c.leave()
}

func (c *tcpConnection) add(e sockeye.Event) {
	if c.peer == nil {
		return
	}
	e.Peer, e.Session = c.peer, c.peer.Session
	c.assembly.reader.add(e)
}

// gap tells of bytes that the file does not have.
func (c *tcpConnection) gap(n int64) {
	if n <= 0 || c.peer == nil {
		return
	}
	c.add(sockeye.Event{Kind: sockeye.Gap, Detail: &sockeye.Detail{Lost: sockeye.Lost{Bytes: uint64(n)}}})
	d := c.assembly.reader
	d.lostAt(d.count, damaged, sockeye.Text{
		En: fmt.Sprintf("%d bytes from or to %s are not in the capture", n, c.client),
		Zh: fmt.Sprintf("与 %[2]s 之间有 %[1]d 字节不在抓包文件中", n, c.client)})
}
