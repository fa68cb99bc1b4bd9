package fields

import (
	"strings"

	"sockeye/internal/payload"
)

// binary reads the type and name of a field of a struct.
func (f *Field) binary(in *specScanner) (fault *payload.SyntaxFault) {
	in.skipSpace()
	from := in.at
	word := in.word(false)
	if f.Type = BinaryType(word); !f.Type.known() {
		return unknownFormat(from, word, in.rest())
	}
	if f.Type == Pad {
		n, fault := in.whole(1, 1<<20)
		f.Count.N = int(n)
		return fault
	}
	if f.Name, fault = in.name(false); fault != nil {
		return fault
	}
	if in.at < len(in.text) && in.text[in.at] == '[' {
		in.at++
		if f.Count, fault = in.count(); fault != nil {
			return fault
		}
	}
	switch {
	case f.Type == Bits && f.Count != (Count{}):
		return in.fault(from, both("bits have a width, not a count", "bits 应写位宽而不是个数"), both("write bits flags:3", "写成 bits flags:3"))
	case f.Type == Bits:
		if !in.accept(':') {
			return in.fault(in.at, both("the width is missing", "缺少位宽"), both("write bits flags:3", "写成 bits flags:3"))
		}
		n, fault := in.whole(1, 64)
		f.Bits = int(n)
		return fault
	case (f.Type == Text || f.Type == Bytes) && f.Count == (Count{}):
		return in.fault(in.at, both("how many bytes it has is missing", "缺少字节数"), both("write %s %s[8], or [*] for the rest", "写成 %s %s[8]，[*] 表示剩余部分", f.Type, quoteName(f.Name)))
	}
	return nil
}

// count reads what stands in brackets after a name.
func (s *specScanner) count() (c Count, fault *payload.SyntaxFault) {
	s.skipSpace()
	from := s.at
	switch next := s.next(); {
	case next == '*':
		s.at++
		c.Rest = true
	case next >= '0' && next <= '9':
		n, f := s.whole(1, 1<<20)
		if c.N, fault = int(n), f; fault != nil {
			return c, fault
		}
	default:
		if c.Of, fault = s.name(false); fault != nil {
			return c, fault
		}
	}
	if !s.accept(']') {
		return c, s.fault(from, both("the bracket is not closed", "方括号没有闭合"), both("write [4], [count] or [*]", "写成 [4]、[count] 或 [*]"))
	}
	return c, nil
}

// condition reads what follows if.
func (f *Field) condition(in *specScanner) (fault *payload.SyntaxFault) {
	if f.If.Field, fault = in.name(false); fault != nil {
		return fault
	}
	in.skipSpace()
	from := in.at
	for _, op := range []string{"==", "!=", "<=", ">=", "<", ">", "&", "="} {
		if strings.HasPrefix(in.text[from:], op) {
			in.at += len(op)
			if f.If.Op = op; op == "=" {
				f.If.Op = "=="
			}
			f.If.Number, fault = in.number()
			return fault
		}
	}
	return in.fault(from, both("%s is not a comparison", "%s 不是比较", in.rest()), both("write if kind==2; != < <= > >= and & (any of the bits) are there too", "写成 if kind==2；也可用 !=、<、<=、>、>= 和 &（任一位）"))
}
