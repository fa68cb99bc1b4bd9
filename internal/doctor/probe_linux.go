package doctor

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"sockeye/internal/netinfo"
)

// probeUDP sends an empty datagram and waits for what comes back: a datagram, or an ICMP
// error with its sender (IP_RECVERR, ip(7)).
func probeUDP(ctx context.Context, to netip.AddrPort, wait time.Duration) (p Probe) {
	p.Port = to.Port()
	began := time.Now()
	defer func() {
		p.Took = time.Since(began)
		p.leaveOutHaste(wait)
	}()
	c, err := dialUDP(to, false)
	if err != nil {
		p.Outcome, p.Errno = outcomeOf(err), netinfo.ErrnoName(err)
		return p
	}
	defer c.Close()
	if _, err := c.Write(nil); err != nil {
		p.Outcome, p.Errno = outcomeOf(err), netinfo.ErrnoName(err)
		c.noteSender(&p)
		return p
	}
	c.SetReadDeadline(within(ctx, wait))
	b := make([]byte, maxReply)
	n, err := c.Read(b)
	if err == nil {
		p.Outcome, p.Said = Open, b[:n]
		return p
	}
	p.Outcome, p.Errno = outcomeOf(err), netinfo.ErrnoName(err)
	if p.Outcome != Silent {
		c.noteSender(&p)
	}
	return p
}

// udpProbe is a connected UDP socket that hears of ICMP errors.
type udpProbe struct {
	*net.UDPConn
	is4 bool
}

// dialUDP makes such a socket; whole says that its datagrams must not be cut on the way.
func dialUDP(to netip.AddrPort, whole bool) (*udpProbe, error) {
	c, err := net.Dial("udp", to.String())
	if err != nil {
		return nil, err
	}
	u := &udpProbe{c.(*net.UDPConn), to.Addr().Is4()}
	u.control(func(fd int) {
		if u.is4 {
			unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_RECVERR, 1)
			if whole {
				unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_MTU_DISCOVER, unix.IP_PMTUDISC_PROBE)
			}
			return
		}
		unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_RECVERR, 1)
		if whole {
			unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_MTU_DISCOVER, unix.IPV6_PMTUDISC_PROBE)
		}
	})
	return u, nil
}

func (u *udpProbe) control(f func(fd int)) {
	if raw, err := u.SyscallConn(); err == nil {
		raw.Control(func(fd uintptr) { f(int(fd)) })
	}
}

// noteSender adds who sent the ICMP error.
func (u *udpProbe) noteSender(p *Probe) { u.control(func(fd int) { noteICMP(fd, p) }) }

// bindTo lets a socket use one interface alone (SO_BINDTODEVICE, which needs no rights since
// Linux 5.7).
func bindTo(raw syscall.RawConn, name string) error {
	var failed error
	err := raw.Control(func(fd uintptr) { failed = unix.BindToDevice(int(fd), name) })
	return errors.Join(err, failed)
}

// icmpErrors keeps the socket of a TCP connection that may fail, for its queue of errors
// (IP_RECVERR; for TCP since Linux 5.11). It needs no rights.
type icmpErrors struct{ kept int } // a duplicate of the descriptor, -1 for none

// keep is called before the socket connects.
func (e *icmpErrors) keep(network string, raw syscall.RawConn) {
	raw.Control(func(fd uintptr) {
		if strings.HasSuffix(network, "6") {
			unix.SetsockoptInt(int(fd), unix.IPPROTO_IPV6, unix.IPV6_RECVERR, 1)
		} else {
			unix.SetsockoptInt(int(fd), unix.IPPROTO_IP, unix.IP_RECVERR, 1)
		}
		if e.kept < 0 {
			if n, err := unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 0); err == nil {
				e.kept = n
			}
		}
	})
}

// note adds who sent the ICMP error, if one came, and lets go of the socket.
func (e *icmpErrors) note(p *Probe) {
	if e.kept < 0 {
		return
	}
	if p.Outcome == Refused || p.Outcome == Failed {
		noteICMP(e.kept, p)
	}
	unix.Close(e.kept)
	e.kept = -1
}

// noteICMP adds who sent an ICMP error, out of a socket's queue of errors.
func noteICMP(fd int, p *Probe) {
	oob := make([]byte, 512)
	_, n, _, _, err := unix.Recvmsg(fd, nil, oob, unix.MSG_ERRQUEUE|unix.MSG_DONTWAIT)
	if err != nil {
		return
	}
	messages, err := unix.ParseSocketControlMessage(oob[:n])
	if err != nil {
		return
	}
	for _, m := range messages {
		if e, ok := parseExtendedError(m.Data); ok {
			p.From, p.ICMPType, p.ICMPCode = e.from, e.icmpType, e.icmpCode
			p.HopLimit = hopLimit(fd, e.from)
		}
	}
}

// hopLimit is what the socket's packets began with: TTL of IPv4, hop limit of IPv6.
func hopLimit(fd int, peer netip.Addr) int {
	level, option := unix.IPPROTO_IP, unix.IP_TTL
	if peer.Is6() {
		level, option = unix.IPPROTO_IPV6, unix.IPV6_UNICAST_HOPS
	}
	n, err := unix.GetsockoptInt(fd, level, option)
	if err != nil {
		return 0
	}
	return max(n, 0)
}

// extendedError is a struct sock_extended_err with its offender (ip(7)).
type extendedError struct {
	icmpType, icmpCode, info int
	from                     netip.Addr
}

// parseExtendedError reads the data of an IP_RECVERR message. It is false for an error that
// this machine made by itself.
func parseExtendedError(b []byte) (e extendedError, ok bool) {
	size := int(unsafe.Sizeof(unix.SockExtendedErr{}))
	if len(b) < size || b[4] != unix.SO_EE_ORIGIN_ICMP && b[4] != unix.SO_EE_ORIGIN_ICMP6 {
		return e, false
	}
	e.icmpType, e.icmpCode, e.info = int(b[5]), int(b[6]), int(binary.NativeEndian.Uint32(b[8:]))
	offender := b[size:]
	if len(offender) >= 8 && binary.NativeEndian.Uint16(offender) == unix.AF_INET {
		e.from, _ = netip.AddrFromSlice(offender[4:8])
	} else if len(offender) >= 24 && binary.NativeEndian.Uint16(offender) == unix.AF_INET6 {
		e.from, _ = netip.AddrFromSlice(offender[8:24])
	}
	return e, true
}

// probeSize sends datagrams as large as the interface takes, which must not be cut, to a
// port where nothing listens: each that arrives is answered with ICMP port unreachable. A
// router that drops those without a word is a black hole (RFC 2923 section 2.1).
func probeSize(ctx context.Context, to netip.AddrPort, mtu int) (s Size) {
	headers := 28 // IPv4 and UDP
	if to.Addr().Is6() {
		headers = 48
	}
	if mtu <= 1280 || mtu > 9000 {
		return s
	}
	s.Bytes = mtu
	if s.Small, _ = sendWhole(ctx, to, 1); s.Small != Refused {
		return s
	}
	for range 2 { // one may be lost
		if s.Large, s.MTU = sendWhole(ctx, to, mtu-headers); s.Large != Silent {
			return s
		}
		// A machine bounds its ICMP errors (RFC 1812 section 4.3.2.8), Linux at one a second: that
		// a small datagram is answered right after tells a large one that vanished from that.
		if s.Small, _ = sendWhole(ctx, to, 1); s.Small != Refused {
			return s
		}
	}
	for _, smaller := range []int{1400, 1280, 1000, 576} {
		if smaller < mtu {
			if got, _ := sendWhole(ctx, to, smaller-headers); got == Refused {
				s.Passed = smaller
				return s
			}
		}
	}
	return s
}

// sendWhole sends one datagram of size bytes and waits for the ICMP error; mtu is what it
// said the next network takes.
func sendWhole(ctx context.Context, to netip.AddrPort, size int) (got Outcome, mtu int) {
	c, err := dialUDP(to, true)
	if err != nil {
		return Failed, 0
	}
	defer c.Close()
	if ctx.Err() != nil {
		return Failed, 0
	}
	c.SetReadDeadline(within(ctx, datagram/2))
	if _, err = c.Write(make([]byte, size)); err == nil {
		_, err = c.Read(make([]byte, 1))
	}
	switch {
	case err == nil:
		return Open, 0
	case errors.Is(err, unix.EMSGSIZE):
		return Failed, c.mtu()
	case errors.Is(err, os.ErrDeadlineExceeded):
		return Silent, 0
	}
	return outcomeOf(err), 0
}

// mtu is what the kernel knows of the way's packet size.
func (u *udpProbe) mtu() (n int) {
	u.control(func(fd int) {
		if u.is4 {
			n, _ = unix.GetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_MTU)
			return
		}
		n, _ = unix.GetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_MTU)
	})
	return n
}
