package socket

import (
	"net/netip"
	"syscall"

	"golang.org/x/sys/windows"
)

func sockaddrOf(a netip.AddrPort) (windows.Sockaddr, error) {
	if a.Addr().Is4() {
		return &windows.SockaddrInet4{Port: int(a.Port()), Addr: a.Addr().As4()}, nil
	}
	zone, err := zoneIndex(a.Addr().Zone())
	if err != nil {
		return nil, err
	}
	return &windows.SockaddrInet6{Port: int(a.Port()), ZoneId: zone, Addr: a.Addr().As16()}, nil
}

func addrPortOf(sa windows.Sockaddr) netip.AddrPort {
	switch sa := sa.(type) {
	case *windows.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(sa.Addr), uint16(sa.Port))
	case *windows.SockaddrInet6:
		ip := netip.AddrFrom16(sa.Addr).WithZone(zoneName(sa.ZoneId))
		return netip.AddrPortFrom(ip, uint16(sa.Port))
	}
	return netip.AddrPort{}
}

// winsockErrno is the Winsock number of each syscall.E… name, which on Windows
// is a number of Go's own that the system never gives.
var winsockErrno = map[syscall.Errno]syscall.Errno{
	syscall.EACCES:        windows.WSAEACCES,
	syscall.EADDRINUSE:    windows.WSAEADDRINUSE,
	syscall.EADDRNOTAVAIL: windows.WSAEADDRNOTAVAIL,
	syscall.EAFNOSUPPORT:  windows.WSAEAFNOSUPPORT,
	syscall.EALREADY:      windows.WSAEALREADY,
	syscall.ECONNABORTED:  windows.WSAECONNABORTED,
	syscall.ECONNREFUSED:  windows.WSAECONNREFUSED,
	syscall.ECONNRESET:    windows.WSAECONNRESET,
	syscall.EHOSTUNREACH:  windows.WSAEHOSTUNREACH,
	syscall.EINVAL:        windows.WSAEINVAL,
	syscall.EISCONN:       windows.WSAEISCONN,
	syscall.EMFILE:        windows.WSAEMFILE,
	syscall.EMSGSIZE:      windows.WSAEMSGSIZE,
	syscall.ENETUNREACH:   windows.WSAENETUNREACH,
	syscall.ENOBUFS:       windows.WSAENOBUFS,
	syscall.ENOTCONN:      windows.WSAENOTCONN,
	syscall.EOPNOTSUPP:    windows.WSAEOPNOTSUPP,
	syscall.EPIPE:         windows.WSAESHUTDOWN,
	syscall.ETIMEDOUT:     windows.WSAETIMEDOUT,
}

// sameErrno reports whether err is the errno, or Winsock's number for it.
func sameErrno(err error, errno syscall.Errno) bool {
	if err == error(errno) {
		return true
	}
	number, ok := winsockErrno[errno]
	return ok && err == error(number)
}
