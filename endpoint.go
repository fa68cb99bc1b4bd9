package sockeye

import (
	"errors"
	"fmt"
	"net/netip"
	"time"
)

// Mode is which side of a connection an endpoint plays.
type Mode string

// The modes.
const (
	Listen  Mode = "listen"
	Connect Mode = "connect"
)

// Endpoint is what to open.
type Endpoint struct {
	Mode    Mode
	Address Address
	Options Options
}

// String names the endpoint as logs and recordings do: "tcp-listen://:10000".
func (e Endpoint) String() string {
	return string(e.Address.network()) + "-" + string(e.Mode) + "://" + e.Address.HostPort()
}

// Choice is an on-off option that can also be left to its default.
type Choice int8

// The values of a Choice.
const (
	Default Choice = iota
	On
	Off
)

// Or resolves the choice against its default.
func (c Choice) Or(def bool) bool {
	if c == Default {
		return def
	}
	return c == On
}

// ChoiceOf is On for true and Off for false.
func ChoiceOf(on bool) Choice {
	if on {
		return On
	}
	return Off
}

// OverCap is what a listening session does with connections beyond its peer limit.
type OverCap string

// The policies beyond the peer limit.
const (
	// RefuseOverCap accepts and resets at once, so that the client knows. The default.
	RefuseOverCap OverCap = "refuse"
	// PauseOverCap stops accepting: connections wait in the kernel's queue, as
	// long as its backlog is.
	PauseOverCap OverCap = "pause"
)

// Options are how to open an endpoint. The zero value of every option is its
// documented default; Endpoint.Effective fills them in.
type Options struct {
	// Sources are the local addresses a connecting endpoint may bind, tried in
	// turn when one has no free port left. A listening endpoint binds its Address.
	Sources []netip.Addr
	// SourcePort is the local port a connecting endpoint binds; 0 is any.
	SourcePort uint16
	// Interface binds to one network interface by name (Linux: SO_BINDTODEVICE).
	Interface string
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
	// OverCap is for TCP; "" is RefuseOverCap. UDP forgets its oldest peer.
	OverCap OverCap
	// ReuseAddress is SO_REUSEADDR; the default is on for listening TCP on Unix.
	ReuseAddress Choice
	// ReusePort is SO_REUSEPORT (several processes share one port); default off.
	ReusePort Choice

	// NoDelay is TCP_NODELAY: send small messages at once. Default on.
	NoDelay Choice
	// KeepAlive probes an idle TCP peer; default on, so that a dead peer is found
	// in KeepAliveIdle + KeepAliveCount × KeepAliveInterval (5 s + 3 × 5 s).
	KeepAlive         Choice
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
	Broadcast Choice
	// KernelTime stamps datagrams where the kernel received them
	// (SO_TIMESTAMPNS, Linux); default off: at the read.
	KernelTime Choice

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
	// SelfConnect allows a connection whose two ends are the same socket, which
	// TCP's simultaneous open can make on loopback; default off.
	SelfConnect Choice
}

// Limits of options, chosen so that a typing error cannot take the machine down.
const (
	maxPeersLimit  = 1 << 20
	maxBufferBytes = 1 << 30
	maxBacklog     = 1 << 16
)

// Effective is the endpoint's options with every zero one replaced by its default.
func (e Endpoint) Effective() Options {
	o := e.Options
	def := func(d *time.Duration, v time.Duration) {
		if *d == 0 {
			*d = v
		}
	}
	num := func(n *int, v int) {
		if *n == 0 {
			*n = v
		}
	}
	num(&o.MaxPeers, 8192)
	num(&o.ReadSize, 64<<10) // the largest datagram is 65,527 bytes
	num(&o.KeepAliveCount, 3)
	def(&o.KeepAliveIdle, 5*time.Second)
	def(&o.KeepAliveInterval, 5*time.Second)
	def(&o.ConnectTimeout, 10*time.Second)
	if e.Address.network().Transport() == UDP {
		num(&o.ReceiveBuffer, 4<<20)
		if e.Mode == Listen {
			def(&o.IdleTimeout, 5*time.Minute)
		}
	}
	if o.OverCap == "" {
		o.OverCap = RefuseOverCap
	}
	return o
}

// HalfOpenTime is how long HalfOpen is where it is wanted and no time is given.
const HalfOpenTime = time.Minute

// AnswerTimeout is after how long a TCP peer that was sent something and answers
// nothing at all, probes of the kernel included, is given up: the time in which
// keepalive finds a dead idle one, 20 s at most. 0 is never.
func (e Endpoint) AnswerTimeout() time.Duration {
	const most = 20 * time.Second
	o := e.Effective()
	switch {
	case o.UserTimeout != 0:
		return 0
	case !o.KeepAlive.Or(true):
		return most
	}
	return min(most, o.KeepAliveIdle+time.Duration(o.KeepAliveCount)*o.KeepAliveInterval)
}

// Validate reports everything that is wrong with the endpoint, joined; each part
// is an *Error of kind Invalid whose Target is the field.
func (e Endpoint) Validate() error {
	var v problems
	switch e.Mode {
	case Listen:
	case Connect:
		v.checkConnect(e)
	default:
		v.add("mode", Text{fmt.Sprintf("%q is neither listen nor connect", e.Mode), fmt.Sprintf("%q 既不是 listen 也不是 connect", e.Mode)}, Text{})
	}
	o := e.Options
	v.between("backlog", o.Backlog, maxBacklog)
	v.between("max-peers", o.MaxPeers, maxPeersLimit)
	v.between("receive-buffer", o.ReceiveBuffer, maxBufferBytes)
	v.between("send-buffer", o.SendBuffer, maxBufferBytes)
	v.between("read-size", o.ReadSize, maxBufferBytes)
	v.between("keepalive-count", o.KeepAliveCount, 127)
	v.notNegative("connect-timeout", o.ConnectTimeout)
	v.notNegative("send-timeout", o.SendTimeout)
	v.notNegative("idle-timeout", o.IdleTimeout)
	v.notNegative("half-open", o.HalfOpen)
	v.notNegative("keepalive-idle", o.KeepAliveIdle)
	v.notNegative("keepalive-interval", o.KeepAliveInterval)
	if o.Prefer != 0 && o.Prefer != 4 && o.Prefer != 6 {
		v.add("prefer", Text{"an address family is 4 or 6", "地址族只能是 4 或 6"}, Text{"leave it out to keep the resolver's order", "不写则按解析器给出的顺序"})
	}
	if o.OverCap != "" && o.OverCap != RefuseOverCap && o.OverCap != PauseOverCap {
		v.add("over-cap", Text{fmt.Sprintf("%q is neither refuse nor pause", o.OverCap), fmt.Sprintf("%q 既不是 refuse 也不是 pause", o.OverCap)},
			Text{"refuse resets the connection, pause lets it wait in the kernel's queue", "refuse 表示重置连接，pause 表示在内核队列中等待"})
	}
	return errors.Join(v...)
}

// problems collects what Validate finds.
type problems []error

func (v *problems) add(field string, message, hint Text) {
	*v = append(*v, &Error{Kind: Invalid, Op: "set", Target: field, Message: message, Hint: hint})
}

func (v *problems) between(field string, n, most int) {
	if n < 0 || n > most {
		v.add(field, Text{fmt.Sprintf("%d is not between 0 and %d", n, most), fmt.Sprintf("%d 不在 0 和 %d 之间", n, most)},
			Text{"0 is the default", "0 表示默认值"})
	}
}

func (v *problems) notNegative(field string, d time.Duration) {
	if d < 0 {
		v.add(field, Text{fmt.Sprintf("%s is negative", d), fmt.Sprintf("%s 是负数", d)}, Text{"0 is the default", "0 表示默认值"})
	}
}

func (v *problems) checkConnect(e Endpoint) {
	if e.Address.Host == "" {
		v.add("address", Text{"connect needs a host", "连接需要主机地址"},
			Text{fmt.Sprintf("write localhost:%d for this machine, or the other machine's address", e.Address.Port),
				fmt.Sprintf("本机请写 localhost:%d，否则写对方的地址", e.Address.Port)})
	}
	if e.Address.Port == 0 {
		v.add("address", Text{"connect needs a port from 1 to 65535", "连接需要 1 到 65535 的端口"},
			Text{"port 0, any free port, is for listening", "端口 0（任意空闲端口）只能用于监听"})
	}
	for _, s := range e.Options.Sources {
		if want := e.Address.Network.Family(); want != 0 && (want == 4) != s.Unmap().Is4() {
			v.add("source", Text{fmt.Sprintf("%s is not an IPv%d address", s, want), fmt.Sprintf("%s 不是 IPv%d 地址", s, want)},
				Text{"source and destination are of one family", "源地址与目标地址必须同为 IPv4 或 IPv6"})
		}
	}
}
