//go:build !linux

package wire

import (
	"net/netip"

	"sockeye"
)

func newInbox(k *packetSocket) inbox { return newSingleInbox(k) }

func parseControl([]byte) control { return control{} }

func (k *packetSocket) dropped() uint32 { return 0 }

func sourceControl(netip.Addr) []byte { return nil }

// reportICMP records what the network said of an earlier datagram: an error that
// isICMP. It is called under order.
func (k *packetSocket) reportICMP(err error) {
	if m := k.anyPeer(); m != nil {
		k.refused(m.peer.Remote, err)
	}
}

// anyPeer is the peer of a connected socket.
func (k *packetSocket) anyPeer() *packetPeer {
	if !k.connected {
		return nil
	}
	return k.known(k.local)
}

func (k *packetSocket) fill(*sockeye.PeerStatus) {}
