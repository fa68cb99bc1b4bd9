package netinfo

import (
	"golang.org/x/sys/unix"

	"sockeye"
)

// FillTCP adds to st what macOS knows of a TCP socket (TCP_CONNECTION_INFO, netinet/tcp.h).
func FillTCP(st *sockeye.PeerStatus, fd int) {
	info, err := unix.GetsockoptTCPConnectionInfo(fd, unix.IPPROTO_TCP, unix.TCP_CONNECTION_INFO)
	if err != nil {
		return
	}
	st.Unsent = int(info.Snd_sbbytes)
	st.TCP = connectionInfo{
		state: info.State, maxSegment: info.Maxseg, congestionWindow: info.Snd_cwnd, sendWindow: info.Snd_wnd, receiveWindow: info.Rcv_wnd,
		srtt: info.Srtt, rttvar: info.Rttvar, packets: info.Txpackets, packetsAgain: info.Txretransmitpackets,
	}.tcpInfo()
}
