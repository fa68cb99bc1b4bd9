package dtls

import (
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/pion/dtls/v3"
	dtlsnet "github.com/pion/dtls/v3/pkg/net"
	"github.com/pion/transport/v5/udp"

	"sockeye"
	"sockeye/internal/transport"
)

// listener accepts who says hello, and now and then somebody who sends something else, so that this
// can be told.
type listener struct {
	net.Listener
	options []dtls.ServerOption
}

// listen binds an address. A datagram of somebody new begins a connection if it begins a handshake.
func listen(network string, at *net.UDPAddr, options []dtls.ServerOption) (*listener, error) {
	var others sometimes
	config := udp.ListenConfig{AcceptFilter: func(first []byte) bool { return beginsHandshake(first) || others.now() }}
	l, err := config.Listen(network, at)
	if err != nil {
		return nil, err
	}
	return &listener{l, options}, nil
}

// Accept waits for a connection whose handshake is still to come.
func (l *listener) Accept() (transport.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, net.ErrClosed // it has no other errors
	}
	under := &datagrams{PacketConn: dtlsnet.PacketConnFromConn(c), from: c.RemoteAddr()}
	d, err := dtls.ServerWithOptions(under, c.RemoteAddr(), l.options...)
	if err != nil {
		c.Close()
		return nil, err
	}
	s := newConn(d)
	s.under = under
	return s, nil
}

// SetDeadline does nothing: it is for queues of the system, which UDP has none of.
func (l *listener) SetDeadline(time.Time) error { return nil }

// Name is the address in errors.
func (l *listener) Name() string { return l.Addr().String() }

// sometimes says yes at most once a second. It may be asked from any goroutine.
type sometimes struct {
	mu   sync.Mutex
	last time.Time // the last yes
}

func (s *sometimes) now() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.last.IsZero() && time.Since(s.last) < time.Second {
		return false
	}
	s.last = time.Now()
	return true
}

// datagrams are those of one peer. One goroutine reads them at a time.
type datagrams struct {
	net.PacketConn
	from  net.Addr
	first []byte // read by peek, and not by ReadFrom yet
}

// peek waits for the first datagram, which ReadFrom returns afterwards. It is called before that.
func (d *datagrams) peek() ([]byte, error) {
	b := buffers.Get().(*[]byte)
	defer buffers.Put(b)
	n, _, err := d.PacketConn.ReadFrom(*b)
	d.first = append([]byte(nil), (*b)[:n]...)
	return d.first, err
}

// ReadFrom waits for the next datagram.
func (d *datagrams) ReadFrom(b []byte) (int, net.Addr, error) {
	if d.first == nil {
		return d.PacketConn.ReadFrom(b)
	}
	n := copy(b, d.first)
	d.first = nil
	return n, d.from, nil
}

// beginsHandshake reports whether a datagram begins with a record of a handshake (RFC 6347 section
// 4.1): its type, the version, and the length, of which there is as much.
func beginsHandshake(b []byte) bool {
	const header, handshake = 13, 22
	return len(b) > header && b[0] == handshake && b[1] == 0xfe && len(b) >= header+int(b[11])<<8+int(b[12])
}

// plainText is the error that a client sends something else than DTLS, of which first is the
// beginning.
func plainText(client string, first []byte, err error) error {
	if err != nil {
		return err
	}
	first = first[:min(len(first), 16)]
	return &sockeye.Error{Kind: sockeye.Refused, Op: "accept", Target: client,
		Message: sockeye.Text{En: fmt.Sprintf("the client sends plain datagrams, and this port speaks DTLS: it began with %q", first), Zh: fmt.Sprintf("客户端发送了普通数据报，而此端口使用 DTLS，开头是 %q", first)},
		Hint:    sockeye.Text{En: "have it use DTLS (dtls://), or listen on udp://", Zh: "请让客户端使用 DTLS（dtls://），或改为监听 udp://"}}
}
