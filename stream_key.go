package sockeye

import "cmp"

// StreamKey names one direction of one peer; it can be the key of a map. The peer is known by its
// number and address: one that is read from a recording twice is the same.
type StreamKey struct {
	ID     uint64     // of the peer
	Remote SocketAddr // its address
	// Kind is Received for what the peer sent, Sent for what it was sent.
	Kind EventKind
}

// Stream names the direction of kind; of no peer (nil), what belongs to none.
func (p *Peer) Stream(kind EventKind) StreamKey {
	if p == nil {
		return StreamKey{Kind: kind}
	}
	return StreamKey{p.ID, p.Remote, kind}
}

// Compare orders streams by the numbers of their peers.
func (k StreamKey) Compare(other StreamKey) int {
	return cmp.Or(cmp.Compare(k.ID, other.ID), k.Remote.Compare(other.Remote), cmp.Compare(k.Kind, other.Kind))
}
