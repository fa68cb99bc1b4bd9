package pcapng

import (
	"time"

	"sockeye"
)

// peerStream is what the encoder knows of one peer: its headers both ways, how far
// its sequence numbers are, and what of it the segment says already.
type peerStream struct {
	peer    *sockeye.Peer
	traits  sockeye.Traits
	in, out packetFlow
	since   time.Time // when it joined; zero if that was not recorded

	segment uint32 // the last one that introduces it
	alias   string // as introduced
}

func (e *BlockEncoder) newStream(p *sockeye.Peer) *peerStream {
	st := &peerStream{
		peer: p, traits: p.Network.Traits(),
		in:  newFlow(p.Network, p.Remote, p.Local, inbound),
		out: newFlow(p.Network, p.Local, p.Remote, outbound),
	}
	e.restart(st)
	return st
}

// restart puts a stream to its first sequence numbers. The very last number is not
// one of them: the answer to its SYN acknowledges 0, which Wireshark takes for
// repeated.
func (e *BlockEncoder) restart(st *peerStream) {
	for _, f := range []*packetFlow{&st.in, &st.out} {
		f.next = min(e.o.first(st.peer, f.direction), 1<<32-2)
		f.unackedBytes, f.unackedSegments, f.fin = 0, 0, false
	}
}

// streamOf finds the peer's stream. A new one is kept only if more events of the
// peer are to be expected.
func (e *BlockEncoder) streamOf(p *sockeye.Peer, keep bool) *peerStream {
	if st := e.stream; st != nil && st.peer == p {
		return st
	}
	st := e.streams[p]
	if st == nil {
		st = e.newStream(p)
		if !keep {
			return st
		}
		e.streams[p] = st
	}
	e.stream = st
	return st
}

func (e *BlockEncoder) forget(st *peerStream) {
	delete(e.streams, st.peer)
	e.stream = nil
}

// firstSequence is where a stream's sequence numbers start: elsewhere for each
// peer, so that one with the ports of an earlier one is seen as new, and the same
// whenever the peer is recorded.
func firstSequence(p *sockeye.Peer, direction uint32) uint32 {
	x := p.ID<<2 + uint64(direction) // splitmix64, Steele et al. 2014
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return uint32(x >> 32)
}

// from is the flow of what the event's side sends, and the other one.
func (st *peerStream) from(ours bool) (f, back *packetFlow) {
	if ours {
		return &st.out, &st.in
	}
	return &st.in, &st.out
}
