package netinfo

import "time"

// SendState is what the kernel tells of the bytes that it took for a TCP peer.
type SendState struct {
	Unsent   int           // not acknowledged, our FIN included
	InFlight bool          // segments are under way
	Dropped  bool          // the connection is over: the kernel sends none of them any more
	Probes   int           // of the closed window that were not answered
	LastAck  time.Duration // since anything was acknowledged, probes included
	LastSent time.Duration // since data was sent, again or for the first time; probes are none
	Acked    uint64        // bytes, since the connection began
	Window   int           // bytes that the peer has room for, as it last said; -1: not told
	Segment  int           // bytes of a full segment: at most half of the largest window there was
}

// Unanswered says that the peer has not acknowledged anything since it was last sent data,
// or a probe. The kernel sends again at ever longer intervals, of up to two minutes: the
// age of the last acknowledgement alone says nothing.
func (o SendState) Unanswered() bool {
	return o.InFlight && o.LastAck > o.LastSent || o.Probes > 0
}

// Narrow says that the peer's window has no room for a full segment, though bytes wait
// for it. A receiver that reads makes room for a segment, or for half of its buffer,
// before it says so (RFC 9293 section 3.8.6.2.2), and the kernel makes segments no larger
// than that half. That segments are under way says nothing: a receiver whose buffer is
// full may have dropped them.
func (o SendState) Narrow() bool {
	if o.Window < 0 {
		return o.Unsent > 0 && !o.InFlight
	}
	return o.Unsent > 0 && o.Window < o.Segment
}

// noMinRTT is what the lowest round trip holds before anything was measured.
const noMinRTT = 0xffffffff * time.Microsecond
