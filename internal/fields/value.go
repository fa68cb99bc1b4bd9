package fields

import (
	"math"
	"strconv"
	"strings"
)

// Value is one named value of a frame.
type Value struct {
	Name, Unit string
	// Text is what the frame says: text, the meaning of a number, or a number as it is
	// written there. It is "" for a number that was computed or was binary; see
	// String.
	Text string
	// Number is the value if Numeric; a word has one, too.
	Number  float64
	Numeric bool
	form    numberNotation
	raw     uint64 // of binary whole numbers, which a float64 may not hold
	// From and To are the bytes of the frame that it was read from.
	From, To int
}

// numberNotation is how a number without text is written.
type numberNotation uint8

const (
	formRounded  numberNotation = iota // twelve significant digits
	formUnsigned                       // exactly, from raw
	formSigned
	formFloat32 // the shortest text that means the same
	formFloat64
)

// String is the value as people read it. It is safe to show only after it was
// escaped.
func (v *Value) String() string {
	if v.Text != "" || !v.Numeric {
		return v.Text
	}
	switch v.form {
	case formUnsigned:
		return strconv.FormatUint(v.raw, 10)
	case formSigned:
		return strconv.FormatInt(int64(v.raw), 10)
	case formFloat32:
		return strconv.FormatFloat(v.Number, 'g', -1, 32)
	case formFloat64:
		return strconv.FormatFloat(v.Number, 'g', -1, 64)
	}
	return FormatNumber(v.Number)
}

// scaled is the number with the field's scale and offset.
func (f *Field) scaled(n float64) float64 {
	if f.Scale != 0 {
		n *= f.Scale
	}
	return n + f.Offset
}

func (f *Field) isScaled() bool { return f.Scale != 0 || f.Offset != 0 }

// number completes a value that was read as a number.
func (f *Field) number(v Value) Value {
	v.Name, v.Unit, v.Numeric = f.Name, f.Unit, true
	for _, w := range f.Words {
		if float64(w.Number) == v.Number {
			v.Text = w.Text
			return v
		}
	}
	if f.isScaled() {
		v.Number, v.Text, v.form = f.scaled(v.Number), "", formRounded
	}
	return v
}

// FormatNumber writes a number with at most twelve significant digits: what a scale
// of 0.1 makes of 215 is 21.5, not 21.500000000000004.
func FormatNumber(n float64) string {
	if n == 0 {
		return "0"
	}
	text := strconv.FormatFloat(n, 'g', 12, 64)
	short, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return text
	}
	if a := math.Abs(short); a >= 1e-6 && a < 1e15 {
		return strconv.FormatFloat(short, 'f', -1, 64)
	}
	return strconv.FormatFloat(short, 'g', -1, 64)
}

// textValue is a value that text says: a number, a number with its unit, or words.
func textValue(text string, from int) Value {
	v := Value{Text: strings.ToValidUTF8(text, "\uFFFD"), From: from, To: from + len(text)}
	n, digits := leadingNumber(text)
	if digits == 0 {
		return v
	}
	unit := strings.TrimLeft(text[digits:], " ")
	if len(unit) > maxUnit || strings.ContainsAny(unit, "0123456789:;,=") || !isShowable(unit) {
		return v
	}
	v.Number, v.Numeric, v.Text, v.Unit = n, true, text[:digits], unit
	return v
}

// leadingNumber is the number that text begins with and how many bytes it has; 0 if
// it begins with none.
func leadingNumber(text string) (n float64, size int) {
	if sign := strings.TrimLeft(text, "+-"); len(text)-len(sign) <= 1 && (strings.HasPrefix(sign, "0x") || strings.HasPrefix(sign, "0X")) {
		size = len(text) - len(sign) + 2
		for size < len(text) && isHex(text[size]) {
			size++
		}
		if whole, err := strconv.ParseInt(strings.TrimPrefix(text[:size], "+"), 0, 64); err == nil {
			return float64(whole), size
		}
		return 0, 0
	}
	end, seen := 0, false
	for end < len(text) {
		c := text[end]
		switch {
		case c >= '0' && c <= '9':
			seen = true
		case c == '.' && strings.IndexByte(text[:end], '.') < 0:
		case (c == '+' || c == '-') && end == 0:
		default:
			goto done
		}
		end++
	}
done:
	if !seen {
		return 0, 0
	}
	if exp := exponent(text[end:]); exp > 0 {
		if n, err := strconv.ParseFloat(text[:end+exp], 64); err == nil {
			return n, end + exp
		}
	}
	n, err := strconv.ParseFloat(text[:end], 64)
	if err != nil || math.IsInf(n, 0) {
		return 0, 0
	}
	return n, end
}

// exponent is the length of an exponent, such as e-3, that text begins with.
func exponent(text string) int {
	if text == "" || text[0]|0x20 != 'e' {
		return 0
	}
	at := 1
	if at < len(text) && (text[at] == '+' || text[at] == '-') {
		at++
	}
	from := at
	for at < len(text) && text[at] >= '0' && text[at] <= '9' {
		at++
	}
	if at == from {
		return 0
	}
	return at
}

func isHex(c byte) bool { return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f' }

// validText is bytes as text: what is not UTF-8 becomes a replacement character.
func validText(b []byte) string { return strings.ToValidUTF8(string(b), "\uFFFD") }
