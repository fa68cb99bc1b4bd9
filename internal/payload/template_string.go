package payload

import (
	"bytes"
	"strings"
)

// String is the payload as Parse, with the same options, reads it. It need not be
// what was typed.
func (t *Template) String() string {
	if t.frame != nil {
		return t.frame.message.String()
	}
	if t.o.Plain && !t.o.Hex {
		return t.text
	}
	var b strings.Builder
	for i := 0; i <= len(t.pieces); i++ {
		t.writeMarks(&b, i)
		if i == len(t.pieces) {
			break
		}
		p := &t.pieces[i]
		switch {
		case p.literal != nil && t.o.Hex:
			b.WriteString(" " + FormatHex(p.literal))
		case p.literal != nil:
			text := t.o.Charset.appendText(nil, p.literal)
			if before, ok := bytes.CutSuffix(text, []byte("{")); ok && !bytes.HasSuffix(before, []byte(`\`)) && t.fieldFollows(i) {
				text = append(before, `\{`...)
			}
			b.Write(text)
		case p.value != nil:
			t.writeField(&b, p.value.String())
		case p.length != nil:
			t.writeField(&b, p.length.text(t.parts))
		default:
			t.writeField(&b, p.sum.text(t.parts))
		}
	}
	if t.o.Hex {
		return strings.TrimPrefix(b.String(), " ")
	}
	return b.String()
}

// fieldFollows reports whether a field or the mark of a part stands after a piece.
func (t *Template) fieldFollows(i int) bool {
	return i+1 < len(t.pieces) && t.pieces[i+1].literal == nil || len(t.marks(i+1)) > 0
}

func (t *Template) writeField(b *strings.Builder, field string) {
	if t.o.Hex {
		b.WriteByte(' ')
	}
	b.WriteString("{{" + field + "}}")
}

// writeMarks writes the marks that stand before piece i. Parts that begin or end
// at one place nest in the order they have in t.parts.
func (t *Template) writeMarks(b *strings.Builder, i int) {
	for _, m := range t.marks(i) {
		t.writeField(b, m)
	}
}

// marks are the marks before piece i as they were typed.
func (t *Template) marks(i int) []string {
	var out []string
	for k := len(t.parts) - 1; k >= 0; k-- { // an inner part ends first
		if p := t.parts[k]; p.to == i && p.from < i {
			out = append(out, "/"+p.name)
		}
	}
	for _, p := range t.parts {
		if p.from == i {
			out = append(out, "#"+p.name)
			if p.to == i {
				out = append(out, "/"+p.name)
			}
		}
	}
	return out
}

// appendText appends bytes as text with escapes that Parse reads back exactly.
func (c Charset) appendText(dst, data []byte) []byte {
	p := Printer{Charset: c}
	e := c.encoder()
	for len(data) > 0 {
		if bytes.HasPrefix(data, []byte("{{")) {
			dst = append(dst, `\{`...)
			data = data[1:]
			continue
		}
		before := len(dst)
		var size int
		if dst, size = p.appendFirst(dst, data); size == 0 {
			size = 1
			dst = appendByte(dst, data[0])
		}
		if back, f := appendTyped(nil, string(dst[before:]), e); f != nil || !bytes.Equal(back, data[:size]) {
			dst = dst[:before]
			for _, b := range data[:size] {
				dst = appendByte(dst, b)
			}
		}
		data = data[size:]
	}
	return dst
}
