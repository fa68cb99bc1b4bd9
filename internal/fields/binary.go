package fields

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"math"
	"strconv"

	"sockeye"
)

// structWalk is where in a frame the reading of a struct is.
type structWalk struct {
	frame []byte
	at    int // byte
	bit   int // bits of frame[at] that bit fields have taken
	out   []Value
	first int // index in out of the frame's first value
}

// readStruct appends the fields of a binary frame, in order.
func (s *FieldSpec) readStruct(dst []Value, frame []byte) ([]Value, sockeye.Text) {
	w := structWalk{frame: frame, out: dst, first: len(dst)}
	for n := range s.Fields {
		f := &s.Fields[n]
		if f.If.Field != "" && !w.holds(&f.If) {
			continue
		}
		if why := w.field(f); why != nothing {
			return w.out, why
		}
	}
	if w.bit > 0 {
		w.at++
	}
	return w.out, nothing
}

// field reads one field.
func (w *structWalk) field(f *Field) sockeye.Text {
	if f.Placed {
		w.at, w.bit = f.At, 0
	}
	if f.Type == Bits {
		return w.bits(f)
	}
	if w.bit > 0 {
		w.at, w.bit = w.at+1, 0
	}
	size := 1
	number, isNumber := numberTypes[f.Type]
	if isNumber {
		size = number.size
	}
	count, ok := w.count(f, size)
	if !ok {
		return both("%s says how many %s there are, but is no number of values", "%s 应给出 %s 的个数，但它不是有效的个数", f.Count.Of, f.Name)
	}
	if w.at > len(w.frame) || count > (len(w.frame)-w.at)/size {
		return w.short(f, count*size)
	}
	if !isNumber {
		w.text(f, count)
		return nothing
	}
	for n := range count {
		if len(w.out)-w.first == MaxValues {
			return tooMany
		}
		v := f.numberAt(number, w.frame[w.at:])
		v.From, v.To = w.at, w.at+size
		if f.Count != (Count{}) {
			v.Name = f.Name + "[" + strconv.Itoa(n) + "]"
		}
		w.out = append(w.out, v)
		w.at += size
	}
	return nothing
}

// short says that the frame ends before a field does.
func (w *structWalk) short(f *Field, size int) sockeye.Text {
	name := f.Name
	if f.Type == Pad {
		name = "pad"
	}
	return both("%s needs %d bytes from byte %d on, the frame has %d", "%s 从第 %[3]d 字节起需要 %[2]d 字节，而帧只有 %[4]d 字节", name, size, w.at, len(w.frame))
}

// count is how many values, or bytes, a field has; false if an earlier field says
// what cannot be.
func (w *structWalk) count(f *Field, size int) (int, bool) {
	left := max(0, len(w.frame)-w.at)
	switch {
	case f.Count.Rest:
		return left / size, true
	case f.Count.Of == "":
		return max(1, f.Count.N), true
	}
	n, found := w.lookup(f.Count.Of)
	if !found || n < 0 || n != math.Floor(n) || n > math.MaxInt32 {
		return 0, false
	}
	return int(n), true
}

// lookup is the number of an earlier field of this frame.
func (w *structWalk) lookup(name string) (float64, bool) {
	for n := len(w.out) - 1; n >= w.first; n-- {
		if w.out[n].Name == name {
			return w.out[n].Number, w.out[n].Numeric
		}
	}
	return 0, false
}

// holds is true if the field of a condition is there and compares so.
func (w *structWalk) holds(c *Condition) bool {
	n, found := w.lookup(c.Field)
	if !found {
		return false
	}
	switch c.Op {
	case "==":
		return n == c.Number
	case "!=":
		return n != c.Number
	case "<":
		return n < c.Number
	case "<=":
		return n <= c.Number
	case ">":
		return n > c.Number
	case ">=":
		return n >= c.Number
	}
	return int64(n)&int64(c.Number) != 0
}

// numberAt is the number that b begins with.
func (f *Field) numberAt(t numberType, b []byte) Value {
	var raw uint64
	for n := range t.size {
		at := n
		if t.little {
			at = t.size - 1 - n
		}
		raw = raw<<8 | uint64(b[at])
	}
	v, bits := Value{Number: float64(raw), raw: raw, form: formUnsigned}, 8*t.size
	switch {
	case t.float && bits == 32:
		v.Number, v.form = float64(math.Float32frombits(uint32(raw))), formFloat32
	case t.float:
		v.Number, v.form = math.Float64frombits(raw), formFloat64
	case t.signed:
		n := int64(raw<<(64-bits)) >> (64 - bits)
		v.Number, v.raw, v.form = float64(n), uint64(n), formSigned
	}
	return f.number(v)
}

// bits reads a bit field: the most significant bit of a byte comes first.
func (w *structWalk) bits(f *Field) sockeye.Text {
	from, need := w.at, (w.bit+f.Bits+7)/8
	if need > len(w.frame)-w.at {
		return w.short(f, need)
	}
	var raw uint64
	for range f.Bits {
		raw = raw<<1 | uint64(w.frame[w.at]>>(7-w.bit)&1)
		if w.bit++; w.bit == 8 {
			w.at, w.bit = w.at+1, 0
		}
	}
	if len(w.out)-w.first == MaxValues {
		return tooMany
	}
	v := f.number(Value{Number: float64(raw), raw: raw, form: formUnsigned})
	v.From, v.To = from, from+need
	w.out = append(w.out, v)
	return nothing
}

// text reads text, bytes or padding of so many bytes.
func (w *structWalk) text(f *Field, count int) {
	b := w.frame[w.at : w.at+count]
	v := Value{Name: f.Name, Unit: f.Unit, From: w.at, To: w.at + count}
	w.at += count
	switch f.Type {
	case Pad:
		return
	case Text:
		if end := bytes.IndexByte(b, 0); end >= 0 {
			b = b[:end]
		}
		v.Text = validText(b)
	case Bytes:
		v.Text = hex.EncodeToString(b)
	}
	w.out = append(w.out, v)
}

// justFloatTail ends a JustFloat frame: +Inf as a 32-bit float, little endian.
var justFloatTail = []byte{0x00, 0x00, 0x80, 0x7f}

// readFloats appends the channels of a VOFA+ JustFloat frame, with or without its
// tail.
func (s *FieldSpec) readFloats(dst []Value, frame []byte) ([]Value, sockeye.Text) {
	body := bytes.TrimSuffix(frame, justFloatTail)
	if len(body) == 0 || len(body)%4 != 0 {
		return dst, both("%d bytes are not whole 32-bit floats", "%d 字节不是整数个 32 位浮点数", len(body))
	}
	for n := range len(body) / 4 {
		if n == MaxValues {
			return dst, tooMany
		}
		number := math.Float32frombits(binary.LittleEndian.Uint32(body[4*n:]))
		v := Value{Number: float64(number), Numeric: true, form: formFloat32, From: 4 * n, To: 4*n + 4}
		dst = s.column(dst, n, "ch", 0, v)
	}
	return dst, nothing
}
