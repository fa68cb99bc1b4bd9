package transport

import (
	"cmp"
	"context"
	"errors"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"sockeye"
	"sockeye/internal/netinfo"
)

// Session is an endpoint that is open. It ends by Shutdown or Close, or, when it
// connects and is not to reconnect, with its peer. All methods may be called
// from any goroutine.
type Session struct {
	id   *sockeye.Session
	ep   sockeye.Endpoint // with defaults
	cfg  Config
	opts sockeye.Options

	buffers sync.Pool // of *[]byte, opts.ReadSize long

	ctx        context.Context // ends when no new peer is wanted
	cancel     context.CancelCauseFunc
	goroutines sync.WaitGroup // accept loops, dial loop, peers' owners, sweeper
	done       chan struct{}  // closed after the closed event

	packets  udpPeerTable
	halfOpen atomic.Int64 // time.Duration
	pending  atomic.Int32 // see Hold
	crowded  atomic.Bool  // see limitSendQueue

	mu           sync.Mutex
	locals       []netip.AddrPort
	peers        map[uint64]*Peer
	capacity     chan struct{}  // closed when a peer leaves; nil while nobody waits for it
	stopFuncs    []func()       // close what accepts
	acceptQueues []fdController // sockets that accept
	sockets      []*udpSocket
	reason       sockeye.Reason
	err          *sockeye.Error
	departed     sockeye.Counters // of the peers that left
	looked       time.Time        // when the sweeper looked at acknowledgements last; only the sweeper's
	sample       rateSample       // for rates
}

// fdController lets a function use a descriptor that cannot be closed meanwhile.
type fdController interface {
	Control(f func(fd uintptr)) error
}

// Open opens the endpoint. A listening session is bound when it returns; a
// connecting one is connected, unless it reconnects: then it connects in the
// background and its failures are events. ctx bounds the opening only. An
// endpoint that does not validate gives Validate's error; any other error is an
// *sockeye.Error and is also recorded as an event.
func Open(ctx context.Context, ep sockeye.Endpoint, cfg Config) (*Session, error) {
	s := &Session{
		id: cfg.Session, ep: ep, cfg: cfg,
		opts:  ep.Effective(),
		peers: map[uint64]*Peer{},
		done:  make(chan struct{}),

		sample: rateSample{taken: cfg.Now()},
	}
	s.buffers.New = func() any { b := make([]byte, s.opts.ReadSize); return &b }
	s.halfOpen.Store(int64(s.opts.HalfOpen))
	s.ctx, s.cancel = context.WithCancelCause(context.Background())
	if err := ep.Validate(); err != nil {
		s.cancel(err)
		return nil, err
	}
	if err := s.start(ctx); err != nil {
		s.cancel(err)
		d := detailOf(string(ep.Mode), ep.Address.String(), err)
		s.record(sockeye.Event{Kind: sockeye.Failed, Detail: d})
		return nil, d.Err
	}
	s.goroutines.Go(s.sweepIdle)
	go s.end()
	return s, nil
}

func (s *Session) start(ctx context.Context) error {
	udp := s.ep.Address.Network.Transport() == sockeye.UDP
	switch {
	case s.ep.Mode == sockeye.Listen && udp:
		return s.listenPacket(ctx)
	case s.ep.Mode == sockeye.Listen:
		return s.listenStream(ctx)
	default:
		return s.connect(ctx)
	}
}

// end waits for everything the session started and records its end.
func (s *Session) end() {
	s.goroutines.Wait()
	s.cancel(nil)
	s.mu.Lock()
	d := &sockeye.Detail{Reason: s.reason}
	s.mu.Unlock()
	if d.Reason == "" {
		d.Reason = sockeye.ReasonLocal
	}
	s.record(sockeye.Event{Kind: sockeye.Ended, Detail: d})
	close(s.done)
}

// opened records the opened event with the addresses really bound.
func (s *Session) opened(locals ...netip.AddrPort) {
	s.mu.Lock()
	s.locals = locals
	s.mu.Unlock()
	s.record(sockeye.Event{Kind: sockeye.Opened, Detail: &sockeye.Detail{Locals: locals}})
}

func (s *Session) record(e sockeye.Event) {
	e.Session = s.id
	if e.Time.IsZero() {
		e.Time = s.cfg.Now()
	}
	s.cfg.Sink.Append(e)
}

// detailOf is what an event tells of a failure.
func detailOf(op, target string, err error) *sockeye.Detail {
	d := &sockeye.Detail{Err: netinfo.Explain(op, target, err)}
	if tried, ok := errors.AsType[*attemptsError](err); ok {
		d.Attempts = tried.attempts
	}
	return d
}

// failed records an error of the session itself.
func (s *Session) failed(e *sockeye.Error) {
	s.record(sockeye.Event{Kind: sockeye.Failed, Detail: &sockeye.Detail{Err: e}})
}

// Locals are the addresses really bound.
func (s *Session) Locals() []netip.AddrPort {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.locals)
}

// Status is the session as it is now.
func (s *Session) Status() sockeye.SessionStatus {
	s.mu.Lock()
	st := sockeye.SessionStatus{Session: s.id, Locals: slices.Clone(s.locals), Peers: len(s.peers), Counters: s.departed}
	for _, p := range s.peers {
		st.Counters = st.Counters.Plus(p.Counters())
	}
	s.sample.update(s.cfg.Now(), st.Counters)
	st.ReceiveRate, st.SendRate = s.sample.recvRate, s.sample.sentRate
	queues := s.acceptQueues
	s.mu.Unlock()
	for _, l := range queues {
		if q := netinfo.AcceptQueueOf(l); q != nil {
			if st.Queue != nil {
				q.Waiting += st.Queue.Waiting
			}
			st.Queue = q
		}
	}
	return st
}

// Peers are the peers there now, in the order they joined.
func (s *Session) Peers() []*Peer {
	all := s.snapshot()
	slices.SortFunc(all, func(a, b *Peer) int { return cmp.Compare(a.ID, b.ID) })
	return all
}

// Peer is the peer with a number, or nil if it is not there.
func (s *Session) Peer(id uint64) *Peer {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.peers[id]
}

// snapshot is Peers in no order.
func (s *Session) snapshot() []*Peer {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]*Peer, 0, len(s.peers))
	for _, p := range s.peers {
		all = append(all, p)
	}
	return all
}

// snapshotIfMore is snapshot if a new peer is one more than n, else nil.
func (s *Session) snapshotIfMore(n int) []*Peer {
	s.mu.Lock()
	count := len(s.peers)
	s.mu.Unlock()
	if count < n {
		return nil
	}
	return s.snapshot()
}

// Done is closed when the session has ended and its closed event is recorded.
func (s *Session) Done() <-chan struct{} { return s.done }

// Outcome is why the session ended: for one that connected, why its peer left.
// It is known once Done is closed.
func (s *Session) Outcome() (sockeye.Reason, *sockeye.Error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reason, s.err
}

// Shutdown stops accepting at once, then closes every peer in good order, all of
// them until ctx ends at the latest. It returns when the session has ended.
func (s *Session) Shutdown(ctx context.Context) {
	s.StopAccepting()
	var closing sync.WaitGroup
	for _, p := range s.snapshot() {
		closing.Go(func() { p.Close(ctx) })
	}
	closing.Wait()
	<-s.done
}

// Close ends the session at once: peers see FIN where nothing is unread or
// unsent. It returns when the session has ended.
func (s *Session) Close() {
	s.StopAccepting()
	for _, p := range s.snapshot() {
		p.stop(sockeye.ReasonLocal)
	}
	<-s.done
}

// StopAccepting lets no new peer in from now on. Those that are there stay.
func (s *Session) StopAccepting() {
	s.cancel(errClosing)
	s.mu.Lock()
	stops := s.stopFuncs
	s.stopFuncs = nil
	s.mu.Unlock()
	for _, stop := range stops {
		stop()
	}
}

var errClosing = &sockeye.Error{Kind: sockeye.Closed, Message: sockeye.Text{En: "the session is closing", Zh: "会话正在关闭"}}

// onStop has f called when the session stops accepting; at once if it has.
func (s *Session) onStop(f func()) {
	s.mu.Lock()
	stopped := s.ctx.Err() != nil
	if !stopped {
		s.stopFuncs = append(s.stopFuncs, f)
	}
	s.mu.Unlock()
	if stopped {
		f()
	}
}

// addPeer adds a peer to the session, unless the session is closing.
func (s *Session) addPeer(p *Peer) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx.Err() != nil {
		return false
	}
	s.peers[p.ID] = p
	return true
}

func (s *Session) removePeer(p *Peer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.peers, p.ID)
	s.departed = s.departed.Plus(p.Counters())
	if s.capacity != nil {
		close(s.capacity)
		s.capacity = nil
	}
}

// isFull says whether the peer limit is reached.
func (s *Session) isFull() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.peers) >= s.opts.MaxPeers
}

// capacityFreed is closed when a peer leaves a full session; nil if it is not full.
func (s *Session) capacityFreed() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.peers) < s.opts.MaxPeers {
		return nil
	}
	if s.capacity == nil {
		s.capacity = make(chan struct{})
	}
	return s.capacity
}

// SetHalfOpen changes Options.HalfOpen while the session is open.
func (s *Session) SetHalfOpen(d time.Duration) {
	s.halfOpen.Store(int64(d))
	s.finishIfDone()
}

// Hold is Peer.Hold for all peers of the session, those who will join included.
func (s *Session) Hold() { s.pending.Add(1) }

// Release ends one Hold.
func (s *Session) Release() {
	if s.pending.Add(-1) == 0 {
		s.finishIfDone()
	}
}

func (s *Session) finishIfDone() {
	for _, p := range s.snapshot() {
		p.finishIfDone()
	}
}

// minQuiet is how long a peer must be quiet to be swept, however short its
// limit: a send that is making way is not quiet.
const minQuiet = 50 * time.Millisecond

// sweepIdle ends peers on which nothing crossed for too long.
func (s *Session) sweepIdle() {
	every := time.Second
	for _, d := range []time.Duration{s.opts.IdleTimeout, s.opts.HalfOpen, s.ep.AnswerTimeout()} {
		if d > 0 {
			every = min(every, max(d/8, 5*time.Millisecond))
		}
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-s.ctx.Done():
			return
		case <-tick.C:
			s.sweepOnce(s.cfg.Now())
		}
	}
}

func (s *Session) sweepOnce(now time.Time) {
	idle, halfOpen := s.opts.IdleTimeout, time.Duration(s.halfOpen.Load())
	look := s.watchesAcks(now)
	for _, p := range s.snapshot() {
		if p.backpressureHeld.Load() > 0 {
			p.lastActive.Store(now.UnixNano())
		}
		quiet := now.Sub(time.Unix(0, p.lastActive.Load()))
		switch {
		case look && p.watchAcks(now, quiet):
		case halfOpen > 0 && quiet >= max(halfOpen, minQuiet) && p.isState(sockeye.PeerFinished) && !p.isNeeded():
			p.stop(sockeye.ReasonEOF)
		case idle > 0 && quiet >= idle:
			p.stop(sockeye.ReasonIdle)
		}
	}
}

// evictFinished ends the peers that finished sending and are not being
// answered, because what they hold is needed. It says whether there were any.
func (s *Session) evictFinished() bool {
	now, found := s.cfg.Now(), false
	for _, p := range s.snapshot() {
		if p.isState(sockeye.PeerFinished) && now.Sub(time.Unix(0, p.lastActive.Load())) >= minQuiet && !p.isNeeded() {
			p.stop(sockeye.ReasonEOF)
			found = true
		}
	}
	return found
}
