package decode

import (
	"fmt"
	"slices"

	"sockeye"
)

var websocket = Decoder{
	Name: "websocket", Title: sockeye.Text{En: "WebSocket", Zh: "WebSocket"}, Source: "RFC 6455", strict: 48, read: readWebSocket,
}

var websocketOpcodes = map[byte]string{0: "continuation", 1: "text", 2: "binary", 8: "close", 9: "ping", 10: "pong"}

// readWebSocket reads a frame (RFC 6455 section 5.2), or the handshake before the first.
func readWebSocket(c *cursor) {
	if looksLikeHTTP(c.b) {
		readHTTP(c)
		return
	}
	if len(c.b) > 0 && (websocketOpcodes[c.b[0]&15] == "" || c.b[0]&0x30 != 0 || c.b[0]&15 >= 8 && c.b[0]&0xC0 != 0x80) ||
		len(c.b) > 1 && c.b[0]&15 >= 8 && c.b[1]&0x7f > 125 {
		c.reject()
		return
	}
	first := c.skip(2)
	if first == nil {
		return
	}
	opcode := websocketOpcodes[first[0]&15]
	c.add("FIN", fmt.Sprint(first[0]>>7), 0, 1)
	if first[0]&0x40 != 0 {
		c.add("RSV1", "1", 0, 1).Note = "compressed (RFC 7692)"
	}
	c.add("Opcode", fmt.Sprint(first[0]&15), 0, 1).Note = opcode
	c.add("Mask", fmt.Sprint(first[1]>>7), 1, 2)
	length := uint64(first[1] & 0x7f)
	switch length {
	case 126:
		length, _ = c.uint("Length", 2)
	case 127:
		length, _ = c.uint("Length", 8)
	default:
		c.add("Length", fmt.Sprint(length), 1, 2)
	}
	var key []byte
	if first[1]&0x80 != 0 {
		key, _ = c.bytes("Masking key", 4)
	}
	if length > 1<<30 {
		c.reject()
	}
	if !c.want(int(length)) {
		return
	}
	c.out.Role = OneWay
	c.out.weak = opcode == "continuation" || opcode == "binary" && key == nil || length == 0
	if opcode == "ping" || opcode == "pong" {
		c.out.Role, c.out.Key = map[string]Role{"ping": Request, "pong": Response}[opcode], "ping"
	}
	c.summary("%s, %d bytes", opcode, length)
	c.websocketPayload(first[0], int(length), key)
}

func (c *cursor) websocketPayload(first byte, length int, key []byte) {
	from := c.at
	b := slices.Clone(c.skip(length))
	for n := range b {
		if key != nil {
			b[n] ^= key[n%4]
		}
	}
	switch opcode := first & 15; {
	case length == 0:
	case first&0x40 != 0:
		c.add("Payload", c.preview(b), from, c.at).Note = "compressed"
	case opcode == 8:
		if len(b) < 2 {
			c.add("Payload", c.preview(b), from, c.at).Fault = both("a close code has two bytes", "关闭码为两个字节")
			return
		}
		c.add("Close code", fmt.Sprint(int(b[0])<<8|int(b[1])), from, from+2)
		c.add("Reason", c.preview(b[2:]), from+2, c.at)
	default:
		n := c.add("Payload", c.preview(b), from, c.at)
		if opcode == 1 {
			if !isText(b) && first&0x80 != 0 {
				n.Fault = both("it is not text (RFC 6455 section 8.1)", "不是文本（RFC 6455 第 8.1 节）")
			}
			c.summary("%s: %s", websocketOpcodes[opcode], n.Value)
			c.content(&json, b, from, c.at, false)
		}
	}
}
