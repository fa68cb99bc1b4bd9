package netinfo

import (
	"encoding/binary"
	"net/netip"

	"sockeye"
)

// The kinds of records in a list of protocol control blocks (sys/socketvar.h of xnu).
const (
	pcbSocket  = 0x01 // struct xsocket_n
	pcbReceive = 0x02 // struct xsockbuf_n of what came
	pcbSend    = 0x04 // struct xsockbuf_n of what is to be sent
	pcbInet    = 0x10 // struct xinpcb_n: begins a socket
	pcbTCP     = 0x20 // struct xtcpcb_n
)

// pcbHeader is the size of the struct xinpgen that begins the list.
const pcbHeader = 24

// pcbEntry is a socket of the list, with the queue of one that listens.
type pcbEntry struct {
	SocketInfo
	waiting, backlog int
}

// parsePCBList reads what macOS tells by the sysctl net.inet.tcp.pcblist_n, or the one of
// udp: records of a length and a kind, each at a multiple of 8. A record that is too short
// for its kind is left out. Numbers are little-endian.
func parsePCBList(b []byte, network sockeye.Network) (list []pcbEntry) {
	if len(b) < pcbHeader {
		return nil
	}
	var e *pcbEntry
	for b = b[pcbHeader:]; len(b) >= 8; {
		size, kind := int(binary.LittleEndian.Uint32(b)), binary.LittleEndian.Uint32(b[4:])
		padded := (size + 7) &^ 7
		if size <= pcbHeader || size > len(b) {
			break // the header stands again at the end
		}
		record := b[:size]
		b = b[min(padded, len(b)):]
		if kind == pcbInet {
			list = append(list, pcbEntry{SocketInfo: SocketInfo{Network: network, State: "UNCONNECTED", UID: -1}})
			e = &list[len(list)-1]
		}
		if e != nil {
			e.add(kind, record)
		}
	}
	kept := list[:0]
	for _, e := range list {
		if e.Local.IsValid() {
			kept = append(kept, e)
		}
	}
	return kept
}

// add takes over what a record says.
func (e *pcbEntry) add(kind uint32, b []byte) {
	word := func(at int) int { return int(int32(binary.LittleEndian.Uint32(b[at:]))) }
	switch {
	case kind == pcbInet && len(b) >= 80:
		e.Remote = pcbEnd(b[16:], b[48:64], b[44])
		e.Local = pcbEnd(b[18:], b[64:80], b[44])
		if e.Remote.Port() == 0 {
			e.Remote = netip.AddrPort{}
		}
	case kind == pcbSocket && len(b) >= 72:
		e.waiting, e.backlog = int(binary.LittleEndian.Uint16(b[44:])), int(binary.LittleEndian.Uint16(b[48:]))
		e.UID, e.PID = word(64), max(0, word(68))
	case kind == pcbReceive && len(b) >= 12:
		e.Unread = max(0, word(8))
	case kind == pcbSend && len(b) >= 12:
		e.Queued = max(0, word(8))
	case kind == pcbTCP && len(b) >= 40:
		if n := word(36); n >= 0 && n < len(bsdStates) {
			e.State = bsdStates[n]
		}
	}
	if e.State == "LISTEN" {
		e.Unread = e.waiting
	}
}

// isPCBIPv4 is the bit of inp_vflag for IPv4 (INP_IPV4).
const isPCBIPv4 = 1

// pcbEnd is a port and an address: one of IPv4 stands in the last four of the 16 bytes.
func pcbEnd(port, ip []byte, flags byte) netip.AddrPort {
	addr := netip.AddrFrom16([16]byte(ip))
	if flags&isPCBIPv4 != 0 && (flags&2 == 0 || !addr.IsUnspecified()) {
		addr = netip.AddrFrom4([4]byte(ip[12:]))
	}
	return netip.AddrPortFrom(addr.Unmap(), binary.BigEndian.Uint16(port))
}
