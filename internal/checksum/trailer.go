package checksum

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"sockeye"
)

// Coverage says which bytes of a message a checksum covers: from the byte From,
// counted from 0, up to but without To. To 0 is up to the checksum itself, and a
// negative To leaves out as many bytes before it: 1..-1 of $GPGGA,1*hh is GPGGA,1.
type Coverage struct{ From, To int }

// String is the range as it is written, "1..-1"; the zero Range is "".
func (r Coverage) String() string {
	if r == (Coverage{}) {
		return ""
	}
	s := strconv.Itoa(r.From) + ".."
	if r.To != 0 {
		s += strconv.Itoa(r.To)
	}
	return s
}

// ParseRange reads "1..5", "1..", "..-1" or "1..-1".
func ParseRange(s string) (Coverage, error) {
	from, to, ok := strings.Cut(strings.TrimSpace(s), "..")
	var r Coverage
	var err1, err2 error
	if from = strings.TrimSpace(from); from != "" {
		r.From, err1 = strconv.Atoi(from)
	}
	if to = strings.TrimSpace(to); to != "" {
		r.To, err2 = strconv.Atoi(to)
	}
	if !ok || err1 != nil || err2 != nil || r.From < 0 || r.To > 0 && r.To < r.From || to == "0" {
		return Coverage{}, &sockeye.Error{
			Kind: sockeye.Invalid, Op: "parse", Target: s,
			Message: sockeye.Text{En: "is not a range of bytes", Zh: "不是字节范围"},
			Hint:    sockeye.Text{En: "write FROM..TO, counted from 0, TO left out: 1.. or 1..5; ..-1 leaves out the last byte", Zh: "写成 起..止，从 0 数起，不含止：1.. 或 1..5；..-1 表示不含最后一个字节"},
		}
	}
	return r, nil
}

// Cut is the range in a message whose checksum is at offset field; ok is false
// where the message is too short for it.
func (r Coverage) Cut(field int) (from, to int, ok bool) {
	from, to = r.From, r.To
	if to <= 0 {
		to += field
	}
	return from, to, from <= to && from >= 0 && to >= 0
}

// Digits says how a sum is written.
type Digits uint8

// The ways to write a sum. As digits it is a number, the highest digit first,
// unless the order is Little.
const (
	Binary Digits = iota
	Lower         // two hex digits a byte, as text: 3f
	Upper         // 3F
)

// Trailer is a checksum at the end of a message: what is appended to one that is
// sent, and checked in one that is received. The zero Trailer is none.
type Trailer struct {
	Algorithm *Algorithm
	Range     Coverage
	Order     ByteOrder
	Digits    Digits
	// After is how many bytes follow the checksum: 2 for one before CR LF.
	After int
}

// ParseTrailer reads a trailer: the name, then, each if wanted, the range in
// parentheses, :be or :le, :hex or :HEX, and how many bytes follow it. The error is a
// *sockeye.Error of kind Invalid.
//
//	crc16modbus      crc16xmodem:le      sum8(1..)      xor8(1..-1):HEX+2
func ParseTrailer(s string) (Trailer, error) {
	var t Trailer
	rest := s
	end := strings.IndexAny(rest, "(:+")
	if i := strings.IndexByte(rest, ']'); i >= 0 {
		end = i + 1
	}
	if end < 0 {
		end = len(rest)
	}
	a, err := Lookup(rest[:end])
	if err != nil {
		e := *sockeye.ErrorOf(err)
		e.Kind = sockeye.Invalid // of what was typed, a name is a part
		return t, &e
	}
	t.Algorithm, rest = a, rest[end:]
	if inner, ok := strings.CutPrefix(rest, "("); ok {
		inner, after, closed := strings.Cut(inner, ")")
		if !closed {
			return Trailer{}, badTrailer(s)
		}
		if t.Range, err = ParseRange(inner); err != nil {
			return Trailer{}, err
		}
		rest = after
	}
	rest, after, follows := strings.Cut(rest, "+")
	if follows {
		if t.After, err = strconv.Atoi(after); err != nil || t.After < 0 || t.After > 1<<16 {
			return Trailer{}, badTrailer(s)
		}
	}
	for rest != "" {
		word, ok := strings.CutPrefix(rest, ":")
		if !ok {
			return Trailer{}, badTrailer(s)
		}
		word, rest, ok = strings.Cut(word, ":")
		if ok {
			rest = ":" + rest
		}
		if !t.format(word) {
			return Trailer{}, badTrailer(s)
		}
	}
	return t, nil
}

// format takes one word of how the sum is written.
func (t *Trailer) format(word string) bool {
	switch word {
	case "be":
		t.Order = Big
	case "le":
		t.Order = Little
	case "hex":
		t.Digits = Lower
	case "HEX":
		t.Digits = Upper
	default:
		return false
	}
	return true
}

func badTrailer(s string) error {
	return &sockeye.Error{
		Kind: sockeye.Invalid, Op: "parse", Target: s,
		Message: sockeye.Text{En: "is not how a checksum is written", Zh: "校验的写法不对"},
		Hint:    sockeye.Text{En: "write crc16modbus, crc16xmodem:le, sum8(1..) or xor8(1..-1):HEX", Zh: "写成 crc16modbus、crc16xmodem:le、sum8(1..) 或 xor8(1..-1):HEX"},
	}
}

// String is the trailer as ParseTrailer reads it.
func (t Trailer) String() string {
	if t.Algorithm == nil {
		return ""
	}
	s := t.Algorithm.Key
	if t.Range != (Coverage{}) {
		s += "(" + t.Range.String() + ")"
	}
	if t.Order != Natural {
		s += ":" + t.Order.String()
	}
	s += [...]string{"", ":hex", ":HEX"}[t.Digits]
	if t.After > 0 {
		s += fmt.Sprintf("+%d", t.After)
	}
	return s
}

// Size is how many bytes the checksum takes in the message.
func (t Trailer) Size() int {
	switch {
	case t.Algorithm == nil:
		return 0
	case t.Digits != Binary:
		return 2 * t.Algorithm.Size()
	}
	return t.Algorithm.Size()
}

// Put writes a sum into dst, which has Size bytes.
func (t Trailer) Put(dst []byte, sum uint64) {
	if t.Digits == Binary {
		putUint(dst, sum, t.Order.Of(t.Algorithm))
		return
	}
	var raw [8]byte
	putUint(raw[:len(dst)/2], sum, t.Order)
	digits := "0123456789abcdef"
	if t.Digits == Upper {
		digits = "0123456789ABCDEF"
	}
	for i, b := range raw[:len(dst)/2] {
		dst[2*i], dst[2*i+1] = digits[b>>4], digits[b&15]
	}
}

// Append appends to message, which is all of it so far, its checksum. It does
// nothing to a message that is too short for the range; After is not looked at.
func (t Trailer) Append(message []byte) []byte {
	from, to, ok := t.Range.Cut(len(message))
	if t.Algorithm == nil || !ok || to > len(message) {
		return message
	}
	sum := t.Algorithm.Sum(message[from:to])
	at := len(message)
	message = append(message, make([]byte, t.Size())...) // at most 16 bytes, on the stack
	t.Put(message[at:], sum)
	return message
}

// CheckVerdict is what a check came to.
type CheckVerdict uint8

// The verdicts.
const (
	Right    CheckVerdict = iota
	Wrong                 // the checksum in the frame is another
	TooShort              // the frame has no room for one, or not for the range
)

// Verify checks the checksum of a whole frame. Computed is the sum that its bytes
// should have. It allocates nothing. A sum written in hex digits may have them in
// either case.
func (t Trailer) Verify(frame []byte) (v CheckVerdict, computed uint64) {
	at := len(frame) - t.After - t.Size()
	if t.Algorithm == nil || at < 0 {
		return TooShort, 0
	}
	from, to, ok := t.Range.Cut(at)
	if !ok || to > len(frame) || from < at+t.Size() && to > at {
		return TooShort, 0
	}
	computed = t.Algorithm.Sum(frame[from:to])
	var want [16]byte
	t.Put(want[:t.Size()], computed)
	got := frame[at : at+t.Size()]
	if bytes.Equal(want[:t.Size()], got) || t.Digits != Binary && bytes.EqualFold(want[:t.Size()], got) {
		return Right, computed
	}
	return Wrong, computed
}
