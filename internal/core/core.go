// Package core owns everything that runs: it opens sessions, keeps their
// peers and aliases, sends, and gives every view a place in the one journal. It
// is where transport, journal and device meet. It parses no command line and prints
// nothing.
package core

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"sockeye"
	"sockeye/internal/device"
	"sockeye/internal/journal"
	"sockeye/internal/payload"
	"sockeye/internal/rule"
	"sockeye/internal/transport"
	"sockeye/internal/workspace"
)

// Core is one running Sockeye. All methods may be called from any goroutine.
type Core struct {
	journal      *journal.Journal
	lastPeer     atomic.Uint64
	aliases      aliases
	backpressure *Backpressure // nil: nobody must be waited for

	recordings recorderState
	cuttings   frameCaches

	ownListeners ownListeners
	running      sync.WaitGroup // runs of send lists
	lookup       atomic.Pointer[func(string) (string, bool)]
	ruleBudget   ruleBudget
	seed         uint64 // of the random bytes in payloads

	mu          sync.Mutex
	lastSession int
	sessions    []*Session // open ones, in the order they were opened
	closed      []*Session // those that were, the same way
}

// New makes a workbench with nothing open, whose journal keeps at most limit
// bytes in memory (0: journal.DefaultLimit).
func New(limit int) *Core {
	return &Core{journal: journal.New(limit), seed: rand.Uint64()}
}

// Answer is how a session answers its peers by itself.
type Answer struct {
	// Echo sends back whatever comes in.
	Echo bool
	// Device plays a board; Echo is ignored then.
	Device *device.Device
	// Rules answer frames; Echo and Device wait until there are no rules any more.
	Rules *RuleProgram
	// Changeable lets rules be set while the session is open. It costs every message
	// a look whether there are any.
	Changeable bool
	// Allow lifts the guards of Echo and Device; Rules have their own.
	Allow rule.Allowed
	// Program runs for each peer, and Broker passes on what peers send; nil: neither.
	// They go before all others, and are never part of a workspace or a rule.
	Program *Program
	Broker  *Broker
	// Hello is what a board says first instead of its own hello, or nil.
	Hello *payload.Template
}

// Knew says whether there is or ever was a session of this name.
func (w *Core) Knew(id string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	n, err := strconv.Atoi(strings.TrimPrefix(id, "s"))
	return err == nil && n >= 1 && n <= w.lastSession && id == fmt.Sprintf("s%d", n)
}

// Open opens an endpoint as a session; see transport.Open for what has happened when
// it returns.
func (w *Core) Open(ctx context.Context, ep sockeye.Endpoint, a Answer) (*Session, error) {
	return w.open(ctx, ep, a, nil)
}

// open is Open for an endpoint of a workspace, or nil.
func (w *Core) open(ctx context.Context, ep sockeye.Endpoint, a Answer, of *workspace.Opening) (*Session, error) {
	began := journal.Now()
	w.mu.Lock()
	w.lastSession++
	id := &sockeye.Session{ID: fmt.Sprintf("s%d", w.lastSession), Endpoint: ep}
	w.mu.Unlock()
	s := &Session{id: id, core: w, opened: of}
	responder := a.responder(s)
	var err error
	s.Session, err = transport.Open(ctx, ep, transport.Config{
		Session:     id,
		Sink:        w.journal,
		BufferLease: func() transport.BufferLease { return w.journal.Lease() },
		Responder:   responder,
		OnSend:      s.onSend(),
		NextPeer:    func() uint64 { return w.lastPeer.Add(1) },
		OnJoin: func(p *sockeye.Peer) {
			w.aliases.name(p, w.isGone)
			s.recipients.joining(p, func(id uint64) *transport.Peer { return s.Peer(id) })
		},
		Left:         s.left,
		Now:          journal.Now,
		Backpressure: w.backpressure.hook(),
		DialFilter:   w.dialFilter,
	})
	if err != nil {
		if s.responder != nil {
			s.responder.end()
		}
		return nil, err
	}
	s.answer, s.since, s.dropped = a, began, make(chan struct{})
	w.mu.Lock()
	w.sessions = append(w.sessions, s)
	w.mu.Unlock()
	go func() {
		<-s.Done()
		if s.responder != nil {
			s.responder.end()
		}
		if s.helpers != nil {
			s.helpers.end()
		}
		w.drop(s)
		close(s.dropped)
	}()
	return s, nil
}

// isGone says whether a peer is in no open session any more.
func (w *Core) isGone(p *sockeye.Peer) bool {
	for _, s := range w.Sessions() {
		if s.id == p.Session {
			return s.Peer(p.ID) == nil
		}
	}
	return true
}

// maxClosed is how many closed sessions are remembered.
const maxClosed = 256

func (w *Core) drop(s *Session) {
	last := s.Session.Status()
	w.mu.Lock()
	defer w.mu.Unlock()
	s.until, s.last = journal.Now(), last
	w.sessions = slices.DeleteFunc(w.sessions, func(o *Session) bool { return o == s })
	w.closed = append(w.closed, s)
	if over := len(w.closed) - maxClosed; over > 0 {
		w.closed = slices.Delete(w.closed, 0, over)
	}
}

// Sessions are the open sessions, in the order they were opened.
func (w *Core) Sessions() []*Session {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.sessions)
}

// Closed are the sessions that were open and are not forgotten, in the order they
// closed.
func (w *Core) Closed() []*Session {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.closed)
}

// Close closes a session in good order, until ctx ends. When it returns, the
// session is among the closed ones.
func (w *Core) Close(ctx context.Context, s *Session) {
	defer w.dropAfter(ctx, s)()
	s.Shutdown(ctx)
	<-s.dropped
}

// dropAfter lets a session that closes wait for the disk until ctx ends, and no
// longer: what found no room in memory then is told of in a gap. Call what it returns
// when the session has ended.
func (w *Core) dropAfter(ctx context.Context, s *Session) (ended func()) {
	patient := make(chan func(), 1)
	stop := context.AfterFunc(ctx, func() { patient <- w.journal.DropWhenFull(s.id) })
	return func() {
		if !stop() {
			(<-patient)()
		}
	}
}

// Forget takes a closed session out of Closed. Its events stay.
func (w *Core) Forget(s *Session) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = slices.DeleteFunc(w.closed, func(o *Session) bool { return o == s })
}

// View is a new reader of the journal, from event number from on; 0 is the oldest
// kept. Close it when done.
func (w *Core) View(from uint64) *journal.Cursor { return w.journal.Cursor(from) }

// Span is the range of events a view can still read from memory: the number of
// the oldest, and the number the next event will get.
func (w *Core) Span() (oldest, next uint64) { return w.journal.Span() }

// VisibleSpan is Span as far as views may see, with the data bytes of all events before
// the oldest and before the next one.
func (w *Core) VisibleSpan() (oldest, next, before, total uint64) { return w.journal.VisibleSpan() }

// Shutdown closes every session in good order, all of them until ctx ends at the
// latest, and then the journal, its recording and the files that sessions are received
// to. It returns when everything has ended, with the error of what is not complete; views may still read
// what is kept.
func (w *Core) Shutdown(ctx context.Context) error {
	var closing sync.WaitGroup
	sessions := w.Sessions()
	for _, s := range sessions {
		closing.Go(func() { w.Close(ctx, s) })
	}
	closing.Wait()
	w.running.Wait()
	w.journal.Close()
	err := w.endRecording(ctx)
	for _, s := range sessions {
		err = errors.Join(err, s.StopReceiving(ctx))
	}
	return err
}

// Session is an open session of a workbench.
type Session struct {
	*transport.Session
	id     *sockeye.Session
	core   *Core
	answer Answer
	opened *workspace.Opening // nil: of no workspace
	since  time.Time

	responder *dynamicResponder  // nil: how it answers cannot change
	helpers   interface{ end() } // a Program's or Broker's goroutines; nil without
	echo      *echoGuard         // nil: it never echoes

	builder    messageBuilder
	runs       runs
	recipients recipients
	reached    atomic.Pointer[string] // see Reached

	file     sync.Mutex
	received *receivedFile // the one file, or the last; guarded by receiving

	dropped chan struct{} // closed when it is among the closed ones
	// Once it is closed, guarded by the workbench's lock:
	until time.Time
	last  sockeye.SessionStatus
}

// ID is the session's short name, "s1".
func (s *Session) ID() string { return s.id.ID }

// Answer is how it answers by itself.
func (s *Session) Answer() Answer { return s.answer }

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
	return s.Session.Status()
}

// Endpoint is what was asked for.
func (s *Session) Endpoint() sockeye.Endpoint { return s.id.Endpoint }

// Alias names a peer; peers that later join from its address, when no other peer
// there has the name, inherit it. "" takes the name away.
func (s *Session) Alias(p *transport.Peer, name string) error {
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

// Send sends data to each of the peers, all at the same time, so that one that
// does not read delays no other. It returns when every send has ended; the error
// joins the *sockeye.Error of each that failed.
func (s *Session) Send(ctx context.Context, to []*transport.Peer, data []byte) error {
	if len(to) == 1 {
		_, err := to[0].Send(ctx, data)
		return err
	}
	return Failures(s.SendData(ctx, to, data))
}
