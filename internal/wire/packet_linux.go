package wire

import (
	"net/netip"
	"os"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"sockeye"
)

// kernelTime finds the kernel's receive time among control messages
// (SO_TIMESTAMPNS, socket(7)).
func kernelTime(oob []byte) (time.Time, bool) {
	if len(oob) == 0 {
		return time.Time{}, false
	}
	messages, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return time.Time{}, false
	}
	for _, m := range messages {
		if m.Header.Level == unix.SOL_SOCKET && m.Header.Type == unix.SCM_TIMESTAMPNS && len(m.Data) >= int(unsafe.Sizeof(unix.Timespec{})) {
			ts := (*unix.Timespec)(unsafe.Pointer(&m.Data[0]))
			return time.Unix(ts.Unix()), true
		}
	}
	return time.Time{}, false
}

// reportICMP records what the network said of earlier datagrams, and to which
// address they went (IP_RECVERR, ip(7)). It is called under order, with an error
// that isICMP; which of them it was, the kernel's queue says.
func (k *packetSocket) reportICMP(error) {
	raw, err := k.conn.SyscallConn()
	if err != nil {
		return
	}
	raw.Control(func(fd uintptr) {
		var data [64]byte
		var oob [512]byte
		for {
			_, n, _, to, err := unix.Recvmsg(int(fd), data[:], oob[:], unix.MSG_ERRQUEUE|unix.MSG_DONTWAIT)
			if err != nil {
				return
			}
			if errno, ok := extendedError(oob[:n]); ok {
				k.refused(k.addressOf(to), os.NewSyscallError("sendto", errno))
			}
		}
	})
}

// extendedError finds the error in a struct sock_extended_err, whose first field
// it is.
func extendedError(oob []byte) (syscall.Errno, bool) {
	messages, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return 0, false
	}
	for _, m := range messages {
		isError := m.Header.Level == unix.SOL_IP && m.Header.Type == unix.IP_RECVERR ||
			m.Header.Level == unix.SOL_IPV6 && m.Header.Type == unix.IPV6_RECVERR
		if isError && len(m.Data) >= 4 {
			return syscall.Errno(*(*uint32)(unsafe.Pointer(&m.Data[0]))), true
		}
	}
	return 0, false
}

// addressOf is where the failed datagram was sent.
func (k *packetSocket) addressOf(to unix.Sockaddr) netip.AddrPort {
	switch a := to.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(a.Addr), uint16(a.Port))
	case *unix.SockaddrInet6:
		ip := netip.AddrFrom16(a.Addr).Unmap()
		if a.ZoneId != 0 {
			ip = ip.WithZone(zoneName(int(a.ZoneId)))
		}
		return netip.AddrPortFrom(ip, uint16(a.Port))
	}
	return netip.AddrPort{}
}

func (k *packetSocket) fill(st *sockeye.PeerStatus) {
	raw, err := k.conn.SyscallConn()
	if err != nil {
		return
	}
	raw.Control(func(fd uintptr) {
		st.ReceiveBuffer, _ = unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF)
		st.SendBuffer, _ = unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_SNDBUF)
	})
}
