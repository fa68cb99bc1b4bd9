package tls

import (
	stdtls "crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"

	"sockeye"
	"sockeye/internal/transport"
)

// records is the connection below as crypto/tls sees it. What is to be read is read from
// the socket when there is something; what is written is gathered, so that it can be
// recorded with the write that takes the last of it, and what a canceled send leaves goes
// out before what follows.
type records struct {
	under     transport.Conn
	raw       syscall.RawConn // of under; nil if it has none
	immediate bool            // reads do not wait: the handshake is done

	// Only the reader uses these.
	first []byte  // the other side's first bytes, as many as a record header has
	last  []byte  // its last bytes in the handshake, as many as a plain alert has
	buf   *[]byte // what was read and not yet taken; nil while that is nothing
	in    []byte  // the rest of it
	ended bool    // the socket has no more

	mu   sync.Mutex
	idle sync.Cond // nobody writes
	busy bool      // somebody does
	out  *[]byte   // what the socket has not taken yet; nil while that is nothing
	sent int       // so much of it was taken

	delivery transport.DeliveryTracker
}

func newRecords(under transport.Conn) *records {
	r := &records{under: under}
	r.idle.L = &r.mu
	if has, ok := under.(syscall.Conn); ok {
		if raw, err := has.SyscallConn(); err == nil {
			r.raw = raw
		}
	}
	return r
}

// headerSize is how long the header of a record is (RFC 8446 section 5.1).
const headerSize = 5

// alertSize is how long the record of an alert is that is not encrypted (RFC 8446 section 6).
const alertSize = headerSize + 2

// afterAlert is why a handshake failed: the alert that the other side sent in plain text, if
// it did. A client of OpenSSL that refuses the certificate of TLS 1.3 does, since it has not
// changed its keys yet; crypto/tls decrypts it, and finds a broken record.
func (r *records) afterAlert(err error) error {
	alert := r.last
	broken, local := errors.AsType[*net.OpError](err)
	_, other := errors.AsType[stdtls.RecordHeaderError](err) // of another version
	if !other && !(local && broken.Op == "local error") || len(alert) < alertSize || alert[0] != 21 || alert[1] != 3 || alert[3] != 0 || alert[4] != 2 {
		return err
	}
	return &net.OpError{Op: "remote error", Err: stdtls.AlertError(alert[alertSize-1])}
}

// beganPlain reports whether the other side began with what is no type of a record.
func (r *records) beganPlain() bool { return len(r.first) > 0 && (r.first[0] < 20 || r.first[0] > 23) }

// buffers are what records are read into and gathered in, while there are any.
var buffers = sync.Pool{New: func() any { b := make([]byte, 64<<10); return &b }}

// maxPooled is the largest buffer that others use again.
const maxPooled = 256 << 10

// Read gives crypto/tls what was read. During the handshake it waits for it.
func (r *records) Read(b []byte) (int, error) {
	if !r.immediate {
		n, err := r.under.Read(b)
		r.first = append(r.first, b[:min(n, headerSize-len(r.first))]...)
		r.last = append(r.last, b[max(0, n-alertSize):n]...)
		r.last = r.last[max(0, len(r.last)-alertSize):]
		return n, err
	}
	if r.buf == nil {
		if r.ended {
			return 0, io.EOF
		}
		return 0, transport.ErrNotReadable
	}
	n := copy(b, r.in)
	if r.in = r.in[n:]; len(r.in) == 0 {
		buffers.Put(r.buf)
		r.buf = nil
	}
	return n, nil
}

// fill waits until the socket has something, and reads it.
func (r *records) fill() error {
	if r.buf != nil || r.ended {
		return nil
	}
	buf, n, err := r.readSocket()
	switch {
	case n > 0:
		r.buf, r.in = buf, (*buf)[:n]
		return nil
	case err == nil, errors.Is(err, io.EOF):
		r.ended = true
		return nil
	}
	return err
}

// maxGathered bounds what is gathered until the socket has taken all of it: more than a piece of a message and its
// records, since a peer can have crypto/tls answer (RFC 8446 section 4.6.3) and read nothing.
const maxGathered = 256 << 10

var errNotTaken = &sockeye.Error{Kind: sockeye.LimitReached, Op: "send",
	Message: sockeye.Text{En: "the peer asks for new keys again and again, and does not take the answers", Zh: "对方不断要求更换密钥，却不接收应答"},
	Hint:    sockeye.Text{En: "no program of good faith does that: close the connection", Zh: "正常的程序不会这样：请关闭该连接"}}

// Write takes what crypto/tls writes. Unless somebody writes already, who then takes it
// along, it writes it. What is late then goes out before what follows, and is no failure:
// after one, crypto/tls would write nothing more.
func (r *records) Write(b []byte) (int, error) {
	r.mu.Lock()
	if r.out != nil && len(*r.out)+len(b) > maxGathered {
		r.mu.Unlock()
		return 0, errNotTaken
	}
	r.gather(b)
	if r.busy {
		r.mu.Unlock()
		return len(b), nil
	}
	r.busy = true
	r.mu.Unlock()
	defer r.end()
	err := r.flush(transport.SendOrder{}, func() {})
	if r.immediate && isLate(err) {
		err = nil
	}
	return len(b), err
}

// gather adds to what is to be written. mu is held.
func (r *records) gather(b []byte) {
	if r.out == nil {
		r.out, r.sent = buffers.Get().(*[]byte), 0
		*r.out = (*r.out)[:0]
	}
	*r.out = append(*r.out, b...)
	r.delivery.Pass(len(b))
}

// carried says how many bytes the records written last carry.
func (r *records) carried(plain int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.delivery.Mark(plain)
	if r.delivery.IsLong() {
		if n := r.under.Unacknowledged(); n >= 0 {
			r.delivery.Forget(n + r.waitingLocked())
		}
	}
}

// missing counts the bytes before encryption in records that the peer's system does not
// have whole. below is how many bytes the connection below has not delivered.
func (r *records) missing(below int) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.delivery.Missing(below + r.waitingLocked())
}

// begin has what is written be gathered until end, after what was left has gone out.
func (r *records) begin() error {
	r.mu.Lock()
	for r.busy {
		r.idle.Wait()
	}
	r.busy = true
	r.mu.Unlock()
	err := r.flush(transport.SendOrder{}, func() {})
	if err != nil {
		r.end()
	}
	return err
}

func (r *records) end() {
	r.mu.Lock()
	r.busy = false
	r.idle.Signal()
	r.mu.Unlock()
}

// flush writes what was gathered, and calls took in the step of order that writes the last of
// what is there now. What the socket does not take stays.
func (r *records) flush(order transport.SendOrder, took func()) error {
	for {
		r.mu.Lock()
		if r.out == nil {
			r.mu.Unlock()
			return nil
		}
		rest := (*r.out)[r.sent:]
		r.mu.Unlock()
		n, err := transport.WriteOrdered(r.under, rest, order, took)
		r.mu.Lock()
		if r.sent += n; r.sent == len(*r.out) {
			*r.out = (*r.out)[:cap(*r.out)]
			if cap(*r.out) <= maxPooled {
				buffers.Put(r.out)
			}
			r.out = nil
		}
		r.mu.Unlock()
		if err != nil {
			return err
		}
		took = func() {}
	}
}

// waitingLocked counts the bytes that the socket has not taken.
func (r *records) waitingLocked() int {
	if r.out == nil {
		return 0
	}
	return len(*r.out) - r.sent
}

// isLate reports whether a write stopped because it was told to, and not because it failed.
func isLate(err error) bool { return errors.Is(err, os.ErrDeadlineExceeded) }

// Close and what follows make it a net.Conn. Whoever uses the connection ends it and sets its
// deadlines below.
func (r *records) Close() error                     { return r.under.Close() }
func (r *records) LocalAddr() net.Addr              { return addrOf(r.under.Local()) }
func (r *records) RemoteAddr() net.Addr             { return addrOf(r.under.Remote()) }
func (r *records) SetDeadline(time.Time) error      { return nil }
func (r *records) SetReadDeadline(time.Time) error  { return nil }
func (r *records) SetWriteDeadline(time.Time) error { return nil }

// readUnder reads what below is no socket, or one that nobody can wait for without a
// buffer.
func (r *records) readUnder() (*[]byte, int, error) {
	buf := buffers.Get().(*[]byte)
	n, err := r.under.Read(*buf)
	if n > 0 {
		return buf, n, nil
	}
	buffers.Put(buf)
	return nil, 0, err
}
