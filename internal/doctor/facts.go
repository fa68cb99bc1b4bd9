package doctor

import (
	"net/netip"
	"slices"
	"time"

	"sockeye"
	"sockeye/internal/netinfo"
)

// Facts are what a machine could tell of an address, at one moment. What could not be seen
// is zero, and Unseen names it.
type Facts struct {
	V      int       `json:"v"`
	System string    `json:"system"` // runtime.GOOS
	Time   time.Time `json:"time,omitzero"`

	// Asked is the address as it was typed, and Network, Host and Port what it means. Host is
	// "" if the question is about this machine's own port.
	Asked   string          `json:"asked,omitempty"`
	Network sockeye.Network `json:"network"`
	Host    string          `json:"host,omitempty"`
	Port    uint16          `json:"port,omitempty"`
	// PortAssumed says that no port was written, so that Port is the default one.
	PortAssumed bool `json:"port_assumed,omitempty"`
	// ToListen says that a program here is to listen on the port.
	ToListen bool `json:"to_listen,omitempty"`
	// Connects says that this machine connects to the other one on the port: its code was
	// asked for with that one's address, or a program of it waits for an answer.
	Connects bool `json:"connects,omitempty"`
	// Fault says why the address cannot be understood, or why the name has none.
	Fault *ErrorFact `json:"fault,omitempty"`
	// Local says that the address is one of this machine's own.
	Local bool `json:"local,omitempty"`

	Interfaces []InterfaceFacts `json:"interfaces"`
	Gateways   []netip.Addr     `json:"gateways,omitempty"`
	// GatewayNeighbours are what the system knew of each of Gateways, where the question is
	// about the machine alone.
	GatewayNeighbours []netinfo.Neighbour `json:"gateway_neighbours,omitempty"`
	// Routes are the routing tables, as far as they decide where packets go.
	Routes netinfo.RoutingTables `json:"routes,omitzero"`
	Paths  []Path                `json:"paths,omitempty"`

	// Sockets are those on the port, of both transports, and those connected to the address.
	Sockets []netinfo.SocketInfo  `json:"sockets,omitempty"`
	Queues  []netinfo.ListenQueue `json:"queues,omitempty"`
	// Files is how many files the program that listens has open, where it may be looked into.
	Files netinfo.FileUse `json:"files,omitzero"`
	// Watched says that Sockets and Queues are what was there at all of several looks, within a second.
	Watched bool               `json:"watched,omitempty"`
	Limits  netinfo.PortLimits `json:"limits,omitzero"`
	// BindErrno is why this process cannot have the port, where that was tried.
	BindErrno string `json:"bind_errno,omitempty"`
	// Excluded are ranges of ports that the system keeps from all programs, where it refused
	// the port.
	Excluded []netinfo.PortRange `json:"excluded,omitempty"`
	// Descriptors is how many files a process may have open, 0 for no limit.
	Descriptors uint64 `json:"descriptors,omitempty"`

	// Grown is by how much counters of the kernel grew while this machine looked.
	Grown map[string]uint64 `json:"grown,omitempty"`

	Firewall Firewall `json:"firewall,omitzero"`
	// Place is what this machine runs in: "wsl", "docker", "container"; "" for none.
	Place string `json:"place,omitempty"`
	// Unseen names what the system did not tell: "interfaces", "gateways", "routes",
	// "sockets", "neighbours".
	Unseen []string `json:"unseen,omitempty"`
}

// aboutMachine says that no address was asked for, and no port.
func (f *Facts) aboutMachine() bool { return f.Host == "" && f.Port == 0 && f.Fault == nil }

// ErrorFact is an error as facts keep it.
type ErrorFact struct {
	Kind    sockeye.ErrorKind `json:"kind"`
	Message sockeye.Text      `json:"message"`
	Hint    sockeye.Text      `json:"hint,omitzero"`
}

// InterfaceFacts is a network interface of the machine.
type InterfaceFacts struct {
	Name string `json:"name"`
	Up   bool   `json:"up,omitempty"`
	// Carrier says that there is something at the other end of the cable, or a Wi-Fi network.
	Carrier         bool   `json:"carrier,omitempty"`
	Loopback        bool   `json:"loopback,omitempty"`
	Virtual         bool   `json:"virtual,omitempty"`
	MTU             int    `json:"mtu,omitempty"`
	HardwareAddress string `json:"hardware_address,omitempty"`
	// Strict says that packets of IPv4 which came in by another way than the one back are
	// dropped (rp_filter).
	Strict bool `json:"strict,omitempty"`
	// Duplicates are addresses that the system does not use, because another machine has
	// them (duplicate address detection, RFC 4862 section 5.4).
	Duplicates []netip.Addr   `json:"duplicates,omitempty"`
	Prefixes   []netip.Prefix `json:"prefixes,omitempty"` // with the interface's own address
}

// Path is the way to one of the addresses that a name has, and what came back on it.
type Path struct {
	Address netip.Addr          `json:"address"`
	Route   netinfo.SystemRoute `json:"route"`
	// Early is the next hop as it was shortly after the first packet, Neighbour as it was
	// at the end.
	Early     netinfo.Neighbour `json:"early,omitzero"`
	Neighbour netinfo.Neighbour `json:"neighbour,omitzero"`

	// Answering are the hardware addresses of all that said they have the address, where this
	// process may ask (ARP, RFC 5227).
	Answering []string `json:"answering,omitempty"`

	TCP      Probe `json:"tcp,omitzero"`       // to the port
	OtherTCP Probe `json:"other_tcp,omitzero"` // to a port beside it
	UDP      Probe `json:"udp,omitzero"`
	OtherUDP Probe `json:"other_udp,omitzero"`
	Size     Size  `json:"size,omitzero"`
	// Direct is to the port over TCP, out of the interface in whose network the address is,
	// where the way leads through a virtual adapter.
	Direct Probe `json:"direct,omitzero"`
}

// Outcome is what became of a probe.
type Outcome string

// The outcomes.
const (
	NotTried Outcome = ""
	Open     Outcome = "open"    // connected; for UDP, something came back
	Refused  Outcome = "refused" // ECONNREFUSED: a reset, or for UDP ICMP port unreachable
	Reset    Outcome = "reset"   // connected and reset at once
	Ended    Outcome = "ended"   // connected and closed at once
	Silent   Outcome = "silent"  // nothing came back
	Failed   Outcome = "failed"  // the system or a router said no, see Errno
)

// Probe is one try to reach a port.
type Probe struct {
	Port    uint16        `json:"port,omitempty"`
	Outcome Outcome       `json:"outcome,omitempty"`
	Errno   string        `json:"errno,omitempty"`
	Took    time.Duration `json:"took_ns,omitempty"`
	// Said is what the other side sent by itself, at most 1400 bytes.
	Said []byte `json:"said,omitempty"`
	// Asked says that it was asked what it speaks; Reply is what came back: "tls",
	// "http", "echo" for what was sent, "other", or "" for nothing.
	Asked bool   `json:"asked,omitempty"`
	Reply string `json:"reply,omitempty"`
	// From is who sent an ICMP error, and what it said; invalid if none came, or if this
	// system does not tell.
	From     netip.Addr `json:"from,omitzero"`
	ICMPType int        `json:"icmp_type,omitempty"`
	ICMPCode int        `json:"icmp_code,omitempty"`
	// HopLimit is by how many routers the packet could be passed on (TTL), where an ICMP error
	// came and this system tells.
	HopLimit int `json:"hop_limit,omitempty"`
	// Origin says where a refusal came from: from this machine itself if nothing left it
	// meanwhile, from outside if nothing came over its loopback; "" if that cannot be told.
	Origin Origin `json:"origin,omitempty"`
}

// Origin is where an answer came from.
type Origin string

// The origins.
const (
	FromHere    Origin = "here"
	FromOutside Origin = "outside"
)

// Answers says that a machine answered at the address, whatever it said.
func (p Probe) Answers() bool {
	return p.Outcome == Open || p.Outcome == Refused || p.Outcome == Reset || p.Outcome == Ended
}

// Size is what became of datagrams of the largest size that must not be cut.
type Size struct {
	Small Outcome `json:"small,omitempty"`
	Large Outcome `json:"large,omitempty"`
	// Bytes is the IP packet that was tried, MTU what a router said it passes on.
	Bytes int `json:"bytes,omitempty"`
	MTU   int `json:"mtu,omitempty"`
	// Passed is a smaller packet that came through, 0 if none was found.
	Passed int `json:"passed,omitempty"`
}

// Firewall is what is known of this machine's packet filter.
type Firewall struct {
	// Tool is what manages it: "ufw", "firewalld", "nft", "windows", "macos" or "".
	Tool string `json:"tool,omitempty"`
	// Read says that the rules could be read; then Drops says whether they drop or reject
	// new packets to the port (or from this machine to it), and Rule is the rule that does.
	Read    bool   `json:"read,omitempty"`
	Drops   bool   `json:"drops,omitempty"`
	Rule    string `json:"rule,omitempty"`
	Unclear bool   `json:"unclear,omitempty"` // a rule could not be judged
	// Answers says that Drops or Unclear is of the packets that answer, not of the first ones.
	Answers bool `json:"answers,omitempty"`
	// Why it is unclear, where that is known: a rule hands the packets on to another port or
	// machine (NAT), asks who the client is, or drops clients of IPv6 alone; or there are more rules
	// than can be read and judged in time.
	Moves     bool `json:"moves,omitempty"`
	ByClient  bool `json:"by_client,omitempty"`
	DropsIPv6 bool `json:"drops_ipv6,omitempty"`
	TooMany   bool `json:"too_many,omitempty"`
	// Place is where in nftables that rule is.
	Place RulePlace `json:"place,omitzero"`
}

// RulePlace is a rule of nftables, or a chain's policy.
type RulePlace struct {
	Family string `json:"family"` // as nft writes it: "inet", "ip", "ip6"
	Table  string `json:"table"`
	Chain  string `json:"chain"`
	Handle uint64 `json:"handle,omitempty"` // 0 for the policy
}

// unseen notes what the system did not tell.
func (f *Facts) unseen(what string) { f.Unseen = append(f.Unseen, what) }

// didNotSee says that the system did not tell it.
func (f *Facts) didNotSee(what string) bool { return slices.Contains(f.Unseen, what) }

// Addresses are all addresses of the machine.
func (f *Facts) Addresses() (list []netip.Addr) {
	for _, i := range f.Interfaces {
		for _, p := range i.Prefixes {
			list = append(list, p.Addr())
		}
	}
	return list
}

// interfaceOf is the interface with a name, or the zero one.
func (f *Facts) interfaceOf(name string) InterfaceFacts {
	for _, i := range f.Interfaces {
		if i.Name == name {
			return i
		}
	}
	return InterfaceFacts{}
}

// isUDP says that datagrams are meant.
func (f *Facts) isUDP() bool { return f.Network.Traits().Datagram }

// listening are the sockets that wait on the port, of one transport.
func (f *Facts) listening(network sockeye.Network) (list []netinfo.SocketInfo) {
	for _, s := range f.Sockets {
		if s.Network == network && s.Local.Port() == f.Port && s.Listens() && (s.State == "LISTEN" || !s.Remote.IsValid()) {
			list = append(list, s)
		}
	}
	return list
}

// open says that a program at the other end took what was asked for.
func (f *Facts) open(p Path) bool {
	if f.isUDP() {
		return p.UDP.Outcome == Open
	}
	return p.TCP.Outcome == Open || p.TCP.Outcome == Ended
}

// transport is TCP or UDP: what runs on the port.
func (f *Facts) transport() sockeye.Network {
	if f.isUDP() {
		return sockeye.UDP
	}
	return sockeye.TCP
}
