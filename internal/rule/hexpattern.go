package rule

import (
	"strings"

	"sockeye/internal/payload"
)

// hexCell is one byte of a hex pattern: it matches b if b & mask == value.
type hexCell struct{ value, mask byte }

// hexPattern is runs of cells, with any number of bytes between one run and the
// next. The first is at the beginning of the frame, the last at its end.
type hexPattern struct {
	runs   [][]hexCell
	groups []hexGroup
}

// hexGroup is where a group begins and ends.
type hexGroup struct {
	name     string
	from, to border
}

// border is a place in a run. Beside a star, which run it is counted in says on
// which side of the star's bytes it is.
type border struct{ run, cell int }

// maxRuns and maxCells bound a pattern.
const (
	maxRuns  = 16
	maxCells = 1024
)

type hexPatternParser struct {
	text  string
	base  int // of text in what was typed
	at    int
	p     hexPattern
	open  int // of the open group, or -1
	cells int
}

// parseHexPattern reads cells with spaces between if one likes: 01 for a byte, ??
// for any, 0? and ?f for any nibble, 80/c0 for a value under a mask, * for any
// number of bytes, and groups in parentheses, which may have a name: (unit: ??).
func parseHexPattern(text string, base int) (*hexPattern, *payload.SyntaxFault) {
	h := &hexPatternParser{text: text, base: base, open: -1, p: hexPattern{runs: [][]hexCell{nil}}}
	for h.at < len(text) {
		if f := h.next(); f != nil {
			return nil, f
		}
	}
	switch {
	case h.open >= 0:
		return nil, h.fault(len(text), "a group is not closed", "分组没有闭合")
	case h.cells == 0 && len(h.p.runs) == 1:
		return nil, h.fault(0, "no bytes", "没有字节")
	}
	return &h.p, nil
}

func (h *hexPatternParser) fault(at int, en, zh string, args ...any) *payload.SyntaxFault {
	return payload.FaultAt(h.base+at, both(en, zh, args...), hexPatternHint)
}

var hexPatternHint = both("write 01 for a byte, ?? for any, 0? for a nibble, 80/c0 for a value under a mask, * for any number, (??) for a group",
	"01 表示一个字节，?? 任意字节，0? 任意半字节，80/c0 表示值/掩码，* 任意多个字节，(??) 表示分组")

func (h *hexPatternParser) border() border {
	run := len(h.p.runs) - 1
	return border{run, len(h.p.runs[run])}
}

func (h *hexPatternParser) next() *payload.SyntaxFault {
	switch c := h.text[h.at]; c {
	case ' ', '\t', '\n', '\r', ',':
		h.at++
	case '*':
		return h.star()
	case '(':
		return h.openGroup()
	case ')':
		if h.open < 0 {
			return h.fault(h.at, "no group is open", "没有打开的分组")
		}
		h.p.groups[h.open].to = h.border()
		h.open = -1
		h.at++
	default:
		return h.cell()
	}
	return nil
}

func (h *hexPatternParser) star() *payload.SyntaxFault {
	last := h.p.runs[len(h.p.runs)-1]
	if len(h.p.runs) > 1 && len(last) == 0 {
		return h.fault(h.at, "* after *", "* 后面又是 *")
	}
	if len(h.p.runs) == maxRuns {
		return h.fault(h.at, "more than %d *", "* 超过 %d 个", maxRuns-1)
	}
	h.p.runs = append(h.p.runs, nil)
	h.at++
	return nil
}

func (h *hexPatternParser) openGroup() *payload.SyntaxFault {
	if h.open >= 0 {
		return h.fault(h.at, "a group in a group", "分组不能嵌套")
	}
	h.at++
	name := ""
	if before, _, ok := strings.Cut(h.text[h.at:], ":"); ok && !strings.ContainsAny(before, "()*?/ ") {
		name = before
		if !isName(name) {
			return h.fault(h.at, "%s is no name", "%s 不能作名称", payload.Quote(name, 20))
		}
		h.at += len(name) + 1
	}
	h.open = len(h.p.groups)
	h.p.groups = append(h.p.groups, hexGroup{name: name, from: h.border()})
	return nil
}

// isName reports whether s is a name as payload's fields take it.
func isName(s string) bool {
	for i, r := range s {
		letter := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
		if !letter && (i == 0 || r != '_' && (r < '0' || r > '9')) {
			return false
		}
	}
	return s != ""
}

// cell reads one byte, with its mask if it has one.
func (h *hexPatternParser) cell() *payload.SyntaxFault {
	c, f := h.pair()
	if f != nil {
		return f
	}
	if h.at < len(h.text) && h.text[h.at] == '/' {
		at := h.at
		h.at++
		m, f := h.pair()
		if f != nil {
			return f
		}
		if c.mask != 0xff || m.mask != 0xff {
			return h.fault(at, "a mask is two digits after two digits", "掩码是两位数字后面再加两位数字")
		}
		if c.value&^m.value != 0 {
			return h.fault(at, "%02x has bits that the mask %02x leaves out: nothing can match", "%02x 含有掩码 %02x 之外的位，永远不会匹配", c.value, m.value)
		}
		c.mask = m.value
	}
	if h.cells++; h.cells > maxCells {
		return h.fault(h.at, "more than %d bytes", "超过 %d 个字节", maxCells)
	}
	run := &h.p.runs[len(h.p.runs)-1]
	*run = append(*run, c)
	return nil
}

// pair reads two digits or question marks.
func (h *hexPatternParser) pair() (c hexCell, f *payload.SyntaxFault) {
	for range 2 {
		if h.at == len(h.text) {
			return c, h.fault(h.at, "a digit is missing", "缺少一位数字")
		}
		c.value, c.mask = c.value<<4, c.mask<<4
		switch b := h.text[h.at]; {
		case b == '?':
		case '0' <= b && b <= '9':
			c.value, c.mask = c.value|(b-'0'), c.mask|0xf
		case 'a' <= b|0x20 && b|0x20 <= 'f':
			c.value, c.mask = c.value|(b|0x20-'a'+10), c.mask|0xf
		default:
			return c, h.fault(h.at, "%s is neither a hex digit nor ?", "%s 既不是十六进制数字也不是 ?", payload.Quote(firstRune(h.text[h.at:]), 4))
		}
		h.at++
	}
	return c, nil
}

func firstRune(s string) string {
	for i := range s {
		if i > 0 {
			return s[:i]
		}
	}
	return s
}

func (h *hexPattern) names() []string {
	var names []string
	for _, g := range h.groups {
		names = append(names, g.name)
	}
	return names
}

// match finds each run at the first place where it fits.
func (h *hexPattern) match(body []byte, groups *[]int) bool {
	var at [maxRuns]int
	last := len(h.runs) - 1
	pos := 0
	for n, run := range h.runs {
		switch {
		case n == 0 && !fits(run, body), n == last && len(body)-len(run) < pos:
			return false
		case n == 0 && last == 0 && len(run) != len(body):
			return false
		case n == 0:
			at[0] = 0
		case n == last:
			at[n] = len(body) - len(run)
			if !fits(run, body[at[n]:]) {
				return false
			}
		default:
			for at[n] = pos; !fits(run, body[at[n]:]); at[n]++ {
				if len(body)-at[n] < len(run) {
					return false
				}
			}
		}
		pos = at[n] + len(run)
	}
	if groups != nil {
		out := append((*groups)[:0], 0, len(body))
		for _, g := range h.groups {
			out = append(out, at[g.from.run]+g.from.cell, at[g.to.run]+g.to.cell)
		}
		*groups = out
	}
	return true
}

// fits reports whether b begins with what the cells say.
func fits(run []hexCell, b []byte) bool {
	if len(b) < len(run) {
		return false
	}
	for i, c := range run {
		if b[i]&c.mask != c.value {
			return false
		}
	}
	return true
}
