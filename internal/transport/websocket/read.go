package websocket

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"slices"
	"sync"
	"unicode/utf8"

	"sockeye"
)

// messageBuffers hold messages while they are read and answered.
var messageBuffers = sync.Pool{New: func() any { b := make([]byte, 0, 4<<10); return &b }}

// maxPooled is the largest buffer that others use again.
const maxPooled = 1 << 20

// FreeMessage gives back the buffer of a message.
func (c *conn) FreeMessage() {
	if c.buf != nil && cap(*c.buf) <= maxPooled {
		messageBuffers.Put(c.buf)
	}
	c.buf = nil
}

// ReadMessage reads frames until a message is whole.
func (c *conn) ReadMessage(control func(*sockeye.Detail)) ([]byte, *sockeye.Detail, error) {
	c.pings.start(c)
	data, t, err := c.readMessage(control)
	if err == nil {
		c.setLastType(t)
		return data, detailOf(t), nil
	}
	c.FreeMessage()
	return nil, nil, c.endOf(err)
}

func (c *conn) readMessage(control func(*sockeye.Detail)) ([]byte, sockeye.MessageType, error) {
	for {
		h, err := readHeader(c.reader)
		if err == io.EOF && c.message != 0 {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return nil, "", err
		}
		if h.masked == c.client {
			return nil, "", violation(map[bool]string{true: "a server masked a frame", false: "a client did not mask a frame"}[c.client],
				map[bool]string{true: "服务端的帧带有掩码", false: "客户端的帧没有掩码"}[c.client])
		}
		if h.op.isControl() {
			if err := c.readControl(h, control); err != nil {
				return nil, "", err
			}
			continue
		}
		if err := c.readFragment(h); err != nil {
			return nil, "", err
		}
		if h.final {
			return c.whole()
		}
	}
}

// readFragment adds a data frame to the message.
func (c *conn) readFragment(h frameHeader) error {
	switch {
	case h.op == opContinuation && c.message == 0:
		return violation("a continuation of no message", "没有可延续的消息")
	case h.op != opContinuation && c.message != 0:
		return violation("a message begins within another", "一条消息尚未结束又开始了另一条")
	case h.compressed && (h.op == opContinuation || !c.state.Compressed):
		return violation("a frame is compressed though nobody agreed on it", "未协商压缩却收到压缩帧")
	}
	if h.op != opContinuation {
		c.message, c.packed, c.looked = h.op, h.compressed, 0
		c.buf = messageBuffers.Get().(*[]byte)
		*c.buf = (*c.buf)[:0]
	}
	if h.length > int64(c.most-len(*c.buf)) {
		return tooBig(c.most)
	}
	return c.readPayload(h)
}

// readPayload reads in pieces, so that memory is taken for what came and not for what a
// header promises.
func (c *conn) readPayload(h frameHeader) error {
	const piece = 256 << 10
	for at, left := 0, int(h.length); left > 0; {
		n := min(left, piece)
		b := slices.Grow(*c.buf, n)
		part := b[len(b) : len(b)+n]
		if _, err := io.ReadFull(c.reader, part); err != nil {
			return noEOF(err)
		}
		if h.masked {
			mask(part, h.key, at)
		}
		*c.buf = b[:len(b)+n]
		at, left = at+n, left-n
		if c.isBomb() {
			return tooBig(c.most)
		}
	}
	return nil
}

// isBomb reports whether what has come of a compressed message is too big already, so that a bomb is
// refused long before all of it is there. It looks whenever four times as much has come, which costs
// an honest message a third more.
func (c *conn) isBomb() bool {
	n := len(*c.buf)
	if !c.packed || n < 4*c.looked || n < c.most/maxRatio {
		return false
	}
	c.looked = n
	return inflatesBeyond(*c.buf, c.most)
}

// whole is the message that all frames have come of.
func (c *conn) whole() ([]byte, sockeye.MessageType, error) {
	t := sockeye.BinaryMessage
	if c.message == opText {
		t = sockeye.TextMessage
	}
	c.message = 0
	if c.packed {
		out, err := inflate(nil, *c.buf, c.most)
		if err != nil {
			return nil, "", err
		}
		*c.buf = out
	}
	if t == sockeye.TextMessage && !utf8.Valid(*c.buf) {
		return nil, "", &protocolError{sockeye.CloseNotUTF8, sockeye.Text{En: "a text message that is not UTF-8", Zh: "文本消息不是 UTF-8"}}
	}
	return *c.buf, t, nil
}

// readControl reads a control frame: a ping is answered, and a Close frame is the end.
func (c *conn) readControl(h frameHeader, control func(*sockeye.Detail)) error {
	var memory [maxControl]byte
	b := memory[:h.length]
	if _, err := io.ReadFull(c.reader, b); err != nil {
		return noEOF(err)
	}
	if h.masked {
		mask(b, h.key, 0)
	}
	switch h.op {
	case opPing:
		control(&sockeye.Detail{Control: &sockeye.ControlFrame{Type: "ping", Data: bytes.Clone(b)}})
		if err := c.control(opPong, b); err != nil && !isDeadline(err) && !errors.Is(err, net.ErrClosed) {
			return err
		}
		return nil
	case opPong:
		control(&sockeye.Detail{Control: &sockeye.ControlFrame{Type: "pong", Data: bytes.Clone(b), RoundTrip: c.pings.answeredBy(b)}})
		return nil
	}
	return c.readClose(b)
}

func (c *conn) readClose(b []byte) error {
	status := &sockeye.CloseStatus{Code: sockeye.CloseNoCode}
	switch {
	case len(b) == 1:
		return violation("a Close frame of one byte", "Close 帧只有一个字节")
	case len(b) >= 2:
		status.Code, status.Reason = int(binary.BigEndian.Uint16(b)), string(b[2:])
		if !sockeye.MayCloseWith(status.Code) {
			return violation("a Close frame with a code that may not be sent", "Close 帧带有不允许发送的关闭码")
		}
		if !utf8.ValidString(status.Reason) {
			return &protocolError{sockeye.CloseNotUTF8, sockeye.Text{En: "the reason of a Close frame is not UTF-8", Zh: "Close 帧的原因不是 UTF-8"}}
		}
	}
	c.setTheirs(status)
	return io.EOF
}
