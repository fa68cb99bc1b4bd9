package rule

import (
	"bytes"
	"slices"
	"strings"

	"sockeye"
	"sockeye/internal/payload"
)

// NearMiss is a frame that a rule did not answer although it is nearly what the rule waits
// for.
type NearMiss struct {
	// Rule is the number of the rule, from 0.
	Rule int

	frame   [maxNearShown]byte // the beginning of the frame
	length  int                // of the whole frame
	pattern *Pattern
	how     nearness
	at      int    // the byte that differs, from 0
	got     byte   // which it is
	state   string // that the peer was in
}

// nearness is how a frame differs from what a pattern wants.
type nearness uint8

// The ways to miss.
const (
	farOff     nearness = iota
	otherEnds           // only the blanks or line ends around it differ
	otherCase           // only upper and lower case differ
	goesOn              // it begins so, and goes on
	cutOff              // it is only the beginning
	otherByte           // one byte differs
	hexAsText           // the pattern is text that stands for the frame's bytes in hex
	textAsHex           // the frame is text that stands for the pattern's bytes in hex
	otherState          // it matches, but the peer is in a state in which the rule is not tried
)

// Bounds of the comparison: longer frames are not looked at, and so many bytes have to agree
// before something that is not whole, or has a wrong byte, is nearly another.
const (
	maxNearFrame = 4096
	maxNearShown = 64
	maxFolded    = 256 // of which a text is looked for in upper and lower case
	minNearBytes = 3
)

// noteNear notes which rules a frame nearly was for, when none of them answered it.
func (e *Engine) noteNear(plan *ReplyPlan, p *peerState, body []byte) {
	if len(body) == 0 || len(body) > maxNearFrame {
		return
	}
	for n := range e.program.rules {
		r := &e.program.rules[n]
		if r.pattern == nil {
			continue
		}
		m := NearMiss{Rule: n, pattern: r.pattern}
		switch matches := r.pattern.Match(body, nil); {
		case !r.isIn(p.state) && matches:
			m.how, m.state = otherState, e.program.states[p.state]
		case !r.isIn(p.state), matches:
			continue
		default:
			m.how, m.at = r.pattern.near(body)
		}
		if m.how == farOff {
			continue
		}
		if m.how == otherByte {
			m.got = body[m.at]
		}
		m.length = len(body)
		copy(m.frame[:], body)
		e.hits[n].Near++
		e.nearest[n] = m
		if e.options.Explain {
			plan.Near = append(plan.Near, m)
		}
	}
}

// Nearest are the last near misses of the rules, in their order; those of rules that have
// none are zero.
func (e *Engine) Nearest() []NearMiss {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.nearest)
}

// IsZero says whether it is none.
func (m *NearMiss) IsZero() bool { return m.how == farOff }

// near says how a frame that does not match nearly does, and at which byte.
func (p *Pattern) near(body []byte) (nearness, int) {
	trimmed := trimEnds(body)
	switch {
	case p.form == anything:
		return farOff, 0
	case len(trimmed) < len(body) && len(trimmed) > 0 && p.Match(trimmed, nil):
		return otherEnds, 0
	case p.form == hexForm:
		return p.hex.near(body, trimmed)
	case p.form == regex:
		return farOff, 0
	}
	return p.nearText(body, trimmed)
}

func (p *Pattern) nearText(body, trimmed []byte) (nearness, int) {
	bare := trimEnds(p.text)
	switch {
	case len(bare) == 0:
	case len(bare) < len(p.text) && p.form.holds(trimmed, bare):
		return otherEnds, 0
	case p.matchesFolded(bare, trimmed):
		return otherCase, 0
	case isHexOf(p.text, body):
		return hexAsText, 0
	case p.form == exact:
		return compareWhole(body, len(p.text), func(i int) bool { return body[i] == p.text[i] })
	}
	return farOff, 0
}

// holds says whether a text stands in a frame as a form wants.
func (f patternForm) holds(body, text []byte) bool {
	switch f {
	case exact:
		return bytes.Equal(body, text)
	case prefix:
		return bytes.HasPrefix(body, text)
	case suffix:
		return bytes.HasSuffix(body, text)
	}
	return bytes.Contains(body, text)
}

// matchesFolded says whether a text matches when upper and lower case are the same.
func (p *Pattern) matchesFolded(text, body []byte) bool {
	n := len(text)
	switch {
	case p.form == exact:
		return bytes.EqualFold(body, text)
	case n > len(body):
		return false
	case p.form == prefix:
		return bytes.EqualFold(body[:n], text)
	case p.form == suffix:
		return bytes.EqualFold(body[len(body)-n:], text)
	}
	for i := range min(len(body), maxFolded) - n + 1 {
		if bytes.EqualFold(body[i:i+n], text) {
			return true
		}
	}
	return false
}

// near is Pattern.near for bytes: of a pattern without * between its bytes.
func (h *hexPattern) near(body, trimmed []byte) (nearness, int) {
	if len(h.runs) == 1 {
		run := h.runs[0]
		if how, at := compareWhole(body, len(run), func(i int) bool { return body[i]&run[i].mask == run[i].value }); how != farOff {
			return how, at
		}
	}
	var buf [maxNearShown]byte
	if n := decodeHex(buf[:], trimmed); n > 0 && h.match(buf[:n], nil) {
		return textAsHex, 0
	}
	return farOff, 0
}

// compareWhole compares a frame with n bytes that it should be, of which byte i agrees or not.
func compareWhole(body []byte, n int, agrees func(i int) bool) (how nearness, at int) {
	differing := 0
	for i := range min(n, len(body)) {
		if !agrees(i) {
			if differing++; differing > 1 {
				return farOff, 0
			}
			at = i
		}
	}
	switch {
	case min(n, len(body)) < minNearBytes:
	case differing == 1 && len(body) == n:
		return otherByte, at
	case differing == 0 && len(body) > n:
		return goesOn, n
	case differing == 0 && len(body) < n:
		return cutOff, len(body)
	}
	return farOff, 0
}

// trimEnds is what is left without blanks, line ends and zeros around it.
func trimEnds(b []byte) []byte { return bytes.Trim(b, " \t\r\n\x00") }

// isHexOf says whether a text is bytes in hex.
func isHexOf(text, body []byte) bool {
	var buf [maxNearShown]byte
	n := decodeHex(buf[:], text)
	return n > 0 && bytes.Equal(buf[:n], body)
}

// decodeHex reads pairs of hex digits, with blanks between if one likes, and says how many
// bytes they are: 0 if they are none, or more than there is room for.
func decodeHex(to, text []byte) (n int) {
	for len(text) > 0 {
		if text[0] == ' ' {
			text = text[1:]
			continue
		}
		if len(text) < 2 || n == len(to) {
			return 0
		}
		high, low := hexDigit(text[0]), hexDigit(text[1])
		if high < 0 || low < 0 {
			return 0
		}
		to[n] = byte(high<<4 | low)
		n, text = n+1, text[2:]
	}
	return n
}

func hexDigit(b byte) int {
	if 'A' <= b && b <= 'F' {
		b |= 0x20
	}
	return strings.IndexByte("0123456789abcdef", b)
}

// Text says it in words: "ping\n" is not exactly "ping".
func (m *NearMiss) Text() sockeye.Text {
	frame := payload.Quote(string(m.frame[:min(m.length, maxNearShown)]), maxNearShown)
	if m.length > maxNearShown {
		frame += "…"
	}
	wanted := payload.Quote(m.pattern.typed, maxNearShown)
	said := both("%s is nearly %s", "%s 接近 %s", frame, wanted)
	switch {
	case m.how == otherState:
		said = both("%s matches %s", "%s 符合 %s", frame, wanted)
	case m.pattern.form == exact:
		wanted = payload.Quote(string(m.pattern.text), maxNearShown)
		said = both("%s is not exactly %s", "%s 不完全是 %s", frame, wanted)
	}
	why := m.why()
	return sockeye.Text{En: said.En + ": " + why.En, Zh: said.Zh + "：" + why.Zh}
}

// why says how it differs, and what would take it.
func (m *NearMiss) why() sockeye.Text {
	switch m.how {
	case otherEnds:
		return both("blanks or line ends around it differ; frame = \"line\" takes line ends away", "首尾的空白或换行不同；frame = \"line\" 会去掉换行")
	case otherCase:
		return both("upper and lower case differ; regexp:(?i) takes both", "大小写不同；regexp:(?i) 不分大小写")
	case goesOn:
		return both("it goes on after %d bytes; prefix: or a * takes that", "%d 字节之后还有内容；可用 prefix: 或 *", m.at)
	case cutOff:
		return both("it ends after %d bytes; perhaps the frames are cut otherwise", "只有 %d 字节；可能分帧方式不同", m.at)
	case otherByte:
		return both("byte %d is %02x", "第 %d 字节为 %02x", m.at+1, m.got)
	case hexAsText:
		return both("the frame has these bytes, the rule waits for their digits as text; write hex:", "该帧就是这些字节，而规则匹配的是文本形式的数字；请改用 hex:")
	case textAsHex:
		return both("the frame has the digits as text, the rule waits for the bytes; write is:", "该帧是文本形式的数字，而规则匹配的是字节；请改用 is:")
	case otherState:
		return both("but the peer is in the state %s", "但连接对象处于状态 %s", payload.Quote(m.state, 40))
	}
	return sockeye.Text{}
}
