package payload

import (
	"strings"
	"time"

	"sockeye"
)

// timeValue is {{time}}: when the message is sent.
type timeValue struct {
	utc    bool
	kind   timeKind
	layout string     // of written
	form   numberForm // of the counts
}

type timeKind uint8

const (
	iso     timeKind = iota // 2026-01-31T09:30:15.123+08:00 (RFC 3339)
	unix                    // seconds since 1970
	millis                  // milliseconds since 1970
	micros                  // microseconds since 1970
	nanos                   // nanoseconds since 1970
	date                    // 2026-01-31
	clock                   // 09:30:15
	digits                  // year, month, day, hour, minute, second, two decimal digits a byte
	written                 // as a layout says
)

var timeKinds = map[string]timeKind{
	"unix": unix, "ms": millis, "us": micros, "ns": nanos, "date": date, "clock": clock, "bcd": digits,
}

func (t timeValue) at(v *Vars) time.Time {
	if t.utc {
		return v.Time.UTC()
	}
	return v.Time
}

func (t timeValue) size(v *Vars, e *charsetEncoder) (int, *SyntaxFault) {
	var buf [64]byte
	out, f := t.append(buf[:0], v, e)
	return len(out), f
}

func (t timeValue) append(dst []byte, v *Vars, e *charsetEncoder) ([]byte, *SyntaxFault) {
	at := t.at(v)
	switch t.kind {
	case unix:
		return t.form.append(dst, uint64(at.Unix())), nil
	case millis:
		return t.form.append(dst, uint64(at.UnixMilli())), nil
	case micros:
		return t.form.append(dst, uint64(at.UnixMicro())), nil
	case nanos:
		return t.form.append(dst, uint64(at.UnixNano())), nil
	case date:
		return at.AppendFormat(dst, time.DateOnly), nil
	case clock:
		return at.AppendFormat(dst, time.TimeOnly), nil
	case digits:
		for _, n := range [...]int{at.Year() % 100, int(at.Month()), at.Day(), at.Hour(), at.Minute(), at.Second()} {
			dst = append(dst, byte(n/10<<4|n%10))
		}
		return dst, nil
	case written:
		return t.appendWritten(dst, at, e)
	}
	return at.AppendFormat(dst, "2006-01-02T15:04:05.000Z07:00"), nil
}

// timeLetters are what may follow % in a layout, as strftime has them, with what
// they are in Go's; %L is milliseconds, %f microseconds.
var timeLetters = map[byte]string{
	'Y': "2006", 'y': "06", 'm': "01", 'd': "02", 'H': "15", 'I': "03", 'M': "04", 'S': "05", 'p': "PM", 'j': "002",
	'z': "-0700", 'Z': "MST", 'a': "Mon", 'A': "Monday", 'b': "Jan", 'B': "January", 'F': "2006-01-02", 'T': "15:04:05", '%': "",
}

const timeLetterHint = "%Y %m %d %H %M %S %L %f %j %y %I %p %z %Z %a %b %F %T %%"

func (t timeValue) appendWritten(dst []byte, at time.Time, e *charsetEncoder) ([]byte, *SyntaxFault) {
	rest := t.layout
	for {
		plain, after, found := strings.Cut(rest, "%")
		var f *SyntaxFault
		if dst, f = e.append(dst, plain); f != nil {
			f.at = 0
			return nil, f
		}
		if !found {
			return dst, nil
		}
		switch c := after[0]; c {
		case 'L':
			dst = numberForm{kind: decimal, width: 3}.append(dst, uint64(at.Nanosecond()/1e6))
		case 'f':
			dst = numberForm{kind: decimal, width: 6}.append(dst, uint64(at.Nanosecond()/1e3))
		case '%':
			dst = append(dst, '%')
		default:
			dst = at.AppendFormat(dst, timeLetters[c])
		}
		rest = after[1:]
	}
}

// checkLayout finds a letter that means nothing.
func checkLayout(layout string) *SyntaxFault {
	for i := 0; i < len(layout); i++ {
		if layout[i] != '%' {
			continue
		}
		i++
		if i == len(layout) {
			return &SyntaxFault{i - 1, sockeye.Text{En: "a % at the end means nothing", Zh: "末尾的 % 没有意义"}, layoutHint}
		}
		if _, ok := timeLetters[layout[i]]; !ok && layout[i] != 'L' && layout[i] != 'f' {
			return &SyntaxFault{i - 1, both("%%%s is not part of a time", "%%%s 不是时间的一部分", SafeString(layout[i:i+1])), layoutHint}
		}
	}
	return nil
}

var layoutHint = sockeye.Text{En: "a time is made of " + timeLetterHint, Zh: "时间可用 " + timeLetterHint}

func (t timeValue) String() string {
	s := "time"
	if t.utc {
		s += ":utc"
	}
	switch t.kind {
	case iso:
		return s
	case written:
		return s + `:"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(t.layout) + `"`
	}
	for name, kind := range timeKinds {
		if kind == t.kind {
			s += ":" + name
		}
	}
	if t.kind == unix || t.kind == millis || t.kind == micros || t.kind == nanos {
		s += t.form.suffix(numberForm{kind: decimal})
	}
	return s
}
