package netinfo

import (
	"encoding/binary"
	"net/netip"
	"os"
	"slices"
	"strconv"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// Sockets are the sockets of this machine's network that keep chooses; nil chooses all.
func Sockets(keep func(Socket) bool) ([]Socket, error) {
	list, err := SocketsOf(os.DirFS("/proc"), keep)
	if !slices.ContainsFunc(list, waitsForIPv6) {
		return list, err
	}
	alone := v6Only()
	for n := range list {
		if s := &list[n]; waitsForIPv6(*s) {
			s.V6Only = alone[s.inode]
		}
	}
	return list, err
}

func waitsForIPv6(s Socket) bool { return s.Listens() && s.Local.Addr() == netip.IPv6Unspecified() }

// v6Only are the sockets of IPv6 that take no IPv4, by inode: /proc does not tell.
func v6Only() map[string]bool {
	alone := map[string]bool{}
	c, err := netlink.Dial(unix.NETLINK_SOCK_DIAG, nil)
	if err != nil {
		return alone
	}
	defer c.Close()
	for protocol, state := range map[byte]uint32{unix.IPPROTO_TCP: tcpListen, unix.IPPROTO_UDP: tcpClose} {
		found, err := c.Execute(netlink.Message{
			Header: netlink.Header{Type: netlink.HeaderType(sockDiagByFamily), Flags: netlink.Request | netlink.Dump},
			Data:   inetDiagRequest(unix.AF_INET6, protocol, state),
		})
		if err != nil {
			continue // a kernel without the module for it
		}
		for _, m := range found {
			if inode, only := parseV6Only(m.Data); only {
				alone[inode] = true
			}
		}
	}
	return alone
}

// parseV6Only reads the inode out of a struct inet_diag_msg, and the attribute behind it.
func parseV6Only(b []byte) (inode string, only bool) {
	if len(b) < inetDiagSize {
		return "", false
	}
	attributes, err := netlink.NewAttributeDecoder(b[inetDiagSize:])
	if err != nil {
		return "", false
	}
	for attributes.Next() {
		if attributes.Type() == inetDiagV6Only && len(attributes.Bytes()) == 1 {
			only = attributes.Bytes()[0] != 0
		}
	}
	return strconv.FormatUint(uint64(binary.NativeEndian.Uint32(b[68:])), 10), only && attributes.Err() == nil
}

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
			Data:   inetDiagRequest(family, unix.IPPROTO_TCP, tcpListen),
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
	tcpClose         = 7  // tcp_states.h, and what a UDP socket without a peer is in
	tcpListen        = 10
	inetDiagV6Only   = 11 // INET_DIAG_SKV6ONLY, linux/inet_diag.h
	inetDiagSize     = 72 // struct inet_diag_msg
)

// inetDiagRequest is a struct inet_diag_req_v2 for all sockets of a family in a state.
func inetDiagRequest(family, protocol byte, state uint32) []byte {
	b := make([]byte, 56)
	b[0], b[1] = family, protocol
	binary.NativeEndian.PutUint32(b[4:], 1<<state)
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
