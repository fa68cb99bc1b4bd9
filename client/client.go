// Package client drives a workbench of Sockeye: it opens sockets, sends, waits for
// what comes, and reads the record of what happened. A workbench is either in this
// process (New) or one that runs already, as "sockeye ui" starts it (Attach, Dial).
// Both are a Client, and programs need not know which one they have.
//
// Errors are *sockeye.Error, or several of them joined: errors.As finds the first, and
// sockeye.ErrorOf too. What a peer does wrong is an event, not an error.
//
// # Who owns bytes
//
// Data given to Send and Expect is read during the call only. The Data of an event
// belongs to the workbench and is lent until the loop asks for the next event: clone
// what you keep. A Match and everything else that is returned belongs to the caller.
package client

import (
	"context"
	"iter"
	"time"

	"sockeye"
)

// Client is a workbench: the sessions that are open in it, and the record of what
// happened on them. All methods may be called from any goroutine. A method that waits
// ends with its context; the error then has the kind canceled or timed-out, and
// unwraps to the context's cause.
type Client interface {
	// Open opens an endpoint and returns when it listens, is connected, or, with the
	// option Reconnect, tries to connect. Nil options are the default ones.
	Open(ctx context.Context, ep sockeye.Endpoint, o *OpenOptions) (*sockeye.Session, error)
	// Sessions are all that are open or were, in the order they were opened.
	Sessions(ctx context.Context) ([]Session, error)
	// CloseSession closes a session in good order and returns when its sockets are
	// closed and its last event is recorded. A session that is closed already is
	// taken from the list; its events stay.
	CloseSession(ctx context.Context, session string) error

	// Peers are the peers that a session has now.
	Peers(ctx context.Context, session string) ([]sockeye.PeerStatus, error)
	// AwaitPeer waits until a session has a peer, and returns the first one.
	AwaitPeer(ctx context.Context, session string) (sockeye.PeerStatus, error)
	// ClosePeer closes the connection to one peer in good order (FIN).
	ClosePeer(ctx context.Context, session string, peer uint64) error

	// SetLines sets DTR and RTS of a serial port, or sends a break, and returns when that
	// is done. The port is the one peer of its session.
	SetLines(ctx context.Context, session string, peer uint64, set sockeye.LineSetting) error

	// Send sends data to the peers with these numbers, without any to all that can
	// receive, and returns when the kernel has taken all of it. The error joins the
	// failures; what became of each peer is in the deliveries.
	Send(ctx context.Context, session string, data []byte, to ...uint64) ([]Delivery, error)
	// SendPayload is Send of a payload as people write it. Its fields are filled in
	// for each peer.
	SendPayload(ctx context.Context, session string, p Payload, to ...uint64) ([]Delivery, error)
	// Expect waits until want has come from one peer of a session, behind what the
	// Expect before matched. What came before the call counts, so that an answer may be
	// sooner than the call that waits for it; a match may lie across several reads. The
	// error has the kind expected when the context's deadline comes first, or the end
	// of the session. Calls for one session take turns. At most the last 64 KiB of a
	// peer are kept for it.
	Expect(ctx context.Context, session string, want []byte) (Match, error)

	// Events are the events of the record in order, those there are and then those
	// that come. The loop ends with an error, or without one: with Once at the end of
	// the record, with Session at the end of that session, and when the workbench
	// ends. A reader that is too slow gets an event of the kind gap with the exact
	// number of events it missed.
	Events(ctx context.Context, o EventOptions) iter.Seq2[sockeye.Event, error]

	// Comment writes a comment on an event of a session, or of any with "": one line of at
	// most sockeye.MaxComment characters, which replaces the one before. sockeye.Bookmark is a
	// bookmark, and no text takes the comment away. It is an event of the record itself.
	Comment(ctx context.Context, session string, event uint64, text string) (Commented, error)
	// Comments are those of a session, or with "" of all, in the order of their events.
	Comments(ctx context.Context, session string) ([]Comment, error)

	// Close ends the client: calls that wait return. A workbench in this process
	// closes its sessions in good order first, for at most LocalOptions.Drain; one that
	// runs elsewhere goes on with its sessions.
	Close() error
}

// OpenOptions are how a session answers by itself.
type OpenOptions struct {
	// Echo sends everything back.
	Echo bool
	// Device plays the board of the experiment.
	Device *Device
	// Upstream makes a relay of an endpoint that listens: each peer gets a connection of
	// its own to it, in a second session. Nothing else answers then.
	Upstream *sockeye.Endpoint
	// Faults are what goes wrong between the two sides of a relay: "latency 100ms", each as
	// docs/relay.md has it.
	Faults []string
	// Routes are other upstreams for those peers that they fit, tried in order:
	// "tcp://192.168.1.90:80 peer 10.0.0.0/8 when prefix:GET".
	Routes []string
	// Share has all peers of a relay share one connection to the upstream, and says which of
	// them may write to it: "one", that is there longest, or "all".
	Share string
	// LiftGuards names guards of an echo that are not wanted: "storm", "amplify",
	// "low-ports".
	LiftGuards []string
}

// Device is the board of the experiment: it says hello and sends everything back.
type Device struct {
	Hello string
	// Interval is the pause after each echo; 0 is none.
	Interval time.Duration
}

// Session is a session as it was at one moment.
type Session struct {
	sockeye.SessionStatus
	State SessionState
	// Rules counts the rules that answer it now.
	Rules int
	// Faults counts those between the two sides of a relay, and FaultsUntil is when they end
	// by themselves; zero: they do not.
	Faults      int
	FaultsUntil time.Time
	// Since is when it was opened, Until when it closed; zero while it is open.
	Since, Until time.Time
	// Reason is why it closed, and Err the error if there was one.
	Reason sockeye.Reason
	Err    *sockeye.Error
}

// SessionState is how far a session has come: a stable word.
type SessionState string

// The states of a session.
const (
	Connecting SessionState = "connecting" // it has no connection yet, or waits to connect again
	Open       SessionState = "open"
	Closed     SessionState = "closed"
)

// Payload is bytes as people write them: Prefix, Text, Checksum, Suffix, and the line
// end. Prefix and Suffix are text with escapes and fields.
type Payload struct {
	// Text is text with escapes such as \r\n and fields such as {{seq}}; with Hex it is
	// bytes in hex, and with Plain it is sent as it is.
	Text       string
	Hex, Plain bool
	// Charset is of the text; "" is UTF-8.
	Charset string
	// LineEnding is "", "lf", "crlf" or "cr".
	LineEnding string
	// Checksum is appended to Text: "crc16modbus", or with a range "xor8(1..-1):HEX".
	Checksum       string
	Prefix, Suffix string
}

// Delivery is what became of a send for one peer.
type Delivery struct {
	Peer uint64
	// Sent counts the bytes that the kernel took; all of them without Err.
	Sent int
	Err  *sockeye.Error
}

// Match is what Expect waited for.
type Match struct {
	// Peer sent it.
	Peer *sockeye.Peer
	// Data is what the peer sent behind the match before, up to and with what was
	// expected: at most the last 64 KiB.
	Data []byte
	// Seq is the number of the event with the last byte.
	Seq uint64
}

// EventOptions choose events.
type EventOptions struct {
	// Session is the only one whose events are wanted; "" is all.
	Session string
	// From is the number of the first event; 0 is the oldest that is kept.
	From uint64
	// Once ends the loop at the end of the record, instead of waiting.
	Once bool
}
