package core

import (
	"context"
	"sync/atomic"
	"time"

	"sockeye"
	"sockeye/internal/payload"
	"sockeye/internal/responder"
	"sockeye/internal/transport"
	"sockeye/internal/workspace"
)

// Session is an endpoint that is or was open: its identity, its life and its peers. Its parts
// Sender, Recipients, Rules, Relay and ReceiveFile do everything else. All methods of a Session and
// of its parts may be called from any goroutine.
type Session struct {
	transport *transport.Session
	id        *sockeye.Session
	core      *Core
	answer    responder.Answer
	opened    *workspace.Opening // nil: of no workspace
	since     time.Time

	responder   *responder.SessionResponder
	relay       atomic.Pointer[Relay] // nil: the session is no relay
	upstreamOf  *Session              // the relay that these connections are the upstream of; nil: no relay
	sender      Sender
	recipients  Recipients
	receiveFile ReceiveFile

	dropped chan struct{} // closed when it is among the closed ones
	// Once it is closed, guarded by the workbench's lock:
	until time.Time
	last  sockeye.SessionStatus

	forgotten bool // guarded by the workbench's lock
}

// NoSession returns the error about an ID that no session has.
func NoSession(id string) error {
	return &sockeye.Error{Kind: sockeye.NotFound, Op: "open", Target: payload.Quote(id, 40),
		Message: sockeye.Text{En: "no such session", Zh: "没有这个会话"},
		Hint:    sockeye.Text{En: "sockeye session ls lists them", Zh: "sockeye session ls 列出全部会话"}}
}

// ID is the session's short name, "s1".
func (s *Session) ID() string { return s.id.ID }

// Opening returns the entry of the workspace that the session was opened from, or nil. Callers must
// not change it.
func (s *Session) Opening() *workspace.Opening { return s.opened }

// Answer is how it answers by itself.
func (s *Session) Answer() responder.Answer { return s.answer }

// Since is when it was opened.
func (s *Session) Since() time.Time { return s.since }

// Until is when it closed, and zero while it is open.
func (s *Session) Until() time.Time {
	s.core.mu.Lock()
	defer s.core.mu.Unlock()
	return s.until
}

// Status describes the session as it is now, or as it was when it closed.
func (s *Session) Status() sockeye.SessionStatus {
	s.core.mu.Lock()
	closed, last := !s.until.IsZero(), s.last
	s.core.mu.Unlock()
	if closed {
		last.ReceiveRate, last.SendRate, last.Queue = 0, 0, nil
		return last
	}
	return s.transport.Status()
}

// Locals are the addresses really bound.
func (s *Session) Locals() []sockeye.SocketAddr { return s.transport.Locals() }

// Done is closed when the session has ended and its closed event is recorded.
func (s *Session) Done() <-chan struct{} { return s.transport.Done() }

// Outcome returns why the session ended; for one that connected, why its peer left. Call it after
// Done is closed.
func (s *Session) Outcome() (sockeye.Reason, *sockeye.Error) { return s.transport.Outcome() }

// StopAccepting refuses new peers from now on. Present peers stay.
func (s *Session) StopAccepting() { s.transport.StopAccepting() }

// Peer is one remote party of a session. All its methods may be called by everybody;
// Answer is for who answers by itself.
type Peer = transport.Peer

// Peers are the peers there now, in the order they joined.
func (s *Session) Peers() []*Peer { return s.transport.Peers() }

// Peer is the peer with a number, or nil if it is not there.
func (s *Session) Peer(id uint64) *Peer { return s.transport.Peer(id) }

// left notes that a peer left, with how many bytes that never reached it.
func (s *Session) left(p *Peer, unsent int) {
	s.sender.left(p, unsent)
	s.recipients.left(p, unsent)
}

// shutdown stops what the session sends by itself, then closes it; see
// transport.Session.Shutdown.
func (s *Session) shutdown(ctx context.Context) {
	s.sender.runs.Stop()
	s.transport.Shutdown(ctx)
}
