package dtls

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"time"

	"github.com/pion/dtls/v3"

	"sockeye"
	"sockeye/internal/netinfo"
	"sockeye/internal/tlsinfo"
	"sockeye/internal/transport"
)

// conn is a DTLS connection as a transport.MessageConn: its messages are records.
type conn struct {
	dtls  *dtls.Conn
	under *datagrams // of a server; nil: of a client
	state *sockeye.TLSState
	buf   *[]byte // lent to who reads
}

func newConn(d *dtls.Conn) *conn { return &conn{dtls: d} }

// maxMessage is the most bytes of a message: the library reads datagrams of 8 KiB, less the
// header, nonce and tag of a record. More than some 1,400 bytes are cut up by IP anyway.
const maxMessage = 8<<10 - 13 - 8 - 16

var buffers = sync.Pool{New: func() any { b := make([]byte, 8<<10); return &b }}

// agree notes what the handshake agreed on.
func (c *conn) agree(unverified bool) error {
	state, ok := c.dtls.ConnectionState()
	if !ok {
		return net.ErrClosed
	}
	chain, err := parse(state.PeerCertificates)
	if err != nil {
		return err
	}
	c.state = &sockeye.TLSState{Version: "DTLS 1.2", Cipher: dtls.CipherSuiteName(state.CipherSuiteID), Certificates: tlsinfo.Chain(chain), Unverified: unverified}
	return nil
}

// Joined is what the joined event tells.
func (c *conn) Joined() *sockeye.Detail { return &sockeye.Detail{TLS: c.state} }

// FillStatus adds what was agreed on.
func (c *conn) FillStatus(st *sockeye.PeerStatus) { st.TLS = c.state }

// ReadMessage waits for a record.
func (c *conn) ReadMessage(func(*sockeye.Detail)) ([]byte, *sockeye.Detail, error) {
	c.buf = buffers.Get().(*[]byte)
	n, err := c.dtls.Read(*c.buf)
	if err == nil {
		return (*c.buf)[:n], nil, nil
	}
	c.FreeMessage()
	return nil, nil, endOf(err)
}

// FreeMessage gives back the buffer of a message.
func (c *conn) FreeMessage() {
	if c.buf != nil {
		buffers.Put(c.buf)
		c.buf = nil
	}
}

// WriteMessage writes a message as one record, which UDP takes at once or not at all.
func (c *conn) WriteMessage(data []byte, _ sockeye.MessageType, order transport.SendOrder, took func(*sockeye.Detail)) error {
	if len(data) > maxMessage {
		return &sockeye.Error{Kind: sockeye.TooLarge, Op: "send", Target: c.Remote().String(),
			Message: sockeye.Text{En: fmt.Sprintf("%d bytes do not fit one record of DTLS: the most is %d", len(data), maxMessage), Zh: fmt.Sprintf("%d 字节放不进一条 DTLS 记录：上限是 %d 字节", len(data), maxMessage)},
			Hint:    sockeye.Text{En: "send it in smaller pieces, or use tls://", Zh: "请分成小块发送，或改用 tls://"}}
	}
	var err error
	order.Step(func() {
		if _, err = c.dtls.Write(data); err == nil {
			took(nil)
		}
	})
	if err != nil {
		return endOf(err)
	}
	return nil
}

// endOf is an error of the library as package net has it.
func endOf(err error) error {
	timeout, ok := errors.AsType[net.Error](err)
	switch {
	case ok && timeout.Timeout(), errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return os.ErrDeadlineExceeded
	case errors.Is(err, dtls.ErrConnClosed):
		return io.EOF
	}
	if _, ok := alertOf(err); ok { // close_notify, or another end that the peer says
		return io.EOF
	}
	return err
}

// Read reads one record.
func (c *conn) Read(b []byte) (int, error) { return c.dtls.Read(b) }

// Write writes one record.
func (c *conn) Write(b []byte) (int, error) { return c.dtls.Write(b) }

// Close ends the connection with close_notify.
func (c *conn) Close() error { return c.dtls.Close() }

// CloseWrite is not called: DTLS ends both directions at once.
func (c *conn) CloseWrite() error { return nil }

// Abort changes nothing: there is no reset, and close_notify tells the peer.
func (c *conn) Abort() {}

// AwaitEnd has nothing to wait for.
func (c *conn) AwaitEnd() {}

// Local is our address.
func (c *conn) Local() sockeye.SocketAddr {
	return sockeye.IPSocketAddr(netinfo.AddrPort(c.dtls.LocalAddr()))
}

// Remote is the peer's address.
func (c *conn) Remote() sockeye.SocketAddr {
	return sockeye.IPSocketAddr(netinfo.AddrPort(c.dtls.RemoteAddr()))
}

// SetReadDeadline ends reads at a time.
func (c *conn) SetReadDeadline(t time.Time) error { return c.dtls.SetReadDeadline(t) }

// SetWriteDeadline ends writes at a time.
func (c *conn) SetWriteDeadline(t time.Time) error { return c.dtls.SetWriteDeadline(t) }

// Outgoing is not known: UDP acknowledges nothing.
func (c *conn) Outgoing() (o netinfo.SendState, ok bool) { return o, false }

// Unacknowledged is not known either.
func (c *conn) Unacknowledged() int { return -1 }

var _ transport.MessageConn = (*conn)(nil)
