package pcapng

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
)

// searched is how far a file without a section header is searched for blocks of
// ours, in bytes.
const searched = 16 << 20

// begin reads the first block of the file.
func (d *BlockDecoder) begin() error {
	d.begun = true
	if len(d.lookahead.peek(1)) == 0 {
		return d.end()
	}
	if d.sound() {
		if d.frame.block != blockSection {
			d.report(Damage{Offset: d.lookahead.offset, Kind: Broken, What: headerText})
		}
		return d.enter()
	}
	b := d.lookahead.peek(maxBlock)
	for _, n := range extents(b) {
		if _, ok := d.repair(b[:n]); ok && d.frame.block == blockSection {
			d.skip = n
			d.reportRepaired(mendedText)
			return d.enter()
		}
	}
	if otherProgram(b) {
		return ErrForeign
	}
	return d.search(searched)
}

// recover goes on after a block that is not sound: it mends it, or finds out how
// far the damage goes and reports it.
func (d *BlockDecoder) recover() error {
	b := d.lookahead.peek(maxBlock)
	if len(b) == 0 {
		return d.end()
	}
	lengths := extents(b)
	for _, n := range lengths {
		if ok, err := d.rescue(b[:n]); ok {
			return err
		}
	}
	if !d.packets && rewritten(b) {
		return ErrForeign
	}
	for _, n := range lengths {
		if d.plausibleEnd(n) {
			d.skip = n
			d.report(d.here(Broken, 0, blockText))
			return errAgain
		}
	}
	return d.search(0)
}

// errAgain says that d.frame holds nothing, and to try the next block.
var errAgain = errors.New("pcapng: skipped")

// rescue makes use of a block b of a likely length, as far as it can. It says
// false if there is nothing in it to trust.
func (d *BlockDecoder) rescue(b []byte) (bool, error) {
	state := d.frame.check(b)
	mended := false
	if state == intact && !d.fits() {
		d.skip = len(b)
		d.report(d.here(Broken, d.frame.integrity.number, strangeText))
		return true, errAgain
	}
	if state != badPacket || !d.fits() {
		if state, mended = d.repair(b); !mended {
			return false, nil
		}
	}
	d.skip = len(b)
	switch k := &d.frame.integrity; {
	case state == intact:
		d.reportRepaired(mendedText)
	case k.parts == 0:
		d.reportRepaired(framingText)
	default:
		d.report(d.here(Broken, k.number, packetText))
		d.learn()
		return true, errAgain
	}
	return true, d.enter()
}

// plausibleEnd says whether a damaged block is likely to be n bytes long: it says
// so at its end as well, or what follows is sound, or nothing follows.
func (d *BlockDecoder) plausibleEnd(n int) bool {
	b := d.lookahead.peek(n + maxBlock)
	if len(b) == n || le.Uint32(b[n-4:]) == uint32(n) {
		return true
	}
	if len(b) < n+blockTail {
		return false
	}
	next, ok := lengthOf(b[n:])
	return ok && n+next <= len(b) && d.frame.check(b[n:n+next]) == intact && d.fits()
}

// search moves on to the next sound block and reports what is before it. It
// gives up after limit bytes, if that is not 0.
//
// A block that only looks like one of ours because it is part of recorded data
// is told by its segment. Section headers are not looked for, because they have
// nothing to be told by.
func (d *BlockDecoder) search(limit int64) error {
	from := d.lookahead.offset
	head := append([]byte(nil), d.lookahead.peek(blockTail)...)
	full := from // offset after the last byte that is not zero
	for {
		b := d.lookahead.peek(maxLookahead)
		last := d.lookahead.err != nil
		stop := len(b) - maxBlock // where not all of a block may be in sight
		if last {
			stop = len(b)
		}
		i := 0
		for ; i < stop; i += 4 {
			if n := d.blockAt(b[i:]); n > 0 && d.lookahead.offset+int64(i) > from {
				d.foundAt(from, i, n)
				return d.enter()
			}
		}
		i = min(i, len(b))
		if k := lastNonZero(b[:i]); k >= 0 {
			full = d.lookahead.offset + int64(k) + 1
		}
		d.lookahead.skip(i)
		switch {
		case last:
			return d.tail(from, full, head, endsBlock(b, d.lookahead.offset-from))
		case limit > 0 && d.lookahead.offset-from > limit:
			return ErrForeign
		}
	}
}

// blockAt is the length of the sound block at the front of b, or 0.
func (d *BlockDecoder) blockAt(b []byte) int {
	if len(b) < blockTail {
		return 0
	}
	n, ok := lengthOf(b)
	if !ok || n > len(b) || le.Uint32(b) == blockSection || le.Uint32(b[n-4:]) != uint32(n) {
		return 0
	}
	if d.frame.check(b[:n]) != intact || !d.fits() {
		return 0
	}
	return n
}

// endsBlock says whether b, the end of size bytes, is the end of a block: it is the
// block's length, which stands at the block's beginning too or makes it all there is.
func endsBlock(b []byte, size int64) bool {
	if len(b) < blockTail {
		return false
	}
	n := int64(le.Uint32(b[len(b)-4:]))
	if n < minBlock || n&3 != 0 || n > int64(len(b)) {
		return false
	}
	return n == size || int64(le.Uint32(b[int64(len(b))-n+4:])) == n
}

// headless says that nothing has been read yet where a section header should be.
func (d *BlockDecoder) headless() bool { return d.section.ID == 0 && !d.middle }

// foundAt reports what search went over and stands at the block it found.
func (d *BlockDecoder) foundAt(from int64, i, n int) {
	what := gapText
	if d.headless() {
		what = headerText
	}
	d.lookahead.skip(i)
	d.skip = n
	d.report(Damage{Offset: from, Length: d.lookahead.offset - from, Kind: Broken, What: what})
}

// tail says what the end of the file is, in which search found nothing: head is
// how it begins, from full on there are only zeros, and whole says that a block ends
// where the file does.
func (d *BlockDecoder) tail(from, full int64, head []byte, whole bool) error {
	if d.lookahead.err != nil && !errors.Is(d.lookahead.err, io.EOF) {
		return d.lookahead.err
	}
	size := d.lookahead.offset - from
	claimed, isBlock := 0, len(head) < blockTail
	if !isBlock {
		claimed, isBlock = lengthOf(head)
	}
	what := Damage{Offset: from, Length: size, Kind: Torn}
	switch {
	case d.headless() && full > from && !bytes.HasPrefix(sectionMagic, head[:min(len(head), 4)]):
		return ErrForeign
	case full == from:
		what.What = zerosText
	case whole && !d.headless(): // nothing was cut off
		what.Kind, what.What = Broken, blockText
	case isBlock && (int64(claimed) > size || len(head) < blockTail || full-from < int64(claimed)-3), full-from <= blockTail:
		what.What = cutText
	case d.headless():
		return ErrForeign
	default:
		what.Kind, what.What = Broken, gapText
	}
	if !d.reassembly.none() && !d.excused { // otherwise damage behind its start was reported
		what.Offset, what.Length = d.reassembly.start, d.lookahead.offset-d.reassembly.start
	}
	d.reassembly.next = 0
	d.report(what)
	return d.end()
}

var sectionMagic = []byte{0x0A, 0x0D, 0x0D, 0x0A}

// otherProgram says whether b is how captures of other programs begin: pcapng
// without our integrity option, or pcap.
func otherProgram(b []byte) bool {
	if len(b) < sectionFixed {
		return false
	}
	switch le.Uint32(b) {
	case 0xA1B2C3D4, 0xD4C3B2A1, 0xA1B23C4D, 0x4D3CB2A1: // pcap, draft-ietf-opsawg-pcap section 4
		return true
	case blockSection:
	default:
		return false
	}
	if binary.BigEndian.Uint32(b[8:]) == byteOrderMagic {
		return true
	}
	n := int(le.Uint32(b[4:]))
	if le.Uint32(b[8:]) != byteOrderMagic || n&3 != 0 || n < sectionFixed+4 || n > len(b) || le.Uint32(b[n-4:]) != uint32(n) {
		return false
	}
	return !hasIntegrity(b[sectionFixed : n-4])
}

// rewritten says whether b begins with a packet block that another program wrote
// anew from one of ours: Wireshark keeps custom options and drops hashes.
func rewritten(b []byte) bool {
	if len(b) < packetFixed || le.Uint32(b) != blockPacket {
		return false
	}
	n, captured := uint64(le.Uint32(b[4:])), uint64(le.Uint32(b[20:]))
	at := packetFixed + (captured+3)&^3
	if n > uint64(len(b)) || at+4 > n || le.Uint32(b[n-4:]) != uint32(n) {
		return false
	}
	options := b[at : n-4]
	for code, _, rest, ok := option(options); ok; code, _, rest, ok = option(rest) {
		if code == optHash {
			return false
		}
	}
	return hasIntegrity(options)
}

// hasIntegrity says whether an integrity option is among options, whatever it says.
func hasIntegrity(options []byte) bool {
	for code, value, rest, ok := option(options); ok; code, value, rest, ok = option(rest) {
		if code == optCustomData && len(value) >= 4+integrityContent && le.Uint32(value) == enterprise {
			return true
		}
	}
	return false
}

// lastNonZero is the index of the last byte that is not zero, or -1.
func lastNonZero(b []byte) int {
	i := len(b)
	for i >= 8 && le.Uint64(b[i-8:]) == 0 {
		i -= 8
	}
	for i > 0 && b[i-1] == 0 {
		i--
	}
	return i - 1
}
