package payload

import (
	"slices"
	"time"

	"sockeye"
	"sockeye/internal/checksum"
)

// MaxSize is the most bytes that a payload may come to. What is larger is refused
// before it is built.
const MaxSize = 16 << 20

// MaxFields is how many fields a payload may have, and MaxSums how many of them
// may be checksums.
const (
	MaxFields = 4096
	MaxSums   = 64
)

// ParseOptions say how a payload is written. The zero value is text in UTF-8, with
// escapes and fields.
type ParseOptions struct {
	// Hex takes the text for hex, as ParseHex does, with fields among it.
	Hex bool
	// Plain takes text as it is: a backslash and {{ stand for themselves.
	Plain bool
	// Charset is what characters become.
	Charset Charset
	// Trailer is a checksum put after all the rest, and LineEnd ("\n", "\r\n" or
	// "\r") a line end after that, unless the text ends with one. Line ends that
	// were typed become LineEnd, too. "" leaves them as they are; hex has none.
	Trailer checksum.Trailer
	LineEnd string
	// Prefix and Suffix are put before and after the message, whose checksum (Trailer)
	// does not count them: prefix, message, checksum, suffix, line end. They are text
	// with escapes and fields, even where the message is hex or plain; in them the
	// message with its checksum is the part body.
	Prefix, Suffix string
	// Match allows the fields match and match.NAME, which a rule's reply has.
	Match bool

	framed bool // it is in a frame, which has the line end
}

// Vars is what the fields of one message become. Template reads it only; a
// caller that sends many messages keeps one and changes it in between.
type Vars struct {
	// Seq is the number of the message, from 1.
	Seq uint64
	// Time is when it is sent, in the zone to show.
	Time time.Time
	// Random seeds {{rand}}: equal seeds give equal bytes.
	Random uint64
	// Peer is whom it goes to, or nil.
	Peer *sockeye.Peer
	// Lookup finds the text of "env.NAME" and "var.NAME"; nil finds nothing.
	Lookup func(name string) (string, bool)
	// Match finds what a rule's pattern took: "0" is all of it, "1" the first
	// group, or a group's name; nil finds nothing.
	Match func(name string) ([]byte, bool)

	message []byte // what stands in a frame
}

// Template is a parsed payload. It does not change and may be used by any number
// of goroutines.
type Template struct {
	text   string // as it was typed; of a frame, its prefix and suffix
	o      ParseOptions
	pieces []templatePiece
	parts  []partSpan
	end    []byte // the line end that is added
	seq    bool
	sums   int
	frame  *envelope // nil: there is no prefix and no suffix
}

// templatePiece is a part of the message: bytes, a value, a length or a checksum.
type templatePiece struct {
	at      int // of the field, in the text
	literal []byte
	value   fieldValue
	length  *lengthField
	sum     *sumField
}

// partSpan is what stands between {{#NAME}} and {{/NAME}}: the pieces from and up to
// but without to.
type partSpan struct {
	name     string
	at       int // of {{#NAME}}
	from, to int
}

// fieldValue is a field that knows its bytes from Vars alone.
type fieldValue interface {
	// size is how many bytes append will append.
	size(v *Vars, e *charsetEncoder) (int, *SyntaxFault)
	append(dst []byte, v *Vars, e *charsetEncoder) ([]byte, *SyntaxFault)
	// String is the field as it is written, without braces.
	String() string
}

// whole and rest are parts that need no marks.
const (
	whole = -1 // the message
	rest  = -2 // for a length all that follows it, for a checksum all before it
)

// Size is how many bytes Append appends for v. More than MaxSize is an error, and
// so is a field that v has no value for.
func (t *Template) Size(v *Vars) (int, error) {
	v, err := t.framedVars(v)
	if err != nil {
		return 0, err
	}
	var buf [stackPieces]int
	n, _, f := t.sizes(v, buf[:0], t.o.Charset.encoder())
	if f != nil {
		return 0, t.errorOf(f)
	}
	return n, nil
}

// stackPieces is how many pieces a template may have without Append allocating.
const stackPieces = 48

// sizes appends the size of each piece, and returns that of the message.
func (t *Template) sizes(v *Vars, sizes []int, e *charsetEncoder) (total int, _ []int, _ *SyntaxFault) {
	for i := range t.pieces {
		p := &t.pieces[i]
		n := len(p.literal)
		var f *SyntaxFault
		switch {
		case p.value != nil:
			n, f = p.value.size(v, e)
		case p.length != nil:
			n = p.length.form.fixedSize() // -1 for a text without a width, see below
		case p.sum != nil:
			n = p.sum.Size()
		}
		if f != nil {
			f.at += p.at
			return 0, nil, f
		}
		total += max(0, n)
		if total > MaxSize {
			return 0, nil, tooLong(p.at)
		}
		sizes = append(sizes, n)
	}
	for i := range sizes {
		if sizes[i] < 0 {
			t.lengthSize(i, sizes)
		}
	}
	total = 0
	for _, n := range sizes {
		total += n
	}
	total += t.o.Trailer.Size() + len(t.end)
	if total > MaxSize {
		return 0, nil, tooLong(0)
	}
	return total, sizes, nil
}

func tooLong(at int) *SyntaxFault {
	return &SyntaxFault{at, both("the payload would be longer than %d MiB", "数据会超过 %d MiB", MaxSize>>20),
		sockeye.Text{En: "send a file instead", Zh: "请改用文件发送"}}
}

// Append appends the message for v. It allocates nothing when dst has room and no
// field needs to be encoded. The error is a *sockeye.Error that names the column
// of the field.
func (t *Template) Append(dst []byte, v *Vars) ([]byte, error) {
	if len(t.pieces) == 1 && t.pieces[0].literal != nil && t.o.Trailer.Algorithm == nil {
		return append(append(dst, t.pieces[0].literal...), t.end...), nil
	}
	v, err := t.framedVars(v)
	if err != nil {
		return dst, err
	}
	e := t.o.Charset.encoder()
	var buf, offsetBuf [stackPieces + 1]int
	total, sizes, f := t.sizes(v, buf[:0], e)
	if f != nil {
		return dst, t.errorOf(f)
	}
	start := len(dst)
	out := slices.Grow(dst, total)
	offsets := offsetBuf[:0]
	for i := range t.pieces {
		p := &t.pieces[i]
		offsets = append(offsets, len(out)-start)
		switch {
		case p.value != nil:
			if out, f = p.value.append(out, v, e); f != nil {
				f.at += p.at
				return dst, t.errorOf(f)
			}
		case p.literal != nil:
			out = append(out, p.literal...)
		default: // filled in when everything is in its place
			out = appendZeros(out, sizes[i])
		}
	}
	message := out[start:]
	offsets = append(offsets, len(message))
	if f := t.fillLengths(message, offsets); f != nil {
		return dst, t.errorOf(f)
	}
	if f := t.fillSums(message, offsets); f != nil {
		return dst, t.errorOf(f)
	}
	if t.o.Trailer.Algorithm != nil {
		if message, f = appendTrailer(message, t.o.Trailer); f != nil {
			return dst, t.errorOf(f)
		}
		out = append(out, message[len(out)-start:]...)
	}
	return append(out, t.end...), nil
}

func appendZeros(dst []byte, n int) []byte {
	n += len(dst)
	dst = slices.Grow(dst, n-len(dst))
	clear(dst[len(dst):n])
	return dst[:n]
}

// Constant is the whole message where no field can change it; ok is false where
// one can.
func (t *Template) Constant() (message []byte, ok bool) {
	for i := range t.pieces {
		if v := t.pieces[i].value; v != nil {
			switch v.(type) {
			case fillValue:
			case messageValue:
				if _, fixed := t.frame.message.Constant(); !fixed {
					return nil, false
				}
			default:
				return nil, false
			}
		}
	}
	message, err := t.Append(nil, &Vars{})
	return message, err == nil
}

// Counts reports whether the template has a {{seq}}, so that sending it uses up a
// number.
func (t *Template) Counts() bool { return t.seq || t.frame != nil && t.frame.message.seq }

// fits makes sure that what is known of the size before any Vars is not too long.
func (t *Template) fits() *SyntaxFault {
	total := 0
	for i := range t.pieces {
		p := &t.pieces[i]
		total += len(p.literal)
		switch v := p.value.(type) {
		case fillValue:
			total += v.n
		case randomBytes:
			total += v.form.bytesSize(v.n)
		}
		if total > MaxSize {
			return tooLong(p.at)
		}
	}
	if len(t.pieces) > MaxFields {
		return tooManyFields(t.pieces[MaxFields].at)
	}
	return nil
}

func tooManyFields(at int) *SyntaxFault {
	return &SyntaxFault{at, both("more than %d fields", "字段超过 %d 个", MaxFields), sockeye.Text{En: "split the payload", Zh: "请拆成多条数据"}}
}
