package capture

import (
	"bytes"
	"cmp"
	"fmt"
	"hash/crc32"
	"net/netip"
	"slices"
	"time"

	"sockeye"
)

// What waits for missing fragments.
const (
	maxFragmented    = 1 << 12 // datagrams
	maxFragmentBytes = 1 << 24 // bytes of all of them
	fragmentCost     = 128     // bytes that a piece costs besides
	fragmentWait     = time.Minute
	fragmentAgain    = time.Second // after which another datagram may have the same number: small systems have but one
	maxDatagram      = 1<<16 - 1
)

// fragmentKey tells the fragments of one datagram from those of another. For IPv6
// the protocol is not part of it (RFC 8200, 4.5).
type fragmentKey struct {
	from, to netip.Addr
	id       uint32
	protocol byte
}

// piece is one fragment: its place in the datagram, its bytes, and whether it is
// the last one.
type piece struct {
	offset int
	captured
	last bool
}

func (p *piece) end() int { return p.offset + p.length }

// seenPiece is what is remembered of a fragment of a datagram that is complete.
type seenPiece struct {
	offset, length int
	sum            uint32
}

// fragmented is a datagram of which fragments were seen.
type fragmented struct {
	key      fragmentKey
	protocol byte
	pieces   []piece // in order, without overlap
	total    int     // 0 until the last one is seen
	cost     int
	since    time.Time
	last     time.Time // of a fragment
	number   int64     // of the packet of the first one
	conflict bool      // fragments contradict each other: none of it is believed
	before   []seenPiece
}

// fragments puts datagrams together.
type fragments struct {
	reader *Reader
	all    *recent[fragmentKey, *fragmented]
	cost   int
}

func newFragments(d *Reader) *fragments {
	f := &fragments{reader: d}
	f.all = newRecent[fragmentKey, *fragmented](maxFragmented, f.giveUp)
	return f
}

// add takes in a fragment. It gives the datagram when that is complete.
func (f *fragments) add(key fragmentKey, protocol byte, p piece) (captured, bool) {
	if p.length == 0 || !p.last && p.length%8 != 0 || p.end() > maxDatagram {
		f.reader.skip(malformed)
		return captured{}, false
	}
	g, ok := f.all.get(key)
	if ok && !g.fits(p) && (g.beginsAnew(p) || f.reader.at.Sub(g.last) >= fragmentAgain) {
		f.giveUp(g)
		f.all.remove(key)
		ok = false
	}
	if !ok {
		g = &fragmented{key: key}
		f.all.put(key, g)
	}
	if len(g.pieces) == 0 && !g.conflict {
		g.since, g.number = f.reader.at, f.reader.count
	}
	g.last = f.reader.at
	g.insert(p)
	if p.offset == 0 {
		g.protocol = protocol
	}
	whole, complete := g.whole()
	f.account(g, complete)
	for f.cost > maxFragmentBytes && f.all.drop() {
	}
	return whole, complete
}

// account brings what is waiting up to date. Of a datagram that is complete only
// sums are kept.
func (f *fragments) account(g *fragmented, complete bool) {
	f.cost -= g.cost
	g.cost = 0
	if complete {
		g.before = nil
		for i := range g.pieces {
			g.before = append(g.before, g.pieces[i].seen())
		}
		g.pieces, g.total = nil, 0
	}
	for i := range g.pieces {
		g.cost += len(g.pieces[i].data)
	}
	g.cost += fragmentCost * (len(g.pieces) + len(g.before) + 1)
	f.cost += g.cost
}

func (p *piece) seen() seenPiece {
	return seenPiece{p.offset, p.length, crc32.ChecksumIEEE(p.data)}
}

// fits reports whether a fragment can be of the datagram: it ends where the datagram
// does or before, and what is there already of its bytes is the same. Fragments of
// IPv6 must not overlap at all, but one may come twice (RFC 8200, 4.5); a host that
// sends IPv4 again may cut it anew.
func (g *fragmented) fits(p piece) bool {
	switch {
	case g.conflict, g.total != 0 && (p.end() > g.total || p.last && p.end() != g.total):
		return false
	case p.last && len(g.pieces) > 0 && g.pieces[len(g.pieces)-1].end() > p.end():
		return false
	}
	for _, q := range g.pieces[g.firstBehind(p.offset):] {
		if q.offset >= p.end() {
			break
		}
		if copied := q.offset == p.offset && q.length == p.length && q.last == p.last; g.key.from.Is6() && !copied || !q.agrees(p) {
			return false
		}
	}
	return true
}

// beginsAnew reports whether a fragment that does not fit is the first one of the next datagram, of a
// system that has but one number for all: it is cut as the first one before it, which misses some.
func (g *fragmented) beginsAnew(p piece) bool {
	return !g.conflict && p.offset == 0 && !g.key.from.Is6() && len(g.pieces) > 0 &&
		g.pieces[0].offset == 0 && g.pieces[0].length == p.length && g.pieces[0].last == p.last
}

// agrees reports whether the bytes that the capture holds of both are the same where
// the two overlap.
func (p piece) agrees(q piece) bool {
	from := max(p.offset, q.offset)
	mine, other := p.without(from-p.offset).data, q.without(from-q.offset).data
	n := min(len(mine), len(other))
	return bytes.Equal(mine[:n], other[:n])
}

// firstBehind is the first fragment that ends behind a place.
func (g *fragmented) firstBehind(at int) int {
	i, _ := slices.BinarySearchFunc(g.pieces, at, func(q piece, at int) int { return cmp.Compare(q.end(), at+1) })
	return i
}

// insert puts what is new of a fragment in its place.
func (g *fragmented) insert(p piece) {
	if !g.fits(p) {
		g.conflict, g.pieces, g.before = true, nil, nil
		return
	}
	if p.last {
		g.total = p.end()
	}
	for at := p.offset; at < p.end(); {
		i, to := g.firstBehind(at), p.end()
		if i < len(g.pieces) {
			if q := g.pieces[i]; q.offset <= at {
				at = q.end()
				continue
			}
			to = min(to, g.pieces[i].offset)
		}
		g.pieces = slices.Insert(g.pieces, i, piece{at, p.without(at - p.offset).first(to - at), p.last && to == p.end()})
		at = to
	}
}

// whole is the datagram if nothing is missing. It is known up to where the
// capture cut one of its fragments short.
func (g *fragmented) whole() (captured, bool) {
	if g.total == 0 || g.have() != g.total {
		return captured{}, false
	}
	out := captured{length: g.total}
	for _, p := range g.pieces {
		out.data = append(out.data, p.data...)
		if len(p.data) < p.length {
			break
		}
	}
	return out, true
}

// have is the number of bytes whose fragments were seen.
func (g *fragmented) have() (n int) {
	for _, p := range g.pieces {
		n += p.length
	}
	return n
}

// expire gives up what has waited too long.
func (f *fragments) expire(now time.Time) {
	for {
		g, ok := f.all.oldest()
		if !ok || now.Sub(g.since) < fragmentWait {
			return
		}
		f.all.drop()
	}
}

// giveUp tells of a datagram that is not all there.
func (f *fragments) giveUp(g *fragmented) {
	f.cost -= g.cost
	if !g.conflict && (len(g.pieces) == 0 || g.repeats()) {
		return
	}
	d := f.reader
	what := sockeye.Text{
		En: fmt.Sprintf("an IP datagram from %s to %s in fragments that contradict each other: left out, since hosts differ in which they take", g.key.from, g.key.to),
		Zh: fmt.Sprintf("%s 发往 %s 的 IP 数据报分片互相矛盾，未导入：各系统采用的分片不同", g.key.from, g.key.to)}
	if g.conflict && g.key.from.Is6() {
		what = sockeye.Text{
			En: fmt.Sprintf("an IP datagram from %s to %s in fragments that overlap: left out (RFC 5722)", g.key.from, g.key.to),
			Zh: fmt.Sprintf("%s 发往 %s 的 IP 数据报分片互相重叠，未导入（RFC 5722）", g.key.from, g.key.to)}
	}
	if !g.conflict {
		what = sockeye.Text{
			En: fmt.Sprintf("an IP datagram from %s to %s is not all there: %s", g.key.from, g.key.to, g.missing().en),
			Zh: fmt.Sprintf("%s 发往 %s 的 IP 数据报不完整：%s", g.key.from, g.key.to, g.missing().zh)}
	}
	d.lostAt(g.number, damaged, what)
	if len(g.pieces) > 0 && g.protocol == protocolUDP && len(g.pieces[0].data) >= 8 && g.pieces[0].offset == 0 {
		h := g.pieces[0].data
		d.missingDatagram(netip.AddrPortFrom(g.key.from, be.Uint16(h)), netip.AddrPortFrom(g.key.to, be.Uint16(h[2:])), max(int(be.Uint16(h[4:]))-8, 0))
	}
}

func (g *fragmented) missing() skipReason {
	if g.total == 0 {
		return skipReason{fmt.Sprintf("its last fragment is missing, %d bytes are there", g.have()), fmt.Sprintf("缺少最后一个分片，已有 %d 字节", g.have())}
	}
	return skipReason{fmt.Sprintf("%d of its %d bytes are missing", g.total-g.have(), g.total), fmt.Sprintf("共 %[2]d 字节，缺少 %[1]d 字节", g.total-g.have(), g.total)}
}

// repeats reports whether all there is are copies of fragments of the datagram
// that was complete before, as a capture on several interfaces has them.
func (g *fragmented) repeats() bool {
	for i := range g.pieces {
		if !slices.Contains(g.before, g.pieces[i].seen()) {
			return false
		}
	}
	return true
}
