package payload

import (
	"bytes"
	"slices"

	"sockeye"
)

// wordOrder is the order in which the groups of a hex dump have their bytes.
type wordOrder int

const (
	inOrder wordOrder = iota
	reversed
	unclear
)

// dumpWords is a line of a hex dump that shows its bytes as text, too, as xxd does: one
// character for each byte, up to the end of the line.
type dumpWords struct {
	groups [][2]int
	text   []byte
	column int  // where the text begins
	right  bool // the last group is short and stands at the right, as xxd -e prints it
}

// wordOrder finds the order from the text: xxd -e prints each group of bytes as a
// little-endian number, and the text in order. Lines without text say nothing.
func (f folded) wordOrder(lines []dumpLine) wordOrder {
	column := -1
	straight, backward, same, right, widest := true, true, true, false, 0
	for i := range lines {
		w, ok := f.words(&lines[i])
		if at := w.column - lines[i].first; !ok || column >= 0 && at != column {
			continue
		} else {
			column = at
		}
		asWritten, turned := f.bytesOf(w.groups, false), f.bytesOf(w.groups, true)
		same = same && bytes.Equal(asWritten, turned)
		straight = straight && bytes.Equal(asText(asWritten), w.text)
		backward = backward && bytes.Equal(asText(turned), w.text)
		right = right || w.right
		for _, g := range w.groups {
			widest = max(widest, (g[1]-g[0])/2)
		}
	}
	switch {
	case column < 0, !backward:
		return inOrder
	case !straight, right:
		return reversed
	case same, widest < 4: // xxd prints groups of two bytes in order unless it is told otherwise
		return inOrder
	}
	return unclear
}

// words finds the groups of a line, and the text after them.
func (f folded) words(l *dumpLine) (w dumpWords, ok bool) {
	if !l.colon {
		return w, false
	}
	end, n := l.end, 0
	if end > l.area && f.text[end-1] == '\r' {
		end--
	}
	for at := l.area; at < end; {
		group := at
		for at < end && isHexDigit(f.text[at]) {
			at++
		}
		if at == group || (at-group)%2 != 0 || at < end && f.text[at] != ' ' {
			break
		}
		w.groups = append(w.groups, [2]int{group, at})
		n += (at - group) / 2
		if text := end - n; text >= at+2 && len(bytes.TrimSpace(f.text[at:text])) == 0 {
			last := len(w.groups) - 1
			w.text, w.column, ok = f.text[text:end], text, true
			w.right = last == 0 && l.gap > 2 || last > 0 && at-group < w.groups[0][1]-w.groups[0][0] && group-w.groups[last-1][1] > 1
			return w, ok
		}
		at = skipBlanks(f.text, at, end)
	}
	return w, false
}

// turnedBytes finds where the bytes of a line end whose groups are reversed. It is false
// where the line does not show them as text, too.
func (f folded) turnedBytes(l *dumpLine) bool {
	w, ok := f.words(l)
	if ok {
		l.groups, l.bytes, l.areaEnd = w.groups, len(w.text), w.groups[len(w.groups)-1][1]
	}
	return ok
}

// bytesOf are the bytes of groups, of each the last one first if it is turned.
func (f folded) bytesOf(groups [][2]int, turned bool) (out []byte) {
	for _, g := range groups {
		first := len(out)
		for at := g[0]; at < g[1]; at += 2 {
			high, _ := hexValue(rune(f.text[at]))
			low, _ := hexValue(rune(f.text[at+1]))
			out = append(out, high<<4|low)
		}
		if turned {
			slices.Reverse(out[first:])
		}
	}
	return out
}

// asText is how xxd shows bytes as text.
func asText(b []byte) []byte {
	for i, c := range b {
		if c < ' ' || c > '~' {
			b[i] = '.'
		}
	}
	return b
}

// turn writes the bytes of a group in the other order. Their digits may have several
// bytes each.
func (f folded) turn(out []byte, group [2]int) {
	turned := make([]byte, 0, f.at(group[1])-f.at(group[0]))
	for at := group[1] - 2; at >= group[0]; at -= 2 {
		turned = append(turned, out[f.at(at):f.at(at+2)]...)
	}
	copy(out[f.at(group[0]):], turned)
}

// unclearOrder is the fault of a dump whose bytes may be in either order.
func unclearOrder(at int) *SyntaxFault {
	return &SyntaxFault{at, sockeye.Text{
		En: "these groups may have their bytes in order (xxd -g4) or reversed (xxd -e)",
		Zh: "这些分组中的字节可能按顺序排列（xxd -g4），也可能反序（xxd -e）"},
		sockeye.Text{En: "dump it with xxd -g1, or paste the bytes alone", Zh: "请用 xxd -g1 输出，或只粘贴字节本身"}}
}
