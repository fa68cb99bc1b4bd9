package payload

import (
	"bytes"
	"regexp"
	"slices"
	"strconv"
	"sync"
)

// dumpRepeat stands for the lines of a hex dump that were left out (*), because they
// are the same as the one before.
type dumpRepeat struct {
	at    int // of the star
	bytes int
	width int // of the line before, in bytes
}

// dumpLine is a line of a hex dump: an offset, bytes, and perhaps the bytes as text.
type dumpLine struct {
	start, area, end int // area is where the bytes begin
	first            int // where the offset begins
	offset           uint64
	digits           int  // of the offset
	colon            bool // after the offset
	gap              int  // spaces between offset and bytes
	bar              int  // where |text| or >text< begins, or end
	star             int  // where the star before the line is, or -1
	areaEnd, bytes   int
	pairs            bool     // groups of one byte
	groups           [][2]int // whose bytes are reversed
}

// pastedDump is a hex dump among a text.
type pastedDump struct {
	blanks  [][2]int // what is not bytes
	repeats []dumpRepeat
	turned  [][2]int // groups whose bytes are reversed
	first   int      // where the bytes begin
	unclear bool     // in which order groups have their bytes
}

// dump finds the lines of a hex dump, as xxd, hexdump -C, od, tcpdump -X, Wireshark and
// Sockeye print it. ok is false if the text is none: there, the offsets count the bytes,
// and stand apart from them.
func (f folded) dump() (d pastedDump, ok bool) {
	if !sevenDigits().Match(f.text) {
		return f.dumpIn(16)
	}
	d, ok = f.dumpIn(8)
	if inTens, fits := f.dumpIn(10); !ok {
		return inTens, fits
	} else if fits && !slices.Equal(d.repeats, inTens.repeats) {
		return pastedDump{}, false // nobody can tell how many lines were left out
	}
	return d, ok
}

// sevenDigits is the first line of a dump by od, whose offsets are octal, or with -A d
// decimal; all others have another number of digits.
var sevenDigits = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^\s*\d{7}[ \n]`)
})

// dumpIn is dump for offsets that are written in a base.
func (f folded) dumpIn(base int) (d pastedDump, ok bool) {
	lines, ok := f.dumpLines(base)
	if !ok {
		return pastedDump{}, false
	}
	order := f.wordOrder(lines)
	d.first, d.unclear = lines[0].area, order == unclear
	width := 0
	for i := range lines {
		l := &lines[i]
		known := -1
		if i+1 < len(lines) && lines[i+1].offset != 0 && lines[i+1].star < 0 {
			if lines[i+1].offset <= l.offset || lines[i+1].offset-l.offset > 256 {
				return pastedDump{}, false
			}
			known = int(lines[i+1].offset - l.offset)
		}
		if order == reversed && f.turnedBytes(l) {
			d.turned = append(d.turned, l.groups...)
		} else if d.unclear = d.unclear || order == reversed; !f.dumpBytes(l, known, width) {
			return pastedDump{}, false
		}
		if known >= 0 && l.bytes != known || base != 16 && len(bytes.TrimSpace(f.text[l.areaEnd:l.bar])) > 0 {
			return pastedDump{}, false
		}
		width = max(width, l.bytes)
		if l.star >= 0 {
			before := lines[i-1]
			left := l.offset - before.offset - uint64(before.bytes)
			if l.offset <= before.offset || left > MaxSize || before.bytes == 0 || left == 0 || left%uint64(before.bytes) != 0 {
				return pastedDump{}, false
			}
			d.repeats = append(d.repeats, dumpRepeat{l.star, int(left), before.bytes})
		}
		d.blanks = append(d.blanks, [2]int{l.start, l.area}, [2]int{l.areaEnd, l.end})
	}
	return d, apart(lines)
}

// apart reports whether the offsets can be told from bytes.
func apart(lines []dumpLine) bool {
	counted := len(lines) > 1 || lines[0].offset == 0
	wide, pairs, any := true, true, false
	for _, l := range lines {
		if l.bytes == 0 {
			continue
		}
		any = true
		if l.colon || l.bar < l.end {
			return true
		}
		wide = wide && l.gap >= 2
		pairs = pairs && l.pairs
	}
	return any && counted && pairs && (wide || len(lines) > 1 && lines[0].digits >= 6)
}

// dumpLines are the lines of a dump but for empty ones and comments.
func (f folded) dumpLines(base int) (lines []dumpLine, ok bool) {
	star := -1
	for start := 0; start < len(f.text); {
		end := start + bytes.IndexByte(f.text[start:], '\n')
		next := end + 1
		if end < start {
			end, next = len(f.text), len(f.text)
		}
		line := bytes.TrimSpace(f.text[start:end])
		switch {
		case len(line) == 0, line[0] == '#', bytes.HasPrefix(line, []byte("//")):
		case string(line) == "*" && star < 0 && len(lines) > 0:
			star = start + bytes.IndexByte(f.text[start:end], '*')
		default:
			l, ok := f.dumpLine(start, end, base)
			if !ok {
				return nil, false
			}
			l.star, star = star, -1
			lines = append(lines, l)
		}
		start = next
	}
	return lines, len(lines) > 0 && star < 0
}

func (f folded) dumpLine(start, end, base int) (dumpLine, bool) {
	at := skipBlanks(f.text, start, end)
	if at+1 < end && f.text[at] == '0' && f.text[at+1] == 'x' {
		at += 2
	}
	l := dumpLine{start: start, end: end, bar: end}
	l.first = at
	for at < end && isHexDigit(f.text[at]) {
		at++
	}
	if l.digits = at - l.first; l.digits < 4 || l.digits > 16 {
		return l, false
	}
	var err error
	if l.offset, err = strconv.ParseUint(string(f.text[l.first:at]), base, 64); err != nil {
		return l, false
	}
	if at < end && f.text[at] == ':' {
		l.colon = true
		at++
	}
	l.area = skipBlanks(f.text, at, end)
	l.gap = l.area - at
	if l.area < end && l.gap == 0 {
		return l, false
	}
	return l, true
}

// dumpBytes finds where the bytes of a line end. known is how many there are, or -1;
// width is how many lines before have.
func (f folded) dumpBytes(l *dumpLine, known, width int) bool {
	text := bytes.TrimRight(f.text[l.area:l.end], " \r")
	for _, around := range []string{"||", "><"} { // hexdump -C, od -t x1z
		if bar := bytes.IndexByte(text, around[0]); bar >= 0 && text[len(text)-1] == around[1] {
			l.bar = l.area + bar
			if f.dumpGroups(l, known, width) && l.bytes == len(text)-bar-len(around) {
				return true
			}
			l.bar = l.end
		}
	}
	return f.dumpGroups(l, known, width)
}

func (f folded) dumpGroups(l *dumpLine, known, width int) bool {
	at := l.area
	l.areaEnd, l.pairs, l.bytes = at, true, 0
	for at < l.bar {
		group := at
		for at < l.bar && isHexDigit(f.text[at]) {
			at++
		}
		n := at - group
		if n == 0 || n%2 != 0 || at < l.bar && !isBlank(f.text[at]) {
			// Text begins: only after a gap, and not before the bytes there are.
			return l.bytes > 0 && group-l.areaEnd >= 2 && known < 0 && l.bar == l.end
		}
		l.bytes += n / 2
		l.pairs = l.pairs && n == 2
		l.areaEnd = at
		at = skipBlanks(f.text, at, l.bar)
		gap := at - l.areaEnd
		switch {
		case known >= 0 && l.bytes >= known:
			return l.bytes == known
		case known >= 0 || l.bar < l.end:
		case width > 0 && l.bytes >= width, gap > 2, gap == 2 && (l.colon || l.bytes != 8):
			return true
		}
	}
	return known < 0 || l.bytes == known
}

func skipBlanks(text []byte, at, end int) int {
	for at < end && isBlank(text[at]) {
		at++
	}
	return at
}

func isBlank(b byte) bool { return b == ' ' || b == '\r' }

func isHexDigit(b byte) bool {
	_, ok := hexValue(rune(b))
	return ok
}
