package fields

import (
	"slices"
	"strings"

	"sockeye"
	"sockeye/internal/payload"
)

// Parse reads a spec:
//
//	[received|sent] FORMAT[:SETTINGS] [FIELD, FIELD…]
//	[received|sent] TYPE NAME, TYPE NAME…
//
// A FIELD of a text format is NAME, or KEY as NAME; of csv it is the next column, and
// - is a column that is read over. A binary TYPE is u8, i16be, f32le and so on, bits
// NAME:WIDTH, text NAME[8], bytes NAME[4] or pad 2; NAME[4] is four values, NAME[n] as
// many as the earlier field n says, NAME[*] the rest; @6 is where it lies. After the name
// of either may follow *SCALE or /DIVISOR, +OFFSET or -OFFSET, "UNIT",
// {0=off 1=on} and, in a struct, if FIELD==NUMBER.
//
// The error is an *sockeye.Error of kind Invalid that names the column.
func Parse(typed string) (FieldSpec, error) {
	s, f := parse(typed)
	if f != nil {
		return FieldSpec{}, f.In(typed)
	}
	return s, nil
}

func parse(typed string) (FieldSpec, *payload.SyntaxFault) {
	if len(typed) > MaxText {
		return FieldSpec{}, payload.FaultAt(0, both("%d bytes are more than %d", "%d 字节超过了 %d 字节", len(typed), MaxText), nothing)
	}
	in := &specScanner{text: typed}
	var s FieldSpec
	switch {
	case in.keyword("received"):
		s.Direction = sockeye.Received
	case in.keyword("sent"):
		s.Direction = sockeye.Sent
	}
	from := in.at
	in.skipSpace()
	word := in.word(false)
	s.Format = Format(word)
	switch {
	case BinaryType(word).known():
		in.at, s.Format = from, Struct
	case !slices.Contains(Formats, s.Format) || s.Format == Struct:
		in.at = from
		in.skipSpace()
		return s, unknownFormat(in.at, word, in.rest())
	}
	if f := s.settings(in); f != nil {
		return s, f
	}
	if f := s.fields(in); f != nil {
		return s, f
	}
	return s, s.conflict(len(typed))
}

func unknownFormat(at int, word, rest string) *payload.SyntaxFault {
	if word != "" {
		rest = payload.Quote(word, 20)
	}
	hint := both("begin with keys, csv, json, regexp, firewater, justfloat, influx or nmea, or with a type: u8 id, i16be temp", "以 keys、csv、json、regexp、firewater、justfloat、influx 或 nmea 开头，或以类型开头：u8 id, i16be temp")
	lower := strings.ToLower(word)
	switch _, sized := numberTypes[BinaryType(lower+"be")]; {
	case sized:
		hint = both("say the byte order: %sbe (network order) or %sle", "请写明字节序：%sbe（网络序）或 %sle", lower, lower)
	case lower != word && (slices.Contains(Formats, Format(lower)) || BinaryType(lower).known()):
		hint = both("write it in small letters: %s", "请用小写：%s", lower)
	case typeWords[lower] != "":
		hint = both("write %s", "写成 %s", typeWords[lower])
	}
	return payload.FaultAt(at, both("%s is neither a format nor a type", "%s 既不是格式也不是类型", rest), hint)
}

// typeWords are names that other tools give types, and what they are here.
var typeWords = map[string]string{
	"uint8": "u8", "uint8_t": "u8", "int8": "i8", "int8_t": "i8", "byte": "u8", "char": "text NAME[1]",
	"uint16": "u16le or u16be", "uint16_t": "u16le or u16be", "int16": "i16le or i16be", "int16_t": "i16le or i16be", "short": "i16le or i16be",
	"uint32": "u32le or u32be", "uint32_t": "u32le or u32be", "int32": "i32le or i32be", "int32_t": "i32le or i32be", "int": "i32le or i32be",
	"uint64": "u64le or u64be", "int64": "i64le or i64be", "float": "f32le or f32be", "double": "f64le or f64be", "string": "text NAME[8]", "bit": "bits NAME:1",
}

// settings reads what follows the format: a colon with settings, or a pattern.
func (s *FieldSpec) settings(in *specScanner) *payload.SyntaxFault {
	if s.Format == Regexp {
		return s.pattern(in)
	}
	if s.Format == Struct || in.at == len(in.text) || in.text[in.at] != ':' {
		return nil
	}
	in.at++
	for first := true; first || in.at < len(in.text) && in.text[in.at] == ','; first = false {
		if !first {
			in.at++
		}
		from := in.at
		name, value := in.setting()
		switch {
		case s.Format == CSV && name == "header" && value == "" && !s.Header:
			s.Header = true
		case s.Format == CSV && name == "sep" && s.Separator == 0 && separators[value] != 0:
			if s.Separator = separators[value]; s.Separator == ',' {
				s.Separator = 0
			}
		case s.Format == CSV:
			return in.fault(from, both("%s is not a setting of csv", "%s 不是 csv 的设置", payload.Quote(in.text[from:in.at], 20)),
				both("write csv:header or csv:sep=tab; separators are comma, semicolon, tab, space and |", "写成 csv:header 或 csv:sep=tab；分隔符可为 comma、semicolon、tab、space 和 |"))
		default:
			return in.fault(from, both("%s has no settings", "%s 没有设置", s.Format), both("write just %s", "只写 %s 即可", s.Format))
		}
	}
	return nil
}

var separators = map[string]byte{"comma": ',', "semicolon": ';', "tab": '\t', "space": ' ', "|": '|'}

// setting takes name=value or name, up to a comma or space.
func (s *specScanner) setting() (name, value string) {
	end := strings.IndexAny(s.text[s.at:], ", \t")
	if end < 0 {
		end = len(s.text) - s.at
	}
	name, value, _ = strings.Cut(s.text[s.at:s.at+end], "=")
	s.at += end
	return name, value
}

// pattern reads a regular expression between slashes.
func (s *FieldSpec) pattern(in *specScanner) *payload.SyntaxFault {
	hint := both(`write it between slashes: regexp /T=(?P<temp>[0-9.]+)/`, `写在两个斜杠之间：regexp /T=(?P<temp>[0-9.]+)/`)
	in.skipSpace()
	from := in.at
	if !in.accept('/') {
		return in.fault(from, both("the pattern is missing", "缺少正则表达式"), hint)
	}
	var b strings.Builder
	for ; in.at < len(in.text) && in.text[in.at] != '/'; in.at++ {
		if c := in.text[in.at]; c == '\\' && in.at+1 < len(in.text) {
			if in.at++; in.text[in.at] != '/' {
				b.WriteByte(c)
			}
		}
		b.WriteByte(in.text[in.at])
	}
	if !in.accept('/') {
		return in.fault(from, both("the pattern has no end", "正则表达式没有结尾"), hint)
	}
	s.Pattern = b.String()
	re, _, err := payload.CompileRegexp(s.Pattern)
	if e := sockeye.ErrorOf(err); e != nil {
		return in.fault(from+1, e.Message, e.Hint)
	}
	if re.NumSubexp() == 0 {
		return in.fault(from, both("the pattern has no group", "正则表达式没有分组"), hint)
	}
	return nil
}

func (s *FieldSpec) fields(in *specScanner) *payload.SyntaxFault {
	in.skipSpace()
	if in.at == len(in.text) {
		return nil
	}
	for {
		if len(s.Fields) == MaxFields {
			return in.fault(in.at, both("more than %d fields", "超过 %d 个字段", MaxFields), nothing)
		}
		f, fault := s.field(in)
		if fault != nil {
			return fault
		}
		s.Fields = append(s.Fields, f)
		if in.next() == 0 {
			return nil
		}
		if at := in.at; !in.accept(',') {
			return in.fault(at, both("%s does not belong here", "%s 不应出现在这里", in.rest()),
				both(`fields have commas between them; after a name may come *0.1, +5, "unit", {0=off 1=on}`, `字段之间用逗号；名称之后可写 *0.1、+5、"单位"、{0=off 1=on}`))
		}
	}
}

func (s *FieldSpec) field(in *specScanner) (f Field, fault *payload.SyntaxFault) {
	from := in.at
	switch {
	case s.Format == Struct:
		fault = f.binary(in)
	case in.accept('-'):
		if s.Format != CSV && s.Format != FireWater && s.Format != JustFloat {
			return f, in.fault(from, both("only columns are read over", "只有列可以跳过"), both("leave the field out", "不写该字段即可"))
		}
		return f, nil
	default:
		if f.Name, fault = in.name(true); fault == nil && in.keyword("as") {
			f.Source = f.Name
			if f.Name, fault = in.name(false); f.Source == f.Name {
				f.Source = ""
			}
		}
	}
	if fault == nil {
		fault = s.modifiers(in, &f)
	}
	return f, fault
}

// modifiers reads what may follow a name.
func (s *FieldSpec) modifiers(in *specScanner, f *Field) *payload.SyntaxFault {
	for {
		from, next := in.at, in.next()
		var fault *payload.SyntaxFault
		switch {
		case next == '*' || next == '/':
			in.at++
			fault = f.scale(in, next == '/')
		case (next == '+' || next == '-') && f.Offset == 0:
			if next == '+' {
				in.at++
			}
			f.Offset, fault = in.number()
		case next == '"' && f.Unit == "":
			fault = f.unit(in)
		case next == '{' && f.Words == nil:
			in.at++
			fault = f.words(in)
		case next == '@' && s.Format == Struct && !f.Placed:
			in.at++
			f.Placed = true
			var n int64
			n, fault = in.whole(0, 1<<20)
			f.At = int(n)
		case s.Format == Struct && f.If.Field == "" && in.keyword("if"):
			fault = f.condition(in)
		default:
			in.at = from
			return nil
		}
		if fault != nil {
			return fault
		}
	}
}

func (f *Field) scale(in *specScanner, divide bool) *payload.SyntaxFault {
	in.skipSpace()
	from := in.at
	n, fault := in.number()
	switch {
	case fault != nil:
		return fault
	case n == 0 || divide && 1/n == 0:
		return in.fault(from, both("every value would be 0", "所有值都会是 0"), nothing)
	case f.Scale != 0:
		return in.fault(from, both("the scale is given twice", "比例重复了"), nothing)
	case divide:
		n = 1 / n
	}
	if f.Scale = n; n == 1 {
		f.Scale = 0
	}
	return nil
}

func (f *Field) unit(in *specScanner) *payload.SyntaxFault {
	from := in.at
	text, fault := in.quoted('"')
	switch {
	case fault != nil:
		return fault
	case len(text) > maxUnit:
		return in.fault(from, both("a unit of %d bytes is longer than %d", "单位有 %d 字节，超过 %d 字节", len(text), maxUnit), nothing)
	case !isShowable(text):
		return in.fault(from, both("the unit holds characters that cannot be shown", "单位中有无法显示的字符"), nothing)
	}
	f.Unit = text
	return nil
}

func (f *Field) words(in *specScanner) *payload.SyntaxFault {
	for !in.accept('}') {
		n, fault := in.whole(-1<<53, 1<<53)
		if fault != nil {
			return fault
		}
		if at := in.at; !in.accept('=') {
			return in.fault(at, both("a word is missing", "缺少词语"), both("write {0=off 1=on}", "写成 {0=off 1=on}"))
		}
		text, fault := in.name(false)
		if fault != nil {
			return fault
		}
		if len(f.Words) == MaxFields {
			return in.fault(in.at, both("more than %d words", "超过 %d 个词语", MaxFields), nothing)
		}
		f.Words = append(f.Words, ValueLabel{n, text})
	}
	return nil
}

// conflict says what the parts cannot mean together.
func (s *FieldSpec) conflict(at int) *payload.SyntaxFault {
	if s.Format == CSV && s.Header && len(s.Fields) > 0 && slices.ContainsFunc(s.Fields, func(f Field) bool { return f.Name == "" }) {
		return payload.FaultAt(at, both("with a header, columns are chosen by name", "有表头时按列名选择列"), both("leave out what is not wanted", "不写不需要的列即可"))
	}
	var names []string
	for _, f := range s.Fields {
		if f.Name != "" && slices.Contains(names, f.Name) && s.Format != Struct {
			return payload.FaultAt(at, both("two fields are called %s", "有两个字段名为 %s", quoteName(f.Name)), nothing)
		}
		for _, of := range []string{f.Count.Of, f.If.Field} {
			if of != "" && !slices.Contains(names, of) {
				return payload.FaultAt(at, both("no field before %s is called %s", "%s 之前没有名为 %s 的字段", quoteName(f.Name), quoteName(of)), nothing)
			}
		}
		names = append(names, f.Name)
	}
	return nil
}
