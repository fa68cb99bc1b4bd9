package fields

import (
	"strconv"
	"strings"

	"sockeye"
)

// Format is how a frame says its values: the first word of a FieldSpec.
type Format string

// The formats.
const (
	Keys      Format = "keys"      // name=value or name: value, in any order
	CSV       Format = "csv"       // values between commas (RFC 4180)
	JSON      Format = "json"      // one JSON value (RFC 8259)
	Regexp    Format = "regexp"    // the groups of a regular expression (RE2)
	FireWater Format = "firewater" // VOFA+: an optional name and a colon, then numbers between commas
	JustFloat Format = "justfloat" // VOFA+: 32-bit floats, little endian, then 00 00 80 7f
	Influx    Format = "influx"    // InfluxDB line protocol
	NMEA      Format = "nmea"      // NMEA 0183 sentences
	Struct    Format = "struct"    // binary fields one after the other; the word is not written
)

// Formats lists every format in the order help texts show them.
var Formats = []Format{Keys, CSV, JSON, Regexp, FireWater, JustFloat, Influx, NMEA, Struct}

// The bounds of a spec and of what one frame can give.
const (
	MaxFields = 256  // of a spec
	MaxValues = 1024 // of a frame
	MaxText   = 4096 // bytes of a spec as typed
	maxName   = 64   // bytes of a name
	maxUnit   = 16   // bytes of a unit
)

// FieldSpec says which values a frame holds and how they are written. The zero Spec is
// not valid; see Parse.
type FieldSpec struct {
	// Direction is sockeye.Received or sockeye.Sent if only frames of that direction
	// are read, or 0.
	Direction sockeye.EventKind
	Format    Format
	// Header says that the first frame of a stream names the columns (csv).
	Header bool
	// Separator is between columns (csv); 0 is a comma.
	Separator byte
	// Pattern is the regular expression (regexp).
	Pattern string
	// Fields choose, rename and scale the values of text formats: without any, all
	// are taken as they are. A struct is its fields in order.
	Fields []Field
}

// Field is one value, or several of one type, of a frame.
type Field struct {
	// Name is what the value is called; "" is a value that is read over.
	Name string
	// Source is the key, column or JSON path that a text format reads; "" is Name.
	Source string
	// Type is the binary type (struct).
	Type BinaryType
	// Bits is the width of BinaryType Bits, from 1 to 64.
	Bits int
	// At is the offset in the frame where the field lies if Placed, instead of after
	// the one before (struct).
	At     int
	Placed bool
	Count  Count
	// The value is the number that was read times Scale plus Offset; Scale 0 is 1.
	Scale, Offset float64
	Unit          string
	// Words are what numbers mean.
	Words []ValueLabel
	// If, unless its Field is "", is when the field is there at all (struct).
	If Condition
}

// Count says how many values of the type, or bytes of a text, follow each other. The
// zero Count is one value.
type Count struct {
	N    int    // a fixed number
	Of   string // the value of an earlier field
	Rest bool   // what is left of the frame
}

// ValueLabel is the meaning of a number.
type ValueLabel struct {
	Number int64
	Text   string
}

// Condition compares an earlier field with a number.
type Condition struct {
	Field  string
	Op     string // == != < <= > >= or & (any of the bits)
	Number float64
}

// BinaryType is a binary type as the spec writes it: u8, i16be, f32le, bits, text …
type BinaryType string

// The types whose size the spec gives by a count, and bits.
const (
	Bits  BinaryType = "bits"  // bit fields, the most significant bit of a byte first, as RFCs draw them
	Text  BinaryType = "text"  // characters, up to the first zero byte
	Bytes BinaryType = "bytes" // shown in hex
	Pad   BinaryType = "pad"   // read over
)

// numberType is how a number lies in bytes.
type numberType struct {
	size   int // bytes
	little bool
	signed bool
	float  bool
}

// numberTypes are the types of numbers by their names.
var numberTypes = func() map[BinaryType]numberType {
	types := map[BinaryType]numberType{"u8": {size: 1}, "i8": {size: 1, signed: true}}
	for _, size := range []int{2, 3, 4, 8} {
		for _, order := range []string{"be", "le"} {
			bits := strconv.Itoa(8 * size)
			types[BinaryType("u"+bits+order)] = numberType{size: size, little: order == "le"}
			types[BinaryType("i"+bits+order)] = numberType{size: size, little: order == "le", signed: true}
			if size >= 4 {
				types[BinaryType("f"+bits+order)] = numberType{size: size, little: order == "le", float: true}
			}
		}
	}
	return types
}()

// known is true for every type that a spec may name.
func (t BinaryType) known() bool {
	_, number := numberTypes[t]
	return number || t == Bits || t == Text || t == Bytes || t == Pad
}

// String writes the spec as Parse reads it, without what is the default.
func (s FieldSpec) String() string {
	var b strings.Builder
	if s.Direction != 0 {
		b.WriteString(s.Direction.String() + " ")
	}
	if s.Format != Struct {
		b.WriteString(string(s.Format))
	}
	var settings []string
	if s.Header {
		settings = append(settings, "header")
	}
	if s.Separator != 0 {
		settings = append(settings, "sep="+separatorName(s.Separator))
	}
	if len(settings) > 0 {
		b.WriteString(":" + strings.Join(settings, ","))
	}
	if s.Format == Regexp {
		b.WriteString(" /" + strings.ReplaceAll(s.Pattern, "/", `\/`) + "/")
	}
	for n, f := range s.Fields {
		switch {
		case n > 0:
			b.WriteString(", ")
		case s.Format != Struct:
			b.WriteByte(' ')
		}
		f.write(&b, s.Format == Struct)
	}
	return b.String()
}

func (f Field) write(b *strings.Builder, binary bool) {
	f.writeSource(b, binary)
	if f.Placed {
		b.WriteString(" @" + strconv.Itoa(f.At))
	}
	if f.Scale != 0 {
		b.WriteString("*" + formatNumber(f.Scale))
	}
	if f.Offset != 0 {
		sign := " +"
		if f.Offset < 0 {
			sign = " "
		}
		b.WriteString(sign + formatNumber(f.Offset))
	}
	if f.Unit != "" {
		b.WriteString(" " + quoteUnit(f.Unit))
	}
	if len(f.Words) > 0 {
		b.WriteString(" {")
		for n, w := range f.Words {
			if n > 0 {
				b.WriteByte(' ')
			}
			b.WriteString(strconv.FormatInt(w.Number, 10) + "=" + quoteName(w.Text))
		}
		b.WriteByte('}')
	}
	if f.If.Field != "" {
		b.WriteString(" if " + quoteName(f.If.Field) + f.If.Op + formatNumber(f.If.Number))
	}
}

// writeSource writes what is read: bytes of a type, or a value by its name or place.
func (f Field) writeSource(b *strings.Builder, binary bool) {
	switch {
	case binary && f.Type == Pad:
		b.WriteString("pad " + f.Count.String())
	case binary:
		b.WriteString(string(f.Type) + " " + quoteName(f.Name))
		if f.Count != (Count{}) {
			b.WriteString("[" + f.Count.String() + "]")
		}
		if f.Type == Bits {
			b.WriteString(":" + strconv.Itoa(f.Bits))
		}
	case f.Name == "":
		b.WriteByte('-')
	case f.Source != "":
		b.WriteString(quoteName(f.Source) + " as " + quoteName(f.Name))
	default:
		b.WriteString(quoteName(f.Name))
	}
}

// String is the count as the spec writes it.
func (c Count) String() string {
	switch {
	case c.Rest:
		return "*"
	case c.Of != "":
		return quoteName(c.Of)
	}
	return strconv.Itoa(max(1, c.N))
}

// separatorName is a separator as the spec writes it.
func separatorName(c byte) string {
	switch c {
	case '\t':
		return "tab"
	case ' ':
		return "space"
	case ';':
		return "semicolon"
	}
	return string(c)
}

// Framing is how frames of the format are usually found, as package framing writes it.
// A struct says nothing of it: each read, or datagram, is a frame.
func (s FieldSpec) Framing() string {
	switch s.Format {
	case Struct:
		return "none"
	case JSON:
		return "json"
	case JustFloat:
		return "delim:0000807f"
	}
	return "line"
}
