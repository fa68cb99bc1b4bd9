package payload

import (
	"sockeye"
)

// envelopePart is the name that the message has in its prefix and suffix.
const envelopePart = "body"

// envelope is what Prefix and Suffix become: the template's own pieces stand before and
// after the message, which is a template of its own.
type envelope struct {
	message *Template
	prefix  int // how much of the template's text is the prefix
}

// messageValue is the message among the pieces of its frame. Its bytes come with Vars.
type messageValue struct{}

func (messageValue) size(v *Vars, _ *charsetEncoder) (int, *SyntaxFault) { return len(v.message), nil }
func (messageValue) append(dst []byte, v *Vars, _ *charsetEncoder) ([]byte, *SyntaxFault) {
	return append(dst, v.message...), nil
}
func (messageValue) String() string { return envelopePart }

// frameStreams is where the random values of a frame begin, so that they differ from
// the message's.
const frameStreams = 1 << 32

// parseFramed reads a message that has a prefix or a suffix.
func parseFramed(text string, o ParseOptions) (*Template, error) {
	inner := o
	inner.Prefix, inner.Suffix, inner.framed = "", "", true
	message, err := Parse(text, inner)
	if err != nil {
		return nil, err
	}
	outer := ParseOptions{Charset: o.Charset, LineEnd: o.LineEnd, Match: o.Match}
	if o.Hex {
		outer.LineEnd = ""
	}
	around := o.Prefix + o.Suffix
	t := &Template{text: around, o: outer, frame: &envelope{message, len(o.Prefix)}}
	if len(around) > MaxSize {
		return nil, t.errorOf(tooLong(0))
	}
	p := &templateParser{typed: o.Prefix, t: t, encoder: outer.Charset.encoder(), streams: frameStreams}
	if f := p.frame(around, len(o.Prefix)); f != nil {
		return nil, t.errorOf(f)
	}
	return t, nil
}

// frame reads the prefix, puts the message after it, and reads the suffix.
func (p *templateParser) frame(around string, at int) *SyntaxFault {
	if f := p.text(0); f != nil {
		return f
	}
	p.flush(at)
	if f := p.openPart(typedWord{envelopePart, 0}, 0, at); f != nil {
		return f
	}
	p.t.pieces = append(p.t.pieces, templatePiece{at: at, value: messageValue{}})
	if f := p.closePart(typedWord{envelopePart, at}, at); f != nil {
		return f
	}
	p.typed = around
	if f := p.text(at); f != nil {
		return f
	}
	return p.finish()
}

// errorOf makes a fault an error about what was typed, and says if that was the prefix
// or the suffix.
func (t *Template) errorOf(f *SyntaxFault) error {
	if t.frame == nil {
		return f.In(t.text)
	}
	typed, name := t.text[:t.frame.prefix], both("prefix, ", "前缀，")
	if f.at > len(typed) || f.at == len(typed) && len(typed) < len(t.text) {
		moved := *f
		moved.at -= len(typed)
		f, typed, name = &moved, t.text[len(typed):], both("suffix, ", "后缀，")
	}
	e := *sockeye.ErrorOf(f.In(typed))
	e.Message = sockeye.Text{En: name.En + e.Message.En, Zh: name.Zh + e.Message.Zh}
	return &e
}

// framedVars are v with the message for it; v itself where there is no frame.
func (t *Template) framedVars(v *Vars) (*Vars, error) {
	if t.frame == nil {
		return v, nil
	}
	message, err := t.frame.message.Append(nil, v)
	if err != nil {
		return nil, err
	}
	framed := *v
	framed.message = message
	return &framed, nil
}

// endsWith reports whether the template's last bytes are known to be end.
func (t *Template) endsWith(end string) bool {
	n := len(t.pieces)
	if n == 0 || t.o.Trailer.Algorithm != nil {
		return false
	}
	last := t.pieces[n-1]
	if _, ok := last.value.(messageValue); ok {
		return t.frame.message.endsWith(end)
	}
	return len(last.literal) >= len(end) && string(last.literal[len(last.literal)-len(end):]) == end
}
