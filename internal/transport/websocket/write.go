package websocket

import (
	"bytes"
	"errors"
	"net"
	"os"
	"unicode/utf8"

	"sockeye"
	"sockeye/internal/transport"
)

// WriteMessage writes a message as one frame.
func (c *conn) WriteMessage(data []byte, as sockeye.MessageType, order transport.SendOrder, took func(*sockeye.Detail)) error {
	t, err := c.typeOf(data, as)
	if err != nil {
		return err
	}
	h := frameHeader{op: opBinary, final: true}
	if t == sockeye.TextMessage {
		h.op = opText
	}
	payload := data
	if c.state.Compressed && len(data) >= minDeflate {
		var packed bytes.Buffer
		deflate(&packed, data)
		payload, h.compressed = packed.Bytes(), true
	}
	c.writing.Lock()
	defer c.writing.Unlock()
	if c.closing() {
		return net.ErrClosed
	}
	frame := c.frame(h, payload)
	n, err := transport.WriteOrdered(c.Conn, frame, order, func() { took(detailOf(t)) })
	c.sent(n, len(frame), len(data))
	return c.wrote(n, len(frame), err)
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

// typeOf is the type that a message is sent with: what the options say, else as, else that of
// what came last. What is no text any more goes as binary then: the peer would end over it.
func (c *conn) typeOf(data []byte, as sockeye.MessageType) (sockeye.MessageType, error) {
	switch c.types {
	case sockeye.BinaryMessage:
		return sockeye.BinaryMessage, nil
	case sockeye.TextMessage:
		if !utf8.Valid(data) {
			return "", &sockeye.Error{Kind: sockeye.Misuse, Op: "send", Target: c.Remote().String(),
				Message: sockeye.Text{En: "a text message is UTF-8, and this is not", Zh: "文本消息必须是 UTF-8，而这段数据不是"},
				Hint:    sockeye.Text{En: "send it with --message-type binary", Zh: "请用 --message-type binary 发送"}}
		}
		return sockeye.TextMessage, nil
	}
	if as == "" {
		c.mu.Lock()
		as = c.lastType
		c.mu.Unlock()
	}
	if as != sockeye.BinaryMessage && utf8.Valid(data) {
		return sockeye.TextMessage, nil
	}
	return sockeye.BinaryMessage, nil
}

func isDeadline(err error) bool { return errors.Is(err, os.ErrDeadlineExceeded) }
