// Package workbench owns everything that runs: it opens sessions, keeps their
// peers and aliases, sends, and gives every view a place in the one journal. It
// is where wire, journal and device meet. It parses no command line and prints
// nothing.
package workbench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"sockeye"
	"sockeye/internal/device"
	"sockeye/internal/journal"
	"sockeye/internal/payload"
	"sockeye/internal/rule"
	"sockeye/internal/wire"
	"sockeye/internal/workspace"
)

// Workbench is one running Sockeye. All methods may be called from any goroutine.
type Workbench struct {
	journal  *journal.Journal
	lastPeer atomic.Uint64
	aliases  aliases
	pace     *Pace // nil: nobody must be waited for

	recordings recordings
	cuttings   cuttings

	guarded guarded
	running sync.WaitGroup // runs of send lists
	lookup  atomic.Pointer[func(string) (string, bool)]
	seed    uint64 // of the random bytes in payloads

	mu          sync.Mutex
	lastSession int
	sessions    []*Session // open ones, in the order they were opened
	closed      []*Session // those that were, the same way
}

// New makes a workbench with nothing open, whose journal keeps at most limit
// bytes in memory (0: journal.DefaultLimit).
func New(limit int) *Workbench {
	return &Workbench{journal: journal.New(limit), seed: rand.Uint64()}
}

// Answer is how a session answers its peers by itself.
type Answer struct {
	// Echo sends back whatever comes in.
	Echo bool
	// Device plays a board; Echo is ignored then.
	Device *device.Device
	// Rules answer frames; Echo and Device wait until there are no rules any more.
	Rules *Rules
	// Changeable lets rules be set while the session is open. It costs every message
	// a look whether there are any.
	Changeable bool
	// Allow lifts the guards of Echo and Device; Rules have their own.
	Allow rule.Allowed
	// Hello is what a board says first instead of its own hello, or nil.
	Hello *payload.Template
}

// Open opens an endpoint as a session; see wire.Open for what has happened when
// it returns.
func (w *Workbench) Open(ctx context.Context, ep sockeye.Endpoint, a Answer) (*Session, error) {
	return w.open(ctx, ep, a, nil)
}

// open is Open for an endpoint of a workspace, or nil.
func (w *Workbench) open(ctx context.Context, ep sockeye.Endpoint, a Answer, of *workspace.Opening) (*Session, error) {
	began := journal.Now()
	w.mu.Lock()
	w.lastSession++
	id := &sockeye.Session{ID: fmt.Sprintf("s%d", w.lastSession), Endpoint: ep}
	w.mu.Unlock()
	s := &Session{id: id, bench: w, opening: of}
	responder := a.responder(s)
	var err error
	s.Session, err = wire.Open(ctx, ep, wire.Config{
		Session:   id,
		Recorder:  w.journal,
		Window:    func() wire.Window { return w.journal.Window() },
		Responder: responder,
		Begun:     s.begun(),
		NextPeer:  func() uint64 { return w.lastPeer.Add(1) },
		Named:     func(p *sockeye.Peer) { w.aliases.name(p, w.isGone) },
		Now:       journal.Now,
		Pace:      w.pace.hook(),
		MayDial:   w.mayDial,
	})
	if err != nil {
		if s.answering != nil {
			s.answering.end()
		}
		return nil, err
	}
	s.answer, s.since, s.dropped = a, began, make(chan struct{})
	w.mu.Lock()
	w.sessions = append(w.sessions, s)
	w.mu.Unlock()
	go func() {
		<-s.Done()
		if s.answering != nil {
			s.answering.end()
		}
		w.drop(s)
		close(s.dropped)
	}()
	return s, nil
}

// isGone says whether a peer is in no open session any more.
func (w *Workbench) isGone(p *sockeye.Peer) bool {
	for _, s := range w.Sessions() {
		if s.id == p.Session {
			return s.Peer(p.ID) == nil
		}
	}
	return true
}

// mostClosed is how many closed sessions are remembered.
const mostClosed = 256

func (w *Workbench) drop(s *Session) {
	last := s.Session.Status()
	w.mu.Lock()
	defer w.mu.Unlock()
	s.until, s.last = journal.Now(), last
	w.sessions = slices.DeleteFunc(w.sessions, func(o *Session) bool { return o == s })
	w.closed = append(w.closed, s)
	if over := len(w.closed) - mostClosed; over > 0 {
		w.closed = slices.Delete(w.closed, 0, over)
	}
}

// Sessions are the open sessions, in the order they were opened.
func (w *Workbench) Sessions() []*Session {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.sessions)
}

// Closed are the sessions that were open and are not forgotten, in the order they
// closed.
func (w *Workbench) Closed() []*Session {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.closed)
}

// Close closes a session in good order, until ctx ends. When it returns, the
// session is among the closed ones.
func (w *Workbench) Close(ctx context.Context, s *Session) {
	defer w.hurryAfter(ctx, s)()
	s.Shutdown(ctx)
	<-s.dropped
}

// hurryAfter lets a session that closes wait for the disk until ctx ends, and no
// longer: what found no room in memory then is told of in a gap. Call what it returns
// when the session has ended.
func (w *Workbench) hurryAfter(ctx context.Context, s *Session) (ended func()) {
	patient := make(chan func(), 1)
	stop := context.AfterFunc(ctx, func() { patient <- w.journal.Hurry(s.id) })
	return func() {
		if !stop() {
			(<-patient)()
		}
	}
}

// Forget takes a closed session out of Closed. Its events stay.
func (w *Workbench) Forget(s *Session) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = slices.DeleteFunc(w.closed, func(o *Session) bool { return o == s })
}

// View is a new reader of the journal, from event number from on; 0 is the oldest
// kept. Close it when done.
func (w *Workbench) View(from uint64) *journal.Cursor { return w.journal.Cursor(from) }

// Span is the range of events a view can still read from memory: the number of
// the oldest, and the number the next event will get.
func (w *Workbench) Span() (oldest, next uint64) { return w.journal.Span() }

// Passed is Span as far as views may see, with the data bytes of all events before
// the oldest and before the next one.
func (w *Workbench) Passed() (oldest, next, before, total uint64) { return w.journal.Passed() }

// Shutdown closes every session in good order, all of them until ctx ends at the
// latest, and then the journal, its recording and the files that sessions are received
// to. It returns when everything has ended, with the error of what is not complete; views may still read
// what is kept.
func (w *Workbench) Shutdown(ctx context.Context) error {
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
	*wire.Session
	id      *sockeye.Session
	bench   *Workbench
	answer  Answer
	opening *workspace.Opening // nil: of no workspace
	since   time.Time

	answering *answering // nil: how it answers cannot change
	echoes    *echoGuard // nil: it never echoes

	composing composing
	runs      runs
	reached   atomic.Pointer[string] // see Reached

	receiving sync.Mutex
	received  *receivedFile // the one file, or the last; guarded by receiving

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
	s.bench.mu.Lock()
	defer s.bench.mu.Unlock()
	return s.until
}

// Status is the session as it is now, or as it was in the end.
func (s *Session) Status() sockeye.SessionStatus {
	s.bench.mu.Lock()
	closed, last := !s.until.IsZero(), s.last
	s.bench.mu.Unlock()
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
func (s *Session) Alias(p *wire.Peer, name string) error {
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
	s.bench.aliases.set(p.Peer, name)
	return nil
}

// Send sends data to each of the peers, all at the same time, so that one that
// does not read delays no other. It returns when every send has ended; the error
// joins the *sockeye.Error of each that failed.
func (s *Session) Send(ctx context.Context, to []*wire.Peer, data []byte) error {
	if len(to) == 1 {
		_, err := to[0].Send(ctx, data)
		return err
	}
	return Failures(s.SendData(ctx, to, data))
}
