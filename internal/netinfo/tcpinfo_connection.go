package netinfo

import (
	"time"

	"sockeye"
)

// bsdStates are the connection states by number (netinet/tcp_fsm.h of BSD and macOS), named
// as in RFC 9293.
var bsdStates = [...]string{
	"CLOSED", "LISTEN", "SYN-SENT", "SYN-RECEIVED", "ESTABLISHED", "CLOSE-WAIT", "FIN-WAIT-1",
	"CLOSING", "LAST-ACK", "FIN-WAIT-2", "TIME-WAIT",
}

// connectionInfo is what is used of a struct tcp_connection_info of macOS: windows in bytes,
// times in milliseconds.
type connectionInfo struct {
	state                                                   uint8
	maxSegment, congestionWindow, sendWindow, receiveWindow uint32
	srtt, rttvar                                            uint32
	packets, packetsAgain                                   uint64
}

// tcpInfo is the same in the units of Linux, in which it is shown: the congestion window in
// segments.
func (c connectionInfo) tcpInfo() *sockeye.TCPInfo {
	t := &sockeye.TCPInfo{
		RTT: time.Duration(c.srtt) * time.Millisecond, RTTVariance: time.Duration(c.rttvar) * time.Millisecond,
		Retransmits: uint32(c.packetsAgain), SegmentsSent: uint32(c.packets),
		SendMSS: c.maxSegment, SendWindow: c.sendWindow, ReceiveWindow: c.receiveWindow,
	}
	if c.maxSegment > 0 {
		t.CongestionWindow = c.congestionWindow / c.maxSegment
	}
	if int(c.state) < len(bsdStates) {
		t.State = bsdStates[c.state]
	}
	return t
}
