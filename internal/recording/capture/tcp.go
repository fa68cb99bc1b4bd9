package capture

import (
	"fmt"
	"net/netip"
	"time"

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
	if known {
		switch c.judge(&s) {
		case stray:
			return
		case another:
			old := c
			t.endFor(old, &s)
			t.connections.remove(key)
			c, known = t.open(&s, old), false
		}
	} else {
		if s.has(tcpRST) {
			return // the end of what was not seen
		}
		c = t.open(&s, nil)
	}
	if !known {
		t.connections.most = t.reader.bounded(maxConnections, bytesPerConnection)
		t.connections.put(key, c)
	}
	c.take(&s)
}

// endFor ends a connection because a segment belongs to another one. Where only the
// numbers say so, a part of the connection that is missing may look the same, so it
// is told.
func (t *tcpAssembly) endFor(c *tcpConnection, s *tcpSegment) {
	c.finish()
	if s.has(tcpSYN) || c.closed() || c.peer == nil {
		return
	}
	t.reader.lostAt(t.reader.count, Skipped, sockeye.Text{
		En: fmt.Sprintf("its numbers do not follow those before it, so another connection of %s begins here", c.client),
		Zh: fmt.Sprintf("序号与之前不连续，视为 %s 的另一个连接从这里开始", c.client)})
}

// open makes the connection of the first segment seen of it. before is the one that
// the same addresses had, or nil.
func (t *tcpAssembly) open(s *tcpSegment, before *tcpConnection) *tcpConnection {
	c := &tcpConnection{assembly: t, server: s.to, client: s.from}
	switch {
	case s.begins():
	case s.has(tcpSYN):
		c.server, c.client = s.from, s.to
	case before != nil:
		c.server, c.client = before.server, before.client
	case !t.isServer(s.to) && (t.isServer(s.from) || s.from.Port() < s.to.Port()):
		c.server, c.client = s.from, s.to
	}
	c.half = [2]half{{kind: sockeye.Received, end: sockeye.ReasonEOF}, {kind: sockeye.Sent, end: sockeye.ReasonLocal}}
	return c
}

// isServer reports whether an address was seen as a server's.
func (t *tcpAssembly) isServer(a netip.AddrPort) bool {
	_, known := t.reader.sessions.get(serverKey{"tcp", a})
	return known
}

// tcpConnection is one TCP connection of the capture, seen from its server.
type tcpConnection struct {
	assembly       *tcpAssembly
	server, client netip.AddrPort
	peer           *sockeye.Peer // nil until there is something to tell: a last ACK alone is no connection
	half           [2]half       // from the client, from the server
	segments       int           // taken in
	last           time.Time     // of the newest one

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

// take takes in a segment of the connection.
func (c *tcpConnection) take(s *tcpSegment) {
	own, other := c.sides(s)
	c.segments++
	c.last = c.assembly.reader.at
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
		c.advance(other, s.payload.length == 0 && !s.has(tcpFIN)) // an answer comes after what it answers
	}
	if s.has(tcpRST) {
		c.leftOut(dataOfAbort, s.payload.length)
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
		c.advance(own, true)
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
			c.advance(h, false)
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
