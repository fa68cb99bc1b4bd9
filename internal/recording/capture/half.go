package capture

import (
	"cmp"
	"fmt"
	"slices"

	"sockeye"
)

// What may wait for a missing segment of one direction, and of all. Beyond, the
// segment counts as lost.
const (
	maxPending      = 1 << 13 // segments
	maxPendingBytes = 8 << 20
	maxWaiting      = 32 << 20
	freeWaiting     = 8 << 20 // and half of what was read
	pendingCost     = 128     // bytes that a segment costs besides its payload
)

// half is one direction of a connection. Its places are sequence numbers that do
// not wrap.
type half struct {
	kind sockeye.EventKind // of its data
	end  sockeye.Reason    // of its FIN

	started bool
	syn     bool  // start is known from a SYN
	start   int64 // place of the first byte
	next    int64 // place of the byte that is due
	acked   int64 // the other side has all before it; 0: unknown
	early   uint32
	isEarly bool // early is an acknowledgement that came before anything it acknowledges

	fin              int64
	hasFIN, finished bool

	missed  int        // the segment of the connection that acknowledged what is missing; 0: none did
	pending []waiting  // beyond next, by place
	holes   []byteSpan // before next, what was not given out
	cost    int
}

// byteSpan is from a place to before another.
type byteSpan struct{ from, to int64 }

// waiting is payload that came before what is in front of it.
type waiting struct {
	at int64
	captured
	comment string // of its packet
}

func (w *waiting) cost() int { return len(w.data) + len(w.comment) + pendingCost }

func (w *waiting) end() int64 { return w.at + int64(w.length) }

// begin sets where the direction begins.
func (h *half) begin(seq uint32, syn bool) {
	h.started, h.syn = true, syn
	h.start = 1<<32 + int64(seq)
	h.next = h.start
	if !syn {
		h.hole(h.start-near, h.start)
	}
	if h.isEarly {
		h.acknowledged(h.early)
	}
}

// beginning is where a direction begins whose SYN was not seen, by its first
// segment: there, unless the other side had acknowledged up to another place. Then
// segments came out of order, or the byte before is a probe whether the other side
// is alive (RFC 1122, 4.2.3.6).
func (h *half) beginning(seq uint32, length int) uint32 {
	if ahead := int32(seq - h.early); h.isEarly && (ahead > 0 && ahead < near || ahead == -1 && length <= 1) {
		return h.early
	}
	return seq
}

// carried reports whether anything but the SYN was seen.
func (h *half) carried() bool {
	return h.started && (!h.syn || h.next != h.start || len(h.pending) > 0 || h.hasFIN)
}

// place is that of a sequence number, the one nearest to what is due.
func (h *half) place(seq uint32) int64 { return h.next + int64(int32(seq-uint32(h.next))) }

// acknowledged notes up to where the other side has everything.
func (h *half) acknowledged(ack uint32) {
	if !h.started {
		h.early, h.isEarly = ack, true
		return
	}
	if at := h.place(ack); at > h.acked && at < h.next+impossible {
		h.acked = at
	}
}

// ends notes where the FIN is.
func (h *half) ends(at int64) {
	if at >= h.next && at < max(h.next, h.acked)+maxInFlight && !h.finished {
		h.fin, h.hasFIN = at, true
	}
}

// insert takes in payload.
func (c *tcpConnection) insert(h *half, at int64, f captured) {
	if cut := min(h.next-at, int64(f.length)); cut > 0 {
		c.behind(h, at, f.first(int(cut)))
		f, at = f.without(int(cut)), at+cut
	}
	if f.length == 0 {
		return
	}
	if at == h.next {
		c.deliver(h, f)
		return
	}
	i, found := slices.BinarySearchFunc(h.pending, at, func(w waiting, at int64) int { return cmp.Compare(w.at, at) })
	if found && len(h.pending[i].data) >= len(f.data) {
		c.leftOut(sentAgain, f.length)
		return
	}
	w := waiting{at, f, c.assembly.reader.comment}
	c.assembly.reader.comment = ""
	h.pending = slices.Insert(h.pending, i, w)
	c.cost(h, w.cost())
	for len(h.pending) > maxPending || h.cost > maxPendingBytes || len(h.pending) > 0 && c.assembly.waiting > c.assembly.mostWaiting() {
		c.skipHole(h)
		c.advance(h, true)
	}
}

// mostWaiting is how many bytes may wait by now.
func (t *tcpAssembly) mostWaiting() int {
	return int(min(maxWaiting, freeWaiting+t.reader.input.n/2))
}

// without is the frame behind n bytes, which the capture may not hold.
func (f captured) without(n int) captured {
	return captured{f.data[min(n, len(f.data)):], f.length - n}
}

func (c *tcpConnection) cost(h *half, n int) {
	h.cost += n
	c.assembly.waiting += n
}

// deliver gives out the bytes that are due.
func (c *tcpConnection) deliver(h *half, f captured) {
	h.next += int64(f.length)
	h.missed = 0
	if len(f.data) > 0 {
		c.add(sockeye.Event{Kind: h.kind, Data: f.data})
	}
	c.gap(int64(f.length - len(f.data))) // the capture cut the packet short
}

// deliverWaiting gives out what of a segment that waited is due now, with the comment of its
// own packet.
func (c *tcpConnection) deliverWaiting(h *half, w waiting) {
	d := c.assembly.reader
	now := d.comment
	d.comment = w.comment
	c.cost(h, -w.cost())
	cut := int(min(h.next-w.at, int64(w.length)))
	c.leftOut(sentAgain, cut)
	if cut < w.length {
		c.deliver(h, w.without(cut))
	}
	d.lostComment(d.comment)
	d.comment = now
}

// behind takes in payload from before what is due: it is there already, or it is
// from a hole and comes late.
func (c *tcpConnection) behind(h *half, at int64, f captured) {
	if f.length == 1 && at == h.next-1 { // a probe (RFC 1122, 4.2.3.6)
		c.leftOut(sentAgain, 1)
		return
	}
	end := at + int64(f.length)
	again := f.length
	var rest []byteSpan
	for _, hole := range h.holes {
		from, to := max(at, hole.from), min(end, hole.to)
		if from >= to {
			rest = append(rest, hole)
			continue
		}
		c.late(h, f.without(int(from-at)).first(int(to-from)))
		again -= int(to - from)
		for _, left := range []byteSpan{{hole.from, from}, {to, hole.to}} {
			if left.from < left.to {
				rest = append(rest, left)
			}
		}
	}
	h.holes = rest
	c.leftOut(sentAgain, again)
}

// late gives out bytes of a hole: in the order of the stream there is no place left
// for them.
func (c *tcpConnection) late(h *half, f captured) {
	if len(f.data) > 0 {
		c.add(sockeye.Event{Kind: h.kind, Data: f.data})
	}
	d := c.assembly.reader
	d.lostAt(d.count, Skipped, sockeye.Text{
		En: fmt.Sprintf("%d byte%s from or to %s came too late for the order of the stream: shown here", f.length, plural(int64(f.length)), c.client),
		Zh: fmt.Sprintf("与 %[2]s 之间有 %[1]d 字节到得太晚，无法排入数据流的次序，显示在此处", f.length, c.client)})
}

// maxHoles is how many holes of one direction are remembered.
const maxHoles = 64

// hole remembers that bytes were given up.
func (h *half) hole(from, to int64) {
	if len(h.holes) == maxHoles {
		h.holes = append(h.holes[:0], h.holes[1:]...)
	}
	h.holes = append(h.holes, byteSpan{from, to})
}

// maxOvertaken is how many segments of its connection an acknowledgement may have overtaken
// in a capture: the queues of one network card are written one after the other.
const maxOvertaken = 8

// advance gives out what is due, and what is beyond a hole that the other side has
// seen filled: the capture missed it, unless it comes soon and somebody can wait for it.
func (c *tcpConnection) advance(h *half, canWait bool) {
	for h.started {
		switch {
		case len(h.pending) > 0 && h.pending[0].at <= h.next:
			w := h.pending[0]
			h.pending[0] = waiting{}
			h.pending = h.pending[1:]
			c.deliverWaiting(h, w)
		case len(h.pending) > 0 && h.acked > h.pending[0].at, len(h.pending) == 0 && h.hasFIN && h.acked > h.fin && !h.finished && h.next < h.fin:
			if canWait && c.maySoonCome(h) {
				return
			}
			c.skipHole(h)
		case h.hasFIN && !h.finished && h.next >= h.fin:
			c.end(h)
			return
		default:
			return
		}
	}
}

// maySoonCome reports whether what is missing may have been overtaken by its acknowledgement.
func (c *tcpConnection) maySoonCome(h *half) bool {
	if h.missed == 0 {
		h.missed = c.segments
	}
	return c.segments-h.missed < maxOvertaken
}

// skipHole gives up what is missing before the first thing that waits.
func (c *tcpConnection) skipHole(h *half) {
	h.missed = 0
	to := h.fin
	if len(h.pending) > 0 {
		to = h.pending[0].at
	}
	if to > h.next {
		c.gap(to - h.next)
		h.hole(h.next, to)
		h.next = to
	}
}

// end tells of a FIN. Nothing comes after it.
func (c *tcpConnection) end(h *half) {
	for _, w := range h.pending {
		c.leftOut(afterFIN, w.length)
		c.assembly.reader.lostComment(w.comment)
		c.cost(h, -w.cost())
	}
	h.pending = nil
	h.next = max(h.next, h.fin) + 1
	h.finished = true
	if c.reset || c.left {
		return
	}
	if c.reason == "" {
		c.reason = h.end
	}
	c.add(sockeye.Event{Kind: sockeye.Finished, Detail: &sockeye.Detail{Reason: h.end}})
}
