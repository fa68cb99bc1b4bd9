package sockeye

import (
	"net/netip"
	"time"
)

// Options are how to open an endpoint. The zero value of every option is its
// documented default; Endpoint.Effective fills them in.
type Options struct {
	// Sources are the local addresses a connecting endpoint may bind, tried in
	// turn when one has no free port left. A listening endpoint binds its Address.
	Sources []netip.Addr
	// SourcePort is the local port a connecting endpoint binds; 0 is any.
	SourcePort uint16
	// Interface binds to one network interface (Linux: SO_BINDTODEVICE): its name, its
	// index or an address of it. For a multicast group it is those to join or to send on,
	// separated by commas; "" joins on every one that is up, and sends as the system
	// chooses.
	Interface string
	// TTL is how many routers a packet may cross, less one (IP_TTL, IP_MULTICAST_TTL and
	// the hop limits of IPv6); 0 is the system's, which for groups is 1.
	TTL int
	// DSCP is the class of service of packets (RFC 2474, Linux: IP_TOS and IPV6_TCLASS), 0
	// to 63; 0 is best effort.
	DSCP int
	// Mark is SO_MARK (Linux): what this machine's rules know the packets by; 0 is none.
	Mark int
	// Loop says whether this machine hears what it sends to a group itself
	// (IP_MULTICAST_LOOP); default on.
	Loop OptionalBool
	// GroupSources are the only senders to hear of a group that is joined
	// (source-specific multicast, RFC 4607); none is all.
	GroupSources []netip.Addr
	// Prefer is the address family (4 or 6) tried first for a name with both;
	// 0 keeps the resolver's order (RFC 6724).
	Prefer int

	// Backlog is how many connections the kernel queues before they are accepted;
	// 0 is the system's largest.
	Backlog int
	// MaxPeers bounds the peers of a session; 0 is 8192.
	MaxPeers int
	// AllowPeers and DenyPeers are who may be a peer of a listening session: with
	// AllowPeers nobody else, and never those of DenyPeers. A TCP connection of
	// others is reset, their datagrams are dropped; both are told of, not joined.
	AllowPeers, DenyPeers []netip.Prefix
	// SocketMode is the permission of the file of a listening Unix socket, in octal digits
	// as people write them: 600, 660 or 666. 0 is 600, only the own user may connect.
	SocketMode int
	// OverCap is for TCP; "" is RefuseOverCap. UDP forgets its oldest peer.
	OverCap OverCap
	// ReuseAddress is SO_REUSEADDR; the default is on for listening TCP on Unix.
	ReuseAddress OptionalBool
	// ReusePort is SO_REUSEPORT (several processes share one port); default off.
	ReusePort OptionalBool

	// NoDelay is TCP_NODELAY: send small messages at once. Default on.
	NoDelay OptionalBool
	// Cork is TCP_CORK (Linux): send whole segments only, while it is on; what is left
	// goes out when it is turned off, or after 200 ms. Default off.
	Cork OptionalBool
	// QuickAck is TCP_QUICKACK (Linux): acknowledge what comes at once, instead of with the
	// answer or after 40 ms. The kernel forgets it, so it is set again after each read.
	// Default off.
	QuickAck OptionalBool
	// KeepAlive probes an idle TCP peer; default on, so that a dead peer is found
	// in KeepAliveIdle + KeepAliveCount × KeepAliveInterval (5 s + 3 × 5 s).
	KeepAlive         OptionalBool
	KeepAliveIdle     time.Duration
	KeepAliveInterval time.Duration
	KeepAliveCount    int
	// UserTimeout is TCP_USER_TIMEOUT (RFC 5482, Linux): the connection ends once
	// sent bytes were not acknowledged, or the peer's window was closed, for so long,
	// although the peer may answer every probe. 0 does not set it: then the connection
	// is given up when the peer answers nothing at all for AnswerTimeout. Negative
	// leaves both to the system.
	UserTimeout time.Duration
	// ReceiveBuffer and SendBuffer are SO_RCVBUF and SO_SNDBUF in bytes; 0 is the
	// system's choice (4 MiB receive for UDP). The kernel may give more or less.
	ReceiveBuffer, SendBuffer int
	// ReadSize is the most bytes one read takes; 0 is 64 KiB. Of a longer datagram
	// the rest is lost, as with recv(2), and the event says how long it was.
	ReadSize int
	// Broadcast allows sending to a broadcast address; default off.
	Broadcast OptionalBool
	// DontFragment is the don't-fragment bit of UDP packets: a datagram that is longer
	// than the path carries is refused instead of cut. Default: the system's choice.
	DontFragment OptionalBool
	// KernelTime stamps datagrams where the kernel received them
	// (SO_TIMESTAMPNS, Linux); default off: at the read.
	KernelTime OptionalBool

	// ConnectTimeout bounds one attempt to connect; 0 is 10 s.
	ConnectTimeout time.Duration
	// SendTimeout bounds how long a send waits for a peer that does not read;
	// 0 is for ever.
	SendTimeout time.Duration
	// IdleTimeout closes a peer on which nothing crossed for so long; 0 is never
	// except for a listening UDP session, whose peers are forgotten after 5 min.
	IdleTimeout time.Duration
	// HalfOpen is how long a TCP peer that finished sending stays without our sending
	// anything. With 0 it is sent what is queued for it, then our direction ends, too.
	HalfOpen time.Duration
	// Reconnect makes a connecting session connect again for ever, waiting 0.5 s
	// to 30 s with full jitter.
	Reconnect bool
	// Serial is how a serial port is set.
	Serial SerialOptions

	// Subprotocol are the subprotocols of a WebSocket with commas between, the preferred
	// one first: what a client offers, and a server speaks.
	Subprotocol string
	// Headers are lines that a WebSocket client adds to its request, a server to its answer.
	Headers []string
	// Origin is what a WebSocket client says it comes from, or, with commas between, from
	// where pages may connect to a server; "" is everywhere.
	Origin string
	// MessageType is the type that WebSocket messages are sent with: "auto", "text" or
	// "binary".
	MessageType MessageType
	// PingInterval is how long a WebSocket waits between two pings that it sends; 0 sends none.
	PingInterval time.Duration
	// CloseCode and CloseReason are what a WebSocket that we close says of it; 0 is 1000.
	CloseCode   int
	CloseReason string
	// MessageTopic is the topic of what a broker sends to one client; "" is where the client
	// wants answers, else what it published on last.
	MessageTopic string
	// MaxMessage is the most bytes of a WebSocket or MQTT message that is received; 0 is 16 MiB.
	MaxMessage int
	// Compress offers to compress WebSocket messages (permessage-deflate); default off.
	Compress OptionalBool
	// TLS is how the two sides of a TLS connection identify themselves.
	TLS TLSOptions
	// SelfConnect allows a connection whose two ends are the same socket, which
	// TCP's simultaneous open can make on loopback; default off.
	SelfConnect OptionalBool
}

// Effective is the endpoint's options with every one that is not given replaced by its
// default. Switches stay as they are: Choice.Or resolves them.
func (e Endpoint) Effective() Options {
	o := e.Options
	for i := range AllOptions {
		AllOptions[i].fill(&o, e)
	}
	return o
}

// AnswerTimeout is after how long a TCP peer that was sent something and answers
// nothing at all, probes of the kernel included, is given up: the time in which
// keepalive finds a dead idle one, 20 s at most. 0 is never. The options are effective
// ones.
func (o *Options) AnswerTimeout() time.Duration {
	const most = 20 * time.Second
	switch {
	case o.UserTimeout != 0:
		return 0
	case !o.KeepAlive.Or(true):
		return most
	}
	return min(most, o.KeepAliveIdle+time.Duration(o.KeepAliveCount)*o.KeepAliveInterval)
}
