package mqtt

import (
	"net"
	"time"

	"github.com/mochi-mqtt/server/v2/packets"

	"sockeye"
	"sockeye/internal/transport"
)

// brokerSide is the connection as the broker has it: it reads what was recorded, and what it
// writes is recorded.
type brokerSide struct {
	net.Conn // a pipe
	c        *conn
}

// RemoteAddr is that of the client.
func (s *brokerSide) RemoteAddr() net.Addr { return netAddr{s.c.Remote()} }

// netAddr is an address for the broker's log.
type netAddr struct{ sockeye.SocketAddr }

// Network is "mqtt".
func (netAddr) Network() string { return "mqtt" }

// SetDeadline bounds the wait for the next packet (the keep-alive).
func (s *brokerSide) SetDeadline(at time.Time) error { return s.Conn.SetReadDeadline(at) }

// Close ends the client's connection.
func (s *brokerSide) Close() error {
	s.Conn.Close()
	return s.c.Close()
}

// Write takes whole packets.
func (s *brokerSide) Write(data []byte) (n int, err error) {
	c := s.c
	c.writing.Lock()
	defer c.writing.Unlock()
	for len(data) > 0 {
		p, rest, ok := split(data)
		if !ok { // the library writes no parts of packets
			return n, errMalformed
		}
		if err := s.one(p); err != nil {
			return n, err
		}
		n, data = n+len(p.raw), rest
	}
	return n, nil
}

// one writes a packet. The writer holds c.writing.
func (s *brokerSide) one(p controlPacket) error {
	c := s.c
	c.Conn.SetWriteDeadline(time.Now().Add(stallLimit))
	defer c.Conn.SetWriteDeadline(time.Time{})
	if p.header.Type != packets.Publish {
		n, err := c.Conn.Write(p.raw)
		if p.header.Type == packets.Connack && len(p.body) > 1 {
			select {
			case c.acked <- p.body[1]:
			default: // nobody waits for a second one
			}
		}
		return c.wrote(n, len(p.raw), err)
	}
	select {
	case <-c.attached:
	case <-c.gone:
		return net.ErrClosed
	}
	d, err := p.decoded(c.version)
	if err != nil {
		return err
	}
	how := &sockeye.Detail{Publication: publicationOf(c.sentTopics.topicOf(&d), &d)}
	n, err := transport.WriteOrdered(c.Conn, p.raw, c.order, func() { c.sent(d.Payload, how) })
	return c.wrote(n, len(p.raw), err)
}
