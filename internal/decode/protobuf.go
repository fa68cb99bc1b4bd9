package decode

import (
	"fmt"
	"math"
	"strconv"

	"google.golang.org/protobuf/encoding/protowire"

	"sockeye"
)

var protobuf = Decoder{
	Name: "protobuf", Title: sockeye.Text{En: "Protocol Buffers", Zh: "Protocol Buffers"}, Source: "protobuf.dev, encoding", strict: 10, read: readProtobuf,
}

// readProtobuf reads all bytes as one message: it does not say where it ends. Without a
// schema fields have numbers, and what their bytes may mean is guessed.
func readProtobuf(c *cursor) {
	schema := c.hints.Schema.root()
	if len(c.b) == 0 || !protobufValid(c.b) {
		c.reject()
		return
	}
	if schema != nil {
		c.stack[0].Name = schema.name
	}
	c.summary("%s", plural(c.protobufMessage(schema), "field"))
}

// protobufValid is true for bytes that are fields to their end.
func protobufValid(b []byte) bool {
	for len(b) > 0 {
		_, _, n := protowire.ConsumeField(b)
		if n < 0 {
			return false
		}
		b = b[n:]
	}
	return true
}

// protobufMessage reads fields up to the end of c, and counts them. Schema may be nil.
func (c *cursor) protobufMessage(schema *protoMessage) (count int) {
	for c.left() > 0 && c.ok() {
		from := c.at
		number, kind, n := protowire.ConsumeTag(c.rest())
		size := protowire.ConsumeFieldValue(number, kind, c.rest()[max(n, 0):])
		if n < 0 || size < 0 {
			c.reject()
			return count
		}
		c.at += n
		c.protobufField(schema.field(number), number, kind, from, size)
		count++
	}
	return count
}

func (c *cursor) protobufField(field *protoField, number protowire.Number, kind protowire.Type, from, size int) {
	name := fmt.Sprintf("Field %d", number)
	if field != nil {
		name = field.name
	}
	value := c.b[c.at : c.at+size]
	switch kind {
	case protowire.BytesType:
		b, _ := protowire.ConsumeBytes(value)
		c.at += size - len(b)
		c.protobufBytes(field, name, from, b)
		return
	case protowire.StartGroupType:
		c.at += size
		c.add(name, c.preview(value), from, c.at).Note = "group"
		return
	case protowire.VarintType:
		v, _ := protowire.ConsumeVarint(value)
		c.at += size
		text, note := protobufVarint(field, v)
		c.add(name, text, from, c.at).Note = note
	case protowire.Fixed32Type:
		v, _ := protowire.ConsumeFixed32(value)
		c.at += size
		text, note := protobufFixed32(field, v)
		c.add(name, text, from, c.at).Note = note
	case protowire.Fixed64Type:
		v, _ := protowire.ConsumeFixed64(value)
		c.at += size
		text, note := protobufFixed64(field, v)
		c.add(name, text, from, c.at).Note = note
	}
}

// protobufVarint is a number as its field means it.
func protobufVarint(field *protoField, v uint64) (text, note string) {
	kind := protoKind(0)
	if field != nil {
		kind = field.kind
	}
	switch kind {
	case boolKind:
		return strconv.FormatBool(v != 0), ""
	case enumKind:
		if name, known := field.enum[int32(v)]; known {
			return name, strconv.FormatInt(int64(int32(v)), 10)
		}
		return strconv.FormatInt(int64(int32(v)), 10), ""
	case sint32Kind, sint64Kind:
		return strconv.FormatInt(protowire.DecodeZigZag(v), 10), ""
	case int32Kind, int64Kind:
		return strconv.FormatInt(int64(v), 10), ""
	case 0:
		if v > 1<<63 {
			note = strconv.FormatInt(int64(v), 10)
		}
		return strconv.FormatUint(v, 10), note
	}
	return strconv.FormatUint(v, 10), ""
}

func protobufFixed32(field *protoField, v uint32) (text, note string) {
	float := formatFloat(float64(math.Float32frombits(v)), 32)
	switch {
	case field == nil:
		return strconv.FormatUint(uint64(v), 10), "float " + float
	case field.kind == floatKind:
		return float, ""
	case field.kind == sfixed32Kind:
		return strconv.Itoa(int(int32(v))), ""
	}
	return strconv.FormatUint(uint64(v), 10), ""
}

func protobufFixed64(field *protoField, v uint64) (text, note string) {
	double := formatFloat(math.Float64frombits(v), 64)
	switch {
	case field == nil:
		return strconv.FormatUint(v, 10), "double " + double
	case field.kind == doubleKind:
		return double, ""
	case field.kind == sfixed64Kind:
		return strconv.FormatInt(int64(v), 10), ""
	}
	return strconv.FormatUint(v, 10), ""
}

// protobufBytes reads a field with a length: a message, a text, packed numbers or bytes.
func (c *cursor) protobufBytes(field *protoField, name string, from int, b []byte) {
	var inner *protoMessage
	text, packed := isText(b) && len(b) > 0, false
	if field != nil {
		inner = field.message
		text = field.kind == stringKind
		packed = field.repeated && inner == nil && !text && field.kind != bytesKind
	}
	switch {
	case packed:
		c.protobufPacked(field, name, from, b)
	case inner != nil || field == nil && !text && len(b) > 0 && protobufValid(b):
		if c.tooDeep() || !protobufValid(b) {
			c.add(name, c.preview(b), from, c.at+len(b))
			c.at += len(b)
			return
		}
		c.open(name).From = from
		count := 0
		c.within(len(b), func() { count = c.protobufMessage(inner) })
		c.close().Value = plural(count, "field")
	default:
		c.at += len(b)
		n := c.add(name, c.preview(b), from, c.at)
		if n.Note = "bytes"; text {
			n.Note = "string"
		}
	}
}

// protobufPacked reads the numbers of a repeated field.
func (c *cursor) protobufPacked(field *protoField, name string, from int, b []byte) {
	c.open(name).From = from
	kind, count := packedType(field.kind), 0
	for end := c.at + len(b); c.at < end; count++ {
		size := protowire.ConsumeFieldValue(1, kind, c.b[c.at:end])
		if size <= 0 {
			c.fault("the numbers do not fill it", "数值与长度不符")
			c.at = end
			break
		}
		c.protobufField(field, field.number, kind, c.at, size)
	}
	c.close().Value = plural(count, "value")
}

func packedType(k protoKind) protowire.Type {
	switch k {
	case fixed32Kind, sfixed32Kind, floatKind:
		return protowire.Fixed32Type
	case fixed64Kind, sfixed64Kind, doubleKind:
		return protowire.Fixed64Type
	}
	return protowire.VarintType
}
