package unix

import (
	"context"
	"io"
	"os"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"

	"sockeye"
	"sockeye/internal/netinfo"
	"sockeye/internal/transport"
)

// PacketDriver opens unixpacket:// endpoints: connections over which messages go whole and
// in order (SOCK_SEQPACKET, unix(7)).
type PacketDriver struct{}

// Listen binds the path and starts accepting. The file is removed when the session stops.
func (PacketDriver) Listen(ctx context.Context, s *transport.DriverSession) error {
	return listenConnections(ctx, s, func(c *conn) (transport.Conn, error) { return newPacketConn(s, c) })
}

// Dial connects to the path.
func (PacketDriver) Dial(ctx context.Context, s *transport.DriverSession) (*transport.DriverPeer, error) {
	return dialConnection(ctx, s, func(c *conn) (transport.Conn, error) { return newPacketConn(s, c) })
}

// packetConn is one connection that keeps messages whole.
type packetConn struct {
	*conn
	raw     syscall.RawConn
	buf     *[]byte // lent to who reads
	trouble transport.ErrorLimiter
}

func newPacketConn(s *transport.DriverSession, c *conn) (transport.Conn, error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return nil, err
	}
	// With credentials an empty message can be told from the end of the connection.
	err = control(raw, func(fd uintptr) error { return requestCredentials(int(fd)) })
	return &packetConn{conn: c, raw: raw, trouble: transport.NewErrorLimiter(s)}, err
}

// packets are buffers for messages.
var packets = sync.Pool{New: func() any { b := make([]byte, largest); return &b }}

// ReadMessage waits for a message. One that is larger than any buffer here is cut, and its
// Detail says how long it was.
func (c *packetConn) ReadMessage(func(*sockeye.Detail)) ([]byte, *sockeye.Detail, error) {
	var got received
	var failed error
	err := c.raw.Read(func(fd uintptr) bool {
		// No buffer is held while nothing is there.
		if _, _, failed = unix.Recvfrom(int(fd), nil, unix.MSG_PEEK|unix.MSG_DONTWAIT); failed == unix.EAGAIN {
			return false
		}
		c.buf = packets.Get().(*[]byte)
		got, failed = receive(int(fd), *c.buf)
		return failed != unix.EAGAIN
	})
	switch {
	case err != nil:
		failed = err
	case failed != nil:
		failed = os.NewSyscallError("recvmsg", failed)
	case got.end:
		failed = io.EOF
	}
	if failed != nil {
		c.FreeMessage()
		return nil, nil, failed
	}
	if got.cut {
		c.trouble.Add(passedDescriptors(c.remote))
	}
	if got.length > len(*c.buf) {
		return *c.buf, &sockeye.Detail{Datagram: got.length}, nil
	}
	return (*c.buf)[:got.length], nil, nil
}

// received is what recvmsg said of a message.
type received struct {
	length int  // of the message, of which the buffer may hold less
	end    bool // it is none: the peer ended its direction
	cut    bool // descriptors came with it
}

func receive(fd int, buf []byte) (received, error) {
	oob := make([]byte, controlSpace)
	n, oobn, flags, _, err := unix.Recvmsg(fd, buf, oob, unix.MSG_DONTWAIT|unix.MSG_TRUNC)
	return received{length: n, end: n == 0 && oobn == 0, cut: flags&unix.MSG_CTRUNC != 0}, err
}

// FreeMessage gives back the buffer of a message.
func (c *packetConn) FreeMessage() {
	if c.buf != nil {
		packets.Put(c.buf)
		c.buf = nil
	}
}

// WriteMessage writes a message, which the kernel takes whole or not at all.
func (c *packetConn) WriteMessage(data []byte, _ sockeye.MessageType, order transport.SendOrder, took func(*sockeye.Detail)) error {
	var failed error
	err := c.raw.Write(func(fd uintptr) bool {
		order.Step(func() {
			if _, failed = unix.SendmsgN(int(fd), data, nil, nil, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL); failed == nil {
				took(nil)
			}
		})
		return failed != unix.EAGAIN
	})
	switch {
	case err != nil:
		return err
	case netinfo.IsErrno(failed, syscall.EMSGSIZE, syscall.ENOBUFS):
		return tooLarge(c.remote.String(), failed)
	case failed != nil:
		return os.NewSyscallError("sendmsg", failed)
	}
	return nil
}

// AwaitEnd has nothing to wait for: what the kernel took is in the peer's queue.
func (c *packetConn) AwaitEnd() {}

// Close ends the connection.
func (c *packetConn) Close() error {
	c.trouble.Flush()
	return c.conn.Close()
}

var _ transport.MessageConn = (*packetConn)(nil)
