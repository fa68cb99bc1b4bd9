package decode

import (
	"fmt"
	"math"
	"strconv"
	"time"
	"unicode/utf8"

	"sockeye"
)

var msgpack = Decoder{
	Name: "msgpack", Title: sockeye.Text{En: "MessagePack", Zh: "MessagePack"}, Source: "msgpack.org", strict: 25, read: readMsgpack,
}

// readMsgpack reads one object.
func readMsgpack(c *cursor) {
	c.msgpackObject("Object", false)
	c.hoist()
}

// validText is true for UTF-8.
func validText(b []byte) bool { return utf8.Valid(b) }

// msgpackObject reads an object and gives it as text. As a key it makes no node.
func (c *cursor) msgpackObject(name string, key bool) string {
	from := c.at
	first := c.number(1)
	if !c.ok() {
		return ""
	}
	switch {
	case first>>4 == 8:
		return c.msgpackContainer(name, from, int(first&15), true, key)
	case first>>4 == 9:
		return c.msgpackContainer(name, from, int(first&15), false, key)
	case first >= 0xdc && first <= 0xdf:
		size := c.number(2 << (first & 1))
		return c.msgpackContainer(name, from, int(size), first >= 0xde, key)
	}
	text, note := c.msgpackScalar(byte(first))
	if !key && c.ok() {
		c.add(name, text, from, c.at).Note = note
	}
	return text
}

// msgpackScalar reads what is no container after its first byte.
func (c *cursor) msgpackScalar(first byte) (text, note string) {
	switch {
	case first < 0x80:
		return strconv.Itoa(int(first)), "integer"
	case first >= 0xe0:
		return strconv.Itoa(int(int8(first))), "integer"
	case first>>5 == 5:
		return c.msgpackText(uint64(first & 31)), "string"
	case first >= 0xcc && first <= 0xcf:
		return strconv.FormatUint(c.number(1<<(first-0xcc)), 10), "integer"
	case first >= 0xd0 && first <= 0xd3:
		size := 1 << (first - 0xd0)
		return strconv.FormatInt(int64(c.number(size)<<(64-8*size))>>(64-8*size), 10), "integer"
	case first >= 0xd4 && first <= 0xd8:
		return c.msgpackExtension(1 << (first - 0xd4))
	}
	switch first {
	case 0xc0:
		return "nil", ""
	case 0xc2:
		return "false", "boolean"
	case 0xc3:
		return "true", "boolean"
	case 0xc4, 0xc5, 0xc6:
		return c.preview(c.cborPiece(c.number(1 << (first - 0xc4)))), "binary"
	case 0xc7, 0xc8, 0xc9:
		return c.msgpackExtension(c.number(1 << (first - 0xc7)))
	case 0xca:
		return formatFloat(float64(math.Float32frombits(uint32(c.number(4)))), 32), "float 32"
	case 0xcb:
		return formatFloat(math.Float64frombits(c.number(8)), 64), "float 64"
	case 0xd9, 0xda, 0xdb:
		return c.msgpackText(c.number(1 << (first - 0xd9))), "string"
	}
	c.reject() // 0xc1 is never used
	return "", ""
}

func (c *cursor) msgpackText(size uint64) string {
	b := c.cborPiece(size)
	if !validText(b) {
		c.fault("text is not UTF-8", "文本不是 UTF-8")
	}
	return clipped(b)
}

// msgpackExtension reads an extension; type -1 is a time.
func (c *cursor) msgpackExtension(size uint64) (text, note string) {
	kind := int8(c.number(1))
	b := c.cborPiece(size)
	if kind != -1 {
		return c.preview(b), fmt.Sprintf("extension %d", kind)
	}
	var t time.Time
	number := func(b []byte) (n uint64) {
		for _, one := range b {
			n = n<<8 | uint64(one)
		}
		return n
	}
	switch len(b) {
	case 4:
		t = time.Unix(int64(number(b)), 0)
	case 8:
		n := number(b)
		t = time.Unix(int64(n&(1<<34-1)), int64(n>>34))
	case 12:
		t = time.Unix(int64(number(b[4:])), int64(number(b[:4])))
	default:
		return c.preview(b), "timestamp"
	}
	return t.UTC().Format(time.RFC3339Nano), "timestamp"
}

func (c *cursor) msgpackContainer(name string, from, size int, pairs, key bool) string {
	if c.tooDeep() {
		c.reject()
		return ""
	}
	if !c.ok() || size > c.left() {
		c.short, c.need = true, c.at+min(size, 1<<20)
		return ""
	}
	c.open(name).From = from
	for n := 0; n < size && c.ok(); n++ {
		element := strconv.Itoa(n)
		if pairs {
			element = c.msgpackObject("", true)
		}
		if c.ok() {
			c.msgpackObject(shortened(element), false)
		}
	}
	text := plural(size, "element")
	if pairs {
		text = plural(size, "pair")
	}
	if n := c.close(); key {
		n.Name = "Key"
	} else {
		n.Value = text
	}
	return text
}
