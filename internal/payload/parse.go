package payload

import (
	"strings"

	"sockeye"
)

// Parse reads a payload as a person writes it: text with the escapes of ParseText,
// or hex as ParseHex reads it, and in both fields in double braces:
//
//	{{seq}} {{time}} {{rand:4}}      made anew for each message
//	{{peer.ip}} {{env.NAME}}         of the peer, of the surroundings
//	{{#body}}…{{/body}}              marks a part, which
//	{{len(body):u16be}}              counts, and
//	{{crc16modbus(body):le}}         sums up; without a part, all before it
//
// docs/payload.md has the whole language. Two braces that begin no field are
// written \{{. The error is a *sockeye.Error of kind Invalid that names the column.
func Parse(text string, o ParseOptions) (*Template, error) {
	if len(text) > MaxSize {
		return nil, tooLong(0).In("")
	}
	if o.Prefix != "" || o.Suffix != "" {
		return parseFramed(text, o)
	}
	p := &templateParser{typed: text, t: &Template{text: text, o: o}, encoder: o.Charset.encoder()}
	if f := p.parse(); f != nil {
		return nil, f.In(text)
	}
	return p.t, nil
}

// templateParser builds a Template.
type templateParser struct {
	typed   string
	t       *Template
	encoder *charsetEncoder
	literal []byte // of the piece that is being read
	from    int    // where it began
	open    []int  // the parts that are not closed, innermost last
	refs    []partReference
	streams uint64 // of random values
}

// partReference is a name of a part that a field uses, before or after it is marked.
type partReference struct {
	name string
	at   int
	part *int // what to set
}

func (p *templateParser) parse() *SyntaxFault {
	var f *SyntaxFault
	switch o := p.t.o; {
	case o.Hex:
		f = p.hex()
	case o.Plain:
		f = p.plain()
	default:
		f = p.text(0)
	}
	if f != nil {
		return f
	}
	return p.finish()
}

// plain takes the text as it is, but for its line ends.
func (p *templateParser) plain() (f *SyntaxFault) {
	p.literal, f = p.encoder.append(nil, withLineEnds(p.typed, p.t.o.LineEnd))
	if f != nil { // the place counts in what was typed, whose line ends may be shorter
		_, f = p.encoder.append(nil, p.typed)
	}
	return f
}

// finish checks what can be checked when everything was read.
func (p *templateParser) finish() *SyntaxFault {
	p.flush(len(p.typed))
	if n := len(p.open); n > 0 {
		part := p.t.parts[p.open[n-1]]
		return &SyntaxFault{part.at, both("the part {{#%s}} is not closed", "标记 {{#%s}} 没有结束", part.name),
			both("write {{/%s}} where it ends", "请在结束处写 {{/%s}}", part.name)}
	}
	for _, r := range p.refs {
		if f := p.resolve(r); f != nil {
			return f
		}
	}
	if f := p.t.fits(); f != nil {
		return f
	}
	p.addLineEnd()
	return p.t.acyclic()
}

// addLineEnd plans the line end, unless the text ends with one.
func (p *templateParser) addLineEnd() {
	end := p.t.o.LineEnd
	if end == "" || p.t.o.Hex || p.t.o.framed || p.t.endsWith(end) {
		return
	}
	p.t.end = []byte(end)
}

// withLineEnds is text with its line ends made end; "" leaves them.
func withLineEnds(text, end string) string {
	if end == "" || !strings.ContainsAny(text, "\r\n") {
		return text
	}
	return strings.NewReplacer("\r\n", end, "\n", end, "\r", end).Replace(text)
}

// flush ends the piece of literal bytes; the next one begins at a place.
func (p *templateParser) flush(next int) {
	if len(p.literal) > 0 {
		p.t.pieces = append(p.t.pieces, templatePiece{at: p.from, literal: p.literal})
		p.literal = nil
	}
	p.from = next
}

// add appends bytes to the literal piece, which continues one that was added just
// before, so that there are never two in a row.
func (p *templateParser) add(b []byte) { p.literal = append(p.literal, b...) }

// text reads text with escapes and fields, from a place on.
func (p *templateParser) text(from int) *SyntaxFault {
	start, at := from, from
	flushText := func() *SyntaxFault {
		run := p.typed[start:at]
		b, f := appendTyped(nil, run, p.encoder)
		if f != nil {
			f.at += start
			return f
		}
		if end := p.t.o.LineEnd; end != "" && strings.ContainsAny(run, "\r\n") {
			b, _ = appendTyped(nil, withLineEnds(run, end), p.encoder) // no fault: only line ends differ
		}
		p.add(b)
		return nil
	}
	for at < len(p.typed) {
		switch {
		case p.typed[at] == '\\':
			at = min(at+2, len(p.typed))
		case strings.HasPrefix(p.typed[at:], "{{"):
			if f := flushText(); f != nil {
				return f
			}
			size, f := p.braces(at)
			if f != nil {
				return f
			}
			at += size
			start = at
		default:
			at++
		}
	}
	return flushText()
}

// hex reads hex with fields.
func (p *templateParser) hex() *SyntaxFault {
	h := pasted(p.typed)
	if h.fault != nil {
		return h.fault
	}
	h.fields = true
	for h.at < len(h.typed) {
		if h.skip() {
			continue
		}
		if strings.HasPrefix(h.typed[h.at:], "{{") {
			p.add(h.out)
			h.out = nil
			size, f := p.braces(h.at)
			if f != nil {
				return f
			}
			h.at += size
			continue
		}
		if f := h.word(); f != nil {
			return f
		}
	}
	p.add(h.out)
	return nil
}

// appendTyped appends the bytes of text with escapes, in a charset.
func appendTyped(dst []byte, s string, e *charsetEncoder) ([]byte, *SyntaxFault) {
	for at := 0; at < len(s); {
		plain := strings.IndexByte(s[at:], '\\')
		if plain < 0 {
			plain = len(s) - at
		}
		var f *SyntaxFault
		if dst, f = e.append(dst, s[at:at+plain]); f != nil {
			f.at += at
			return nil, f
		}
		if at += plain; at == len(s) {
			break
		}
		var buf [4]byte
		out, size, f := appendEscaped(buf[:0], s[at:])
		if f == nil && s[at+1] == 'u' && e.t != nil {
			dst, f = e.append(dst, string(out))
		} else if f == nil {
			dst = append(dst, out...)
		}
		if f != nil {
			f.at += at
			return nil, f
		}
		at += size
	}
	return dst, nil
}

// braces reads the field that begins at a place, and returns its size.
func (p *templateParser) braces(at int) (size int, f *SyntaxFault) {
	if len(p.t.pieces) > MaxFields {
		return 0, tooManyFields(p.t.pieces[MaxFields].at)
	}
	end := fieldEnd(p.typed, at+2)
	if end < 0 {
		return 0, &SyntaxFault{at, sockeye.Text{En: "the field {{ is not closed", Zh: "字段 {{ 没有结束"},
			sockeye.Text{En: `end it with }}; two braces that begin no field are written \{{`, Zh: `请用 }} 结束；若要发送两个花括号本身，请写 \{{`}}
	}
	inner := p.typed[at+2 : end]
	if i := strings.Index(inner, "{{"); i >= 0 && !strings.HasPrefix(strings.TrimSpace(inner), "text:") {
		return 0, &SyntaxFault{at + 2 + i, sockeye.Text{En: "a field inside a field", Zh: "字段不能嵌套"},
			sockeye.Text{En: "end the first one with }} before it", Zh: "请先用 }} 结束前一个字段"}}
	}
	left := len(inner) - len(strings.TrimLeft(inner, " \t"))
	w := typedWord{strings.TrimSpace(inner), at + 2 + left}
	if f := p.field(w, at, end+2); f != nil {
		return 0, f
	}
	return end + 2 - at, nil
}

// fieldEnd is where the }} of a field is, or -1. After a backslash, and in the
// quotes of a time, braces are part of the field.
func fieldEnd(s string, at int) int {
	quotes, quoted := strings.HasPrefix(strings.TrimLeft(s[at:], " \t"), "time"), false
	for ; at < len(s); at++ {
		switch {
		case s[at] == '\\':
			at++
		case s[at] == '"':
			quoted = quotes && !quoted
		case !quoted && strings.HasPrefix(s[at:], "}}"):
			return at
		}
	}
	return -1
}

// resolve finds the part that a field names.
func (p *templateParser) resolve(r partReference) *SyntaxFault {
	names := []string{"all"}
	for i, part := range p.t.parts {
		if part.name == r.name {
			*r.part = i
			return nil
		}
		names = append(names, part.name)
	}
	f := &SyntaxFault{r.at, both("no part is marked %s", "没有名为 %s 的标记", Quote(r.name, shownTarget)),
		both("mark it: {{#%[1]s}}…{{/%[1]s}}; all is the whole message", "请标记：{{#%[1]s}}…{{/%[1]s}}；all 表示整条数据", SafeString(shortened(r.name)))}
	if near := closest(r.name, names); near != "" {
		f.hint = both("did you mean %s?", "是否要写 %s？", near)
	}
	return f
}

func shortened(s string) string {
	if len(s) > 20 || s == "" {
		return "body"
	}
	return s
}
