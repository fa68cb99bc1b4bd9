package tls

import (
	stdtls "crypto/tls"
	"errors"
	"io"
	"net"
	"slices"
	"sync/atomic"
	"syscall"
	"time"

	"sockeye"
	"sockeye/internal/tlsinfo"
	"sockeye/internal/transport"
)

// conn is a TLS connection as a transport.LayeredConn. Its bytes are those before
// encryption.
type conn struct {
	transport.Conn // below; its addresses, options and status are ours
	records        *records
	tls            *stdtls.Conn
	state          *sockeye.TLSState
	handshake      tlsinfo.Handshake // as far as it explains what comes later
	recordSize     int               // most bytes of a record that we send

	// Only the reader uses these.
	dry     bool  // crypto/tls has nothing that it could give
	waitErr error // of waiting for more

	truncated atomic.Bool // it ended without close_notify
	notified  atomic.Bool // our close_notify was written, or is not to be
	finished  atomic.Bool // our FIN was sent
}

// Joined is what the joined event tells.
func (c *conn) Joined() *sockeye.Detail { return &sockeye.Detail{TLS: c.state} }

// FillStatus adds what was agreed on, and what the system tells.
func (c *conn) FillStatus(st *sockeye.PeerStatus) {
	st.TLS = c.state
	c.Conn.FillStatus(st)
}

// Unacknowledged counts the bytes, as they were before encryption, in records that the
// peer's system does not have yet. Our FIN counts as one more, as it does below.
func (c *conn) Unacknowledged() int {
	n := c.Conn.Unacknowledged()
	switch {
	case n < 0:
		return n
	case n > 0 && c.finished.Load():
		return 1 + c.records.missing(n-1)
	}
	return c.records.missing(n)
}

// Socket is the socket below.
func (c *conn) Socket() syscall.RawConn { return c.records.raw }

// Control calls f with the descriptor below, while it is open.
func (c *conn) Control(f func(fd uintptr)) error {
	if below, ok := c.Conn.(transport.FDController); ok {
		return below.Control(f)
	}
	return nil
}

// WaitReadable waits until there are records to read, if crypto/tls has none left.
func (c *conn) WaitReadable() {
	if c.dry {
		c.waitErr = c.records.fill()
		c.dry = c.waitErr != nil
	}
}

// ReadReady reads what has come already.
func (c *conn) ReadReady(b []byte) (int, error) {
	if c.dry {
		return 0, c.waitErr
	}
	n, err := c.tls.Read(b)
	switch {
	case n > 0:
		return n, nil // an error comes again
	case errors.Is(err, transport.ErrNotReadable):
		c.dry = true
		return 0, transport.ErrNotReadable
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		c.truncated.Store(c.records.ended)
		return 0, io.EOF
	}
	return 0, err
}

// Read waits for bytes.
func (c *conn) Read(b []byte) (int, error) {
	for {
		c.WaitReadable()
		n, err := c.ReadReady(b)
		if !errors.Is(err, transport.ErrNotReadable) {
			return n, err
		}
	}
}

// Write writes all of b.
func (c *conn) Write(b []byte) (int, error) {
	return c.WriteOrdered(b, transport.SendOrder{}, func([]byte) {})
}

// writePiece bounds what is encrypted in one step, and with it one event of the journal.
const writePiece = 64 << 10

// WriteOrdered writes data in pieces, and calls took with each in a step of order. A
// piece whose records the socket took only in part because the write was to stop counts as
// written: nothing else can follow before they are, so the next write begins with them.
func (c *conn) WriteOrdered(data []byte, order transport.SendOrder, took func(piece []byte)) (n int, err error) {
	for piece := range slices.Chunk(data, writePiece) {
		m, err := c.writePiece(piece, order, func() { took(piece) })
		if n += m; err != nil {
			return n, err
		}
	}
	return n, nil
}

func (c *conn) writePiece(piece []byte, order transport.SendOrder, took func()) (int, error) {
	if err := c.records.begin(); err != nil {
		return 0, err
	}
	defer c.records.end()
	for record := range slices.Chunk(piece, c.recordSize) {
		if _, err := c.tls.Write(record); err != nil {
			if c.notified.Load() {
				return 0, net.ErrClosed // we ended it meanwhile: why is known
			}
			return 0, err
		}
		c.records.carried(len(record))
	}
	taken := false
	err := c.records.flush(order, func() { taken = true; took() })
	if taken {
		return len(piece), nil // what failed came after it
	}
	if !isLate(err) {
		return 0, err
	}
	order.Step(took)
	return len(piece), nil
}

// linger is how long close_notify waits for a peer that does not read.
const linger = time.Second

// CloseWrite sends close_notify (RFC 8446 section 6.1), and then FIN, for peers that look
// at nothing else.
func (c *conn) CloseWrite() error {
	c.notify(linger)
	err := c.Conn.CloseWrite()
	c.finished.Store(err == nil)
	return err
}

// notify sends close_notify, unless it was sent, as far as that is possible in a time.
func (c *conn) notify(within time.Duration) {
	if c.notified.Swap(true) {
		return
	}
	c.Conn.SetWriteDeadline(time.Now().Add(within))
	c.tls.CloseWrite()
	c.Conn.SetWriteDeadline(time.Time{})
}

// Abort has Close reset the connection, without close_notify.
func (c *conn) Abort() {
	c.notified.Store(true)
	c.Conn.Abort()
}

// Close ends the connection, with close_notify if the socket takes it at once.
func (c *conn) Close() error {
	c.notify(20 * time.Millisecond)
	return c.Conn.Close()
}

// Explain is an error of the connection in words.
func (c *conn) Explain(err error) error {
	if errors.Is(err, io.EOF) || isLate(err) || errors.Is(err, net.ErrClosed) {
		return err
	}
	h := c.handshake
	h.Now = time.Now()
	return h.Explain(err)
}

// Ended adds that the peer ended without close_notify.
func (c *conn) Ended(d *sockeye.Detail) {
	d.Truncated = d.Reason == sockeye.ReasonEOF && c.truncated.Load()
}

// addrOf is an address as package net has it.
func addrOf(a sockeye.SocketAddr) net.Addr {
	if a.IsIP() {
		return net.TCPAddrFromAddrPort(a.AddrPort())
	}
	return &net.UnixAddr{Name: a.String(), Net: "unix"}
}
