package netinfo

import (
	"encoding/binary"
	"net"
	"net/netip"

	"sockeye"
)

// mib reads the tables that Windows' iphlpapi fills: a count, then rows of one size. What is
// cut off is left out. All numbers are little-endian, addresses and ports are as on the
// wire.

// mibStates are the connection states by number (MIB_TCP_STATE of tcpmib.h), named as in
// RFC 9293.
var mibStates = [...]string{
	1: "CLOSED", "LISTEN", "SYN-SENT", "SYN-RECEIVED", "ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2",
	"CLOSE-WAIT", "CLOSING", "LAST-ACK", "TIME-WAIT", "CLOSED",
}

// mibRows cuts a table into rows, which begin at an offset.
func mibRows(table []byte, offset, size int) (rows [][]byte) {
	if len(table) < offset {
		return nil
	}
	count := binary.LittleEndian.Uint32(table)
	for rest := table[offset:]; len(rest) >= size && uint32(len(rows)) < count; rest = rest[size:] {
		rows = append(rows, rest[:size])
	}
	return rows
}

// mibEnd is an address and a port of a table of sockets: an IPv6 address has its zone
// between them.
func mibEnd(b []byte, size int) netip.AddrPort {
	ip, _ := netip.AddrFromSlice(b[:size])
	if size == net.IPv6len {
		size += 4
	}
	return netip.AddrPortFrom(ip, binary.BigEndian.Uint16(b[size:]))
}

// parseMIBTCP reads a MIB_TCPTABLE_OWNER_PID, or a MIB_TCP6TABLE_OWNER_PID.
func parseMIBTCP(table []byte, ipv6 bool) (list []SocketInfo) {
	size, ip, local, remote, state, pid := 24, net.IPv4len, 4, 12, 0, 20
	if ipv6 {
		size, ip, local, remote, state, pid = 56, net.IPv6len, 0, 24, 48, 52
	}
	for _, row := range mibRows(table, 4, size) {
		n := binary.LittleEndian.Uint32(row[state:])
		if n == 0 || int(n) >= len(mibStates) {
			continue
		}
		s := SocketInfo{Network: sockeye.TCP, Local: mibEnd(row[local:], ip), State: mibStates[n], UID: -1, PID: int(binary.LittleEndian.Uint32(row[pid:]))}
		if far := mibEnd(row[remote:], ip); s.State != "LISTEN" && (far.Port() != 0 || !far.Addr().IsUnspecified()) {
			s.Remote = far
		}
		list = append(list, s)
	}
	return list
}

// parseMIBUDP reads a MIB_UDPTABLE_OWNER_PID, or a MIB_UDP6TABLE_OWNER_PID.
func parseMIBUDP(table []byte, ipv6 bool) (list []SocketInfo) {
	size, ip := 12, net.IPv4len
	if ipv6 {
		size, ip = 28, net.IPv6len
	}
	for _, row := range mibRows(table, 4, size) {
		list = append(list, SocketInfo{Network: sockeye.UDP, Local: mibEnd(row, ip), State: "UNCONNECTED", UID: -1, PID: int(binary.LittleEndian.Uint32(row[size-4:]))})
	}
	return list
}

// The numbers of address families in Windows (winsock2.h).
const (
	winsockIPv4 = 2
	winsockIPv6 = 23
)

// mibAddr reads a SOCKADDR_INET, whose size is 28; it is invalid for another family.
func mibAddr(b []byte) netip.Addr {
	var ip netip.Addr
	switch binary.LittleEndian.Uint16(b) {
	case winsockIPv4:
		ip, _ = netip.AddrFromSlice(b[4:8])
	case winsockIPv6:
		ip, _ = netip.AddrFromSlice(b[8:24])
	}
	return ip
}

// parseMIBRoutes reads a MIB_IPFORWARD_TABLE2.
func parseMIBRoutes(table []byte) (list []tableRoute) {
	for _, row := range mibRows(table, 8, 104) {
		to := netip.PrefixFrom(mibAddr(row[12:]), int(row[40]))
		if !to.IsValid() {
			continue
		}
		r := tableRoute{to: to, index: int(binary.LittleEndian.Uint32(row[8:])), metric: binary.LittleEndian.Uint32(row[84:])}
		if hop := mibAddr(row[44:]); hop.IsValid() && !hop.IsUnspecified() {
			r.gateway = hop
		}
		list = append(list, r)
	}
	return list
}

// mibNeighbourStates are the kernel's words for the numbers of NL_NEIGHBOR_STATE (nldef.h).
var mibNeighbourStates = [...]string{"FAILED", "INCOMPLETE", "PROBE", "DELAY", "STALE", "REACHABLE", "PERMANENT"}

// parseMIBNeighbours reads a MIB_IPNET_TABLE2.
func parseMIBNeighbours(table []byte) (list []tableNeighbour) {
	for _, row := range mibRows(table, 8, 88) {
		n := tableNeighbour{address: mibAddr(row), index: int(binary.LittleEndian.Uint32(row[28:]))}
		state, length := binary.LittleEndian.Uint32(row[76:]), binary.LittleEndian.Uint32(row[72:])
		if !n.address.IsValid() || int(state) >= len(mibNeighbourStates) {
			continue
		}
		n.State = mibNeighbourStates[state]
		if length > 0 && length <= 32 {
			n.HardwareAddress = net.HardwareAddr(row[40 : 40+length]).String()
		}
		list = append(list, n)
	}
	return list
}
