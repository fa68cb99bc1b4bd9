package framing

import (
	"strings"

	"sockeye"
	"sockeye/internal/payload"
)

type textPair = sockeye.Text

var none textPair

// Parse reads a spec: a kind, and after a colon its settings, with commas between.
//
//	none  line  json  slip  cobs  modbus-rtu  modbus-tcp
//	delim:0d0a     delim:";"      fixed:8     idle:20ms
//	length:offset=2,size=2        length:size=4,order=little,counts=all,adjust=2,head=aa55
//	length:size=varint            between:head=7e,tail=7e       stx:after=1
//	message:http
//
// Bytes are hex, or text with escapes in double quotes. Every kind whose frames
// vary in length takes max=, the longest frame in bytes. The error is an
// *sockeye.Error of kind Invalid that names the column.
func Parse(typed string) (Spec, error) {
	s, f := parse(typed)
	if f != nil {
		return Spec{}, f.In(typed)
	}
	return s, nil
}

func parse(typed string) (Spec, *payload.SyntaxFault) {
	word, rest, colon := strings.Cut(typed, ":")
	s := Spec{Method: Method(strings.TrimSpace(word))}
	if !s.Method.known() {
		return s, unknownKind(word)
	}
	if s.Method == ModbusRTU {
		s.Pause = defaultRTUPause
	}
	fields, seen := fieldsOf(s.Method), map[string]bool{}
	at := len(word) + 1
	for n := 0; colon && (n == 0 || at < len(typed)+1); n++ {
		item := nextItem(rest)
		if f := s.take(item, at, n, fields, seen); f != nil {
			return s, f
		}
		at += len(item) + 1
		if len(item) == len(rest) {
			break
		}
		rest = rest[len(item)+1:]
	}
	for _, f := range fields {
		if f.needed && !seen[f.name] {
			return s, payload.FaultAt(len(typed), both("%s needs %s", "%s 缺少 %s", s.Method, f.name), exampleHint(s.Method))
		}
	}
	return s, s.conflict(len(typed))
}

// nextItem is the text up to the next comma outside quotes.
func nextItem(s string) string {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && quoted:
			i++
		case s[i] == '"':
			quoted = !quoted
		case s[i] == ',' && !quoted:
			return s[:i]
		}
	}
	return s
}

// take reads one setting, the nth of the spec.
func (s *Spec) take(item string, at, n int, fields []specField, seen map[string]bool) *payload.SyntaxFault {
	at += len(item) - len(strings.TrimLeft(item, " "))
	item = strings.TrimSpace(item)
	name, text, named := strings.Cut(item, "=")
	named = named && !strings.HasPrefix(item, `"`)
	if !named && n == 0 && len(fields) > 0 && fields[0].first {
		seen[fields[0].name] = true
		return fields[0].set(s, specValue{item, at})
	}
	for _, f := range fields {
		if !named || f.name != strings.TrimSpace(name) {
			continue
		}
		if seen[f.name] {
			return payload.FaultAt(at, both("%s is given twice", "%s 重复了", f.name), none)
		}
		seen[f.name] = true
		at += len(name) + 1
		return f.set(s, specValue{strings.TrimSpace(text), at + len(text) - len(strings.TrimLeft(text, " "))})
	}
	return payload.FaultAt(at, both("%s has no setting %s", "%s 没有 %s 这个设置", s.Method, payload.Quote(item, 20)), exampleHint(s.Method))
}

// conflict says what the settings cannot mean together.
func (s *Spec) conflict(at int) *payload.SyntaxFault {
	least := 0
	switch s.Method {
	case Delimiter:
		least = len(s.Delimiter)
	case Line:
		least = 1
	case Between:
		least = len(s.Head) + len(s.Tail) + s.After
	case STX:
		least = 2 + s.After
	case Length:
		if s.Size == Varint && s.Order == Little {
			return payload.FaultAt(at, both("order means nothing for size=varint", "size=varint 时 order 没有意义"), none)
		}
		least = max(s.Offset+max(1, s.Size), len(s.Head)+len(s.Tail))
	}
	if s.max() <= least {
		return payload.FaultAt(at, both("max=%d leaves no room beside %d bytes around the content", "max=%d 小于内容之外的 %d 字节", s.max(), least), none)
	}
	return nil
}

func unknownKind(word string) *payload.SyntaxFault {
	hint := both("the ways are %s", "可选：%s", kindList(", "))
	if known := Method(strings.ToLower(strings.TrimSpace(word))); known.known() {
		hint = both("write it in small letters: %s", "请用小写：%s", known)
	}
	return payload.FaultAt(0, both("%s is no way to find frames", "没有 %s 这种分帧方式", payload.Quote(word, 20)), hint)
}

// Examples shows one spec of each kind, for help texts.
var Examples = map[Method]string{
	None: "none", Line: "line", Delimiter: "delim:0d0a", Fixed: "fixed:8",
	Length: "length:offset=2,size=2", Between: "between:head=7e,tail=7e", STX: "stx:after=1", Idle: "idle:20ms",
	SLIP: "slip", COBS: "cobs", ModbusRTU: "modbus-rtu", ModbusTCP: "modbus-tcp", JSON: "json", Message: "message:http",
}

func exampleHint(k Method) textPair {
	var names []string
	for _, f := range fieldsOf(k) {
		names = append(names, f.name)
	}
	if len(names) == 0 {
		return both("write just %s", "只写 %s 即可", k)
	}
	return both("write it like %s; the settings are %s", "写法如 %s；可用的设置：%s", Examples[k], strings.Join(names, ", "))
}
