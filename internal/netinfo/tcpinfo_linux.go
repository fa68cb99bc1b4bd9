package netinfo

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"sockeye"
)

// FillTCP adds to st what the kernel knows of a TCP socket: TCP_INFO, the send queue
// and the buffers (tcp(7), socket(7)). Our FIN, which the queue counts, is taken off.
func FillTCP(st *sockeye.PeerStatus, fd int) {
	st.Unsent = OutQueue(fd)
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
		Retransmits: info.Total_retrans, CongestionWindow: info.Snd_cwnd, Unacked: info.Unacked, SendMSS: info.Snd_mss, PathMTU: info.Pmtu,
		SendWindow: info.Snd_wnd, ReceiveWindow: info.Rcv_wnd, MinRTT: time.Duration(info.Min_rtt) * time.Microsecond, SegmentsSent: info.Data_segs_out,
		NotSent: info.Notsent_bytes, DeliveryRate: info.Delivery_rate, PacingRate: info.Pacing_rate, Backoff: info.Backoff,
		Busy: time.Duration(info.Busy_time) * time.Microsecond, PeerLimited: time.Duration(info.Rwnd_limited) * time.Microsecond, BufferLimited: time.Duration(info.Sndbuf_limited) * time.Microsecond,
	}
	st.TCP.InFlight = uint32(max(0, st.Unsent-int(info.Notsent_bytes)))
	if st.TCP.MinRTT == noMinRTT {
		st.TCP.MinRTT = 0
	}
	if int(info.State) < len(tcpStateNames) {
		st.TCP.State = tcpStateNames[info.State]
	}
}

// SendStateOf asks what became of the bytes that the kernel took for a peer. It asks
// for more than their number only if there are any; ok is false if it is not told.
func SendStateOf(fd int) (o SendState, ok bool) {
	if o.Unsent = OutQueue(fd); o.Unsent <= 0 {
		return o, o.Unsent == 0
	}
	info, err := unix.GetsockoptTCPInfo(fd, unix.SOL_TCP, unix.TCP_INFO)
	if err != nil {
		return o, false
	}
	o.Dropped = info.State == unix.BPF_TCP_CLOSE
	o.InFlight, o.Probes, o.Acked = info.Unacked > 0, int(info.Probes), info.Bytes_acked
	o.LastAck = time.Duration(info.Last_ack_recv) * time.Millisecond
	o.LastSent = time.Duration(info.Last_data_sent) * time.Millisecond
	if o.Segment, o.Window = int(info.Snd_mss), int(info.Snd_wnd); !reportsWindow() {
		o.Window = -1
	}
	return o, true
}

// reportsWindow says that the kernel fills in tcpi_snd_wnd, as those since 5.4 do.
var reportsWindow = sync.OnceValue(func() bool {
	var system unix.Utsname
	var major, minor int
	unix.Uname(&system)
	fmt.Sscanf(unix.ByteSliceToString(system.Release[:]), "%d.%d", &major, &minor)
	return major > 5 || major == 5 && minor >= 4
})

// OutQueue is how many bytes written to a TCP socket its peer has not acknowledged
// (SIOCOUTQ, tcp(7)), our FIN included; -1 if the kernel does not say.
func OutQueue(fd int) int {
	if n, err := unix.IoctlGetInt(fd, unix.SIOCOUTQ); err == nil {
		return n
	}
	return -1
}

// AcceptQueueOf reads the accept queue of a listening TCP socket, nil if the kernel
// does not say. For such a socket TCP_INFO holds the length in tcpi_unacked and the
// backlog in tcpi_sacked.
func AcceptQueueOf(raw interface{ Control(func(fd uintptr)) error }) *sockeye.AcceptQueue {
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
