package netinfo

import (
	"encoding/binary"
	"net/netip"
	"os"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// Sockets are the sockets of this machine's network that keep chooses; nil chooses all.
func Sockets(keep func(Socket) bool) ([]Socket, error) { return SocketsOf(os.DirFS("/proc"), keep) }

// Counters are the kernel's counters of the network, by group and name.
func Counters() map[string]uint64 { return CountersOf(os.DirFS("/proc")) }

// AcceptQueues are the queues of all sockets that listen on a TCP port (sock_diag(7)).
func AcceptQueues(port uint16) ([]AcceptQueue, error) {
	c, err := netlink.Dial(unix.NETLINK_SOCK_DIAG, nil)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	var list []AcceptQueue
	for _, family := range []byte{unix.AF_INET, unix.AF_INET6} {
		found, err := c.Execute(netlink.Message{
			Header: netlink.Header{Type: netlink.HeaderType(sockDiagByFamily), Flags: netlink.Request | netlink.Dump},
			Data:   inetDiagRequest(family),
		})
		if err != nil {
			return list, err
		}
		for _, m := range found {
			if q, ok := parseInetDiag(m.Data); ok && q.Local.Port() == port {
				list = append(list, q)
			}
		}
	}
	return list, nil
}

const (
	sockDiagByFamily = 20 // linux/sock_diag.h
	tcpListen        = 10 // tcp_states.h
	inetDiagSize     = 72 // struct inet_diag_msg
)

// inetDiagRequest is a struct inet_diag_req_v2 for all listening TCP sockets of a family.
func inetDiagRequest(family byte) []byte {
	b := make([]byte, 56)
	b[0], b[1] = family, unix.IPPROTO_TCP
	binary.NativeEndian.PutUint32(b[4:], 1<<tcpListen)
	return b
}

// parseInetDiag reads a struct inet_diag_msg.
func parseInetDiag(b []byte) (AcceptQueue, bool) {
	if len(b) < inetDiagSize || b[1] != tcpListen {
		return AcceptQueue{}, false
	}
	size := 16
	if b[0] == unix.AF_INET {
		size = 4
	}
	ip, _ := netip.AddrFromSlice(b[8 : 8+size])
	return AcceptQueue{
		Local:   netip.AddrPortFrom(ip.Unmap(), binary.BigEndian.Uint16(b[4:])),
		Waiting: int(binary.NativeEndian.Uint32(b[56:])), Backlog: int(binary.NativeEndian.Uint32(b[60:])),
	}, true
}
