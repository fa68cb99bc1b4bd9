package epoll

import (
	"net/netip"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"sockeye/internal/netinfo"
)

// System calls that cannot block, made without telling Go's scheduler, which for
// a short call costs more than the call. A descriptor is non-blocking here, or a
// timeout zero.

// countResult converts the result of a system call that returns a count.
func countResult(n, _ uintptr, errno syscall.Errno) (int, syscall.Errno) {
	if errno != 0 {
		return 0, errno
	}
	return int(n), 0
}

// rawRead is recv(2), which costs less than read(2).
func rawRead(fd int, b []byte) (int, syscall.Errno) {
	return countResult(syscall.RawSyscall6(unix.SYS_RECVFROM, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)), 0, 0, 0))
}

// rawWrite is send(2).
func rawWrite(fd int, b []byte) (int, syscall.Errno) {
	return countResult(syscall.RawSyscall6(unix.SYS_SENDTO, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)), unix.MSG_NOSIGNAL, 0, 0))
}

// rawEpollWait is epoll_wait(2) with a timeout of zero.
func rawEpollWait(epoll int, events []unix.EpollEvent) int {
	n, _, errno := syscall.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(epoll), uintptr(unsafe.Pointer(unsafe.SliceData(events))), uintptr(len(events)), 0, 0, 0)
	if errno != 0 {
		return 0
	}
	return int(n)
}

// schedYield is sched_yield(2).
func schedYield() { syscall.RawSyscall(unix.SYS_SCHED_YIELD, 0, 0, 0) }

// rawAccept is accept4(2): it returns a non-blocking connection and its remote address.
func rawAccept(fd int) (int, netip.AddrPort, syscall.Errno) {
	var from unix.RawSockaddrAny
	size := uint32(unix.SizeofSockaddrAny)
	n, _, errno := syscall.RawSyscall6(unix.SYS_ACCEPT4, uintptr(fd), uintptr(unsafe.Pointer(&from)), uintptr(unsafe.Pointer(&size)),
		unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0, 0)
	if errno != 0 {
		return -1, netip.AddrPort{}, errno
	}
	return int(n), rawAddrPort(&from), 0
}

// rawGetsockname is getsockname(2).
func rawGetsockname(fd int) netip.AddrPort {
	var local unix.RawSockaddrAny
	size := uint32(unix.SizeofSockaddrAny)
	syscall.RawSyscall(unix.SYS_GETSOCKNAME, uintptr(fd), uintptr(unsafe.Pointer(&local)), uintptr(unsafe.Pointer(&size)))
	return rawAddrPort(&local)
}

// rawAddrPort is an IP address as the kernel writes it, in the form the record uses.
func rawAddrPort(a *unix.RawSockaddrAny) netip.AddrPort {
	switch a.Addr.Family {
	case unix.AF_INET:
		in := (*unix.RawSockaddrInet4)(unsafe.Pointer(a))
		return netip.AddrPortFrom(netip.AddrFrom4(in.Addr), bigEndian(&in.Port))
	case unix.AF_INET6:
		in := (*unix.RawSockaddrInet6)(unsafe.Pointer(a))
		ip := netip.AddrFrom16(in.Addr).Unmap()
		if in.Scope_id != 0 && ip.Is6() {
			ip = ip.WithZone(netinfo.ZoneName(int(in.Scope_id)))
		}
		return netip.AddrPortFrom(ip, bigEndian(&in.Port))
	}
	return netip.AddrPort{}
}

func bigEndian(port *uint16) uint16 {
	b := (*[2]byte)(unsafe.Pointer(port))
	return uint16(b[0])<<8 | uint16(b[1])
}
