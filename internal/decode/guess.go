package decode

import (
	"cmp"
	"math"
	"slices"

	"sockeye"
)

// LikelyProtocol is a protocol that bytes look like.
type LikelyProtocol struct {
	Decoder *Decoder
	// Score is how sure that is, from 1 to 100.
	Score int
	// Messages is how many were found, and Bytes how many bytes they are of All.
	Messages, Bytes, All int
	// Size is how long each message is, if all are of one length; else 0.
	Size int
}

// The bounds of a guess.
const (
	maxGuessed  = 64 << 10 // bytes of a stream that are looked at
	leastScore  = 20
	maxMessages = 2000
)

// Guess proposes protocols for the chunks of one direction of a peer, the likeliest first.
// Datagrams are chunks that are whole messages each.
func Guess(chunks [][]byte, datagrams bool) (out []LikelyProtocol) {
	for _, d := range decoders {
		if p := d.guess(chunks, datagrams); p.Score >= leastScore {
			out = append(out, p)
		}
	}
	slices.SortStableFunc(out, func(a, b LikelyProtocol) int { return cmp.Compare(b.Score, a.Score) })
	return out
}

// Summary says what the bytes look like.
func (p *LikelyProtocol) Summary() sockeye.Text {
	t := p.Decoder.Title
	if p.Size > 0 {
		return both("looks like %s at %d-byte frames", "看起来像 %[1]s，每帧 %[2]d 字节", t.En, p.Size)
	}
	return sockeye.Text{En: "looks like " + t.En, Zh: "看起来像 " + t.Zh}
}

func (d *Decoder) guess(chunks [][]byte, datagrams bool) LikelyProtocol {
	g := guessing{LikelyProtocol: LikelyProtocol{Decoder: d}, size: -1}
	if datagrams {
		for _, b := range chunks {
			g.All += len(b)
			if n, _ := d.Measure(b); n == len(b) || n == 0 {
				g.message(b)
			}
			if g.All > maxGuessed {
				break
			}
		}
	} else {
		g.stream(chunks)
	}
	if g.All == 0 || g.Messages == 0 {
		return g.LikelyProtocol
	}
	g.Size = max(g.size, 0)
	doubt := math.Pow(1-float64(d.strict)/100, float64(g.Messages))
	g.Score = int(100 * float64(g.Bytes) / float64(g.All) * (1 - doubt))
	return g.LikelyProtocol
}

// guessing counts the messages of one decoder.
type guessing struct {
	LikelyProtocol
	size int // of all messages so far; -1 before the first, 0 if they differ
}

// stream finds messages one after the other; after what is none it goes on with the next
// chunk.
func (g *guessing) stream(chunks [][]byte) {
	var b []byte
	var starts []int
	for _, chunk := range chunks {
		starts = append(starts, len(b))
		if b = append(b, chunk...); len(b) > maxGuessed {
			break
		}
	}
	g.All = len(b)
	for at := 0; at < len(b) && g.Messages < maxMessages; {
		n, _ := g.Decoder.Measure(b[at:])
		if n > 0 && g.message(b[at:at+n]) {
			at += n
			continue
		}
		if n == 0 && g.Messages > 0 { // the last one is not whole
			g.All = at
			return
		}
		next, _ := slices.BinarySearch(starts, at+1)
		if next == len(starts) {
			if g.Messages == 0 && n == 0 {
				g.message(b[at:])
			}
			return
		}
		at = starts[next]
	}
}

// message takes bytes that may be one.
func (g *guessing) message(b []byte) bool {
	m, ok := g.Decoder.Decode(b, Hints{})
	if !ok || m.Short && g.Decoder.strict < sureOfShort || m.faults() > 0 || g.Decoder.strict < sureEnough && len(m.Children) == 0 {
		return false
	}
	g.Messages++
	g.Bytes += len(b)
	switch g.size {
	case -1:
		g.size = len(b)
	case len(b):
	default:
		g.size = 0
	}
	return true
}
