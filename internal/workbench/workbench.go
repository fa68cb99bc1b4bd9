// Package workbench owns everything that runs: it opens sessions, keeps their
// peers and aliases, sends, and gives every view a place in the one journal. It
// is where wire, journal and device meet. It parses no command line and prints
// nothing.
package workbench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"sockeye"
	"sockeye/internal/device"
	"sockeye/internal/journal"
	"sockeye/internal/wire"
)

// Workbench is one running Sockeye. All methods may be called from any goroutine.
type Workbench struct {
	journal  *journal.Journal
	lastPeer atomic.Uint64
	aliases  aliases
	pace     *Pace // nil: nobody must be waited for

	recordings recordings

	mu          sync.Mutex
	lastSession int
	sessions    []*Session // open ones, in the order they were opened
}

// New makes a workbench with nothing open, whose journal keeps at most limit
// bytes in memory (0: journal.DefaultLimit).
func New(limit int) *Workbench {
	return &Workbench{journal: journal.New(limit)}
}

// Answer is how a session answers its peers by itself.
type Answer struct {
	// Echo sends back whatever comes in.
	Echo bool
	// Device plays a board; Echo is ignored then.
	Device *device.Device
}

// Open opens an endpoint as a session; see wire.Open for what has happened when
// it returns.
func (w *Workbench) Open(ctx context.Context, ep sockeye.Endpoint, a Answer) (*Session, error) {
	w.mu.Lock()
	w.lastSession++
	id := &sockeye.Session{ID: fmt.Sprintf("s%d", w.lastSession), Endpoint: ep}
	w.mu.Unlock()
	opened, err := wire.Open(ctx, ep, wire.Config{
		Session:   id,
		Recorder:  w.journal,
		Responder: a.responder(),
		NextPeer:  func() uint64 { return w.lastPeer.Add(1) },
		Named:     func(p *sockeye.Peer) { w.aliases.name(p, w.isGone) },
		Now:       journal.Now,
		Pace:      w.pace.hook(),
	})
	if err != nil {
		return nil, err
	}
	s := &Session{Session: opened, id: id, bench: w}
	w.mu.Lock()
	w.sessions = append(w.sessions, s)
	w.mu.Unlock()
	go func() {
		<-s.Done()
		w.drop(s)
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

func (w *Workbench) drop(s *Session) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sessions = slices.DeleteFunc(w.sessions, func(o *Session) bool { return o == s })
}

// Sessions are the open sessions, in the order they were opened.
func (w *Workbench) Sessions() []*Session {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.sessions)
}

// View is a new reader of the journal, from event number from on; 0 is the oldest
// kept. Close it when done.
func (w *Workbench) View(from uint64) *journal.Cursor { return w.journal.Cursor(from) }

// Span is the range of events a view can still read from memory: the number of
// the oldest, and the number the next event will get.
func (w *Workbench) Span() (oldest, next uint64) { return w.journal.Span() }

// Shutdown closes every session in good order, all of them until ctx ends at the
// latest, and then the journal and its recording. It returns when everything has
// ended, with the error of a recording that is not complete; views may still read
// what is kept.
func (w *Workbench) Shutdown(ctx context.Context) error {
	var closing sync.WaitGroup
	for _, s := range w.Sessions() {
		closing.Go(func() { s.Shutdown(ctx) })
	}
	closing.Wait()
	w.journal.Close()
	return w.StopRecording(ctx)
}

// Session is an open session of a workbench.
type Session struct {
	*wire.Session
	id    *sockeye.Session
	bench *Workbench
}

// ID is the session's short name, "s1".
func (s *Session) ID() string { return s.id.ID }

// Endpoint is what was asked for.
func (s *Session) Endpoint() sockeye.Endpoint { return s.id.Endpoint }

// Alias names a peer; peers that later join from its address, when no other peer
// there has the name, inherit it. "" takes the name away.
func (s *Session) Alias(p *wire.Peer, name string) error {
	if err := checkAlias(name); err != nil {
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
	errs := make([]error, len(to))
	var sending sync.WaitGroup
	for i, p := range to {
		sending.Go(func() { _, errs[i] = p.Send(ctx, data) })
	}
	sending.Wait()
	return errors.Join(errs...)
}
