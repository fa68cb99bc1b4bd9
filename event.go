package sockeye

import (
	"net/netip"
	"time"
)

// EventKind says what an event is about.
type EventKind uint8

// The kinds of event, in the order a session usually meets them. Their names
// (see String) are stable: they are the same word in the journal, the API and
// the output of --json. The numbers are those of recordings.
const (
	Opened   EventKind = 1 // the session is open; the real local addresses are in Detail.Locals
	Joined   EventKind = 2 // a peer connected, or a datagram's source was seen for the first time
	Received EventKind = 3 // bytes came off the socket
	Sent     EventKind = 4 // the kernel took bytes
	Finished EventKind = 5 // one side sent FIN: Detail.Reason is EOF for the peer, Local for us
	Left     EventKind = 6 // a peer is gone, why is in Detail.Reason
	Failed   EventKind = 7 // something went wrong on the session or a peer: kind "error"
	Gap      EventKind = 8 // events are missing here: how many is in Detail.Lost
	Ended    EventKind = 9 // the session is closed, the last event of it: kind "closed"

	Lines EventKind = 10 // the modem lines of a serial port changed: Detail.Lines

	Paired EventKind = 11 // a peer that is relayed has its connection to the upstream: Detail.Pair

	Control EventKind = 12 // a peer sent what belongs to the protocol and is no message: Detail.Control

	Faulted EventKind = 13 // a fault of a relay hit a message or a connection: kind "fault", Detail.Fault

	Hint EventKind = 14 // what a peer sent first looks like a protocol that is not the endpoint's: Detail.Seen

	Sampled EventKind = 15 // somebody looked at what TCP does for a peer: kind "sample", Detail.TCP

	Commented EventKind = 16 // somebody wrote a comment on an earlier event: kind "comment", Detail.Comment
)

var eventKindNames = [...]string{
	Opened: "opened", Joined: "joined", Received: "received", Sent: "sent", Finished: "finished",
	Left: "left", Failed: "error", Gap: "gap", Ended: "closed", Lines: "lines", Paired: "paired", Control: "control", Faulted: "fault", Hint: "hint", Sampled: "sample", Commented: "comment",
}

// String is the stable name of the kind, or "" for a value that is none.
func (k EventKind) String() string {
	if int(k) < len(eventKindNames) {
		return eventKindNames[k]
	}
	return ""
}

// ParseDirection reads the direction of bytes: "received" or "sent", and "" for both, which is 0.
// It is false for another word.
func ParseDirection(word string) (k EventKind, ok bool) {
	switch word {
	case "":
		return 0, true
	case Received.String():
		return Received, true
	case Sent.String():
		return Sent, true
	}
	return 0, false
}

// MarshalText is String, for JSON.
func (k EventKind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// Reason says why a peer left or a session closed: a stable word.
type Reason string

// The reasons.
const (
	ReasonEOF     Reason = "eof"     // the peer closed in good order (FIN)
	ReasonReset   Reason = "reset"   // the peer aborted (RST)
	ReasonTimeout Reason = "timeout" // the peer stopped answering
	ReasonLocal   Reason = "local"   // we closed in good order
	ReasonAborted Reason = "aborted" // we aborted (RST)
	ReasonIdle    Reason = "idle"    // nothing crossed for the idle limit
	ReasonLimit   Reason = "limit"   // the oldest peer made room for a new one
	ReasonError   Reason = "error"   // the system failed; the error is in Detail.Err

	ReasonUnplugged Reason = "unplugged" // the serial port is not there any more
)

// Event is one record of the journal. An Event is a value; Data belongs to
// whoever made it and is only lent (see journal.Append and journal.Cursor for
// how long). Everything it points to never changes.
type Event struct {
	// Seq numbers all events of one journal from 1, without holes. It is set by
	// the journal.
	Seq uint64
	// Time is when the bytes were read or written, not when they were recorded.
	// It never decreases within a journal.
	Time time.Time
	Kind EventKind
	// Session is nil for what concerns all of them: errors of recording, and gaps
	// of a view.
	Session *Session
	// Peer is nil for the session's own events.
	Peer *Peer
	// Data is the bytes of received and sent, exactly as they crossed the socket.
	Data []byte
	// Detail is nil for nearly all received and sent events.
	Detail *Detail
}

// Network is that of the event's peer, or else of its session; TCP without either.
func (e *Event) Network() Network {
	switch {
	case e.Peer != nil:
		return e.Peer.Network
	case e.Session != nil:
		return e.Session.Endpoint.Address.Network
	}
	return TCP
}

// NextSeq is the number of the event after this one: a gap of a view stands for many.
func (e *Event) NextSeq() uint64 {
	if e.Kind == Gap && e.Session == nil && e.Detail != nil {
		return e.Seq + max(1, e.Detail.Lost.Events)
	}
	return e.Seq + 1
}

// Detail is what only some events carry. Zero fields do not apply.
type Detail struct {
	Reason Reason
	Err    *Error
	// Locals are the addresses really bound (opened).
	Locals []SocketAddr
	// Process is who connected (joined), where the system tells.
	Process *Process
	// Lines is what happened on the lines of a serial port; in a joined event how they were.
	Lines *LineEvent
	// Interface is that on which the peer's datagrams come or go (joined), where it was
	// chosen: for multicast groups.
	Interface string
	// Pair is the peer at the other side of a relay (paired).
	Pair *PeerRef
	// Fault is what was done to a message of the peer, or to its connection (fault).
	Fault *FaultEvent
	// WebSocket is what the handshake of a peer that joined agreed on.
	WebSocket *WebSocketState
	// TLS is what the handshake of a peer that joined agreed on; of a server that was
	// opened, the certificate that it has.
	TLS *TLSState
	// Truncated says that the stream ended without its protocol saying so (finished, left):
	// with TLS, without close_notify (RFC 8446 section 6.1).
	Truncated bool
	// Seen is what the first bytes of a peer look like (hint).
	Seen SeenProtocol
	// TCP is what the kernel told of the peer's connection (sample).
	TCP *TCPSample
	// Comment is what somebody wrote on an earlier event (comment); in any other event, what
	// is written on this one, as a capture or an export has it.
	Comment *Comment
	// Cause is what made the workbench send the message by itself (sent).
	Cause *Cause
	// Message is the type of a WebSocket message (received, sent).
	Message MessageType
	// MQTT is what a client of a broker that joined said of itself.
	MQTT *MQTTState
	// Publication is the topic of a published message, and what else it says (received, sent).
	Publication *Publication
	// Control is a control frame that a peer sent (control).
	Control *ControlFrame
	// Close is why a WebSocket was closed (finished, left).
	Close *CloseStatus
	// Retry is how long the session waits before it connects again.
	Retry time.Duration
	// Attempts are the addresses tried for one connection, in order.
	Attempts []Attempt
	// Datagram is the true length of a received datagram that did not fit the
	// buffer; Data holds only its beginning.
	Datagram int
	// Unsent counts bytes of a failed send that the kernel did not take, and of a peer
	// that left those that it had not acknowledged; see Undelivered.
	Unsent int
	// Lost says what a gap swallowed. A gap without a session stands in the place
	// of the events with the numbers from Seq on; one with a session is an event of
	// its own, and what it counts never had a number.
	Lost Lost
}

// PeerRef names a peer of another session.
type PeerRef struct {
	ID      uint64 `json:"id"`
	Session string `json:"session"`
	Address string `json:"address"` // remote
}

// Lost counts what is missing at a gap.
type Lost struct {
	Events, Bytes uint64
}

// Attempt is one try to reach one address of a name (RFC 8305, Happy Eyeballs).
type Attempt struct {
	Address netip.AddrPort
	// After is when the try began, counted from the first one's beginning.
	After time.Duration
	// Took is how long it lasted.
	Took time.Duration
	// Err is why it failed; nil for the one that won. Canceled means that another won.
	Err *Error
}
