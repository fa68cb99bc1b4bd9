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
		as = c.lastTypeSeen()
	}
	if as != sockeye.BinaryMessage && utf8.Valid(data) {
		return sockeye.TextMessage, nil
	}
	return sockeye.BinaryMessage, nil
}

func isDeadline(err error) bool { return errors.Is(err, os.ErrDeadlineExceeded) }
