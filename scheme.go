package sockeye

// Traits are what a kind of socket can do, and what its addresses are.
type Traits struct {
	// Datagram keeps the boundaries of messages, which may be lost; else it is a stream
	// of bytes.
	Datagram bool
	// Connections come and go, each of them a peer; else a peer is a source of datagrams.
	Connections bool
	// HalfClose lets one side end its direction and still receive.
	HalfClose bool
	// Reset lets one side end a connection so that the other one sees it was aborted.
	Reset bool
	// Acknowledges says that the peer's system confirms what it has received, and ours
	// can tell.
	Acknowledges bool
	// IP is what addresses are of: host and port; else they are a text, such as a path.
	IP bool
}

// Forgeable says whether anybody can send in the name of another address.
func (t Traits) Forgeable() bool { return t.Datagram && t.IP }

// scheme is one row of the table of schemes.
type scheme struct {
	network Network
	Traits
}

// schemes is the one list of the kinds of socket: what may stand before :// and what it
// can do, in the order that help texts show them. Each has its driver in
// internal/transport/schemes.
var schemes = []scheme{
	{TCP, tcp}, {TCP4, tcp}, {TCP6, tcp},
	{UDP, udp}, {UDP4, udp}, {UDP6, udp},
	{Unix, Traits{Connections: true, HalfClose: true}},
	{Unixgram, Traits{Datagram: true}},
}

var (
	tcp = Traits{Connections: true, HalfClose: true, Reset: true, Acknowledges: true, IP: true}
	udp = Traits{Datagram: true, IP: true}
)

// Transports lists the networks without their families.
func Transports() (all []Network) {
	for _, s := range schemes {
		if s.network == s.network.Transport() {
			all = append(all, s.network)
		}
	}
	return all
}

// Traits are what the network can do; the zero network is TCP.
func (n Network) Traits() Traits {
	for _, s := range schemes {
		if s.network == n {
			return s.Traits
		}
	}
	if n == "" {
		return tcp
	}
	return Traits{}
}
