package encode

import (
	"slices"
	"strings"

	"sockeye"
	"sockeye/internal/decode"
	"sockeye/internal/payload"
)

// Encoder makes requests of one protocol. It has no state: any goroutine may use it.
type Encoder struct {
	// Name is that of the decoder which reads what it makes.
	Name string
	// Fields are what is filled in, in the order of a form. The first is a choice, which
	// says what the others are for.
	Fields []EncoderField
	write  func(f *form) EncodedRequest
}

// EncoderField is one thing to fill in. Several fields may have one name, each for other requests.
type EncoderField struct {
	Name  string
	Title sockeye.Text
	// Hint says more than the title; the zero Text is nothing.
	Hint sockeye.Text
	Kind FieldKind
	// Choices are what a Choice may be.
	Choices []EncoderChoice
	// Least and Most bound a Number, and each of Numbers.
	Least, Most int
	// Length is how many Numbers there may be, or how many bytes a Text may have.
	Length int
	// Default is what a field is that is not filled in; "" is nothing.
	Default string
	// Optional says that a field may be left empty.
	Optional bool
	// For are the values of the first field with which there is this one; none is all.
	For []string
}

// FieldKind is how a field is written.
type FieldKind string

// The kinds. Numbers are decimal, or hex with 0x.
const (
	Choice  FieldKind = "choice"
	Number  FieldKind = "number"
	Numbers FieldKind = "numbers" // with spaces or commas between
	Text    FieldKind = "text"
)

// EncoderChoice is one value of a choice.
type EncoderChoice struct {
	Value string
	Title sockeye.Text
}

// EncodedRequest is a request as people type it: bytes in hex or text with escapes, with fields
// for what is only known when it is sent, such as a checksum or a number that counts.
type EncodedRequest struct {
	Text string
	Hex  bool
}

// All lists every encoder by name.
func All() []*Encoder {
	return []*Encoder{&at, &coap, &dns, &http, &modbusRTU, &modbusTCP, &mqtt, &nmea, &scpi}
}

// Named is the encoder with a name. The error is an *sockeye.Error of kind Invalid.
func Named(name string) (*Encoder, error) {
	var names []string
	for _, e := range All() {
		if e.Name == name {
			return e, nil
		}
		names = append(names, e.Name)
	}
	return nil, &sockeye.Error{Kind: sockeye.Invalid, Op: "parse", Target: payload.Quote(name, 40),
		Message: both("there is no form for such a protocol", "没有这种协议的请求表单"), Hint: both("there are forms for %s", "可选：%s", strings.Join(names, ", "))}
}

// Decoder is the one that reads the requests: it knows what the protocol is called.
func (e *Encoder) Decoder() *decode.Decoder {
	d, _ := decode.Named(e.Name)
	return d
}

// isFor says whether a field is there when the first one has a value.
func (f *EncoderField) isFor(first string) bool {
	return len(f.For) == 0 || slices.Contains(f.For, first)
}
