package payload

import (
	"net/netip"
	"strconv"
	"strings"

	"sockeye"
)

// The fields that know their bytes from Vars. Each says what it is in braces.

// seqValue is {{seq}}: the number of the message.
type seqValue struct {
	add  int64
	form numberForm
}

func (s seqValue) of(v *Vars) uint64 { return v.Seq + uint64(s.add) }
func (s seqValue) size(v *Vars, _ *charsetEncoder) (int, *SyntaxFault) {
	return s.form.textSize(s.of(v)), nil
}
func (s seqValue) String() string {
	return "seq" + signed(s.add) + s.form.suffix(numberForm{kind: decimal})
}
func (s seqValue) append(dst []byte, v *Vars, _ *charsetEncoder) ([]byte, *SyntaxFault) {
	return s.form.append(dst, s.of(v)), nil
}

// signed is a number to add, with its sign; none is "".
func signed(n int64) string {
	switch {
	case n == 0:
		return ""
	case n > 0:
		return "+" + strconv.FormatInt(n, 10)
	}
	return strconv.FormatInt(n, 10)
}

// fillValue is {{fill:N:BB}}: one byte, many times.
type fillValue struct {
	n int
	b byte
}

func (f fillValue) size(*Vars, *charsetEncoder) (int, *SyntaxFault) { return f.n, nil }
func (f fillValue) append(dst []byte, _ *Vars, _ *charsetEncoder) ([]byte, *SyntaxFault) {
	at := len(dst)
	dst = appendZeros(dst, f.n)
	for i := range dst[at:] {
		dst[at+i] = f.b
	}
	return dst, nil
}
func (f fillValue) String() string {
	s := "fill:" + strconv.Itoa(f.n)
	if f.b != 0 {
		s += ":" + FormatHex([]byte{f.b})
	}
	return s
}

// randomBytes is {{rand:N}}: random bytes, hex digits, or letters and digits.
type randomBytes struct {
	n      int
	form   numberForm // unset or hex digits
	letter bool       // of A-Z a-z 0-9
	stream uint64
}

func (r randomBytes) size(*Vars, *charsetEncoder) (int, *SyntaxFault) {
	return r.form.bytesSize(r.n), nil
}
func (r randomBytes) append(dst []byte, v *Vars, _ *charsetEncoder) ([]byte, *SyntaxFault) {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	var word uint64
	for i := range r.n {
		if i%8 == 0 {
			word = random(v.Random, r.stream+uint64(i/8)<<16)
		}
		b := byte(word >> (8 * (i % 8)))
		if r.letter {
			b = letters[int(b)*len(letters)>>8]
		}
		dst = r.form.appendBytes(dst, b)
	}
	return dst, nil
}
func (r randomBytes) String() string {
	s := "rand:" + strconv.Itoa(r.n)
	if r.letter {
		return s + ":text"
	}
	return s + r.form.suffix(numberForm{})
}

// random is a number that looks like one by chance: the output of SplitMix64
// (Steele, Lea and Flood, 2014) for a seed, at a place in its sequence.
func random(seed, at uint64) uint64 {
	z := seed + (at+1)*0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// randomNumber is {{rand:A..B}}: a number from A to B, both included.
type randomNumber struct {
	from, to uint64
	form     numberForm
	stream   uint64
}

func (r randomNumber) of(v *Vars) uint64 {
	n := random(v.Random, r.stream)
	if span := r.to - r.from + 1; span != 0 {
		n %= span
	}
	return r.from + n
}
func (r randomNumber) size(v *Vars, _ *charsetEncoder) (int, *SyntaxFault) {
	return r.form.textSize(r.of(v)), nil
}
func (r randomNumber) append(dst []byte, v *Vars, _ *charsetEncoder) ([]byte, *SyntaxFault) {
	return r.form.append(dst, r.of(v)), nil
}
func (r randomNumber) String() string {
	return "rand:" + strconv.FormatUint(r.from, 10) + ".." + strconv.FormatUint(r.to, 10) + r.form.suffix(numberForm{kind: decimal})
}

// peerValue is a field about the peer: its address, port, number or alias.
type peerValue struct {
	name string
	form numberForm // of numbers
	raw  bool       // an address as 4 or 16 bytes
}

// peerFields are the fields about the peer, and whether each is a number.
var peerFields = map[string]bool{
	"peer.ip": false, "peer.port": true, "peer.id": true, "peer.alias": false, "local.ip": false, "local.port": true,
}

func (p peerValue) missing(v *Vars) *SyntaxFault {
	if v.Peer != nil {
		if p.name == "peer.id" || v.Peer.Remote.IsIP() {
			return nil
		}
		return &SyntaxFault{0, both("{{%s}} needs a peer with an IP address, which a %s socket has not", "{{%s}} 需要有 IP 地址的连接对象，而 %s 套接字没有", p.name, v.Peer.Network),
			sockeye.Text{En: "{{peer.id}} is the peer's number", Zh: "{{peer.id}} 是连接对象的编号"}}
	}
	return &SyntaxFault{0, both("{{%s}} needs a peer, and there is none", "{{%s}} 需要连接对象，但现在没有", p.name),
		sockeye.Text{En: "it gets its value when the payload is sent", Zh: "真正发送时才有值"}}
}

func (p peerValue) addr(v *Vars) netip.Addr {
	if p.name == "local.ip" {
		return v.Peer.Local.Addr()
	}
	return v.Peer.Remote.Addr()
}

func (p peerValue) number(v *Vars) uint64 {
	switch p.name {
	case "peer.id":
		return v.Peer.ID
	case "local.port":
		return uint64(v.Peer.Local.Port())
	}
	return uint64(v.Peer.Remote.Port())
}

func (p peerValue) size(v *Vars, e *charsetEncoder) (int, *SyntaxFault) {
	var buf [64]byte
	out, f := p.append(buf[:0], v, e)
	return len(out), f
}

func (p peerValue) append(dst []byte, v *Vars, e *charsetEncoder) ([]byte, *SyntaxFault) {
	if f := p.missing(v); f != nil {
		return nil, f
	}
	switch {
	case peerFields[p.name]:
		if n := p.number(v); !p.form.fits(n) {
			return nil, tooWide(p.name, n, p.form)
		}
		return p.form.append(dst, p.number(v)), nil
	case p.name == "peer.alias":
		return e.append(dst, v.Peer.Alias())
	case p.raw:
		return append(dst, p.addr(v).WithZone("").AsSlice()...), nil
	}
	return p.addr(v).AppendTo(dst), nil
}

func (p peerValue) String() string {
	if p.raw {
		return p.name + ":bytes"
	}
	return p.name + p.form.suffix(numberForm{kind: map[bool]formKind{true: decimal}[peerFields[p.name]]})
}

// tooWide says that a number does not fit into its form.
func tooWide(name string, n uint64, f numberForm) *SyntaxFault {
	return &SyntaxFault{0, both("{{%s}} is %d, which does not fit into %s", "{{%s}} 的值 %d 超出 %s 的范围", name, n, f.String()),
		sockeye.Text{En: "take a wider form, u32be for one", Zh: "请用更宽的格式，例如 u32be"}}
}

// lookupValue is {{env.NAME}} or {{var.NAME}}: text from outside, as it is, as the
// bytes that it writes in hex, or as the number that it writes.
type lookupValue struct {
	name string
	raw  bool
	form numberForm
}

func (l lookupValue) find(v *Vars) (string, *SyntaxFault) {
	if v.Lookup != nil {
		if s, ok := v.Lookup(l.name); ok {
			return s, nil
		}
	}
	kind, name, _ := strings.Cut(l.name, ".")
	hint := sockeye.Text{En: "set it where sockeye is started", Zh: "请在启动 sockeye 的环境中设置"}
	if kind == "var" {
		hint = sockeye.Text{En: "give it a value in the workspace", Zh: "请在工作区中为它赋值"}
	}
	what := map[string]sockeye.Text{"env": {En: "environment variable", Zh: "环境变量"}, "var": {En: "variable", Zh: "变量"}}[kind]
	return "", &SyntaxFault{0, sockeye.Text{En: "there is no " + what.En + " " + Quote(name, shownTarget), Zh: "没有" + what.Zh + " " + Quote(name, shownTarget)}, hint}
}

func (l lookupValue) size(v *Vars, e *charsetEncoder) (int, *SyntaxFault) {
	if !l.raw && l.form.kind == unset && e.t == nil {
		s, f := l.find(v)
		return len(s), f
	}
	out, f := l.append(nil, v, e)
	return len(out), f
}

func (l lookupValue) append(dst []byte, v *Vars, e *charsetEncoder) ([]byte, *SyntaxFault) {
	s, f := l.find(v)
	switch {
	case f != nil:
		return nil, f
	case len(s) > MaxSize:
		return nil, tooLong(0)
	case l.raw:
		b, err := ParseHex(s)
		if err != nil {
			return nil, &SyntaxFault{0, both("{{%s}} is %s, which is not hex", "{{%s}} 的值 %s 不是十六进制", l.name, Quote(s, shownTarget)), hexHint}
		}
		return append(dst, b...), nil
	case l.form.kind != unset:
		n, err := strconv.ParseUint(strings.TrimSpace(s), 0, 64)
		if err != nil {
			return nil, &SyntaxFault{0, both("{{%s}} is %s, which is not a number", "{{%s}} 的值 %s 不是数字", l.name, Quote(s, shownTarget)),
				sockeye.Text{En: "write 17 or 0x11", Zh: "写成 17 或 0x11"}}
		}
		if !l.form.fits(n) {
			return nil, tooWide(l.name, n, l.form)
		}
		return l.form.append(dst, n), nil
	}
	if dst, f = e.append(dst, s); f != nil {
		f.at = 0 // the place is in the value, not in the payload
	}
	return dst, f
}

func (l lookupValue) String() string {
	if l.raw {
		return l.name + ":bytes"
	}
	return l.name + l.form.suffix(numberForm{})
}

// matchValue is {{match}} or {{match.NAME}}: what a rule's pattern took.
type matchValue struct {
	name string
	form numberForm // unset or hex digits
}

func (m matchValue) find(v *Vars) ([]byte, *SyntaxFault) {
	if v.Match != nil {
		if b, ok := v.Match(m.name); ok {
			return b, nil
		}
	}
	return nil, &SyntaxFault{0, both("the pattern took no %s", "匹配结果中没有 %s", Quote(m.name, shownTarget)),
		sockeye.Text{En: "count the groups of the pattern: {{match.1}} is the first", Zh: "请数一数模式中的分组：{{match.1}} 是第一个"}}
}

func (m matchValue) size(v *Vars, _ *charsetEncoder) (int, *SyntaxFault) {
	b, f := m.find(v)
	return m.form.bytesSize(len(b)), f
}

func (m matchValue) append(dst []byte, v *Vars, _ *charsetEncoder) ([]byte, *SyntaxFault) {
	b, f := m.find(v)
	if f != nil {
		return nil, f
	}
	return m.form.appendBytes(dst, b...), nil
}

func (m matchValue) String() string {
	if m.name == "0" {
		return "match" + m.form.suffix(numberForm{})
	}
	return "match." + m.name + m.form.suffix(numberForm{})
}
