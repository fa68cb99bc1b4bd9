// Package sockeye holds the nouns of Sockeye, the socket workbench: Address,
// Endpoint, Session, Peer, Event and Error. Every other package speaks in these
// words, so this one imports only the standard library, starts no goroutine and
// does no input or output. Read it first.
//
// An Endpoint says what to open. Open, it is a Session, which owns its Peers.
// Everything that happens on them is an Event; the journal numbers events and
// keeps them. What Sockeye itself could not do is an Error.
package sockeye

import (
	"net/netip"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// DefaultPort is the port of an address written without one: the port of the
// experiment that Sockeye starts from.
const DefaultPort = 10000

// Session is the identity of an open endpoint. It never changes after the
// session is opened, so it may be kept and read from any goroutine.
type Session struct {
	// ID is unique within one running Sockeye, short, and safe in a URL: "s1".
	ID string
	// Endpoint is what was asked for; the addresses really bound are in the
	// session's opened event.
	Endpoint Endpoint
}

// Peer is the identity of one remote party of a session: the five-tuple
// (protocol, local address, remote address) and an alias.
// Only the alias can change; a Peer may be kept and read from any goroutine.
type Peer struct {
	// ID numbers the peers of one running Sockeye from 1, in the order they joined.
	ID      uint64
	Session *Session
	// Network is that of its session without the family: "tcp", "udp", "unix".
	Network Network
	// Local and Remote are, if they are IP, unmapped and keep their IPv6 zone.
	Local, Remote SocketAddr

	alias atomic.Pointer[string]
}

// Alias is the name a person gave the peer, or "".
func (p *Peer) Alias() string {
	if a := p.alias.Load(); a != nil {
		return *a
	}
	return ""
}

// SetAlias names the peer in every event of it, past ones included. It is safe
// to call from any goroutine.
func (p *Peer) SetAlias(name string) { p.alias.Store(&name) }

// String is the remote address.
func (p *Peer) String() string { return p.Remote.String() }

// Answers says whether a word means this peer: its number ("3" or "#3"), its
// alias, its address ("192.168.1.88:54036"), its port (":54036") or its IP address.
func (p *Peer) Answers(word string) bool {
	if word == "" {
		return false
	}
	if id, err := strconv.ParseUint(strings.TrimPrefix(word, "#"), 10, 64); err == nil {
		return id == p.ID
	}
	if ip, err := netip.ParseAddr(word); err == nil {
		return ip == p.Remote.Addr()
	}
	return word == p.Alias() || word == p.Remote.String() || p.Remote.IsIP() && word == ":"+strconv.Itoa(int(p.Remote.Port()))
}

// PeerState says how far a connection has come.
type PeerState string

// The states of a peer. A UDP peer is always Connected until it is Gone.
const (
	Connected    PeerState = "connected"
	PeerFinished PeerState = "peer-finished" // the peer sent FIN; we may still send
	WeFinished   PeerState = "we-finished"   // we sent FIN; the peer may still send
	Gone         PeerState = "gone"
)

// Counters count one peer's traffic since it joined. For TCP a message is one
// read or one write as the kernel took it; for UDP, one datagram.
type Counters struct {
	ReceivedBytes, ReceivedMessages uint64
	SentBytes, SentMessages         uint64
}

// Plus is both together.
func (c Counters) Plus(o Counters) Counters {
	return Counters{
		ReceivedBytes: c.ReceivedBytes + o.ReceivedBytes, ReceivedMessages: c.ReceivedMessages + o.ReceivedMessages,
		SentBytes: c.SentBytes + o.SentBytes, SentMessages: c.SentMessages + o.SentMessages,
	}
}

// PeerStatus is a peer as it was at one moment.
type PeerStatus struct {
	*Peer
	State    PeerState
	Counters Counters
	// ReceiveRate and SendRate are bytes per second over the last second or so.
	ReceiveRate, SendRate float64
	Since                 time.Time
	// HalfOpen says that the peer finished sending and may still be sent to.
	HalfOpen bool
	// Unsent counts bytes that were accepted by Send but not yet acknowledged by
	// the peer's kernel, and -1 where the system does not tell.
	Unsent int
	// Queued counts bytes that still have to reach the peer: Unsent, as far as it is
	// known, and what of a send in progress the kernel has not taken.
	Queued int
	// NotReadingFor is how long the peer's receive window has been closed while bytes
	// wait for it: its program does not read. 0: it reads, or the system does not tell.
	NotReadingFor time.Duration
	// ReceiveBuffer and SendBuffer are what the kernel really gave, in bytes; 0
	// where the system does not tell.
	ReceiveBuffer, SendBuffer int
	// TCP is nil for UDP and where the system does not tell.
	TCP *TCPInfo
	// Lines is nil for what has no modem lines.
	Lines *ModemLines
	// Process is nil where the system does not tell which program the peer is.
	Process *Process
	// TLS is nil for what has none.
	TLS *TLSState
	// Interface is the network interface on which its datagrams come or go, where it was
	// chosen: for multicast groups.
	Interface string
}

// Process is the program at the other end of a socket of this machine, as it was when it
// connected.
type Process struct {
	PID int `json:"pid,omitempty"`
	// User is its user's name, or number.
	User string `json:"user,omitempty"`
	// Program is its name, "" if that is not known.
	Program string `json:"program,omitempty"`
}

// String is "socat, process 4242 of root".
func (p *Process) String() string { return p.Text().En }

// Text is the process in words.
func (p *Process) Text() Text {
	t := Text{"a process", "进程"}
	if p.PID != 0 {
		t = Text{"process " + strconv.Itoa(p.PID), "进程 " + strconv.Itoa(p.PID)}
	}
	if p.User != "" {
		t = Text{t.En + " of " + p.User, t.Zh + "（用户 " + p.User + "）"}
	}
	if p.Program != "" {
		t = Text{p.Program + ", " + t.En, p.Program + "，" + t.Zh}
	}
	return t
}

// SessionStatus is a session as it was at one moment.
type SessionStatus struct {
	*Session
	// Locals are the addresses really bound.
	Locals []SocketAddr
	// Peers counts the peers there now.
	Peers int
	// Counters are all peers' together, those that left included; the rates are bytes
	// per second over the last second or so.
	Counters              Counters
	ReceiveRate, SendRate float64
	// Queue is nil for a session that does not accept, and where the system does
	// not tell.
	Queue *AcceptQueue
}

// AcceptQueue is the kernel's queue of connections not yet accepted.
type AcceptQueue struct {
	Waiting, Backlog int
	// Overflows counts connections the kernel dropped because a queue was full, on
	// the whole machine (Linux: ListenOverflows) since it started.
	Overflows uint64
}
