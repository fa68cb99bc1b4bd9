package netinfo

import (
	"net/netip"

	"sockeye"
)

// SystemRoute is the way that the system would send to an address by, at the moment of asking.
// Nothing is sent to find it.
type SystemRoute struct {
	Interface string     `json:"interface,omitempty"`
	Index     int        `json:"index,omitempty"`
	Source    netip.Addr `json:"source,omitzero"`
	// Gateway is the router that is asked to pass it on; invalid when the address is on the
	// same network.
	Gateway netip.Addr `json:"gateway,omitzero"`
	// Kind is what the system does: "unicast", "local", "broadcast" or "multicast"
	// (ip-route(8)); "" if it is not told.
	Kind string `json:"kind,omitempty"`
	MTU  int    `json:"mtu,omitempty"`
	// Errno is the system's name of why there is no way, "ENETUNREACH": then the rest is empty.
	Errno string `json:"errno,omitempty"`
}

// NextHop is the neighbour that a packet to the address is handed to.
func (r SystemRoute) NextHop(to netip.Addr) netip.Addr {
	if r.Gateway.IsValid() {
		return r.Gateway
	}
	return to
}

// Neighbour is an entry of the table that has the hardware address of a next hop: ARP
// (RFC 826) for IPv4, neighbour discovery (RFC 4861) for IPv6.
type Neighbour struct {
	// State is the kernel's word: "REACHABLE", "STALE", "DELAY", "PROBE", "INCOMPLETE",
	// "FAILED", "PERMANENT" or "NOARP"; "" says that there is no entry.
	State           string `json:"state,omitempty"`
	HardwareAddress string `json:"hardware_address,omitempty"`
}

// Silent says that the neighbour was asked for its hardware address and did not answer.
func (n Neighbour) Silent() bool { return n.State == "INCOMPLETE" || n.State == "FAILED" }

// Answered says that the neighbour told its hardware address.
func (n Neighbour) Answered() bool {
	return n.HardwareAddress != "" && n.State != "FAILED" && n.State != "NOARP" // which asks nobody
}

// SocketInfo is one socket of this machine as the kernel lists it.
type SocketInfo struct {
	Network sockeye.Network `json:"network"` // TCP or UDP
	Local   netip.AddrPort  `json:"local"`
	Remote  netip.AddrPort  `json:"remote,omitzero"`
	State   string          `json:"state"` // as in RFC 9293; "UNCONNECTED" for UDP
	UID     int             `json:"uid"`
	// Queued counts bytes that were written and not acknowledged, Unread those that came
	// and were not read. Of a listening socket Unread counts connections that wait to be
	// accepted.
	Queued int `json:"queued,omitempty"`
	Unread int `json:"unread,omitempty"`
	// Timer says what the kernel waits for: "retransmit", "keepalive", "time-wait",
	// "zero-window-probe" or "".
	Timer       string `json:"timer,omitempty"`
	Retransmits int    `json:"retransmits,omitempty"`
	// V6Only says that a socket that waits on all addresses of IPv6 takes none of IPv4
	// (IPV6_V6ONLY, RFC 3493 section 5.3); Drops counts datagrams that found no room.
	V6Only bool `json:"v6_only,omitempty"`
	Drops  int  `json:"drops,omitempty"`
	// Interface is the only one that a socket that waits takes from (SO_BINDTODEVICE, socket(7)),
	// "" for all. Signed says that it drops what is not signed of some peers (TCP_MD5SIG, RFC
	// 2385), which Linux tells its administrator alone.
	Interface string `json:"interface,omitempty"`
	Signed    bool   `json:"signed,omitempty"`
	// PID and Program are those that hold it, 0 and "" if they may not be seen.
	PID     int    `json:"pid,omitempty"`
	Program string `json:"program,omitempty"`

	inode string
}

// Takes says that the socket takes what is sent to an address of this machine.
func (s SocketInfo) Takes(ip netip.Addr) bool {
	switch at := s.Local.Addr(); at {
	case netip.IPv6Unspecified():
		return !s.V6Only || ip.Is6()
	case netip.IPv4Unspecified():
		return ip.Is4()
	default:
		return at == ip.WithZone("")
	}
}

// Listens says that the socket waits for peers.
func (s SocketInfo) Listens() bool { return s.State == "LISTEN" || s.State == "UNCONNECTED" }

// ListenQueue is a listening TCP socket's queue of connections that wait to be accepted.
type ListenQueue struct {
	Local   netip.AddrPort `json:"local"`
	Waiting int            `json:"waiting"`
	Backlog int            `json:"backlog"`
}

// Full says that the kernel takes no more: Linux lets one more wait than the backlog, and
// others fewer.
func (q ListenQueue) Full() bool {
	return q.Waiting > q.Backlog || q.Waiting == q.Backlog && q.Backlog == 0
}

// ErrnoName is the system's name of the number in an error's chain, "ECONNREFUSED", or "".
func ErrnoName(err error) string {
	if n := errnoOf(err); n != 0 {
		return errnoName(n)
	}
	return ""
}

// PortLimits are what the system says of ports that programs may use. Zero values are not told.
type PortLimits struct {
	// Unprivileged is the first port that every user may listen on.
	Unprivileged int `json:"unprivileged,omitempty"`
	// EphemeralLow to EphemeralHigh is the range that free ports are taken from.
	EphemeralLow  int `json:"ephemeral_low,omitempty"`
	EphemeralHigh int `json:"ephemeral_high,omitempty"`
	// Reserved are ranges that are given to nobody who asks for any port.
	Reserved string `json:"reserved,omitempty"`
}

// BindErrno is the system's name of why this process cannot have a local address now, or
// "" if it can. It takes the address for a moment and listens on nothing.
func BindErrno(network sockeye.Network, at netip.AddrPort) string {
	p := localAddr{network.Transport(), at}
	return bindErrno(p)
}
