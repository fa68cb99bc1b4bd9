package pcapng

import "sockeye"

// reassembly is the data of an event that came in several packets, as far as it is
// there.
type reassembly struct {
	seq    uint64
	next   uint16 // part wanted; 0: there is none
	start  int64  // offset of the first one's block
	detail *sockeye.Detail
	data   []byte
}

func (p *reassembly) none() bool { return p.next == 0 }

// join adds the data of d.frame to the event. It says true when the event is
// complete.
func (p *reassembly) join(d *BlockDecoder, ev *sockeye.Event) bool {
	k := &d.frame.integrity
	data, ok := payloadOf(d.frame.packet)
	if !p.none() && k.number == p.seq && k.part < p.next {
		d.report(d.here(Repeated, k.number, repeatedText))
		return false
	}
	if k.part == 0 {
		d.dropReassembly()
	}
	if !ok || k.part >= k.parts || k.part != p.next || k.part > 0 && k.number != p.seq {
		d.dropReassembly()
		d.reportUnlessExcused(d.here(Broken, k.number, partText))
		return false
	}
	if k.part == 0 {
		d.start = d.lookahead.offset
		if k.parts == 1 {
			ev.Data = data
			return true
		}
		if cap(p.data) > 4*maxLookahead {
			p.data = nil // the last event was a giant
		}
		p.seq, p.start, p.detail, p.data = k.number, d.lookahead.offset, ev.Detail, p.data[:0]
	}
	p.data = append(p.data, data...)
	p.next = k.part + 1
	if p.next < k.parts {
		return false
	}
	d.start = p.start
	ev.Data, ev.Detail = p.data, p.detail
	p.next = 0
	return true
}

// dropReassembly gives up an event that is not all there.
func (d *BlockDecoder) dropReassembly() {
	p := &d.reassembly
	if p.none() {
		return
	}
	p.next = 0
	d.reportUnlessExcused(Damage{Offset: p.start, Length: d.lookahead.offset - p.start, Kind: Broken, Seq: p.seq, What: partText})
}
