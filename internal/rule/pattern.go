package rule

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"

	"sockeye"
	"sockeye/internal/payload"
)

// minInput is the length of frames in bytes that expressions are tried on at least,
// however many there are.
const minInput = 512

// MaxInput is the longest frame in bytes that a pattern is tried on.
const MaxInput = 64 << 10

// Pattern is what a frame is compared with. It may be used by any number of
// goroutines.
type Pattern struct {
	typed string
	form  patternForm
	text  []byte // is, prefix, suffix, contains
	hex   *hexPattern
	re    *regexp.Regexp
	names []string // of the groups; "" for one that has only a number
	limit int

	instructions int // of a regular expression
}

type patternForm string

// The forms of a pattern, the word before the colon.
const (
	anything patternForm = "any"
	exact    patternForm = "is"
	prefix   patternForm = "prefix"
	suffix   patternForm = "suffix"
	contains patternForm = "contains"
	hexForm  patternForm = "hex"
	regex    patternForm = "regexp"
)

var forms = []patternForm{anything, exact, prefix, suffix, contains, hexForm, regex}

// ParsePattern reads a pattern:
//
//	is:PING  prefix:AT+  suffix:?  contains:temp  any     text with escapes (payload.ParseText)
//	hex:01 03 ?? 0? 80/80 *   hex:(unit: ??) 03 (??*)     bytes, see docs/protocols.md
//	regexp:^AT\+(\w+)=(.*)$                               RE2, on bytes
//
// The error is an *sockeye.Error of kind Invalid that names the column.
func ParsePattern(typed string) (*Pattern, error) {
	word, rest, colon := strings.Cut(typed, ":")
	p := &Pattern{typed: typed, form: patternForm(strings.TrimSpace(word)), limit: MaxInput}
	at := len(word) + 1
	var f *payload.SyntaxFault
	switch {
	case p.form == anything && !colon:
		return p, nil
	case !colon || p.form == anything || !p.form.known():
		f = payload.FaultAt(0, both("%s begins no pattern", "%s 不是匹配方式", payload.Quote(word, 20)), formsHint)
	case p.form == hexForm:
		p.hex, f = parseHexPattern(rest, at)
		if f == nil {
			p.names = p.hex.names()
		}
	case p.form == regex:
		f = p.compile(rest, at)
	default:
		f = p.parseText(rest, at)
	}
	if f != nil {
		return nil, f.In(typed)
	}
	return p, nil
}

func (f patternForm) known() bool {
	for _, o := range forms {
		if o == f {
			return true
		}
	}
	return false
}

var formsHint = both(`write is:TEXT, prefix:TEXT, suffix:TEXT, contains:TEXT, hex:01 ?? *, regexp:EXPRESSION, or any`,
	`写成 is:文本、prefix:文本、suffix:文本、contains:文本、hex:01 ?? *、regexp:表达式 或 any`)

func both(en, zh string, args ...any) sockeye.Text {
	return sockeye.Text{En: fmt.Sprintf(en, args...), Zh: fmt.Sprintf(zh, args...)}
}

func (p *Pattern) parseText(rest string, at int) *payload.SyntaxFault {
	b, err := payload.ParseText(rest)
	if err != nil {
		e := sockeye.ErrorOf(err)
		return payload.FaultAt(at, e.Message, e.Hint)
	}
	if len(b) == 0 && p.form != exact {
		return payload.FaultAt(at, both("nothing to look for", "没有要匹配的内容"), both("any matches every frame", "any 匹配所有帧"))
	}
	p.text = b
	return nil
}

func (p *Pattern) compile(rest string, at int) *payload.SyntaxFault {
	re, n, err := payload.CompileRegexp(rest)
	if err != nil {
		e := sockeye.ErrorOf(err)
		return payload.FaultAt(at, e.Message, e.Hint)
	}
	p.re, p.limit, p.instructions = re, min(MaxInput, payload.MaxWork/n), n
	p.names = re.SubexpNames()[1:]
	return nil
}

// String is the pattern as it was typed.
func (p *Pattern) String() string { return p.typed }

// Limit is the longest frame in bytes that the pattern is tried on; a longer one
// does not match.
func (p *Pattern) Limit() int { return p.limit }

// Groups names the pattern's groups in order; "" has only its number.
func (p *Pattern) Groups() []string { return p.names }

// Match reports whether body matches. groups, if not nil, is filled with the
// offsets of what matched: all of it, then each group, two numbers each and -1 for
// a group that took no part. It allocates nothing but for a regular expression that
// matches.
func (p *Pattern) Match(body []byte, groups *[]int) bool {
	if len(body) > p.limit {
		return false
	}
	from, to, ok := 0, len(body), true
	switch p.form {
	case anything:
	case exact:
		ok = bytes.Equal(body, p.text)
	case prefix:
		ok, to = bytes.HasPrefix(body, p.text), len(p.text)
	case suffix:
		ok, from = bytes.HasSuffix(body, p.text), len(body)-len(p.text)
	case contains:
		from = bytes.Index(body, p.text)
		ok, to = from >= 0, from+len(p.text)
	case hexForm:
		return p.hex.match(body, groups)
	case regex:
		return p.matchRegexp(body, groups)
	}
	if ok && groups != nil {
		*groups = append((*groups)[:0], from, to)
	}
	return ok
}

func (p *Pattern) matchRegexp(body []byte, groups *[]int) bool {
	if groups == nil {
		return p.re.Match(body)
	}
	found := p.re.FindSubmatchIndex(body)
	if found != nil {
		*groups = append((*groups)[:0], found...)
	}
	return found != nil
}
