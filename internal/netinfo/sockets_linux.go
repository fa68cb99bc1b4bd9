package netinfo

import (
	"encoding/binary"
	"net"
	"net/netip"
	"os"
	"slices"
	"strconv"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// Sockets are the sockets of this machine's network that keep chooses; nil chooses all.
func Sockets(keep func(SocketInfo) bool) ([]SocketInfo, error) {
	list, err := SocketsOf(os.DirFS("/proc"), keep)
	if !slices.ContainsFunc(list, SocketInfo.Listens) {
		return list, err
	}
	told := listenerOptions()
	for n := range list {
		s := &list[n]
		o, found := told[s.inode]
		if !found || !s.Listens() {
			continue
		}
		s.V6Only, s.Signed = o.v6Only && s.Local.Addr() == netip.IPv6Unspecified(), o.signed
		if i, err := net.InterfaceByIndex(o.index); o.index != 0 && err == nil {
			s.Interface = i.Name
		}
	}
	return list, err
}

// listenerOption is what /proc does not tell of a socket that waits: that it takes no IPv4, the
// index of the one interface that it takes from (0 for all), and that it wants signatures of
// some peers, which the system tells its administrator alone.
type listenerOption struct {
	v6Only, signed bool
	index          int
}

// listenerOptions are those of all sockets that wait, by inode.
func listenerOptions() map[string]listenerOption {
	told := map[string]listenerOption{}
	c, err := netlink.Dial(unix.NETLINK_SOCK_DIAG, nil)
	if err != nil {
		return told
	}
	defer c.Close()
	for protocol, state := range map[byte]uint32{unix.IPPROTO_TCP: tcpListen, unix.IPPROTO_UDP: tcpClose} {
		for _, family := range []byte{unix.AF_INET, unix.AF_INET6} {
			request := inetDiagRequest(family, protocol, state)
			request[2] = inetDiagInfo // with which the keys for signatures come
			found, err := c.Execute(netlink.Message{
				Header: netlink.Header{Type: netlink.HeaderType(sockDiagByFamily), Flags: netlink.Request | netlink.Dump},
				Data:   request,
			})
			if err != nil {
				continue // a kernel without the module for it
			}
			for _, m := range found {
				if inode, o, ok := parseListenerOption(m.Data); ok {
					told[inode] = o
				}
			}
		}
	}
	return told
}

// parseListenerOption reads the inode and the interface out of a struct inet_diag_msg, and the
// attributes behind it.
func parseListenerOption(b []byte) (inode string, o listenerOption, ok bool) {
	if len(b) < inetDiagSize {
		return "", o, false
	}
	attributes, err := netlink.NewAttributeDecoder(b[inetDiagSize:])
	if err != nil {
		return "", o, false
	}
	for attributes.Next() {
		switch value := attributes.Bytes(); attributes.Type() {
		case inetDiagV6Only:
			o.v6Only = len(value) == 1 && value[0] != 0
		case inetDiagMD5:
			o.signed = len(value) > 0
		}
	}
	o.index = int(binary.NativeEndian.Uint32(b[40:]))
	return strconv.FormatUint(uint64(binary.NativeEndian.Uint32(b[68:])), 10), o, attributes.Err() == nil
}

// Counters are the kernel's counters of the network, by group and name.
func Counters() map[string]uint64 { return CountersOf(os.DirFS("/proc")) }

// AcceptQueues are the queues of all sockets that listen on a TCP port (sock_diag(7)).
func AcceptQueues(port uint16) ([]ListenQueue, error) {
	c, err := netlink.Dial(unix.NETLINK_SOCK_DIAG, nil)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	var list []ListenQueue
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
	inetDiagMD5      = 18 // INET_DIAG_MD5SIG
	inetDiagInfo     = 2  // the bit of INET_DIAG_INFO
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
func parseInetDiag(b []byte) (ListenQueue, bool) {
	if len(b) < inetDiagSize || b[1] != tcpListen {
		return ListenQueue{}, false
	}
	size := 16
	if b[0] == unix.AF_INET {
		size = 4
	}
	ip, _ := netip.AddrFromSlice(b[8 : 8+size])
	return ListenQueue{
		Local:   netip.AddrPortFrom(ip.Unmap(), binary.BigEndian.Uint16(b[4:])),
		Waiting: int(binary.NativeEndian.Uint32(b[56:])), Backlog: int(binary.NativeEndian.Uint32(b[60:])),
	}, true
}
