package decode

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"sockeye"
)

// cursor reads a message and builds its tree. Reading past the end gives zero, and
// makes the message short; it reads nothing more then.
type cursor struct {
	b         []byte
	at        int
	stack     []Node // the nodes that are open, the message first
	hints     *Hints
	nodes     int // that the tree has
	short     bool
	need      int
	none      bool    // it is no message
	measuring bool    // nobody wants the tree
	depth     int     // of the tree that this message is a part of
	out       Message // role, key and state
	nowhere   Node    // takes what is said of a node that is not kept
}

func newCursor(b []byte, h *Hints) *cursor {
	return &cursor{b: b, hints: h, stack: make([]Node, 1, 8)}
}

// message ends the tree.
func (c *cursor) message() *Message {
	for len(c.stack) > 1 {
		c.close()
	}
	m := c.out
	m.Node = c.stack[0]
	m.From, m.To = 0, c.at
	m.Bytes, m.Short, m.Need = c.at, c.short, max(c.need, len(c.b)+1)
	if !m.Short {
		m.Need = 0
	} else {
		m.Bytes, m.To = len(c.b), len(c.b)
	}
	return &m
}

// ok is true while the message can be read on.
func (c *cursor) ok() bool { return !c.short && !c.none }

// left is how many bytes there are.
func (c *cursor) left() int { return len(c.b) - c.at }

// rest is what was not read yet.
func (c *cursor) rest() []byte { return c.b[c.at:] }

// reject says that the bytes are no message.
func (c *cursor) reject() { c.none = true }

// want is true if there are n bytes more; else the message is short.
func (c *cursor) want(n int) bool {
	if !c.ok() {
		return false
	}
	if n < 0 || n > c.left() {
		c.short, c.need = true, c.at+max(n, 0)
		return false
	}
	return true
}

// skip takes n bytes without a node; nil if there are not so many.
func (c *cursor) skip(n int) []byte {
	if !c.want(n) {
		return nil
	}
	b := c.b[c.at : c.at+n]
	c.at += n
	return b
}

// add appends a node to the one that is open. What is returned may be completed until
// the next node is added.
func (c *cursor) add(name, value string, from, to int) *Node {
	top := &c.stack[len(c.stack)-1]
	if c.measuring || c.nodes >= MaxNodes {
		if c.nodes == MaxNodes {
			c.nodes++
			c.stack[0].Fault = both("it has more than %d fields: the others are not shown", "字段超过 %d 个，其余不显示", MaxNodes)
		}
		c.nowhere = Node{}
		return &c.nowhere
	}
	c.nodes++
	top.Children = append(top.Children, Node{Name: name, Value: shortened(value), From: from, To: to})
	return &top.Children[len(top.Children)-1]
}

// open begins a node that has others. It is closed by close.
func (c *cursor) open(name string) *Node {
	c.stack = append(c.stack, Node{Name: name, From: c.at, To: c.at})
	return c.top()
}

// top is the node that is open.
func (c *cursor) top() *Node { return &c.stack[len(c.stack)-1] }

// tooDeep is true where no further node may be opened.
func (c *cursor) tooDeep() bool { return c.depth+len(c.stack) >= MaxDepth }

// close ends the node that is open: it reaches up to here.
func (c *cursor) close() *Node {
	n := c.stack[len(c.stack)-1]
	c.stack = c.stack[:len(c.stack)-1]
	kept := c.add(n.Name, n.Value, n.From, max(c.at, n.From))
	kept.Unit, kept.Note, kept.Fault, kept.Children = n.Unit, n.Note, n.Fault, n.Children
	return kept
}

// fault says what is wrong with the node that is open.
func (c *cursor) fault(en, zh string, args ...any) {
	if top := c.top(); top.Fault.IsZero() {
		top.Fault = both(en, zh, args...)
	}
}

// summary says what the message is, in a line.
func (c *cursor) summary(format string, args ...any) {
	if !c.measuring {
		c.stack[0].Value = shortened(fmt.Sprintf(format, args...))
	}
}

// number takes a number of size bytes, in network byte order, without a node.
func (c *cursor) number(size int) (n uint64) {
	for _, b := range c.skip(size) {
		n = n<<8 | uint64(b)
	}
	return n
}

// uint reads a number of size bytes, in network byte order.
func (c *cursor) uint(name string, size int) (uint64, *Node) {
	from := c.at
	n := c.number(size)
	if !c.ok() {
		return 0, &c.nowhere
	}
	return n, c.add(name, strconv.FormatUint(n, 10), from, c.at)
}

// hex reads a number of size bytes that people write in hex.
func (c *cursor) hex(name string, size int) (uint64, *Node) {
	from := c.at
	n := c.number(size)
	if !c.ok() {
		return 0, &c.nowhere
	}
	return n, c.add(name, fmt.Sprintf("0x%0*x", 2*size, n), from, c.at)
}

// text reads n bytes of text.
func (c *cursor) text(name string, n int) (string, *Node) {
	from := c.at
	b := c.skip(n)
	if b == nil {
		return "", &c.nowhere
	}
	return string(b), c.add(name, clipped(b), from, c.at)
}

// data reads n bytes: shown as text if they are, else in hex.
func (c *cursor) data(name string, n int) ([]byte, *Node) {
	from := c.at
	b := c.skip(n)
	if b == nil {
		return nil, &c.nowhere
	}
	return b, c.add(name, c.preview(b), from, c.at)
}

// preview is bytes as people read them.
func (c *cursor) preview(b []byte) string {
	if c.measuring {
		return ""
	}
	if isText(b) {
		return clipped(b)
	}
	return inHex(b)
}

// inHex is the beginning of bytes that may be many.
func inHex(b []byte) string {
	const most = 64
	if len(b) > most {
		return hex.EncodeToString(b[:most]) + "…"
	}
	return hex.EncodeToString(b)
}

// bytes reads n bytes, shown in hex.
func (c *cursor) bytes(name string, n int) ([]byte, *Node) {
	b, node := c.data(name, n)
	node.Value = inHex(b)
	return b, node
}

// hoist makes the one node of the message the message itself.
func (c *cursor) hoist() {
	root := &c.stack[0]
	if len(root.Children) == 1 && len(c.stack) == 1 {
		only := root.Children[0]
		root.Value, root.Note, root.Children = only.Value, only.Note, only.Children
		if root.Fault.IsZero() {
			root.Fault = only.Fault
		}
	}
}

// isText is true for bytes that people can read: UTF-8 without control characters but
// line ends and tabs.
func isText(b []byte) bool {
	clipped := len(b) > maxValue
	b = b[:min(len(b), maxValue)]
	for len(b) > 0 {
		r, size := utf8.DecodeRune(b)
		if r == utf8.RuneError && size == 1 && !(clipped && len(b) < utf8.UTFMax) || r < ' ' && r != '\n' && r != '\r' && r != '\t' || r == 0x7f || r > 0x7f && !unicode.IsPrint(r) && r != utf8.RuneError {
			return false
		}
		b = b[size:]
	}
	return true
}

// clipped is the beginning of a text that may be long.
func clipped(b []byte) string { return shortened(string(b[:min(len(b), 4*maxValue)])) }

func shortened(s string) string {
	if len(s) <= maxValue {
		return s
	}
	cut := maxValue
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}

// line is the text up to the next LF, without it and a CR before it, and how many bytes
// it takes; false if there is no LF.
func (c *cursor) line() (text string, size int, ended bool) {
	rest := c.rest()
	for n, b := range rest {
		if b == '\n' {
			return strings.TrimSuffix(string(rest[:n]), "\r"), n + 1, true
		}
	}
	return string(rest), len(rest), false
}

// within reads the next n bytes by do, as a part of the message that ends there: what is
// left over is said, and a part that ends before its fields do is a fault, not short.
func (c *cursor) within(n int, do func()) {
	if !c.want(n) {
		return
	}
	whole, end := c.b, c.at+n
	c.b = c.b[:end]
	do()
	if c.short {
		c.short, c.need = false, 0
		c.fault("it ends before its fields do", "字段未完就已结束")
	}
	c.b = whole
	if !c.none {
		if c.at < end {
			if left := c.add("Left over", c.preview(whole[c.at:end]), c.at, end); left.Fault.IsZero() {
				left.Fault = both("%d bytes belong to no field", "有 %d 字节不属于任何字段", end-c.at)
			}
		}
		c.at = end
	}
}

// content decodes bytes with another decoder, as a part of this message: its bytes from
// up to to, or with encoded, what these are when they are decoded. False, and nothing
// added, if they are not one message of that protocol.
func (c *cursor) content(d *Decoder, b []byte, from, to int, encoded bool) bool {
	if c.measuring || c.tooDeep() || len(b) == 0 {
		return false
	}
	h := Hints{Registers: c.hints.Registers, Schema: c.hints.Schema}
	in := newCursor(b, &h)
	in.nodes, in.depth = c.nodes, c.depth+len(c.stack)
	in.stack[0].Name = d.Title.En
	d.read(in)
	if in.none || in.short || in.at != len(b) {
		return false
	}
	m := in.message()
	c.nodes = in.nodes
	m.Node.move(from, to, encoded)
	kept := c.add(m.Name, m.Value, m.From, m.To)
	kept.Note, kept.Fault, kept.Children = m.Note, m.Fault, m.Children
	return true
}

// move makes the bytes of a tree those of the message that it is a part of.
func (n *Node) move(from, to int, encoded bool) {
	if encoded {
		n.From, n.To = from, to
	} else {
		n.From, n.To = n.From+from, n.To+from
	}
	for i := range n.Children {
		n.Children[i].move(from, to, encoded)
	}
}

func both(en, zh string, args ...any) sockeye.Text {
	return sockeye.Text{En: fmt.Sprintf(en, args...), Zh: fmt.Sprintf(zh, args...)}
}
