package fields

import (
	"strings"

	"sockeye"
)

// readInflux appends what a line of the InfluxDB line protocol says: the measurement,
// its tags and fields by their keys, and the timestamp if there is one
// (InfluxDB OSS v2, "Line protocol").
func readInflux(dst []Value, frame []byte) ([]Value, sockeye.Text) {
	text := strings.TrimRight(string(frame), "\r\n")
	wrong := both("it is not a line of the InfluxDB line protocol", "它不是 InfluxDB 行协议")
	at := influxEnd(text, 0, ", ")
	if at == 0 || at == len(text) || text[0] == '#' {
		return dst, wrong
	}
	dst = append(dst, Value{Name: "measurement", Text: unescapeInflux(text[:at]), From: 0, To: at})
	for text[at] == ',' {
		var ok bool
		if dst, at, ok = influxPair(dst, text, at+1, false); !ok || at == len(text) {
			return dst, wrong
		}
	}
	for sep := byte(' '); at < len(text) && text[at] == sep; sep = ',' {
		var ok bool
		if dst, at, ok = influxPair(dst, text, at+1, true); !ok {
			return dst, wrong
		}
		if len(dst) > MaxValues {
			return dst[:MaxValues], tooMany
		}
	}
	if at == len(text) {
		return dst, nothing
	}
	stamp := strings.TrimSpace(text[at:])
	n, digits := leadingNumber(stamp)
	if digits != len(stamp) || len(dst) == MaxValues {
		return dst, wrong
	}
	at += strings.Index(text[at:], stamp)
	return append(dst, Value{Name: "timestamp", Text: stamp, Number: n, Numeric: true, From: at, To: at + len(stamp)}), nothing
}

// influxEnd is where, from at on, the first of the bytes stands that no backslash
// escapes.
func influxEnd(text string, at int, ends string) int {
	for ; at < len(text); at++ {
		switch {
		case text[at] == '\\':
			at++
		case strings.IndexByte(ends, text[at]) >= 0:
			return at
		}
	}
	return len(text)
}

// influxPair appends key=value of a tag or field and says where to go on.
func influxPair(dst []Value, text string, at int, field bool) ([]Value, int, bool) {
	equals := influxEnd(text, at, "=, ")
	if equals == at || equals >= len(text) || text[equals] != '=' {
		return dst, at, false
	}
	v := Value{Name: clipName(unescapeInflux(text[at:equals])), From: equals + 1}
	end := influxEnd(text, equals+1, ", ")
	if field && end > equals+1 && text[equals+1] == '"' {
		if end = influxQuoteEnd(text, equals+2); end < 0 {
			return dst, at, false
		}
		v.Text, v.From, v.To = unquoteInflux(text[equals+2:end-1]), equals+2, end-1
		return append(dst, v), end, true
	}
	raw := text[equals+1 : end]
	if v.To = end; raw == "" {
		return dst, at, false
	}
	if !field {
		v.Text = unescapeInflux(raw)
		return append(dst, v), end, true
	}
	n, digits := leadingNumber(raw)
	switch rest := raw[digits:]; {
	case digits > 0 && (rest == "" || rest == "i" || rest == "u"):
		v.Text, v.Number, v.Numeric = raw[:digits], n, true
	case raw == "t" || raw == "T" || strings.EqualFold(raw, "true"):
		v.Text, v.Number, v.Numeric = "true", 1, true
	case raw == "f" || raw == "F" || strings.EqualFold(raw, "false"):
		v.Text, v.Numeric = "false", true
	default:
		return dst, at, false
	}
	return append(dst, v), end, true
}

// influxQuoteEnd is the place after the quote that closes; -1 if none does.
func influxQuoteEnd(text string, at int) int {
	for ; at < len(text); at++ {
		switch text[at] {
		case '\\':
			at++
		case '"':
			return at + 1
		}
	}
	return -1
}

func unescapeInflux(s string) string {
	return strings.ToValidUTF8(strings.NewReplacer(`\,`, `,`, `\=`, `=`, `\ `, ` `).Replace(s), "\uFFFD")
}

func unquoteInflux(s string) string {
	return strings.ToValidUTF8(strings.NewReplacer(`\"`, `"`, `\\`, `\`).Replace(s), "\uFFFD")
}
