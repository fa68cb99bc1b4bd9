package pcapng

import "sockeye"

// parts is the data of an event that came in several packets, as far as it is
// there.
type parts struct {
	seq    uint64
	next   uint16 // part wanted; 0: there is none
	start  int64  // offset of the first one's block
	detail *sockeye.Detail
	data   []byte
}

func (p *parts) none() bool { return p.next == 0 }

// join adds the data of d.frame to the event. It says true when the event is
// complete.
func (p *parts) join(d *Decoder, ev *sockeye.Event) bool {
	k := &d.frame.seal
	data, ok := payloadOf(d.frame.packet)
	if !p.none() && k.number == p.seq && k.part < p.next {
		d.report(d.here(Repeated, k.number, repeatedText))
		return false
	}
	if k.part == 0 {
		d.dropParts()
	}
	if !ok || k.part >= k.parts || k.part != p.next || k.part > 0 && k.number != p.seq {
		d.dropParts()
		d.reportUnlessExcused(d.here(Broken, k.number, partText))
		return false
	}
	if k.part == 0 {
		d.start = d.win.offset
		if k.parts == 1 {
			ev.Data = data
			return true
		}
		if cap(p.data) > 4*largeWindow {
			p.data = nil // the last event was a giant
		}
		p.seq, p.start, p.detail, p.data = k.number, d.win.offset, ev.Detail, p.data[:0]
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

// dropParts gives up an event that is not all there.
func (d *Decoder) dropParts() {
	p := &d.parts
	if p.none() {
		return
	}
	p.next = 0
	d.reportUnlessExcused(Damage{Offset: p.start, Length: d.win.offset - p.start, Kind: Broken, Seq: p.seq, What: partText})
}
