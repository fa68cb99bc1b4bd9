package payload

import (
	"fmt"
	"slices"
	"strings"

	"sockeye"
	"sockeye/internal/checksum"
)

// lengthSize is the size of a length in decimal digits, which depends on what it
// counts. Parse has seen to it that lengths do not count each other.
func (t *Template) lengthSize(i int, sizes []int) {
	n := 0
	from, to := t.span(t.pieces[i].length.part, i, false)
	for k := from; k < to; k++ {
		if sizes[k] < 0 {
			t.lengthSize(k, sizes)
		}
		n += sizes[k]
	}
	sizes[i] = t.pieces[i].length.form.textSize(uint64(max(0, n+t.pieces[i].length.add)))
}

// span is the pieces that a field at i means by a part.
func (t *Template) span(part, i int, before bool) (from, to int) {
	switch {
	case part == whole:
		return 0, len(t.pieces)
	case part == rest && before:
		return 0, i
	case part == rest:
		return i + 1, len(t.pieces)
	}
	return t.parts[part].from, t.parts[part].to
}

func appendTrailer(message []byte, tr checksum.Trailer) ([]byte, *SyntaxFault) {
	before := len(message)
	message = tr.Append(message)
	if len(message) == before {
		return nil, &SyntaxFault{0, both("the message of %d bytes is too short for the checksum over %s", "数据只有 %d 字节，不够计算 %s 的校验", before, tr.Range.String()),
			sockeye.Text{En: "choose a range inside the message", Zh: "请把范围定在数据之内"}}
	}
	return message, nil
}

// fillLengths writes the lengths into the finished message.
func (t *Template) fillLengths(message []byte, offsets []int) *SyntaxFault {
	for i := range t.pieces {
		l := t.pieces[i].length
		if l == nil {
			continue
		}
		from, to := t.span(l.part, i, false)
		n := offsets[to] - offsets[from] + l.add
		if n < 0 || !l.form.put(message[offsets[i]:offsets[i+1]], uint64(n)) {
			return &SyntaxFault{t.pieces[i].at, both("a length of %d does not fit into %s", "长度 %d 超出 %s 的范围", n, l.form.String()),
				sockeye.Text{En: "take a wider form, u32be for one", Zh: "请用更宽的格式，例如 u32be"}}
		}
	}
	return nil
}

// placedSum is a checksum in a message: where it stands and what it covers, in bytes.
type placedSum struct {
	piece        int
	at, from, to int
	done         bool
}

// covers reports whether another checksum stands in what this one covers.
func (s *placedSum) covers(other *placedSum) bool {
	return s.piece != other.piece && s.from <= other.at && other.at < s.to
}

// fillSums writes the checksums: one that covers others after these. Its own place
// counts as zeros, and so does, where two cover each other, that of the later one.
func (t *Template) fillSums(message []byte, offsets []int) *SyntaxFault {
	if t.sums == 0 {
		return nil
	}
	var room [MaxSums]placedSum
	sums, f := t.placeSums(room[:0], len(message), offsets)
	if f != nil {
		return f
	}
	for range sums {
		s := nextSum(sums)
		s.done = true
		c := t.pieces[s.piece].sum
		c.Put(message[offsets[s.piece]:offsets[s.piece+1]], c.Algorithm.Sum(message[s.from:s.to]))
	}
	return nil
}

// placeSums appends the checksums of a message to dst, in order.
func (t *Template) placeSums(dst []placedSum, length int, offsets []int) ([]placedSum, *SyntaxFault) {
	for i := range t.pieces {
		c := t.pieces[i].sum
		if c == nil {
			continue
		}
		s := placedSum{piece: i, at: offsets[i]}
		if c.Range == (checksum.Coverage{}) {
			from, to := t.span(c.part, i, true)
			s.from, s.to = offsets[from], offsets[to]
		} else {
			var ok bool
			if s.from, s.to, ok = c.Range.Cut(s.at); !ok || s.to > length {
				return dst, &SyntaxFault{t.pieces[i].at, both("the message has no bytes %s", "数据中没有 %s 这段字节", c.Range.String()),
					sockeye.Text{En: "bytes are counted from 0, without the last", Zh: "字节从 0 数起，不含终点"}}
			}
		}
		dst = append(dst, s)
	}
	return dst, nil
}

// nextSum is the first checksum that covers none still to be written; where all do,
// the first.
func nextSum(sums []placedSum) *placedSum {
	var first *placedSum
	for i := range sums {
		s := &sums[i]
		if s.done {
			continue
		}
		if first == nil {
			first = s
		}
		if !slices.ContainsFunc(sums, func(other placedSum) bool { return !other.done && s.covers(&other) }) {
			return s
		}
	}
	return first
}

// acyclic makes sure that no length written in as many digits as it needs counts
// itself, by way of others or not.
func (t *Template) acyclic() *SyntaxFault {
	state := make([]byte, len(t.pieces)) // 1: being looked at, 2: right
	var visit func(i int) *SyntaxFault
	visit = func(i int) *SyntaxFault {
		l := t.pieces[i].length
		if l == nil || l.form.fixedSize() >= 0 || state[i] == 2 {
			return nil
		}
		if state[i] == 1 {
			return &SyntaxFault{t.pieces[i].at, sockeye.Text{En: "the number of digits of this length depends on itself", Zh: "这个长度的位数取决于它自己"},
				sockeye.Text{En: fmt.Sprintf("give it a width: {{%s:dec4}}", strings.TrimSuffix(l.text(t.parts), ":dec")), Zh: fmt.Sprintf("请指定位数：{{%s:dec4}}", strings.TrimSuffix(l.text(t.parts), ":dec"))}}
		}
		state[i] = 1
		from, to := t.span(l.part, i, false)
		for k := from; k < to; k++ {
			if f := visit(k); f != nil {
				return f
			}
		}
		state[i] = 2
		return nil
	}
	for i := range t.pieces {
		if f := visit(i); f != nil {
			return f
		}
	}
	return nil
}
