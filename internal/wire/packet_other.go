//go:build !linux

package wire

import (
	"time"

	"sockeye"
)

func kernelTime([]byte) (time.Time, bool) { return time.Time{}, false }

// reportICMP records what the network said of an earlier datagram. It says false
// if err is not of that kind.
func (k *packetSocket) reportICMP(err error) bool {
	if !isICMP(err) {
		return false
	}
	if m := k.anyPeer(); m != nil {
		k.refused(m.peer.Remote, err)
	}
	return true
}

// anyPeer is the peer of a connected socket.
func (k *packetSocket) anyPeer() *packetPeer {
	if !k.connected {
		return nil
	}
	return k.known(k.local)
}

func (k *packetSocket) fill(*sockeye.PeerStatus) {}
