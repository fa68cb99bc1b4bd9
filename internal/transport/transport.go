// Package transport has the sessions and peers of every kind of socket: when they begin
// and end, who sends in which order, and what is recorded of it. A Driver for each scheme,
// in the folders below, listens, dials, reads and writes. Everything that happens becomes
// an event handed to an EventSink; what comes in may be answered by a Responder. The
// package keeps no record, knows no rule and shows nothing.
package transport

import (
	"net/netip"
	"time"

	"sockeye"
)

// EventSink takes events as they happen. Append borrows e.Data for the call only,
// must not block on anything but memory, and is called from many goroutines. It
// returns the event's number, 0 if there is none; AppendAll writes the numbers into
// the events.
type EventSink interface {
	Append(e sockeye.Event) uint64
	AppendAll(events []sockeye.Event)
}

// Responder answers peers. Its methods are called on the goroutine that owns the
// peer's reads, so while one blocks, nothing more is read from that peer (TCP
// slows the sender down by itself). No other TCP peer waits; the UDP peers of one
// socket share its reader. A responder that waits ends its wait at p.Closing. What it
// sends because of what came it sends by p.Answer.
type Responder interface {
	// Joined is called once, before anything is read.
	Joined(p *Peer)
	// Received is called with each chunk or datagram after it was recorded. data
	// is lent for the call.
	Received(p *Peer, data []byte)
}

// LeaveResponder is a Responder that keeps something for each peer.
type LeaveResponder interface {
	Responder
	// Left is called once for each peer that joined, when it has left and Done is
	// closed. It must not wait for anything.
	Left(p *Peer)
}

// FinishResponder is a Responder whose Finished is called when a peer has finished sending, after
// all that it sent was received, on the goroutine that owns the peer's reads. Its Received is
// also called for what comes after our side finished sending, which other responders could not
// answer.
type FinishResponder interface {
	Responder
	Finished(p *Peer)
}

// SyncResponder is a Responder that can answer at once, from memory alone. On Linux its
// TCP peers are served by one loop for all of them, and its answers to datagrams
// that came together leave together, so Joined and Reply must not wait for
// anything, nor end the peer.
type SyncResponder interface {
	Responder
	// Reply is called instead of Received, and returns what to send back: nil for
	// nothing, data itself, or bytes that do not change until it is called for p
	// again (empty ones are an empty datagram). It may not send by itself. If it
	// cannot answer without waiting it returns false: then Received is called with this
	// data, for a TCP peer on a goroutine of its own that it has from then on.
	Reply(p *Peer, data []byte) (reply []byte, now bool)
}

// Forwarder is a Responder that passes on what each peer sends to one other peer. On Linux one
// event loop serves its TCP peers: those of the session that listens and those that sessions
// dialled for it (Config.LoopOf). So Joined and Forward must not wait for anything. The loop
// reads nothing from a peer before Peer.Resume.
type Forwarder interface {
	FinishResponder
	// Forward is called instead of Received, and returns the peer to which data goes. It may keep
	// a copy of data instead, to send it later by Peer.Answer: then it returns true, and may call
	// p.Pause. If it does neither, p gets a goroutine of its own, which calls Received with this
	// data, and from then on. Two peers never have the same target.
	Forward(p *Peer, data []byte) (to *Peer, kept bool)
}

// BufferLease lends memory of the recorder. An event whose data lies in the memory that Take
// returned last is recorded without a copy. It belongs to one goroutine.
type BufferLease interface {
	// Take is memory to read into, between least and most bytes; nil if there is none
	// now. It is the caller's until the next call.
	Take(least, most int) []byte
	Close()
}

// Config is the configuration of a session, and what it calls.
type Config struct {
	// Session is the identity that its events carry.
	Session *sockeye.Session
	// Sink takes the events.
	Sink EventSink
	// BufferLease lends memory of the Sink to read into; nil: the Sink has none to lend.
	BufferLease func() BufferLease
	// Responder answers peers; nil for none.
	Responder Responder
	// NextPeer numbers peers; it is safe to call from any goroutine.
	NextPeer func() uint64
	// OnJoin is called for a new peer before its joined event, to give it an alias; may be nil.
	OnJoin func(p *sockeye.Peer)
	// Left is called for a peer that has left, before its left event, with the number of bytes
	// that never reached it; may be nil. It must not wait.
	Left func(p *Peer, unsent int)
	// Now stamps events.
	Now func() time.Time
	// Backpressure, if not nil, is called before each read from a TCP peer and before each
	// send to one. While it blocks, that peer moves nothing, and is not idle for it. It
	// returns at the latest when one of the channels is closed: canceled with the
	// send's context, cut with the socket.
	Backpressure func(canceled, cut <-chan struct{})
	// OnSend, if not nil, is called with each message of Peer.Send before it is sent. data is
	// lent for the call.
	OnSend func(p *Peer, data []byte)
	// DialFilter, if not nil, is asked before each connection over TCP and of DTLS, with the address
	// that was resolved and will be dialled; its error is the attempt's. UDP sends nothing to connect.
	DialFilter func(to netip.AddrPort) error

	// CADir is the directory of the user's own certificate authority, which makes the
	// certificates of TLS servers that are given none; "" is none.
	CADir string

	// OnDemand has a connecting session connect nowhere by itself: Session.Dial does.
	OnDemand bool
	// LoopOf is the session that a Forwarder joins the connections of this one with; nil:
	// there is none.
	LoopOf *Session

	// Driver opens the endpoint.
	Driver Driver
	// PortableOnly makes drivers use only what every system has; tests run with and without.
	PortableOnly bool
}
