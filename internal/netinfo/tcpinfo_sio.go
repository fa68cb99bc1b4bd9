package netinfo

import (
	"encoding/binary"
	"time"

	"sockeye"
)

// sioTCPInfoSize is the size of a TCP_INFO_v0 (mstcpip.h).
const sioTCPInfoSize = 88

// sioStates are the connection states by number (TCPSTATE of mstcpip.h), named as in RFC 9293.
var sioStates = [...]string{
	"CLOSED", "LISTEN", "SYN-SENT", "SYN-RECEIVED", "ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2",
	"CLOSE-WAIT", "CLOSING", "LAST-ACK", "TIME-WAIT",
}

// parseSIOTCPInfo reads a TCP_INFO_v0, which Windows fills for SIO_TCP_INFO. Windows counts
// windows in bytes and what was sent again in bytes: both become segments here.
func parseSIOTCPInfo(b []byte) *sockeye.TCPInfo {
	if len(b) < sioTCPInfoSize {
		return nil
	}
	word := func(at int) uint32 { return binary.LittleEndian.Uint32(b[at:]) }
	segments := func(bytes uint64) uint32 {
		if mss := uint64(word(4)); mss > 0 {
			return uint32((bytes + mss - 1) / mss)
		}
		return 0
	}
	t := &sockeye.TCPInfo{
		SendMSS: word(4), RTT: time.Duration(word(20)) * time.Microsecond, MinRTT: time.Duration(word(24)) * time.Microsecond,
		InFlight: word(28), Unacked: segments(uint64(word(28))), CongestionWindow: segments(uint64(word(32))), SendWindow: word(36), ReceiveWindow: word(40),
		SegmentsSent: segments(binary.LittleEndian.Uint64(b[48:])), Retransmits: segments(uint64(word(68))),
	}
	if n := word(0); int(n) < len(sioStates) {
		t.State = sioStates[n]
	}
	if t.MinRTT == noMinRTT {
		t.MinRTT = 0
	}
	return t
}
