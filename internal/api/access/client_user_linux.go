package access

import (
	"encoding/binary"
	"net/netip"
	"os"
	"syscall"
)

// Of linux/inet_diag.h and linux/sock_diag.h.
const (
	netlinkSockDiag  = 4
	sockDiagByFamily = 20
	diagRequestSize  = 56
	diagAnswerUser   = 64 // where the user is in the answer
)

// isOwnClient reports whether a socket of this machine, with the addresses of the client's
// end, belongs to a program of this user. It asks the kernel for that one socket
// (sock_diag(7)); it is false where the kernel does not say.
func isOwnClient(client, server netip.AddrPort) bool {
	if !client.Addr().Unmap().IsLoopback() {
		return false
	}
	fd, err := syscall.Socket(syscall.AF_NETLINK, syscall.SOCK_DGRAM|syscall.SOCK_CLOEXEC, netlinkSockDiag)
	if err != nil {
		return false
	}
	defer syscall.Close(fd)
	syscall.SetsockoptTimeval(fd, syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, &syscall.Timeval{Usec: 50_000})
	if syscall.Sendto(fd, diagRequest(client, server), 0, &syscall.SockaddrNetlink{Family: syscall.AF_NETLINK}) != nil {
		return false
	}
	var answer [1024]byte
	n, _, err := syscall.Recvfrom(fd, answer[:], 0)
	if err != nil || n < syscall.NLMSG_HDRLEN+diagAnswerUser+4 || binary.NativeEndian.Uint16(answer[4:]) != sockDiagByFamily {
		return false
	}
	return int(binary.NativeEndian.Uint32(answer[syscall.NLMSG_HDRLEN+diagAnswerUser:])) == os.Geteuid()
}

// diagRequest asks for one TCP socket: a netlink header and an inet_diag_req_v2.
func diagRequest(client, server netip.AddrPort) []byte {
	b := make([]byte, 0, syscall.NLMSG_HDRLEN+diagRequestSize)
	b = binary.NativeEndian.AppendUint32(b, uint32(cap(b)))
	b = binary.NativeEndian.AppendUint16(b, sockDiagByFamily)
	b = binary.NativeEndian.AppendUint16(b, syscall.NLM_F_REQUEST)
	b = append(b, make([]byte, 8)...) // sequence and port
	family := byte(syscall.AF_INET)
	if client.Addr().Unmap().Is6() {
		family = syscall.AF_INET6
	}
	b = append(b, family, syscall.IPPROTO_TCP, 0, 0)
	b = binary.NativeEndian.AppendUint32(b, ^uint32(0)) // in whatever state
	b = binary.BigEndian.AppendUint16(b, client.Port())
	b = binary.BigEndian.AppendUint16(b, server.Port())
	for _, ip := range []netip.Addr{client.Addr().Unmap(), server.Addr().Unmap()} {
		b = append(b, append(ip.AsSlice(), make([]byte, 16)...)[:16]...)
	}
	b = binary.NativeEndian.AppendUint32(b, 0)          // whichever interface
	b = binary.NativeEndian.AppendUint64(b, ^uint64(0)) // no cookie
	return b
}
