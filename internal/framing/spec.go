package framing

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"sockeye/internal/decode"
	"sockeye/internal/payload"
)

// Method is a way to find frames: the first word of a Spec.
type Method string

// The methods.
const (
	None      Method = "none"       // each chunk as it was read
	Line      Method = "line"       // up to LF; a CR before it belongs to the end
	Delimiter Method = "delim"      // up to given bytes
	Fixed     Method = "fixed"      // always the same length
	Length    Method = "length"     // a number in the frame says how long it is
	Between   Method = "between"    // from a head to a tail
	STX       Method = "stx"        // from STX to ETX, and a block check after it if there is one
	SLIP      Method = "slip"       // RFC 1055
	COBS      Method = "cobs"       // Cheshire and Baker, "Consistent Overhead Byte Stuffing", 1999
	Idle      Method = "idle"       // up to a pause
	ModbusRTU Method = "modbus-rtu" // Modbus over Serial Line V1.02, section 2.5.1
	ModbusTCP Method = "modbus-tcp" // Modbus Messaging on TCP/IP V1.0b, section 3.1.3
	JSON      Method = "json"       // one JSON value after the other (RFC 8259)
	Message   Method = "message"    // as a decoder of package decode finds its messages
)

// Methods lists every method in the order help texts show them.
var Methods = []Method{None, Line, Delimiter, Fixed, Length, Between, STX, Idle, SLIP, COBS, ModbusRTU, ModbusTCP, JSON, Message}

// DefaultMax is the longest frame in bytes when a Spec does not say, of messages that a
// decoder finds DefaultMessageMax; MaxLimit is the most that it may say.
const (
	DefaultMax        = 64 << 10
	DefaultMessageMax = 1 << 20
	MaxLimit          = 16 << 20
)

// LengthOrder is the byte order of a length.
type LengthOrder string

// The byte orders; "" is big.
const (
	Big    LengthOrder = "big"
	Little LengthOrder = "little"
)

// LengthCounts says which bytes the number in a length prefix counts.
type LengthCounts string

// What a length counts; "" is the rest.
const (
	Rest LengthCounts = "rest" // the bytes after the number
	All  LengthCounts = "all"  // the whole frame
)

// Varint is the Size of a number that says itself how long it is: seven bits a byte,
// the lowest first, as Protocol Buffers and MQTT (5.0, section 1.5.5) write lengths.
const Varint = -1

// Spec says how frames are found in a stream. The zero Spec is None. Which fields
// a kind uses is in fields; the others are zero. Specs can be compared with ==.
type Spec struct {
	Method Method
	// Max is the longest frame in bytes; 0 is DefaultMax.
	Max int
	// Delimiter ends a frame (delim).
	Delimiter string
	// Head begins a frame, Tail ends it (between; of length they are optional).
	Head, Tail string
	// After counts the bytes after the tail that are part of the frame: a checksum
	// (between, stx).
	After int
	// Size is the length of a frame (fixed), or of the number in it (length), in bytes,
	// or Varint.
	Size int
	// Offset is where in a frame the number begins, and Adjust what is added to it
	// (length).
	Offset, Adjust int
	Order          LengthOrder
	Counts         LengthCounts
	// Pause ends a frame (idle); for modbus-rtu it ends what is no frame, and 0
	// means that no pause does.
	Pause time.Duration
	// Protocol is the name of the decoder that finds them (message).
	Protocol string
}

// String writes the spec as Parse reads it, without what is the default.
func (s Spec) String() string {
	if s.Method == "" {
		s.Method = None
	}
	var words []string
	for _, f := range fieldsOf(s.Method) {
		text := f.print(&s)
		switch {
		case text == f.def && !f.needed:
		case f.first:
			words = append(words, text)
		default:
			words = append(words, f.name+"="+text)
		}
	}
	if len(words) == 0 {
		return string(s.Method)
	}
	return string(s.Method) + ":" + strings.Join(words, ",")
}

// max is the longest frame in bytes.
func (s Spec) max() int {
	switch {
	case s.Max > 0:
		return s.Max
	case s.Method == Message:
		return DefaultMessageMax
	}
	return DefaultMax
}

// specField is one setting of a kind.
type specField struct {
	name   string
	first  bool   // it stands alone after the colon, without its name
	needed bool   // there is no default
	def    string // as print writes it
	print  func(*Spec) string
	set    func(s *Spec, v specValue) *payload.SyntaxFault
}

// fieldsOf are the settings of a kind, in the order they are written.
func fieldsOf(k Method) []specField {
	most := number("max", 1, MaxLimit, strconv.Itoa(DefaultMax), func(s *Spec) *int { return &s.Max })
	switch k {
	case Line, SLIP, COBS, JSON:
		return []specField{most}
	case Delimiter:
		return []specField{needed(alone(text("delim", func(s *Spec) *string { return &s.Delimiter }))), most}
	case Fixed:
		return []specField{needed(alone(number("size", 1, MaxLimit, "", func(s *Spec) *int { return &s.Size })))}
	case Length:
		return []specField{
			number("offset", 0, 1<<16, "0", func(s *Spec) *int { return &s.Offset }),
			needed(orVarint(number("size", 1, 8, "", func(s *Spec) *int { return &s.Size }))),
			choice("order", func(s *Spec) *LengthOrder { return &s.Order }, Big, Little),
			number("adjust", -1<<16, 1<<16, "0", func(s *Spec) *int { return &s.Adjust }),
			choice("counts", func(s *Spec) *LengthCounts { return &s.Counts }, Rest, All),
			text("head", func(s *Spec) *string { return &s.Head }),
			text("tail", func(s *Spec) *string { return &s.Tail }), most,
		}
	case Between:
		return []specField{
			needed(text("head", func(s *Spec) *string { return &s.Head })), needed(text("tail", func(s *Spec) *string { return &s.Tail })),
			number("after", 0, 1<<10, "0", func(s *Spec) *int { return &s.After }), most,
		}
	case STX:
		return []specField{number("after", 0, 1<<10, "0", func(s *Spec) *int { return &s.After }), most}
	case Idle:
		return []specField{needed(alone(pause("pause", ""))), most}
	case ModbusRTU:
		return []specField{pause("idle", defaultRTUPause.String())}
	case Message:
		return []specField{needed(alone(protocol())), number("max", 1, MaxLimit, strconv.Itoa(DefaultMessageMax), func(s *Spec) *int { return &s.Max })}
	}
	return nil // none, modbus-tcp
}

func alone(f specField) specField {
	f.first = true
	return f
}

// orVarint lets the size of a number be varint, too.
func orVarint(f specField) specField {
	print, set := f.print, f.set
	f.print = func(s *Spec) string {
		if s.Size == Varint {
			return "varint"
		}
		return print(s)
	}
	f.set = func(s *Spec, v specValue) *payload.SyntaxFault {
		if v.text == "varint" {
			s.Size = Varint
			return nil
		}
		if f := set(s, v); f != nil {
			return f.WithHint(both("or write varint, for a length as in Protocol Buffers and MQTT", "也可写 varint，表示 Protocol Buffers、MQTT 那样的变长长度"))
		}
		return nil
	}
	return f
}

func needed(f specField) specField {
	f.needed = true
	return f
}

func number(name string, least, most int, def string, of func(*Spec) *int) specField {
	return specField{name: name, def: def,
		print: func(s *Spec) string {
			n := *of(s)
			if name == "max" {
				n = s.max()
			}
			return strconv.Itoa(n)
		},
		set: func(s *Spec, v specValue) *payload.SyntaxFault {
			n, err := strconv.Atoi(v.text)
			if err != nil || n < least || n > most {
				return v.wrong(both("%s is not a number from %d to %d", "%s 不是 %d 到 %d 之间的数字", v.quoted(), least, most), none)
			}
			if name == "max" && strconv.Itoa(n) == def {
				n = 0
			}
			*of(s) = n
			return nil
		}}
}

// protocol is a setting whose value is the name of a decoder.
func protocol() specField {
	return specField{name: "protocol",
		print: func(s *Spec) string { return s.Protocol },
		set: func(s *Spec, v specValue) *payload.SyntaxFault {
			if _, known := decode.Named(v.text); !known {
				return v.wrong(both("%s is no decoder", "没有 %s 这个解码器", v.quoted()), both("the decoders are %s", "可选：%s", strings.Join(decode.Names(), ", ")))
			}
			s.Protocol = v.text
			return nil
		}}
}

// text is a setting whose value is bytes: in hex, or text in double quotes.
func text(name string, of func(*Spec) *string) specField {
	return specField{name: name,
		print: func(s *Spec) string { return hex.EncodeToString([]byte(*of(s))) },
		set: func(s *Spec, v specValue) *payload.SyntaxFault {
			b, f := v.bytes()
			if f == nil && len(b) == 0 {
				f = v.wrong(both("no bytes", "没有字节"), bytesHint)
			}
			if f == nil && len(b) > 64 {
				f = v.wrong(both("%d bytes are more than 64", "%d 字节超过了 64 字节", len(b)), none)
			}
			*of(s) = string(b)
			return f
		}}
}

func choice[T ~string](name string, of func(*Spec) *T, words ...T) specField {
	return specField{name: name, def: string(words[0]),
		print: func(s *Spec) string {
			if w := *of(s); w != "" {
				return string(w)
			}
			return string(words[0])
		},
		set: func(s *Spec, v specValue) *payload.SyntaxFault {
			for n, w := range words {
				if v.text == string(w) {
					if n == 0 {
						w = ""
					}
					*of(s) = w
					return nil
				}
			}
			return v.wrong(both("%s is neither %s nor %s", "%s 既不是 %s 也不是 %s", v.quoted(), words[0], words[1]), none)
		}}
}

func pause(name, def string) specField {
	return specField{name: name, def: def,
		print: func(s *Spec) string { return s.Pause.String() },
		set: func(s *Spec, v specValue) *payload.SyntaxFault {
			d, err := time.ParseDuration(v.text)
			if v.text == "0" && def != "" || err == nil && d == 0 && def != "" {
				s.Pause = 0
				return nil
			}
			if err != nil || d < time.Microsecond || d > time.Hour {
				return v.wrong(both("%s is not a pause from 1µs to 1h", "%s 不是 1µs 到 1h 之间的时间", v.quoted()), pauseHint)
			}
			s.Pause = d
			return nil
		}}
}

// specValue is what stands after a colon or an equals sign.
type specValue struct {
	text string
	at   int // byte offset in the spec
}

func (v specValue) quoted() string { return payload.Quote(v.text, 20) }

func (v specValue) wrong(message, hint textPair) *payload.SyntaxFault {
	return payload.FaultAt(v.at, message, hint)
}

// bytes reads bytes in hex, or text with escapes in double quotes.
func (v specValue) bytes() ([]byte, *payload.SyntaxFault) {
	parse, typed, skipped := payload.ParseHex, v.text, 0
	if strings.HasPrefix(v.text, `"`) {
		if len(v.text) < 2 || !strings.HasSuffix(v.text, `"`) {
			return nil, v.wrong(both("the quote is not closed", "引号没有闭合"), bytesHint)
		}
		parse, typed, skipped = payload.ParseText, v.text[1:len(v.text)-1], 1
	}
	b, err := parse(typed)
	if err != nil {
		return nil, payload.FaultAt(v.at+skipped, both("%s are not bytes", "%s 不是字节", v.quoted()), bytesHint)
	}
	return b, nil
}

var bytesHint = both(`write bytes in hex, 0d0a, or as text in quotes, "\r\n"`, `字节写成十六进制（0d0a），或写成带引号的文本（"\r\n"）`)

var pauseHint = both("write 20ms, 1.5ms or 2s", "写成 20ms、1.5ms 或 2s")

// defaultRTUPause is the pause that ends a frame of modbus-rtu if none is given; see rtu.
const defaultRTUPause = 100 * time.Millisecond

func (k Method) known() bool {
	for _, o := range Methods {
		if o == k {
			return true
		}
	}
	return false
}

func kindList(separator string) string {
	var names []string
	for _, k := range Methods {
		names = append(names, string(k))
	}
	return strings.Join(names, separator)
}

func both(en, zh string, args ...any) textPair {
	return textPair{En: fmt.Sprintf(en, args...), Zh: fmt.Sprintf(zh, args...)}
}
