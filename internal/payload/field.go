package payload

import (
	"math"
	"strconv"
	"strings"

	"sockeye"
	"sockeye/internal/checksum"
)

// typedWord is a part of a field and where it stands in what was typed.
type typedWord struct {
	string
	at int
}

// lengthField is {{len}}: how many bytes a part has.
type lengthField struct {
	part int
	add  int
	form numberForm
}

func (l *lengthField) text(parts []partSpan) string {
	s := "len"
	if name := partName(l.part, parts); name != "" {
		s += "(" + name + ")"
	}
	return s + signed(int64(l.add)) + l.form.suffix(numberForm{kind: decimal})
}

// sumField is a checksum over a part, or over a range of bytes.
type sumField struct {
	checksum.Trailer
	part int
}

func (s *sumField) text(parts []partSpan) string {
	name, form, _ := strings.Cut(s.Trailer.String(), ":")
	if of := partName(s.part, parts); of != "" {
		name += "(" + of + ")"
	}
	if form != "" {
		name += ":" + form
	}
	return name
}

// fieldNames are what may stand in braces, besides checksums.
var fieldNames = []string{
	"seq", "time", "rand", "len", "fill", "hex", "text", "match",
	"peer.ip", "peer.port", "peer.id", "peer.alias", "local.ip", "local.port", "env.NAME", "var.NAME",
}

// field reads one field; from and to are where its braces are.
func (p *templateParser) field(w typedWord, from, to int) *SyntaxFault {
	switch {
	case w.string == "":
		return &SyntaxFault{from, sockeye.Text{En: "an empty field", Zh: "空字段"}, fieldHint}
	case strings.HasPrefix(w.string, "#"):
		return p.openPart(typedWord{strings.TrimSpace(w.string[1:]), w.at + 1}, from, to)
	case strings.HasPrefix(w.string, "/"):
		return p.closePart(typedWord{strings.TrimSpace(w.string[1:]), w.at + 1}, to)
	case strings.HasPrefix(w.string, "hex:"):
		return p.block(typedWord{w.string[4:], w.at + 4}, true)
	case strings.HasPrefix(w.string, "text:"):
		return p.block(typedWord{w.string[5:], w.at + 5}, false)
	}
	c, f := splitCall(w)
	if f != nil {
		return f
	}
	var made templatePiece
	switch {
	case c.name == "seq":
		made.value, f = p.seq(c)
	case c.name == "time":
		made.value, f = p.time(c)
	case c.name == "rand":
		made.value, f = p.rand(c)
	case c.name == "fill":
		made.value, f = p.fill(c)
	case c.name == "len":
		made.length, f = p.length(c)
	case c.name == "match" || strings.HasPrefix(c.name, "match."):
		made.value, f = p.match(c)
	case strings.HasPrefix(c.name, "env.") || strings.HasPrefix(c.name, "var."):
		made.value, f = p.lookup(c)
	default:
		if _, ok := peerFields[c.name]; ok {
			made.value, f = p.peer(c)
		} else {
			made.sum, f = p.sum(c)
		}
	}
	if f != nil {
		return f
	}
	p.flush(to)
	made.at = from
	p.t.pieces = append(p.t.pieces, made)
	return nil
}

var fieldHint = sockeye.Text{
	En: `fields are {{seq}}, {{time}}, {{rand:4}}, {{len}}, {{crc16modbus}} and others: see the manual`,
	Zh: `可用字段有 {{seq}}、{{time}}、{{rand:4}}、{{len}}、{{crc16modbus}} 等，见手册`,
}

func (p *templateParser) seq(c fieldCall) (fieldValue, *SyntaxFault) {
	if f := c.plain(true); f != nil {
		return nil, f
	}
	p.t.seq = true
	form, f := number(c.args, numberForm{kind: decimal})
	return seqValue{c.add, form}, f
}

// maxLayout bounds what a time may be written as.
const maxLayout = 200

func (p *templateParser) time(c fieldCall) (fieldValue, *SyntaxFault) {
	if f := c.plain(false); f != nil {
		return nil, f
	}
	t, args := timeValue{}, c.args
	if len(args) > 0 && args[0].string == "utc" {
		t.utc, args = true, args[1:]
	}
	if len(args) == 0 {
		return t, nil
	}
	first := args[0]
	if strings.HasPrefix(first.string, `"`) {
		inner, ok := strings.CutSuffix(first.string[1:], `"`)
		if !ok || len(inner) > maxLayout {
			return nil, &SyntaxFault{first.at, sockeye.Text{En: "the quotes of the time are not closed, or it is too long", Zh: "时间格式的引号没有结束，或太长"}, layoutHint}
		}
		t.kind, t.layout = written, strings.NewReplacer(`\\`, `\`, `\"`, `"`).Replace(inner)
		if f := checkLayout(t.layout); f != nil {
			f.at = first.at
			return nil, f
		}
		if _, f := p.encoder.append(nil, t.layout); f != nil {
			f.at = first.at
			return nil, f
		}
		return t, noMore(args[1:])
	}
	kind, ok := timeKinds[first.string]
	if !ok {
		return nil, badForm(first, `unix ms us ns date clock bcd utc "%Y-%m-%d %H:%M:%S"`)
	}
	t.kind = kind
	if kind == unix || kind == millis || kind == micros || kind == nanos {
		var f *SyntaxFault
		t.form, f = number(args[1:], numberForm{kind: decimal})
		return t, f
	}
	return t, noMore(args[1:])
}

func (p *templateParser) rand(c fieldCall) (fieldValue, *SyntaxFault) {
	if f := c.plain(false); f != nil {
		return nil, f
	}
	stream := p.streams
	p.streams++
	if len(c.args) == 0 {
		return nil, &SyntaxFault{c.at, sockeye.Text{En: "how many random bytes?", Zh: "缺少随机字节数"}, randHint}
	}
	if from, to, ok := strings.Cut(c.args[0].string, ".."); ok {
		a, err1 := strconv.ParseUint(from, 0, 64)
		b, err2 := strconv.ParseUint(to, 0, 64)
		if err1 != nil || err2 != nil || a > b {
			return nil, &SyntaxFault{c.args[0].at, both("%s is not a range of numbers", "%s 不是数字范围", Quote(c.args[0].string, shownTarget)), randHint}
		}
		fm, f := number(c.args[1:], numberForm{kind: decimal})
		if f == nil && !fm.fits(b) {
			f = tooWide("rand", b, fm)
			f.at = c.args[1].at
		}
		return randomNumber{a, b, fm, stream}, f
	}
	r := randomBytes{stream: stream}
	var f *SyntaxFault
	if r.n, f = count(c.args[0], randHint); f != nil {
		return nil, f
	}
	args := c.args[1:]
	if len(args) > 0 {
		switch args[0].string {
		case "text":
			r.letter = true
		case "hex":
			r.form = numberForm{kind: hexLower}
		case "HEX":
			r.form = numberForm{kind: hexUpper}
		default:
			return nil, badForm(args[0], "hex HEX text")
		}
		args = args[1:]
	}
	return r, noMore(args)
}

var randHint = sockeye.Text{
	En: "{{rand:4}} is four random bytes, {{rand:1..100}} a number from 1 to 100",
	Zh: "{{rand:4}} 是四个随机字节，{{rand:1..100}} 是 1 到 100 的随机数",
}

// count reads how many bytes a field has.
func count(w typedWord, hint sockeye.Text) (int, *SyntaxFault) {
	n, err := strconv.ParseUint(w.string, 10, 64)
	if err != nil {
		return 0, &SyntaxFault{w.at, both("%s is not a number of bytes", "%s 不是字节数", Quote(w.string, shownTarget)), hint}
	}
	if n > MaxSize {
		return 0, tooLong(w.at)
	}
	return int(n), nil
}

func (p *templateParser) fill(c fieldCall) (fieldValue, *SyntaxFault) {
	if f := c.plain(false); f != nil {
		return nil, f
	}
	hint := sockeye.Text{En: "{{fill:16}} is 16 zero bytes, {{fill:16:ff}} 16 bytes ff", Zh: "{{fill:16}} 是 16 个零字节，{{fill:16:ff}} 是 16 个 ff"}
	if len(c.args) == 0 {
		return nil, &SyntaxFault{c.at, sockeye.Text{En: "how many bytes?", Zh: "缺少字节数"}, hint}
	}
	n, f := count(c.args[0], hint)
	if f != nil || len(c.args) == 1 {
		return fillValue{n: n}, f
	}
	b, err := strconv.ParseUint(c.args[1].string, 16, 8)
	if err != nil || len(c.args[1].string) != 2 {
		return nil, &SyntaxFault{c.args[1].at, both("%s is not a byte in hex", "%s 不是一个十六进制字节", Quote(c.args[1].string, shownTarget)), hint}
	}
	return fillValue{n, byte(b)}, noMore(c.args[2:])
}

func (p *templateParser) peer(c fieldCall) (fieldValue, *SyntaxFault) {
	if f := c.plain(false); f != nil {
		return nil, f
	}
	v := peerValue{name: c.name}
	if peerFields[c.name] {
		var f *SyntaxFault
		v.form, f = number(c.args, numberForm{kind: decimal})
		return v, f
	}
	if len(c.args) == 0 {
		return v, nil
	}
	if c.name == "peer.alias" || c.args[0].string != "bytes" {
		return nil, badForm(c.args[0], "bytes")
	}
	v.raw = true
	return v, noMore(c.args[1:])
}

func (p *templateParser) lookup(c fieldCall) (fieldValue, *SyntaxFault) {
	if f := c.plain(false); f != nil {
		return nil, f
	}
	v := lookupValue{name: c.name}
	if f := checkName(c, c.name[4:]); f != nil {
		return nil, f
	}
	if len(c.args) == 1 && c.args[0].string == "bytes" {
		v.raw = true
		return v, nil
	}
	var f *SyntaxFault
	v.form, f = number(c.args, numberForm{})
	return v, f
}

func (p *templateParser) match(c fieldCall) (fieldValue, *SyntaxFault) {
	if f := c.plain(false); f != nil {
		return nil, f
	}
	if !p.t.o.Match {
		return nil, &SyntaxFault{c.at, sockeye.Text{En: "{{match}} is for the replies of a rule", Zh: "{{match}} 只能用在自动应答中"}, fieldHint}
	}
	v := matchValue{name: "0"}
	if name, ok := strings.CutPrefix(c.name, "match."); ok {
		if f := checkName(c, name); f != nil {
			return nil, f
		}
		v.name = name
	}
	switch {
	case len(c.args) == 0:
	case c.args[0].string == "hex":
		v.form = numberForm{kind: hexLower}
	case c.args[0].string == "HEX":
		v.form = numberForm{kind: hexUpper}
	default:
		return nil, badForm(c.args[0], "hex HEX")
	}
	return v, noMore(c.args[min(1, len(c.args)):])
}

func (p *templateParser) length(c fieldCall) (*lengthField, *SyntaxFault) {
	l := &lengthField{part: rest, add: int(c.add)}
	if l.add > math.MaxInt32 || l.add < -math.MaxInt32 {
		return nil, tooLong(c.at)
	}
	p.of(c, &l.part)
	var f *SyntaxFault
	l.form, f = number(c.args, numberForm{kind: decimal})
	return l, f
}

// of notes the part that a field names.
func (p *templateParser) of(c fieldCall, part *int) {
	switch {
	case !c.called:
		*part = rest
	case c.of.string == "all":
		*part = whole
	default:
		p.refs = append(p.refs, partReference{c.of.string, c.of.at, part})
	}
}

func (p *templateParser) sum(c fieldCall) (*sumField, *SyntaxFault) {
	a, err := checksum.Lookup(c.name)
	if err != nil {
		return nil, unknownField(c, err)
	}
	if c.summed {
		return nil, c.plain(false)
	}
	if p.t.sums++; p.t.sums > MaxSums {
		return nil, &SyntaxFault{c.at, both("more than %d checksums", "校验超过 %d 个", MaxSums), sockeye.Text{En: "split the payload", Zh: "请拆成多条数据"}}
	}
	s := &sumField{part: rest}
	s.Algorithm = a
	if strings.Contains(c.of.string, "..") {
		if s.Range, err = checksum.ParseRange(c.of.string); err != nil {
			e := sockeye.ErrorOf(err)
			return nil, &SyntaxFault{c.of.at, both("%s is not a range of bytes", "%s 不是字节范围", Quote(c.of.string, shownTarget)), e.Hint}
		}
	} else {
		p.of(c, &s.part)
	}
	for _, w := range c.args {
		switch w.string {
		case "be":
			s.Order = checksum.Big
		case "le":
			s.Order = checksum.Little
		case "hex":
			s.Digits = checksum.Lower
		case "HEX":
			s.Digits = checksum.Upper
		default:
			return nil, badForm(w, "be le hex HEX")
		}
	}
	return s, nil
}

// unknownField is the fault of a name that is neither a field nor a checksum.
func unknownField(c fieldCall, err error) *SyntaxFault {
	if e := sockeye.ErrorOf(err); e.Kind == sockeye.Invalid { // parameters that cannot be
		return &SyntaxFault{c.at, sockeye.Text{En: SafeString(e.Message.En), Zh: SafeString(e.Message.Zh)}, e.Hint}
	}
	f := &SyntaxFault{c.at, both("unknown field %s", "未知的字段 %s", Quote(c.name, shownTarget)), sockeye.Text{
		En: `write \{{ for two braces; ` + fieldHint.En, Zh: `若要发送两个花括号本身，请写 \{{；` + fieldHint.Zh}}
	if near := checksum.Nearest(c.name, fieldNames...); near != "" {
		f.hint = both("did you mean {{%s}}?", "是否要写 {{%s}}？", near)
	}
	return f
}

// closest is the word that differs from name in one or two letters, or "".
func closest(name string, words []string) string {
	for _, w := range words {
		if checksum.Near(name, w) {
			return w
		}
	}
	return ""
}
