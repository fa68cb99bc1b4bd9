package wire

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"sockeye"
)

// Peer is one remote party of an open session, as long as it is there and after.
// All methods may be called from any goroutine.
type Peer struct {
	*sockeye.Peer
	session *Session

	active                                   atomic.Int64 // about when bytes last crossed, Unix nanoseconds
	recvBytes, recvMsgs, sentBytes, sentMsgs atomic.Uint64
	held                                     atomic.Int32 // reads and sends that Config.Pace holds back

	mover mover
	since time.Time

	mu      sync.Mutex
	done    moment // the left event is recorded
	closing moment // somebody on our side ends it
	state   sockeye.PeerState
	reason  sockeye.Reason
	cause   *sockeye.Error
	sample  *sample // for rates; nil until somebody asks
}

// moment is something that happens once and can be waited for. The channel is
// only made when somebody does: thousands of idle peers need none.
type moment struct {
	past bool
	ch   chan struct{}
}

// reached is closed when the moment has come. mu guards the moment.
func (m *moment) reached(mu *sync.Mutex) <-chan struct{} {
	mu.Lock()
	defer mu.Unlock()
	if m.ch == nil {
		m.ch = make(chan struct{})
		if m.past {
			close(m.ch)
		}
	}
	return m.ch
}

func (m *moment) come(mu *sync.Mutex) {
	mu.Lock()
	defer mu.Unlock()
	if !m.past && m.ch != nil {
		close(m.ch)
	}
	m.past = true
}

// mover moves the bytes of one peer.
type mover interface {
	// send returns how many bytes the kernel took; fewer than all only with an error.
	send(ctx context.Context, data []byte) (int, error)
	// finish ends our sending direction after what is being sent.
	finish(ctx context.Context) error
	// close ends the connection in good order, at the latest when ctx ends.
	close(ctx context.Context)
	// stop ends it at once; abort says whether the peer shall see RST.
	stop(abort bool)
	// fill adds what the kernel tells.
	fill(st *sockeye.PeerStatus)
}

// sample is a reading of the counters, to make a rate from two.
type sample struct {
	at                 time.Time
	recv, sent         uint64
	recvRate, sentRate float64
}

func (s *Session) newPeer(id *sockeye.Peer) *Peer {
	p := new(Peer)
	p.init(s, id)
	return p
}

func (p *Peer) init(s *Session, id *sockeye.Peer) {
	p.Peer, p.session, p.since, p.state = id, s, s.cfg.Now(), sockeye.Connected
	p.active.Store(p.since.UnixNano())
	if s.cfg.Named != nil {
		s.cfg.Named(id)
	}
}

// Send gives data to the kernel, whole and in order with other sends to this
// peer, and returns how many bytes it took. It waits while the peer does not
// read, until ctx, the send timeout or the connection ends; then the error is an
// *sockeye.Error and the rest of data was not sent. data is not kept.
func (p *Peer) Send(ctx context.Context, data []byte) (int, error) {
	if begun := p.session.cfg.Begun; begun != nil {
		begun(p, data)
	}
	return p.Answer(ctx, data)
}

// Answer is Send for a Responder: what it sends follows from something that came, and
// Config.Begun is not told of it.
func (p *Peer) Answer(ctx context.Context, data []byte) (int, error) {
	n, err := p.mover.send(ctx, data)
	if err == nil {
		return n, nil
	}
	return n, p.sendFailed(err, n, len(data))
}

// sendFailed records that the kernel took only n of some bytes, unless that is
// the caller's mistake.
func (p *Peer) sendFailed(err error, n, all int) error {
	e := failure("send", p.String(), err)
	if e.Kind == sockeye.Misuse {
		return e // not something that happened
	}
	if n > 0 && n < all {
		e = partial(e, n, all)
	}
	p.record(sockeye.Event{Kind: sockeye.Failed, Detail: &sockeye.Detail{Err: e, Unsent: all - n}})
	return e
}

// Finish ends our sending direction (FIN); the peer may go on sending.
func (p *Peer) Finish(ctx context.Context) error {
	if err := p.mover.finish(ctx); err != nil {
		return failure("finish", p.String(), err)
	}
	return nil
}

// Close ends the connection in good order: what is being sent is finished, the
// peer sees FIN, and what it still sends is recorded until it closes too. When
// ctx ends first the rest is cut. It returns when the peer's left event is in
// the journal.
func (p *Peer) Close(ctx context.Context) {
	p.noteClosing()
	p.mover.close(ctx)
	<-p.Done()
}

// Abort ends the connection at once; a TCP peer sees RST. It returns when the
// left event is in the journal.
func (p *Peer) Abort() {
	p.stop(sockeye.ReasonAborted)
	<-p.Done()
}

// stop ends the connection at once without waiting for the left event.
func (p *Peer) stop(r sockeye.Reason) {
	p.because(r, nil)
	p.noteClosing()
	p.mover.stop(r == sockeye.ReasonAborted)
}

func (p *Peer) noteClosing() { p.closing.come(&p.mu) }

// Closing is closed when our side begins to end the connection: a Responder that
// waits stops waiting then.
func (p *Peer) Closing() <-chan struct{} { return p.closing.reached(&p.mu) }

// Done is closed when the peer's left event is in the journal.
func (p *Peer) Done() <-chan struct{} { return p.done.reached(&p.mu) }

// Status is the peer as it is now.
func (p *Peer) Status() sockeye.PeerStatus {
	st := sockeye.PeerStatus{
		Peer:     p.Peer,
		Since:    p.since,
		Counters: p.Counters(),
		Unsent:   -1,
	}
	p.mu.Lock()
	st.State = p.state
	if p.sample == nil {
		p.sample = &sample{at: p.since}
	}
	p.sample.take(p.session.cfg.Now(), st.Counters)
	st.ReceiveRate, st.SendRate = p.sample.recvRate, p.sample.sentRate
	p.mu.Unlock()
	if st.State != sockeye.Gone {
		p.mover.fill(&st)
	}
	return st
}

// Counters are the peer's, and cost nothing.
func (p *Peer) Counters() sockeye.Counters {
	return sockeye.Counters{
		ReceivedBytes: p.recvBytes.Load(), ReceivedMessages: p.recvMsgs.Load(),
		SentBytes: p.sentBytes.Load(), SentMessages: p.sentMsgs.Load(),
	}
}

// State is how far the connection has come.
func (p *Peer) State() sockeye.PeerState {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state
}

// take renews the rates once at least a second has gone by since the last time.
func (s *sample) take(now time.Time, c sockeye.Counters) {
	passed := now.Sub(s.at).Seconds()
	if passed < 1 {
		return
	}
	s.recvRate = float64(c.ReceivedBytes-s.recv) / passed
	s.sentRate = float64(c.SentBytes-s.sent) / passed
	s.at, s.recv, s.sent = now, c.ReceivedBytes, c.SentBytes
}

// record hands an event of this peer to the recorder.
func (p *Peer) record(e sockeye.Event) uint64 {
	e.Peer, e.Session = p.Peer, p.Peer.Session
	if e.Time.IsZero() {
		e.Time = p.session.cfg.Now()
	}
	return p.session.cfg.Recorder.Append(e)
}

// received counts bytes that came off the socket. The event is to be recorded.
func (p *Peer) received(now time.Time, data []byte, d *sockeye.Detail) sockeye.Event {
	p.recvBytes.Add(uint64(len(data)))
	p.recvMsgs.Add(1)
	p.noteActive(now)
	return sockeye.Event{Time: now, Kind: sockeye.Received, Session: p.session.id, Peer: p.Peer, Data: data, Detail: d}
}

// sent counts bytes that the kernel took. The event is to be recorded.
func (p *Peer) sent(now time.Time, data []byte) sockeye.Event {
	p.sentBytes.Add(uint64(len(data)))
	p.sentMsgs.Add(1)
	p.noteActive(now)
	return sockeye.Event{Time: now, Kind: sockeye.Sent, Session: p.session.id, Peer: p.Peer, Data: data}
}

// noteActive notes when bytes last crossed, to the millisecond: to write costs more
// than to read.
func (p *Peer) noteActive(now time.Time) {
	if at := now.UnixNano(); at-p.active.Load() >= int64(time.Millisecond) {
		p.active.Store(at)
	}
}

// because notes why the peer will leave. A good end is named by whoever ended
// first; a violent one is the news, whatever went before.
func (p *Peer) because(r sockeye.Reason, cause *sockeye.Error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if r == sockeye.ReasonEOF || r == sockeye.ReasonLocal {
		if p.reason != "" {
			return
		}
	} else if p.reason == sockeye.ReasonAborted || p.reason == sockeye.ReasonIdle {
		return // what the kernel says after our own abort is its echo
	}
	p.reason, p.cause = r, cause
}

// explain notes the system's reason why the connection ended.
func (p *Peer) explain(err error) {
	e := failure("receive", p.String(), err)
	switch e.Kind {
	case sockeye.Reset, sockeye.BrokenPipe:
		p.because(sockeye.ReasonReset, e)
	case sockeye.TimedOut, sockeye.HostUnreachable, sockeye.NetworkUnreachable:
		p.because(sockeye.ReasonTimeout, e)
	default:
		p.because(sockeye.ReasonError, e)
	}
}

// isCut says whether the connection ended so that what it still had to deliver
// counts as lost.
func (p *Peer) isCut() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.reason == sockeye.ReasonTimeout || p.reason == sockeye.ReasonReset
}

// afterFIN is what becomes of a connection whose peer finished.
type afterFIN int

const (
	halfClosed   afterFIN = iota // somebody may still send on it
	over                         // nobody can
	overOnceSent                 // nobody will, after what is being sent
)

// finishedByPeer records the peer's FIN, unless the connection is known to be
// reset: a send may have been told of it before.
func (p *Peer) finishedByPeer() afterFIN {
	p.because(sockeye.ReasonEOF, nil)
	p.mu.Lock()
	if p.reason != sockeye.ReasonEOF && p.reason != sockeye.ReasonLocal {
		p.mu.Unlock()
		return over
	}
	both := p.state == sockeye.WeFinished
	if !both {
		p.state = sockeye.PeerFinished
	}
	p.mu.Unlock()
	p.active.Store(p.session.cfg.Now().UnixNano())
	p.record(sockeye.Event{Kind: sockeye.Finished, Detail: &sockeye.Detail{Reason: sockeye.ReasonEOF}})
	switch {
	case both:
		return over
	case p.session.finIdle.Load() < 0:
		return overOnceSent
	}
	return halfClosed
}

func (p *Peer) isState(st sockeye.PeerState) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state == st
}

// leave records the end of the peer; its owner calls it once, as its last act.
func (p *Peer) leave(unsent int) {
	p.mu.Lock()
	p.state = sockeye.Gone
	if p.reason == "" {
		p.reason = sockeye.ReasonLocal
	}
	d := &sockeye.Detail{Reason: p.reason, Err: p.cause, Unsent: unsent}
	p.mu.Unlock()
	p.session.forget(p)
	p.record(sockeye.Event{Kind: sockeye.Left, Detail: d})
	p.done.come(&p.mu)
}

// partial says of a failed send how much the kernel took before.
func partial(e *sockeye.Error, n, all int) *sockeye.Error {
	out := *e
	out.Message = sockeye.Text{
		En: fmt.Sprintf("%s; %d of %d bytes were sent, %d were not", e.Reason(sockeye.English), n, all, all-n),
		Zh: fmt.Sprintf("%s；已发送 %d / %d 字节，%d 字节未发送", e.Reason(sockeye.Chinese), n, all, all-n)}
	return &out
}
