package decode

import (
	"fmt"
	"math"
	"strconv"

	"sockeye"
)

var cbor = Decoder{
	Name: "cbor", Title: sockeye.Text{En: "CBOR", Zh: "CBOR"}, Source: "RFC 8949", strict: 25, read: readCBOR,
}

// readCBOR reads one data item.
func readCBOR(c *cursor) {
	c.cborItem("Item", false)
	c.hoist()
}

// The major types (RFC 8949 section 3.1).
const (
	cborUint = iota
	cborNegative
	cborBytes
	cborText
	cborArray
	cborMap
	cborTag
	cborSimple
)

// cborIndefinite is the additional information of what has no length; an item of the major
// type 7 with it ends one.
const cborIndefinite = 31

var cborTags = map[uint64]string{0: "date and time", 1: "epoch", 2: "bignum", 3: "negative bignum", 4: "decimal fraction", 5: "bigfloat", 21: "base64url", 22: "base64", 23: "base16", 24: "CBOR", 32: "URI", 55799: "self-described CBOR"}

// cborItem reads an item and gives it as text. As a key it makes no node.
func (c *cursor) cborItem(name string, key bool) string {
	from := c.at
	first := c.number(1)
	major, info := int(first>>5), int(first&31)
	value, ok := c.cborArgument(info)
	if !ok || !c.ok() {
		return ""
	}
	if info == cborIndefinite && (major < cborBytes || major == cborTag || major == cborSimple) {
		c.reject()
		return ""
	}
	switch major {
	case cborArray, cborMap:
		return c.cborContainer(name, from, major, value, info == cborIndefinite, key)
	case cborTag:
		return c.cborTagged(name, from, value, key)
	}
	text, note := c.cborScalar(major, info, value)
	if !key && c.ok() {
		c.add(name, text, from, c.at).Note = note
	}
	return text
}

// cborArgument is the argument of an item (section 3).
func (c *cursor) cborArgument(info int) (uint64, bool) {
	switch {
	case info < 24:
		return uint64(info), true
	case info < 28:
		return c.number(1 << (info - 24)), true
	case info == cborIndefinite:
		return 0, true
	}
	c.reject()
	return 0, false
}

func (c *cursor) cborScalar(major, info int, value uint64) (text, note string) {
	switch major {
	case cborUint:
		return strconv.FormatUint(value, 10), "unsigned"
	case cborNegative:
		if value < 1<<63 {
			return strconv.FormatInt(-1-int64(value), 10), "negative"
		}
		return fmt.Sprintf("-1-%d", value), "negative"
	case cborBytes, cborText:
		b := c.cborString(major, info == cborIndefinite, value)
		if major == cborText {
			if !validText(b) {
				c.fault("text is not UTF-8", "文本不是 UTF-8")
			}
			return clipped(b), "text"
		}
		return c.preview(b), "bytes"
	}
	return cborSimpleText(info, value)
}

// cborString is the content of a string, or of the pieces of one that has no length.
func (c *cursor) cborString(major int, indefinite bool, size uint64) (b []byte) {
	if !indefinite {
		return c.cborPiece(size)
	}
	for c.ok() {
		first := c.number(1)
		if first == 0xff {
			return b
		}
		value, ok := c.cborArgument(int(first & 31))
		if int(first>>5) != major || first&31 == cborIndefinite || !ok {
			c.reject()
			return nil
		}
		b = append(b, c.cborPiece(value)...)
	}
	return nil
}

func (c *cursor) cborPiece(size uint64) []byte {
	if size > 1<<30 {
		c.reject()
		return nil
	}
	return c.skip(int(size))
}

func cborSimpleText(info int, value uint64) (text, note string) {
	switch info {
	case 20:
		return "false", "boolean"
	case 21:
		return "true", "boolean"
	case 22:
		return "null", ""
	case 23:
		return "undefined", ""
	case 25:
		return formatFloat(halfFloat(uint16(value)), 32), "half float"
	case 26:
		return formatFloat(float64(math.Float32frombits(uint32(value))), 32), "float"
	case 27:
		return formatFloat(math.Float64frombits(value), 64), "double"
	}
	return fmt.Sprintf("simple(%d)", value), ""
}

func formatFloat(f float64, bits int) string { return strconv.FormatFloat(f, 'g', -1, bits) }

// halfFloat is a number of 16 bits (IEEE 754 binary16).
func halfFloat(h uint16) float64 {
	exponent, fraction := int(h>>10&31), float64(h&0x3ff)
	f := math.Ldexp(fraction, -24)
	switch exponent {
	case 0:
	case 31:
		f = math.Inf(1)
		if fraction != 0 {
			f = math.NaN()
		}
	default:
		f = math.Ldexp(1+fraction/1024, exponent-15)
	}
	if h&0x8000 != 0 {
		f = -f
	}
	return f
}

// cborContainer reads an array or a map.
func (c *cursor) cborContainer(name string, from, major int, size uint64, indefinite, key bool) string {
	if c.tooDeep() {
		c.reject()
		return ""
	}
	if size > uint64(c.left()) && !indefinite {
		c.short, c.need = true, c.at+int(min(size, 1<<20))
		return ""
	}
	c.open(name).From = from
	count := 0
	for ; c.ok() && (indefinite || count < int(size)); count++ {
		if indefinite && c.left() > 0 && c.b[c.at] == 0xff {
			c.at++
			break
		}
		element := strconv.Itoa(count)
		if major == cborMap {
			element = c.cborItem("", true)
		}
		if c.ok() {
			c.cborItem(shortened(element), false)
		}
	}
	text := plural(count, "element")
	if major == cborMap {
		text = plural(count, "pair")
	}
	if n := c.close(); key {
		n.Name = "Key"
	} else {
		n.Value = text
	}
	return text
}

func (c *cursor) cborTagged(name string, from int, tag uint64, key bool) string {
	if c.tooDeep() {
		c.reject()
		return ""
	}
	c.open(name).From = from
	text := c.cborItem("Content", false)
	if n := c.close(); !key {
		n.Value, n.Note = text, fmt.Sprintf("tag %d", tag)
		if what := cborTags[tag]; what != "" {
			n.Note += ", " + what
		}
	}
	return text
}
