//go:build !linux

package udp

import (
	"net/netip"

	"sockeye"
)

func newDatagramIO(k *udpSocket) datagramIO { return newSingleIO(k) }

func parseControl([]byte) control { return control{} }

func (k *udpSocket) droppedCount() uint32 { return 0 }

func sourceControl(netip.Addr) []byte { return nil }

// reportICMP records what the network said of an earlier datagram: an error that
// isICMP. It is called under order.
func (k *udpSocket) reportICMP(err error) {
	if m := k.anyPeer(); m != nil {
		k.refused(m.remote, err, 0)
	}
}

// anyPeer is the peer of a connected socket.
func (k *udpSocket) anyPeer() *udpPeer {
	if !k.connected {
		return nil
	}
	return k.known(k.local)
}

// isLate reports whether an error is what the network says of an earlier datagram.
func isLate(err error) bool { return isICMP(err) }

// pathMTU is not known.
func (k *udpSocket) pathMTU(netip.AddrPort) int { return 0 }

func (k *udpSocket) fillStatus(*sockeye.PeerStatus) {}
