package framing

import (
	"bytes"
	"encoding/json"
)

// jsonValues are JSON values one after the other, with white space, commas, or the
// record separators of RFC 7464 between them.
type jsonValues struct {
	max int

	at      int // bytes of the value that were read
	lead    int // of them, the separators before it
	depth   int // open brackets
	shape   byte
	quoted  bool // in a string
	escaped bool // after a backslash in it
}

func (v *jsonValues) reset() { *v = jsonValues{max: v.max} }

func (v *jsonValues) copy() splitRule {
	c := *v
	return &c
}

func (v *jsonValues) cut(b []byte, _ int) (int, Mark) {
	n, m := v.scan(b)
	if n == 0 && len(b) > v.max || n > v.max || -n > v.max {
		n, m = v.max, Oversize
	}
	if n != 0 {
		v.reset()
	}
	return n, m
}

// The shapes of a value by its first byte.
const (
	bracketed = '['
	text1     = '"'
	scalar    = '0'
)

func (v *jsonValues) scan(b []byte) (int, Mark) {
	for v.shape == 0 {
		if v.at == len(b) {
			return 0, Whole
		}
		switch c := b[v.at]; {
		case separates(c):
			v.at++
			v.lead = v.at
			continue
		case c == '{' || c == '[':
			v.shape = bracketed
		case c == '"':
			v.shape = text1
		case c == '-' || '0' <= c && c <= '9' || c == 't' || c == 'f' || c == 'n':
			v.shape = scalar
		default:
			return -v.at - 1, Whole
		}
	}
	if v.shape == scalar {
		return v.scanScalar(b)
	}
	for ; v.at < len(b); v.at++ {
		if v.step(b[v.at]) {
			return v.at + 1, Whole
		}
	}
	return 0, Whole
}

// step takes the next byte of a string or of something in brackets, and says
// whether it is the last.
func (v *jsonValues) step(c byte) bool {
	switch {
	case v.escaped:
		v.escaped = false
		return false
	case v.quoted:
		v.escaped = c == '\\'
		v.quoted = c != '"'
	case c == '"':
		v.quoted = true
		return false
	case c == '{' || c == '[':
		v.depth++
		return false
	case c == '}' || c == ']':
		v.depth--
	default:
		return false
	}
	return !v.quoted && v.depth == 0
}

// scanScalar reads a number or a word, which end where something else begins.
func (v *jsonValues) scanScalar(b []byte) (int, Mark) {
	for ; v.at < len(b); v.at++ {
		if c := b[v.at]; separates(c) || c == '{' || c == '[' || c == '"' || c == '}' || c == ']' || c == ':' {
			return v.at, Whole
		}
	}
	return 0, Whole
}

func separates(c byte) bool {
	return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == ',' || c == 0x1e
}

// body is the value, or nil if it is none.
func (v *jsonValues) body(frame []byte, _ *[]byte) []byte {
	frame = bytes.TrimLeftFunc(frame, func(r rune) bool { return r < 0x80 && separates(byte(r)) })
	if !json.Valid(frame) {
		return nil
	}
	return frame
}

func (v *jsonValues) end(b []byte) (Mark, bool) {
	switch v.shape {
	case 0:
		return Whole, false
	case scalar:
		return Whole, true
	}
	return Incomplete, true
}
