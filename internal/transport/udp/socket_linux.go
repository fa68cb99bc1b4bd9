package udp

import (
	"net/netip"
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"sockeye"
	"sockeye/internal/netinfo"
)

// parseControl reads the control messages of a datagram: the time that it came
// (SO_TIMESTAMPNS, socket(7)) and where it was sent to (IP_PKTINFO of ip(7),
// IPV6_RECVPKTINFO of ipv6(7)).
func parseControl(oob []byte) control {
	var c control
	for len(oob) >= unix.SizeofCmsghdr {
		h := (*unix.Cmsghdr)(unsafe.Pointer(&oob[0]))
		n := int(h.Len)
		if n < unix.SizeofCmsghdr || n > len(oob) {
			break
		}
		c.merge(h, oob[unix.CmsgLen(0):max(n, unix.CmsgLen(0))])
		oob = oob[min(unix.CmsgSpace(n-unix.CmsgLen(0)), len(oob)):]
	}
	return c
}

func (c *control) merge(h *unix.Cmsghdr, data []byte) {
	switch kind := [2]int32{h.Level, h.Type}; {
	case kind == [2]int32{unix.SOL_SOCKET, unix.SCM_TIMESTAMPNS} && len(data) >= int(unsafe.Sizeof(unix.Timespec{})):
		c.at = (*unix.Timespec)(unsafe.Pointer(&data[0])).Nano()
	case kind == [2]int32{unix.SOL_IP, unix.IP_PKTINFO} && len(data) >= unix.SizeofInet4Pktinfo:
		// Spec_dst is ours even if the datagram was broadcast.
		c.to = netip.AddrFrom4((*unix.Inet4Pktinfo)(unsafe.Pointer(&data[0])).Spec_dst)
	case kind == [2]int32{unix.SOL_IPV6, unix.IPV6_PKTINFO} && len(data) >= unix.SizeofInet6Pktinfo:
		ip := netip.AddrFrom16((*unix.Inet6Pktinfo)(unsafe.Pointer(&data[0])).Addr)
		if !ip.Is4In6() && !ip.IsMulticast() { // IPv4 has a message of its own
			c.to = ip
		}
	}
}

// requestPacketInfo has the system tell of each datagram to which address of ours
// it was sent. A socket of IPv6 carries IPv4, too.
func requestPacketInfo(conn udpConn) {
	conn.Control(func(fd uintptr) {
		unix.SetsockoptInt(int(fd), unix.SOL_IP, unix.IP_PKTINFO, 1)
		unix.SetsockoptInt(int(fd), unix.SOL_IPV6, unix.IPV6_RECVPKTINFO, 1)
	})
}

// sourceControl is the control message that sends a datagram from an address of
// ours, nil for any.
func sourceControl(ip netip.Addr) []byte {
	switch {
	case ip.Is4():
		return unix.PktInfo4(&unix.Inet4Pktinfo{Spec_dst: ip.As4()})
	case ip.Is6():
		return unix.PktInfo6(&unix.Inet6Pktinfo{Addr: ip.As16()})
	}
	return nil
}

// droppedCount asks how many datagrams the socket has dropped.
func (k *udpSocket) droppedCount() (n uint32) {
	k.conn.Control(func(fd uintptr) { n = dropsOf(int(fd)) })
	return n
}

// dropsOf asks how many datagrams a socket has dropped (SO_MEMINFO), 0 before Linux
// 4.6. A count with each datagram (SO_RXQ_OVFL) would cost every one of them, and
// say nothing of those that were dropped last.
func dropsOf(fd int) uint32 {
	const drops = 8 // SK_MEMINFO_DROPS of linux/sock_diag.h, the last one
	var info [drops + 1]uint32
	size := uint32(unsafe.Sizeof(info))
	syscall.RawSyscall6(unix.SYS_GETSOCKOPT, uintptr(fd), unix.SOL_SOCKET, unix.SO_MEMINFO,
		uintptr(unsafe.Pointer(&info)), uintptr(unsafe.Pointer(&size)), 0)
	return info[drops]
}

// reportICMP records what the network said of earlier datagrams, and to which
// address they went (IP_RECVERR, ip(7)). It is called under order; which errors there
// were, the kernel's queue says.
func (k *udpSocket) reportICMP(error) {
	k.conn.Control(func(fd uintptr) {
		var data [64]byte
		var oob [512]byte
		for {
			_, n, _, to, err := unix.Recvmsg(int(fd), data[:], oob[:], unix.MSG_ERRQUEUE|unix.MSG_DONTWAIT)
			if err != nil {
				return
			}
			if errno, mtu, ok := extendedError(oob[:n]); ok {
				k.refused(k.addressOf(to), os.NewSyscallError("sendto", errno), mtu)
			}
		}
	})
}

// extendedError finds the error in a struct sock_extended_err, whose first field
// it is; the next one says where it comes from. With EMSGSIZE there is the MTU of the path,
// else 0. What the system itself had against a datagram the sender knows already.
func extendedError(oob []byte) (errno syscall.Errno, mtu int, ok bool) {
	messages, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return 0, 0, false
	}
	for _, m := range messages {
		isError := m.Header.Level == unix.SOL_IP && m.Header.Type == unix.IP_RECVERR ||
			m.Header.Level == unix.SOL_IPV6 && m.Header.Type == unix.IPV6_RECVERR
		if !isError || len(m.Data) < int(unsafe.Sizeof(unix.SockExtendedErr{})) {
			continue
		}
		e := (*unix.SockExtendedErr)(unsafe.Pointer(&m.Data[0]))
		if e.Origin == unix.SO_EE_ORIGIN_LOCAL {
			continue
		}
		if errno = syscall.Errno(e.Errno); errno == syscall.EMSGSIZE {
			mtu = int(e.Info)
		}
		return errno, mtu, true
	}
	return 0, 0, false
}

// isLate reports whether an error is what the network says of an earlier datagram, or may
// be: a router that found it too long says so with the same error as the system does of
// one that is being sent.
func isLate(err error) bool { return isICMP(err) || isTooLarge(err) }

// pathMTU is the longest packet that the path to an address carries as far as the system
// knows (IP_MTU, ip(7)), 0 if it does not say. It answers for connected sockets alone: one
// of its own is asked for those that are not. Nothing is sent.
func (k *udpSocket) pathMTU(to netip.AddrPort) (mtu int) {
	level, option := unix.SOL_IP, unix.IP_MTU
	family := unix.AF_INET
	if to.Addr().Is6() {
		level, option, family = unix.SOL_IPV6, unix.IPV6_MTU, unix.AF_INET6
	}
	k.conn.Control(func(fd uintptr) { mtu, _ = unix.GetsockoptInt(int(fd), level, option) })
	if mtu > 0 {
		return mtu
	}
	fd, err := unix.Socket(family, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0
	}
	defer unix.Close(fd)
	if name := k.server.session.Options().Interface; name != "" {
		unix.BindToDevice(fd, name)
	}
	if mark := k.server.session.Options().Mark; mark > 0 {
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_MARK, mark) // routes may differ by it
	}
	if unix.Connect(fd, connectAddress(to)) != nil {
		return 0
	}
	mtu, _ = unix.GetsockoptInt(fd, level, option)
	return max(0, mtu)
}

func connectAddress(to netip.AddrPort) unix.Sockaddr {
	if to.Addr().Is4() {
		return &unix.SockaddrInet4{Port: int(to.Port()), Addr: to.Addr().As4()}
	}
	return &unix.SockaddrInet6{Port: int(to.Port()), Addr: to.Addr().As16(), ZoneId: zoneIndex(to.Addr().Zone())}
}

// addressOf returns the address to which the failed datagram was sent.
func (k *udpSocket) addressOf(to unix.Sockaddr) netip.AddrPort {
	switch a := to.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(a.Addr), uint16(a.Port))
	case *unix.SockaddrInet6:
		ip := netip.AddrFrom16(a.Addr).Unmap()
		if a.ZoneId != 0 {
			ip = ip.WithZone(netinfo.ZoneName(int(a.ZoneId)))
		}
		return netip.AddrPortFrom(ip, uint16(a.Port))
	}
	return netip.AddrPort{}
}

func (k *udpSocket) fillStatus(st *sockeye.PeerStatus) {
	k.conn.Control(func(fd uintptr) {
		st.ReceiveBuffer, _ = unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF)
		st.SendBuffer, _ = unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_SNDBUF)
	})
}
