package fields

import (
	"math"
	"strconv"

	"sockeye"
)

// AppendJSON appends values as one JSON object of names and values. A number is one
// in JSON, too, as exactly as it was read; what JSON cannot say, such as NaN, and the
// meaning of a number are strings. Of a name that comes twice the first value counts.
func AppendJSON(dst []byte, values []Value) []byte {
	dst = append(dst, '{')
	first := true
	for n := range values {
		v := &values[n]
		if nameBefore(values[:n], v.Name) {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = append(appendJSONString(dst, v.Name), ':')
		dst = v.appendJSON(dst)
	}
	return append(dst, '}')
}

func nameBefore(values []Value, name string) bool {
	for n := range values {
		if values[n].Name == name {
			return true
		}
	}
	return false
}

func (v *Value) appendJSON(dst []byte) []byte {
	switch {
	case !v.Numeric || math.IsNaN(v.Number) || math.IsInf(v.Number, 0):
		return appendJSONString(dst, v.String())
	case v.Text == "" && (v.form == formSigned || v.form == formUnsigned):
		return append(dst, v.String()...)
	case v.Text == "true" || v.Text == "false":
		return append(dst, v.Text...)
	}
	if _, digits := leadingNumber(v.Text); v.Text != "" && digits != len(v.Text) {
		return appendJSONString(dst, v.Text)
	}
	text := strconv.FormatFloat(v.Number, 'g', -1, 64)
	if v.form == formFloat32 && v.Text == "" {
		text = strconv.FormatFloat(v.Number, 'g', -1, 32)
	} else if v.Text == "" {
		text = FormatNumber(v.Number)
	}
	return append(dst, text...)
}

func appendJSONString(dst []byte, s string) []byte {
	out, err := sockeye.MarshalJSON(s)
	if err != nil {
		panic("fields: a string does not marshal: " + err.Error()) // no string can fail
	}
	return append(dst, out...)
}
