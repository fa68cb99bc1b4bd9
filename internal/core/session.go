package core

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"time"

	"sockeye"
	"sockeye/internal/payload"
	"sockeye/internal/responder"
	"sockeye/internal/transport"
	"sockeye/internal/workspace"
)

// Session is an open session of a workbench.
type Session struct {
	transport *transport.Session
	id        *sockeye.Session
	core      *Core
	answer    responder.Answer
	opened    *workspace.Opening // nil: of no workspace
	since     time.Time

	responder   *responder.Responder
	relay       atomic.Pointer[Relay] // nil: it is none
	upstreamOf  *Session              // the relay whose upstream has its connections; nil: it is none
	sender      Sender
	recipients  Recipients
	receiveFile ReceiveFile

	dropped chan struct{} // closed when it is among the closed ones
	// Once it is closed, guarded by the workbench's lock:
	until time.Time
	last  sockeye.SessionStatus

	forgotten bool // guarded by the workbench's lock
}

// NoSession is the error about a session that is not there.
func NoSession(id string) error {
	return &sockeye.Error{Kind: sockeye.NotFound, Op: "open", Target: payload.Quote(id, 40),
		Message: sockeye.Text{En: "no such session", Zh: "没有这个会话"},
		Hint:    sockeye.Text{En: "sockeye session ls lists them", Zh: "sockeye session ls 列出全部会话"}}
}

// Peer is one remote party of a session. All its methods may be called by everybody;
// Answer is for who answers by itself.
type Peer = transport.Peer

// Peers are the peers there now, in the order they joined.
func (s *Session) Peers() []*Peer { return s.transport.Peers() }

// Peer is the peer with a number, or nil if it is not there.
func (s *Session) Peer(id uint64) *Peer { return s.transport.Peer(id) }

// Locals are the addresses really bound.
func (s *Session) Locals() []sockeye.SocketAddr { return s.transport.Locals() }

// SetHalfOpen changes Options.HalfOpen while the session is open.
func (s *Session) SetHalfOpen(d time.Duration) { s.transport.SetHalfOpen(d) }

// StopAccepting lets no new peer in from now on. Those that are there stay.
func (s *Session) StopAccepting() { s.transport.StopAccepting() }

// Close ends the session at once: peers see FIN where nothing is unread or unsent. It
// returns when the session has ended.
func (s *Session) Close() { s.transport.Close() }

// Done is closed when the session has ended and its closed event is recorded.
func (s *Session) Done() <-chan struct{} { return s.transport.Done() }

// Outcome is why the session ended: for one that connected, why its peer left. It is
// known once Done is closed.
func (s *Session) Outcome() (sockeye.Reason, *sockeye.Error) { return s.transport.Outcome() }

// ID is the session's short name, "s1".
func (s *Session) ID() string { return s.id.ID }

// Answer is how it answers by itself.
func (s *Session) Answer() responder.Answer { return s.answer }

// SetRules lets rules answer the session from now on; see responder.Responder.SetRules.
func (s *Session) SetRules(r *responder.RuleConfig, off bool) error {
	return s.responder.SetRules(r, off, s.Peers)
}

// RulesStatus is how the session answers by rules now, or did in the end; false
// without rules.
func (s *Session) RulesStatus() (responder.RulesStatus, bool) { return s.responder.RulesStatus() }

// AnsweredBy is how many rules answer the session now.
func (s *Session) AnsweredBy() int { return s.responder.AnsweredBy() }

// Since is when it was opened.
func (s *Session) Since() time.Time { return s.since }

// Until is when it closed, and zero while it is open.
func (s *Session) Until() time.Time {
	s.core.mu.Lock()
	defer s.core.mu.Unlock()
	return s.until
}

// Status is the session as it is now, or as it was in the end.
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

// Endpoint is what was asked for, with the options that were changed since.
func (s *Session) Endpoint() sockeye.Endpoint {
	ep := s.id.Endpoint
	sockeye.AllOptions.Live().Merge(&ep.Options, s.transport.LiveOptions())
	return ep
}

// SetOptions changes options while the session is open: those that are given, of which
// all must be of its kind and Live.
func (s *Session) SetOptions(o *sockeye.Options) error {
	if err := s.CheckOptions(o); err != nil {
		return err
	}
	return s.transport.SetOptions(o)
}

// SetPeerOptions is SetOptions for one peer.
func (s *Session) SetPeerOptions(p *Peer, o *sockeye.Options) error {
	if err := s.CheckOptions(o); err != nil {
		return err
	}
	return p.SetOptions(o)
}

// CheckOptions says what is wrong with options that SetOptions is to change: one error for
// each.
func (s *Session) CheckOptions(o *sockeye.Options) error {
	ep := s.id.Endpoint
	ep.Options = *o
	err := ep.Validate()
	for _, d := range sockeye.AllOptions {
		if !d.Live && d.IsSet(o) {
			err = errors.Join(err, fixedOption(d.Name))
		}
	}
	return err
}

// fixedOption is the error of an option that stays as it is while a session is open.
func fixedOption(name string) error {
	var live []string
	for _, d := range sockeye.AllOptions.Live() {
		live = append(live, d.Name)
	}
	list := strings.Join(live, ", ")
	return &sockeye.Error{Kind: sockeye.Invalid, Op: "set", Target: name,
		Message: sockeye.Text{En: "cannot be changed while the session is open", Zh: "会话打开期间不能更改"},
		Hint:    sockeye.Text{En: "open the session again with it; these can be changed: " + list, Zh: "请用新的选项重新打开会话；可以更改的有：" + list}}
}

// Alias names a peer; peers that later join from its address, when no other peer
// there has the name, inherit it. "" takes the name away.
func (s *Session) Alias(p *Peer, name string) error {
	if err := sockeye.CheckAlias(name); err != nil {
		return err
	}
	for _, o := range s.Peers() {
		if name != "" && o != p && o.Alias() == name {
			return &sockeye.Error{
				Kind: sockeye.Invalid, Op: "alias", Target: name,
				Message: sockeye.Text{En: "the name is taken by " + o.String(), Zh: "该别名已被 " + o.String() + " 使用"},
				Hint:    sockeye.Text{En: "choose another name", Zh: "请换一个别名"},
			}
		}
	}
	s.core.aliases.set(p.Peer, name)
	return nil
}

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
