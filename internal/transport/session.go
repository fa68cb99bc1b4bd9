package transport

import (
	"cmp"
	"context"
	"errors"
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
	live atomic.Pointer[sockeye.Options] // opts with what SetOptions changed

	buffers sync.Pool // of *[]byte, opts.ReadSize long

	ctx        context.Context // ends when no new peer is wanted
	cancel     context.CancelCauseFunc
	goroutines sync.WaitGroup // accept loops, dial loop, peers' owners, sweeper
	leaving    sync.WaitGroup // peers that are not in the list any more, and whose left event is not recorded yet
	done       chan struct{}  // closed after the closed event

	halfOpen atomic.Int64 // time.Duration
	pending  atomic.Int32 // see Hold

	setting sync.Mutex // held by SetOptions

	mu           sync.Mutex
	locals       []sockeye.SocketAddr
	opened       bool                          // the opened event is recorded
	seen         map[sockeye.SeenProtocol]bool // protocols whose seen event is recorded
	how          sockeye.Detail                // of the opened event; the driver writes it before it opens anything
	peers        map[uint64]*Peer
	capacity     chan struct{}  // closed when a peer leaves; nil while nobody waits for it
	stopFuncs    []func()       // close what accepts
	acceptQueues []FDController // sockets that accept
	reach        func(to sockeye.SocketAddr) (*Peer, error)
	publish      func(to []Conn, m sockeye.Publication, data []byte) (int, error)
	apply        func(o *sockeye.Options, sockets []FDController) error
	noDials      bool // of OnDemand: nobody may dial any more
	remembered   any  // the driver's, see DriverSession.Remember
	reason       sockeye.Reason
	err          *sockeye.Error
	departed     sockeye.Counters // of the peers that left
	looked       time.Time        // when the sweeper looked at acknowledgements last; only the sweeper's
	sample       rateSample       // for rates
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
	s.live.Store(&s.opts)
	s.halfOpen.Store(int64(s.opts.HalfOpen))
	s.ctx, s.cancel = context.WithCancelCause(context.Background())
	if err := errors.Join(ep.Validate(), CheckFiles(cfg.Driver, ep)); err != nil {
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
	d := (*DriverSession)(s)
	switch {
	case s.cfg.Driver == nil:
		return noDriver(s.ep)
	case s.ep.Mode == sockeye.Listen:
		return s.cfg.Driver.Listen(ctx, d)
	}
	return s.connect(ctx)
}

// end waits for everything the session started and records its end.
func (s *Session) end() {
	s.goroutines.Wait()
	s.leaving.Wait()
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

func (s *Session) record(e sockeye.Event) {
	e.Session = s.id
	if e.Time.IsZero() {
		e.Time = s.cfg.Now()
	}
	s.cfg.Sink.Append(e)
}

// detailOf returns the detail of an event about a failure.
func detailOf(op, target string, err error) *sockeye.Detail {
	d := &sockeye.Detail{Err: netinfo.Explain(op, target, err)}
	if tried, ok := errors.AsType[*AttemptsError](err); ok {
		d.Attempts = tried.Attempts
	}
	return d
}

// Endpoint returns the endpoint that the session was opened with.
func (s *Session) Endpoint() sockeye.Endpoint { return s.ep }

// Locals are the addresses really bound.
func (s *Session) Locals() []sockeye.SocketAddr {
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

// Reach returns the peer for an address, known or not, so that it can be sent to. A
// session of a transport with connections has only the peers that are connected.
func (s *Session) Reach(to sockeye.SocketAddr) (*Peer, error) {
	s.mu.Lock()
	reach := s.reach
	s.mu.Unlock()
	if reach == nil {
		return nil, NoPeer(to.String())
	}
	return reach(to)
}

// Publish has a broker publish a message: to all clients that subscribed to its topic, or, if to
// is not empty, to these peers alone, whatever they subscribed to. It returns how many clients
// got it.
func (s *Session) Publish(to []*Peer, m sockeye.Publication, data []byte) (int, error) {
	s.mu.Lock()
	publish := s.publish
	s.mu.Unlock()
	if publish == nil {
		return 0, &sockeye.Error{Kind: sockeye.Unsupported, Op: "publish", Target: s.id.ID,
			Message: sockeye.Text{En: "only brokers publish", Zh: "只有代理才能发布"}, Hint: sockeye.Text{En: "open one: sockeye listen mqtt://:1883", Zh: "请打开一个：sockeye listen mqtt://:1883"}}
	}
	if s.ctx.Err() != nil {
		return 0, ErrClosing
	}
	var conns []Conn
	for _, p := range to {
		c, ok := p.conn.(*StreamConn)
		if !ok || p.session != s {
			return 0, NoPeer(p.Remote.String())
		}
		conns = append(conns, c.conn)
	}
	return publish(conns, m, data)
}

// NoPeer is the error of an address that no socket of a session can reach.
func NoPeer(to string) error {
	return &sockeye.Error{
		Kind: sockeye.NotFound, Op: "send", Target: to,
		Message: sockeye.Text{En: "no such peer, and no socket here that can reach a new one", Zh: "没有这个连接对象，也没有可以到达它的套接字"},
		Hint:    sockeye.Text{En: "/peers lists who is there", Zh: "用 /peers 查看有哪些连接对象"},
	}
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
	s.cancel(ErrClosing)
	s.mu.Lock()
	stops := s.stopFuncs
	s.stopFuncs = nil
	s.mu.Unlock()
	for _, stop := range stops {
		stop()
	}
}

// removePeer takes a peer out of the list. Its caller records that it left and then ends
// s.leaving, for which the end of the session waits: Close lets peers leave beside the goroutines.
func (s *Session) removePeer(p *Peer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.peers, p.ID)
	s.leaving.Add(1)
	s.departed = s.departed.Plus(p.Counters())
	if s.capacity != nil {
		close(s.capacity)
		s.capacity = nil
	}
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
