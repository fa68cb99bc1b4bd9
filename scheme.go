package sockeye

// Traits are what a kind of socket can do, and what its addresses are.
type Traits struct {
	// Datagram keeps the boundaries of messages, which may be lost; else it is a stream
	// of bytes.
	Datagram bool
	// Messages are kept whole as datagrams are, by a protocol that has connections. But for
	// DTLS they come in order and without loss.
	Messages bool
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
	// Query is what a ? in an address begins.
	Query QueryUse
	// TLS protects the bytes on their way; the record has them as they were before.
	TLS bool
	// Line is a port with one device behind it, which is the peer for as long as the port
	// is there: nobody connects, and nobody tells that the other side closed.
	Line bool
	// Browser says that a page in a browser can connect to it.
	Browser bool
	// Broker passes on what one client publishes to those who subscribed to its topic. It
	// only listens.
	Broker bool
}

// QueryUse says what the query of an address means.
type QueryUse uint8

// What queries mean.
const (
	// NoQuery: a ? is part of the path, as file names may have it.
	NoQuery QueryUse = iota
	// OptionQuery: options of the endpoint, udp://239.1.2.3:5000?interface=eth0.
	OptionQuery
	// TargetQuery: part of the request target (RFC 9112 section 3.2) that goes to the
	// peer, ws://host/chat?room=1. Only such addresses have a path after host and port, and
	// options behind a #, which a WebSocket URI does not have (RFC 6455 section 3).
	TargetQuery
)

// Mark is what options of an endpoint stand behind in its address: "?", "#", or "" where
// they cannot.
func (u QueryUse) Mark() string {
	switch u {
	case OptionQuery:
		return "?"
	case TargetQuery:
		return "#"
	}
	return ""
}

// Bounded says whether an event of data is a whole message; else bytes of a stream.
func (t Traits) Bounded() bool { return t.Datagram || t.Messages }

// Forgeable says whether anybody can send in the name of another address.
func (t Traits) Forgeable() bool { return t.Datagram && t.IP }

// scheme is one row of the table of schemes.
type scheme struct {
	network Network
	Traits
	port      uint16  // where none is written; 0 is that of the caller
	title     string  // the name in a sentence
	datagrams Network // carries datagrams between the same addresses; "" if nothing does
}

// schemes is the one list of the kinds of socket: what may stand before :// and what it
// can do, in the order that help texts show them. Each has its driver in
// internal/transport/schemes.
var schemes = []scheme{
	{TCP, tcp, 0, "TCP", UDP}, {TCP4, tcp, 0, "TCP4", UDP4}, {TCP6, tcp, 0, "TCP6", UDP6},
	{UDP, udp, 0, "UDP", ""}, {UDP4, udp, 0, "UDP4", ""}, {UDP6, udp, 0, "UDP6", ""},
	{Unix, Traits{Connections: true, HalfClose: true}, 0, "UNIX", Unixgram},
	{Unixgram, Traits{Datagram: true}, 0, "UNIXGRAM", ""},
	{Unixpacket, Traits{Messages: true, Connections: true, HalfClose: true}, 0, "UNIXPACKET", ""},
	{Serial, Traits{Connections: true, Line: true, Query: OptionQuery}, 0, "Serial", ""},
	{WebSocket, ws, 80, "WebSocket", ""}, {WebSocket4, ws, 80, "WebSocket", ""}, {WebSocket6, ws, 80, "WebSocket", ""},
	{TLS, overTLS(tcp), 0, "TLS", ""}, {TLS4, overTLS(tcp), 0, "TLS4", ""}, {TLS6, overTLS(tcp), 0, "TLS6", ""},
	{DTLS, overTLS(dtls), 0, "DTLS", ""}, {DTLS4, overTLS(dtls), 0, "DTLS4", ""}, {DTLS6, overTLS(dtls), 0, "DTLS6", ""},
	{WebSocketTLS, overTLS(ws), 443, "WSS", ""}, {WebSocketTLS4, overTLS(ws), 443, "WSS4", ""}, {WebSocketTLS6, overTLS(ws), 443, "WSS6", ""},
	{MQTT, mqtt, 1883, "MQTT", ""}, {MQTT4, mqtt, 1883, "MQTT4", ""}, {MQTT6, mqtt, 1883, "MQTT6", ""},
	{MQTTTLS, overTLS(mqtt), 8883, "MQTTS", ""}, {MQTTTLS4, overTLS(mqtt), 8883, "MQTTS4", ""}, {MQTTTLS6, overTLS(mqtt), 8883, "MQTTS6", ""},
}

var (
	tcp  = Traits{Connections: true, HalfClose: true, Reset: true, Acknowledges: true, IP: true, Query: OptionQuery}
	ws   = Traits{Messages: true, Browser: true, Connections: true, HalfClose: true, Reset: true, Acknowledges: true, IP: true, Query: TargetQuery}
	mqtt = Traits{Messages: true, Connections: true, Reset: true, Acknowledges: true, IP: true, Query: OptionQuery, Broker: true}
	dtls = Traits{Messages: true, Connections: true, IP: true, Query: OptionQuery}
	udp  = Traits{Datagram: true, IP: true, Query: OptionQuery}
)

// overTLS are the traits of what runs over TLS instead.
func overTLS(t Traits) Traits {
	t.TLS = true
	return t
}

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
//
// A hundred places call it: with the loop inlined there, the program would be 90 kB larger.
//
//go:noinline
func (n Network) Traits() Traits {
	if n == "" {
		return tcp
	}
	return n.scheme().Traits
}

// scheme is the network's row of the table; an unknown one can do nothing.
func (n Network) scheme() *scheme {
	for i := range schemes {
		if schemes[i].network == n {
			return &schemes[i]
		}
	}
	return &scheme{}
}
