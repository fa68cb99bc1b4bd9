package transport

import (
	"bufio"
	"bytes"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"sockeye"
)

// tcpStates are the kernel's connection states by number (tcp_states.h), named
// as in RFC 9293.
var tcpStates = [...]string{
	1: "ESTABLISHED", "SYN-SENT", "SYN-RECEIVED", "FIN-WAIT-1", "FIN-WAIT-2", "TIME-WAIT",
	"CLOSED", "CLOSE-WAIT", "LAST-ACK", "LISTEN", "CLOSING",
}

// fillStatus adds what the kernel knows of the connection (TCP_INFO, tcp(7)).
func (c *portableConn) fillStatus(st *sockeye.PeerStatus) {
	st.Queued = int(c.waiting.Load())
	c.raw.Control(func(fd uintptr) { fillTCP(st, int(fd)) })
}

func fillTCP(st *sockeye.PeerStatus, fd int) {
	st.Unsent = outQueue(fd)
	if st.Unsent > 0 && st.State == sockeye.WeFinished {
		st.Unsent-- // our FIN
	}
	st.ReceiveBuffer, _ = unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF)
	st.SendBuffer, _ = unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUF)
	info, err := unix.GetsockoptTCPInfo(fd, unix.SOL_TCP, unix.TCP_INFO)
	if err != nil {
		return
	}
	st.TCP = &sockeye.TCPInfo{
		RTT: time.Duration(info.Rtt) * time.Microsecond, RTTVariance: time.Duration(info.Rttvar) * time.Microsecond,
		Retransmits: info.Total_retrans, CongestionWindow: info.Snd_cwnd, Unacked: info.Unacked, SendMSS: info.Snd_mss,
	}
	if int(info.State) < len(tcpStates) {
		st.TCP.State = tcpStates[info.State]
	}
}

func (c *portableConn) outgoing() (o outgoing, ok bool) {
	c.raw.Control(func(fd uintptr) { o, ok = outgoingOf(int(fd)) })
	return o, ok
}

// outgoingOf asks for more than the number of unacknowledged bytes only if there are any.
func outgoingOf(fd int) (o outgoing, ok bool) {
	if o.unsent = outQueue(fd); o.unsent <= 0 {
		return o, o.unsent == 0
	}
	info, err := unix.GetsockoptTCPInfo(fd, unix.SOL_TCP, unix.TCP_INFO)
	if err != nil {
		return o, false
	}
	o.inFlight, o.probes, o.acked = info.Unacked > 0, int(info.Probes), info.Bytes_acked
	o.lastAck = time.Duration(info.Last_ack_recv) * time.Millisecond
	return o, true
}

// isAcknowledged says whether the peer has acknowledged everything, our FIN included.
func isAcknowledged(fd uintptr) bool { return outQueue(int(fd)) <= 0 }

// unacknowledged counts bytes written but not acknowledged by the peer, -1 if
// the kernel does not say.
func (c *portableConn) unacknowledged() int {
	n := -1
	c.raw.Control(func(fd uintptr) { n = outQueue(int(fd)) })
	return n
}

// outQueue asks for unacknowledged bytes (SIOCOUTQ, tcp(7)).
func outQueue(fd int) int {
	if n, err := unix.IoctlGetInt(fd, unix.SIOCOUTQ); err == nil {
		return n
	}
	return -1
}

// acceptQueue reads a listening socket's queue: for it TCP_INFO holds the length
// in tcpi_unacked and the backlog in tcpi_sacked.
func acceptQueue(raw fdController) *sockeye.AcceptQueue {
	var q *sockeye.AcceptQueue
	raw.Control(func(fd uintptr) {
		if info, err := unix.GetsockoptTCPInfo(int(fd), unix.SOL_TCP, unix.TCP_INFO); err == nil {
			q = &sockeye.AcceptQueue{Waiting: int(info.Unacked), Backlog: int(info.Sacked)}
		}
	})
	if q != nil {
		if netstat, err := os.ReadFile("/proc/net/netstat"); err == nil {
			q.Overflows = listenOverflows(netstat)
		}
	}
	return q
}

// listenOverflows finds TcpExt ListenOverflows in the text of /proc/net/netstat,
// where a line of names is followed by a line of values.
func listenOverflows(netstat []byte) uint64 {
	lines := bufio.NewScanner(bytes.NewReader(netstat))
	var names []string
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) == 0 || fields[0] != "TcpExt:" {
			continue
		}
		if names == nil {
			names = fields
			continue
		}
		for i, name := range names {
			if name == "ListenOverflows" && i < len(fields) {
				n, _ := strconv.ParseUint(fields[i], 10, 64)
				return n
			}
		}
	}
	return 0
}
