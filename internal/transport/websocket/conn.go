package websocket

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"sockeye"
	"sockeye/internal/transport"
)

// conn is a WebSocket as a transport.MessageConn. Its events are messages.
type conn struct {
	transport.Conn // below; its addresses, options and status are ours
	in             *limitedReader
	reader         *bufio.Reader
	client         bool
	most           int // bytes of a message
	state          sockeye.WebSocketState
	types          sockeye.MessageType // Options.MessageType
	pings          pinger
	key            func() [4]byte

	// Only the reader uses these.
	buf     *[]byte
	looked  int    // how many bytes of a compressed message were there when it was looked at last; see isBomb
	message opcode // of the fragments so far; 0 between messages
	packed  bool

	// mu guards the fields down to writing. Only this file takes and releases it.
	mu       sync.Mutex
	close    sockeye.CloseStatus // what we close with
	theirs   *sockeye.CloseStatus
	ours     *sockeye.CloseStatus
	lastType sockeye.MessageType // of what came last
	cut      error               // why nothing can follow: a frame was written in part, or a ping was not answered
	delivery transport.DeliveryTracker
	finished bool // the FIN below was sent
	ended    bool // our direction ended, with a Close frame or without

	writing sync.Mutex // held over a frame
	out     []byte
}

// Control calls f with the descriptor below, while it is open.
func (c *conn) Control(f func(fd uintptr)) error {
	if below, ok := c.Conn.(transport.FDController); ok {
		return below.Control(f)
	}
	return nil
}

// Joined is what the joined event tells.
func (c *conn) Joined() *sockeye.Detail {
	var d sockeye.Detail
	if below, ok := c.Conn.(interface{ Joined() *sockeye.Detail }); ok {
		d = *below.Joined()
	}
	d.WebSocket = &c.state
	return &d
}

// Explain is an error of the connection below in its words, if it has any.
func (c *conn) Explain(err error) error {
	if below, ok := c.Conn.(interface{ Explain(error) error }); ok {
		return below.Explain(err)
	}
	return err
}

// detailOf is one of two details that all messages share.
func detailOf(t sockeye.MessageType) *sockeye.Detail {
	if t == sockeye.TextMessage {
		return textDetail
	}
	return binaryDetail
}

var (
	textDetail   = &sockeye.Detail{Message: sockeye.TextMessage}
	binaryDetail = &sockeye.Detail{Message: sockeye.BinaryMessage}
)

// Ended adds the code that the connection was closed with: that of the other side, or else
// our own.
func (c *conn) Ended(d *sockeye.Detail) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if d.Close = c.theirs; d.Close == nil {
		d.Close = c.ours
	}
}

// linger is how long the connection below may stay after both sides said that they close.
const linger = time.Second

// AwaitEnd waits until the other side closes the connection below.
func (c *conn) AwaitEnd() {
	c.Conn.SetReadDeadline(time.Now().Add(linger))
	io.Copy(io.Discard, c.Conn)
}

// CloseWith has our Close frame say why.
func (c *conn) CloseWith(why sockeye.CloseStatus) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.close = why
}

// CloseWrite sends our Close frame. When the other side has sent its own, the connection
// below ends, too: by the server, whom the client waits for (RFC 6455 section 7.1.1). It also
// does if there is to be no frame.
func (c *conn) CloseWrite() error {
	c.mu.Lock()
	theirs, code, reason := c.theirs, c.close.Code, c.close.Reason
	c.mu.Unlock()
	if theirs != nil {
		code, reason = theirs.Code, ""
	}
	if code != sockeye.CloseNoFrame { // nobody would read it
		if err := c.sendClose(code, reason); err != nil {
			return err
		}
	}
	endsBelow := theirs != nil || code == sockeye.CloseNoFrame
	var err error
	if endsBelow {
		err = c.Conn.CloseWrite()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.finished = endsBelow && err == nil
	if transport.IsGone(err) {
		err = nil
	}
	c.ended = err == nil
	return err
}

// sendClose sends a Close frame, unless one was sent. It does not wait for a peer that
// does not read.
func (c *conn) sendClose(code int, reason string) error {
	c.mu.Lock()
	done := c.ours != nil
	if !done {
		c.ours = &sockeye.CloseStatus{Code: code, Reason: reason, ByUs: true}
	}
	c.mu.Unlock()
	if done {
		return nil
	}
	var payload []byte
	if code < sockeye.CloseNoCode || code > sockeye.CloseNoFrame {
		payload = append(binary.BigEndian.AppendUint16(nil, uint16(code)), reason...)
	}
	c.Conn.SetWriteDeadline(time.Now().Add(linger))
	err := c.control(opClose, payload)
	c.Conn.SetWriteDeadline(time.Time{})
	if transport.IsGone(err) {
		return nil
	}
	return err
}

// control writes a control frame.
func (c *conn) control(op opcode, payload []byte) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	return c.controlLocked(op, payload)
}

// controlLocked is control for who holds writing.
func (c *conn) controlLocked(op opcode, payload []byte) error {
	frame := c.frame(frameHeader{op: op, final: true}, payload)
	n, err := c.Conn.Write(frame)
	c.sent(n, len(frame), 0)
	return c.wrote(n, len(frame), err)
}

// wrote notes that a frame was written in part. Nothing can follow it: the connection
// ends.
func (c *conn) wrote(n, all int, err error) error {
	if n == 0 || n == all {
		return err
	}
	c.giveUp(&sockeye.Error{Kind: sockeye.Canceled, Op: "send", Target: c.Remote().String(), Err: err,
		Message: sockeye.Text{En: fmt.Sprintf("a frame was cut after %d of %d bytes, so the connection had to end", n, all), Zh: fmt.Sprintf("一帧只发送了 %d / %d 字节就中断，连接只能结束", n, all)}})
	return err
}

// giveUp resets the connection below. The reader says why.
func (c *conn) giveUp(why error) {
	c.mu.Lock()
	if c.cut == nil {
		c.cut = why
	}
	c.mu.Unlock()
	c.Conn.Abort()
	c.Conn.Close()
}

// frame is the bytes of a frame, in memory that the next one uses again.
func (c *conn) frame(h frameHeader, payload []byte) []byte {
	h.length = int64(len(payload))
	if c.client {
		h.masked, h.key = true, c.key()
	}
	out := c.out[:0]
	if need := len(payload) + maxHeader; cap(out) < need {
		out = make([]byte, 0, need)
	}
	out = append(h.append(out), payload...)
	if h.masked {
		mask(out[len(out)-len(payload):], h.key, 0)
	}
	c.out = nil
	if cap(out) <= keptBuffer {
		c.out = out
	}
	return out
}

// keptBuffer is the most memory that a connection keeps between messages.
const keptBuffer = 4 << 10

func tooBig(most int) error {
	return &protocolError{sockeye.CloseTooBig, sockeye.Text{
		En: fmt.Sprintf("a message of more than %d bytes", most), Zh: fmt.Sprintf("消息超过 %d 字节", most)}}
}

// limitedReader bounds what is read for a handshake.
type limitedReader struct {
	r     io.Reader
	left  int     // negative: as much as there is
	pings *pinger // is told of reads; nil: nobody is
}

func (l *limitedReader) Read(b []byte) (int, error) {
	if l.pings != nil {
		defer l.pings.read()()
	}
	if l.left < 0 {
		return l.r.Read(b)
	}
	if l.left == 0 {
		return 0, errLongHandshake
	}
	n, err := l.r.Read(b[:min(len(b), l.left)])
	l.left -= n
	return n, err
}

var errLongHandshake = &sockeye.Error{Kind: sockeye.TooLarge,
	Message: sockeye.Text{En: "the headers of the handshake are too long", Zh: "握手的头部过长"}}

// setLastType notes the type of a message that came.
func (c *conn) setLastType(t sockeye.MessageType) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lastType = t
}

// lastTypeSeen is the type of the message that came last, "" before the first.
func (c *conn) lastTypeSeen() sockeye.MessageType {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.lastType
}

// setTheirs notes the Close frame of the other side.
func (c *conn) setTheirs(status *sockeye.CloseStatus) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.theirs = status
}

// sent notes that the connection below took n bytes of a frame, which carries a message if
// it took all of it.
func (c *conn) sent(n, all, carried int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.delivery.Pass(n)
	if n < all || n == 0 {
		return
	}
	c.delivery.Mark(carried)
	if c.delivery.IsLong() {
		if on := c.Conn.Unacknowledged(); on >= 0 {
			c.delivery.Forget(on)
		}
	}
}

// Unacknowledged counts the bytes of messages that the peer's system does not have whole.
// That we finished counts as one more, as a FIN does below.
func (c *conn) Unacknowledged() int {
	n := c.Conn.Unacknowledged()
	c.mu.Lock()
	defer c.mu.Unlock()
	if n <= 0 {
		return n
	}
	if c.finished { // below, its FIN is in n
		n--
	}
	n = c.delivery.Missing(n)
	if c.ended {
		n++
	}
	return n
}

// closing reports whether no message may follow: our Close frame is sent, or a frame was cut.
func (c *conn) closing() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ours != nil || c.cut != nil
}

// endOf is how reading ended. What the other side did against the protocol is answered
// with a Close frame that says so. A connection that was lost without one is code 1006 (RFC
// 6455 section 7.1.5).
func (c *conn) endOf(err error) error {
	c.pings.stop()
	if p, ok := errors.AsType[*protocolError](err); ok {
		c.sendClose(p.code, p.text.En)
		return &sockeye.Error{Kind: sockeye.System, Op: "receive", Target: c.Remote().String(), Message: p.text, Err: p}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	closedByUs := c.cut == nil && errors.Is(err, net.ErrClosed)
	if c.theirs == nil && (err == io.EOF || c.ours == nil && !closedByUs) {
		c.theirs = &sockeye.CloseStatus{Code: sockeye.CloseNoFrame}
	}
	switch {
	case c.cut != nil:
		return c.cut
	case errors.Is(err, io.ErrUnexpectedEOF):
		return &sockeye.Error{Kind: sockeye.Reset, Err: err,
			Message: sockeye.Text{En: "the connection ended in the middle of a message: what had come of it is lost", Zh: "连接在消息中途断开，已收到的部分丢失"}}
	}
	return err
}
