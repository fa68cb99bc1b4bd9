package fields

import (
	"encoding/binary"
	"math"

	"sockeye"
)

// CanWrite says why AppendStruct cannot write frames of a spec, or nil. It writes
// structs of single numbers and padding, one behind the other.
func (s FieldSpec) CanWrite() error {
	fault := func(f Field, message sockeye.Text) error {
		return &sockeye.Error{Kind: sockeye.Invalid, Target: f.Name, Message: message,
			Hint: both("write numbers such as u8 id, i16le temperature*0.1, f32le humidity, and pad 2", "请只写数字，例如 u8 id, i16le temperature*0.1, f32le humidity，以及 pad 2")}
	}
	if s.Format != Struct {
		return fault(Field{Name: string(s.Format)}, both("only a struct is written", "只能写入结构体"))
	}
	for _, f := range s.Fields {
		_, number := numberTypes[f.Type]
		switch {
		case f.Type == Pad:
		case !number || f.Count != (Count{}):
			return fault(f, both("only single numbers are written", "只能写入单个数字"))
		case f.Placed, f.If.Field != "":
			return fault(f, both("@ and if are for reading", "@ 与 if 只用于读取"))
		}
	}
	return nil
}

// AppendStruct appends a frame that FieldSpec reads back: value gives the number of each
// field. What a field cannot hold becomes the nearest number that it can, and NaN in
// a whole number 0. s must be one that CanWrite.
func (s FieldSpec) AppendStruct(dst []byte, value func(name string) float64) []byte {
	for _, f := range s.Fields {
		if f.Type == Pad {
			dst = append(dst, make([]byte, f.Count.N)...)
			continue
		}
		scale := f.Scale
		if scale == 0 {
			scale = 1
		}
		dst = numberTypes[f.Type].append(dst, (value(f.Name)-f.Offset)/scale)
	}
	return dst
}

// append appends a number as it lies in bytes.
func (t numberType) append(dst []byte, v float64) []byte {
	var bits uint64
	switch {
	case t.float && t.size == 4:
		bits = uint64(math.Float32bits(float32(v)))
	case t.float:
		bits = math.Float64bits(v)
	default:
		bits = t.whole(v)
	}
	var b [8]byte
	if t.little {
		binary.LittleEndian.PutUint64(b[:], bits)
		return append(dst, b[:t.size]...)
	}
	binary.BigEndian.PutUint64(b[:], bits)
	return append(dst, b[8-t.size:]...)
}

// whole is the nearest whole number that the type holds.
func (t numberType) whole(v float64) uint64 {
	v = math.RoundToEven(v)
	width := uint(8 * t.size)
	least, most := 0.0, math.Ldexp(1, int(width))
	if t.signed {
		least, most = -most/2, most/2
	}
	switch {
	case math.IsNaN(v):
		return 0
	case v >= most && t.signed:
		return 1<<(width-1) - 1
	case v >= most:
		return math.MaxUint64 >> (64 - width)
	case v <= least:
		return uint64(int64(least))
	case v < 0:
		return uint64(int64(v))
	}
	return uint64(v)
}
