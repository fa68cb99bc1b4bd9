// Package core owns everything that runs: it opens sessions, keeps their peers and
// aliases, sends, records, and opens what a workspace file says. It parses no command
// line and prints nothing.
package core

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"sockeye"
	"sockeye/internal/journal"
	"sockeye/internal/memlimit"
	"sockeye/internal/payload"
	"sockeye/internal/query"
	"sockeye/internal/relay"
	"sockeye/internal/responder"
	"sockeye/internal/schedule"
	"sockeye/internal/transport"
	"sockeye/internal/transport/schemes"
	"sockeye/internal/workspace"
)

// Core is one running Sockeye. All methods may be called from any goroutine.
type Core struct {
	*query.Reader // its methods read the journal, which every caller may

	// CADir is the directory of the user's own certificate authority, which issues a certificate
	// for each TLS server that is given none. "" means there is no such directory. Set it before
	// anything is opened.
	CADir string
	// RefuseDial, if not nil, is asked before each TCP connection, in addition to the workbench's
	// own checks; an error that it returns fails the attempt. Set it before the first session.
	RefuseDial func(to netip.AddrPort) error

	journal      *journal.Journal
	lastPeer     atomic.Uint64
	aliases      aliases
	backpressure *Backpressure // nil: no reader holds traffic back

	recordings recorderState
	commenting commenting
	opened     openedRecordings

	ownListeners ownListeners
	lookup       atomic.Pointer[func(string) (string, bool)]
	ruleMemory   responder.MemoryLimit
	spool        schedule.Spool // files that came over the network
	seed         uint64         // of the random bytes in payloads
	memory       memlimit.Gauge
	relays       sync.WaitGroup // goroutines that end the sessions of a relay together
	chains       relay.Chains

	mu          sync.Mutex
	lastSession int
	sessions    []*Session // open ones, in the order they were opened
	closed      []*Session // closed ones, in the order they closed
}

// New makes a workbench with nothing open, whose journal keeps at most limit
// bytes in memory (0: journal.DefaultLimit).
func New(limit int) *Core {
	j := journal.New(journalLimit(limit))
	return &Core{Reader: query.NewReader(j), journal: j, seed: rand.Uint64(), commenting: commenting{turn: make(chan struct{}, 1)}}
}

// Knew reports whether there is or ever was a session of this name.
func (w *Core) Knew(id string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	n, err := strconv.Atoi(strings.TrimPrefix(id, "s"))
	return err == nil && n >= 1 && n <= w.lastSession && id == fmt.Sprintf("s%d", n)
}

// Open opens an endpoint as a session; see transport.Open for what has happened when
// it returns.
func (w *Core) Open(ctx context.Context, ep sockeye.Endpoint, a responder.Answer) (*Session, error) {
	return w.open(ctx, ep, a, openRequest{})
}

// openRequest holds the parameters of open besides endpoint and answer.
type openRequest struct {
	of    *workspace.Opening  // nil: of no workspace
	relay transport.Responder // used instead of answer; nil: the session is no side of a relay
	// upstreamOf is the listening session of the relay whose upstream the new session connects to.
	// The new session must not connect to that one. nil: it belongs to no relay.
	upstreamOf *Session
}

func (w *Core) open(ctx context.Context, ep sockeye.Endpoint, a responder.Answer, o openRequest) (*Session, error) {
	if err := w.checkSession(); err != nil {
		return nil, err
	}
	began := journal.Now()
	w.mu.Lock()
	w.lastSession++
	id := &sockeye.Session{ID: fmt.Sprintf("s%d", w.lastSession), Endpoint: ep}
	w.mu.Unlock()
	s := &Session{id: id, core: w, opened: o.of, upstreamOf: o.upstreamOf}
	s.sender.session, s.recipients.session, s.receiveFile.session = s, s, s
	s.responder = responder.New(a, responder.Config{Session: id, Journal: w.journal, Memory: &w.ruleMemory, Lookup: w.Lookup,
		Vars: func(t *payload.Template) payload.Vars { return s.sender.vars(t, nil) }})
	var err error
	if s.transport, err = transport.Open(ctx, ep, w.transportConfig(s, o)); err != nil {
		s.responder.Close()
		return nil, err
	}
	s.answer, s.since, s.dropped = a, began, make(chan struct{})
	w.mu.Lock()
	w.sessions = append(w.sessions, s)
	w.mu.Unlock()
	go s.dropWhenDone()
	return s, nil
}

// transportConfig makes the configuration of a session that is about to be opened.
func (w *Core) transportConfig(s *Session, o openRequest) transport.Config {
	ep := s.id.Endpoint
	answers := s.responder.Transport()
	if o.relay != nil {
		answers = o.relay
	}
	var loopOf *transport.Session
	if o.upstreamOf != nil {
		loopOf = o.upstreamOf.transport
	}
	return transport.Config{
		Driver:      schemes.Driver(ep.Address.Network),
		Session:     s.id,
		Sink:        w.journal,
		BufferLease: func() transport.BufferLease { return w.journal.Lease() },
		Responder:   answers,
		OnDemand:    o.upstreamOf != nil,
		LoopOf:      loopOf,
		OnSend:      s.responder.OnSend(),
		NextPeer:    func() uint64 { return w.lastPeer.Add(1) },
		OnJoin: func(p *sockeye.Peer) {
			w.aliases.name(p, w.isGone)
			s.recipients.joining(p)
		},
		Left:         s.left,
		Now:          journal.Now,
		Backpressure: w.backpressure.hook(),
		DialFilter:   w.dialFilterOf(ep.Address.Host, o),
		CADir:        w.CADir,
	}
}

// dropWhenDone waits for the session's transport to end, ends what the session started, and moves
// it to the closed sessions.
func (s *Session) dropWhenDone() {
	<-s.Done()
	s.responder.Close()
	s.sender.runs.Stop()
	s.core.drop(s)
	close(s.dropped)
}

// isGone reports whether a peer is in no open session any more.
func (w *Core) isGone(p *sockeye.Peer) bool {
	for _, s := range w.Sessions() {
		if s.id == p.Session {
			return s.Peer(p.ID) == nil
		}
	}
	return true
}

// maxClosed is how many closed sessions are kept.
const maxClosed = 256

func (w *Core) drop(s *Session) {
	last := s.transport.Status()
	w.mu.Lock()
	defer w.mu.Unlock()
	s.until, s.last = journal.Now(), last
	w.sessions = slices.DeleteFunc(w.sessions, func(o *Session) bool { return o == s })
	if s.upstreamOf == nil || !s.upstreamOf.forgotten {
		w.closed = append(w.closed, s)
	}
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
	s.shutdown(ctx)
	<-s.dropped
}

// dropAfter lets a closing session wait for the disk until ctx ends. After that, data that finds no
// room in memory is dropped and counted in a gap event. The caller calls ended when the session has
// ended.
func (w *Core) dropAfter(ctx context.Context, s *Session) (ended func()) {
	patient := make(chan func(), 1)
	stop := context.AfterFunc(ctx, func() { patient <- w.journal.DropWhenFull(s.id) })
	return func() {
		if !stop() {
			(<-patient)()
		}
	}
}

// Forget removes a closed session from Closed, and with a relay the sessions of its upstreams.
// Their events stay in the journal.
func (w *Core) Forget(s *Session) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s.forgotten = true
	w.closed = slices.DeleteFunc(w.closed, func(o *Session) bool { return o == s || o.upstreamOf == s })
}

// Shutdown closes every session in good order, but waits for none longer than until ctx ends. Then
// it closes the journal, its recording and the files that sessions are received to. It returns when
// everything has ended; the error joins one for each file that is not complete. Views may still
// read what the journal keeps.
func (w *Core) Shutdown(ctx context.Context) error {
	var closing sync.WaitGroup
	sessions := w.Sessions()
	for _, s := range sessions {
		closing.Go(func() { w.Close(ctx, s) })
	}
	closing.Wait()
	waitFor(ctx, &w.relays)
	for _, s := range w.Closed() {
		s.sender.runs.Stop()
	}
	w.forgetAllOpened()
	w.commenting.end()
	w.journal.Close()
	err := w.endRecording(ctx)
	for _, s := range sessions {
		err = errors.Join(err, s.receiveFile.Stop(ctx))
	}
	return err
}

// waitFor returns when the group is done or ctx ends.
func waitFor(ctx context.Context, group *sync.WaitGroup) {
	done := make(chan struct{})
	go func() {
		group.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
	}
}
