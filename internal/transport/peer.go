package transport

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"sockeye"
	"sockeye/internal/netinfo"
)

// Peer is one remote party of an open session, as long as it is there and after.
// All methods may be called from any goroutine.
type Peer struct {
	*sockeye.Peer
	session *Session

	lastActive                               atomic.Int64 // about when bytes last crossed, Unix nanoseconds
	recvBytes, recvMsgs, sentBytes, sentMsgs atomic.Uint64
	backpressureHeld                         atomic.Int32 // reads and sends that Config.Backpressure holds back
	pending                                  atomic.Int32 // see Hold

	conn  conn
	since time.Time

	mu      sync.Mutex
	done    latch // the left event is recorded
	closing latch // somebody on our side ends it
	state   sockeye.PeerState
	reason  sockeye.Reason
	cause   *sockeye.Error
	sample  *rateSample     // for rates; nil until somebody asks
	unacked *unacknowledged // nil: everything it was sent is acknowledged
}

// latch is something that happens once and can be waited for. The channel is
// only made when somebody does: thousands of idle peers need none.
type latch struct {
	fired bool
	ch    chan struct{}
}

// channel is closed when the moment has come. mu guards the moment.
func (m *latch) channel(mu *sync.Mutex) <-chan struct{} {
	mu.Lock()
	defer mu.Unlock()
	if m.ch == nil {
		m.ch = make(chan struct{})
		if m.fired {
			close(m.ch)
		}
	}
	return m.ch
}

func (m *latch) fire(mu *sync.Mutex) {
	mu.Lock()
	defer mu.Unlock()
	if !m.fired && m.ch != nil {
		close(m.ch)
	}
	m.fired = true
}

// conn moves the bytes of one peer.
type conn interface {
	// send returns how many bytes the kernel took; fewer than all only with an error.
	send(ctx context.Context, data []byte) (int, error)
	// finish ends our sending direction after what is being sent.
	finish(ctx context.Context) error
	// close ends the connection in good order, at the latest when ctx ends.
	close(ctx context.Context)
	// stop ends it at once; abort says whether the peer shall see RST.
	stop(abort bool)
	// finishIfDone ends the connection of a peer that finished sending, in good order,
	// if nothing keeps it.
	finishIfDone()
	// sending says whether a send is in progress.
	sending() bool
	// outgoing is what the kernel tells of the bytes it took; false if it does not.
	outgoing() (netinfo.SendState, bool)
	// fillStatus adds what the kernel tells, and to Queued the bytes of a send in progress that
	// it has not taken.
	fillStatus(st *sockeye.PeerStatus)
}

// rateSample is a reading of the counters, to make a rate from two.
type rateSample struct {
	taken              time.Time
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
	p.lastActive.Store(p.since.UnixNano())
	if s.cfg.OnJoin != nil {
		s.cfg.OnJoin(id)
	}
}

// Send gives data to the kernel, whole and in order with other sends to this
// peer, and returns how many bytes it took. It waits while the peer does not
// read, until ctx, the send timeout or the connection ends; then the error is an
// *sockeye.Error and the rest of data was not sent. data is not kept.
func (p *Peer) Send(ctx context.Context, data []byte) (int, error) {
	if begun := p.session.cfg.OnSend; begun != nil {
		begun(p, data)
	}
	return p.Answer(ctx, data)
}

// Answer is Send for a Responder: what it sends follows from something that came, and
// Config.OnSend is not told of it.
func (p *Peer) Answer(ctx context.Context, data []byte) (int, error) {
	n, err := p.conn.send(ctx, data)
	if err == nil {
		return n, nil
	}
	return n, p.sendFailed(err, n, len(data))
}

// sendFailed records that the kernel took only n of some bytes, unless that is
// the caller's mistake.
func (p *Peer) sendFailed(err error, n, all int) error {
	e := netinfo.Explain("send", p.String(), err)
	if e.Kind == sockeye.Misuse {
		return e // not something that happened
	}
	if n > 0 && n < all {
		e = partialSendError(e, n, all)
	}
	p.record(sockeye.Event{Kind: sockeye.Failed, Detail: &sockeye.Detail{Err: e, Unsent: all - n}})
	return e
}

// Finish ends our sending direction (FIN); the peer may go on sending.
func (p *Peer) Finish(ctx context.Context) error {
	if err := p.conn.finish(ctx); err != nil {
		return netinfo.Explain("finish", p.String(), err)
	}
	return nil
}

// Close ends the connection in good order: what is being sent is finished, the
// peer sees FIN, and what it still sends is recorded until it closes too. When
// ctx ends first the rest is cut. It returns when the peer's left event is in
// the journal.
func (p *Peer) Close(ctx context.Context) {
	p.markClosing()
	p.conn.close(ctx)
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
	p.setReason(r, nil)
	p.markClosing()
	p.conn.stop(r == sockeye.ReasonAborted)
}

func (p *Peer) markClosing() { p.closing.fire(&p.mu) }

// Closing is closed when our side begins to end the connection: a Responder that
// waits stops waiting then.
func (p *Peer) Closing() <-chan struct{} { return p.closing.channel(&p.mu) }

// Done is closed when the peer's left event is in the journal.
func (p *Peer) Done() <-chan struct{} { return p.done.channel(&p.mu) }

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
		p.sample = &rateSample{taken: p.since}
	}
	now := p.session.cfg.Now()
	p.sample.update(now, st.Counters)
	st.ReceiveRate, st.SendRate = p.sample.recvRate, p.sample.sentRate
	if p.unacked != nil && !p.unacked.narrow.IsZero() {
		st.NotReadingFor = max(time.Millisecond, now.Sub(p.unacked.narrow))
	}
	p.mu.Unlock()
	st.HalfOpen = st.State == sockeye.PeerFinished
	if st.State != sockeye.Gone {
		p.conn.fillStatus(&st)
		st.Queued += max(0, st.Unsent)
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

// update renews the rates once at least a second has gone by since the last time.
func (s *rateSample) update(now time.Time, c sockeye.Counters) {
	passed := now.Sub(s.taken).Seconds()
	if passed < 1 {
		return
	}
	s.recvRate = float64(c.ReceivedBytes-s.recv) / passed
	s.sentRate = float64(c.SentBytes-s.sent) / passed
	s.taken, s.recv, s.sent = now, c.ReceivedBytes, c.SentBytes
}

// record hands an event of this peer to the recorder.
func (p *Peer) record(e sockeye.Event) uint64 {
	e.Peer, e.Session = p.Peer, p.Peer.Session
	if e.Time.IsZero() {
		e.Time = p.session.cfg.Now()
	}
	return p.session.cfg.Sink.Append(e)
}

// received counts bytes that came off the socket. The event is to be recorded.
func (p *Peer) received(now time.Time, data []byte, d *sockeye.Detail) sockeye.Event {
	p.recvBytes.Add(uint64(len(data)))
	p.recvMsgs.Add(1)
	p.markActive(now)
	return sockeye.Event{Time: now, Kind: sockeye.Received, Session: p.session.id, Peer: p.Peer, Data: data, Detail: d}
}

// sent counts bytes that the kernel took. The event is to be recorded.
func (p *Peer) sent(now time.Time, data []byte) sockeye.Event {
	p.sentBytes.Add(uint64(len(data)))
	p.sentMsgs.Add(1)
	p.markActive(now)
	return sockeye.Event{Time: now, Kind: sockeye.Sent, Session: p.session.id, Peer: p.Peer, Data: data}
}

// markActive notes when bytes last crossed, to the millisecond: to write costs more
// than to read.
func (p *Peer) markActive(now time.Time) {
	if at := now.UnixNano(); at-p.lastActive.Load() >= int64(time.Millisecond) {
		p.lastActive.Store(at)
	}
}

// setReason notes why the peer will leave. A good end is named by whoever ended
// first; a violent one is the news, whatever went before.
func (p *Peer) setReason(r sockeye.Reason, cause *sockeye.Error) {
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

// setCause notes the system's reason why the connection ended.
func (p *Peer) setCause(err error) {
	e := netinfo.Explain("receive", p.String(), err)
	switch e.Kind {
	case sockeye.Reset, sockeye.BrokenPipe:
		p.setReason(sockeye.ReasonReset, e)
	case sockeye.TimedOut, sockeye.HostUnreachable, sockeye.NetworkUnreachable:
		p.setReason(sockeye.ReasonTimeout, e)
	default:
		p.setReason(sockeye.ReasonError, e)
	}
}

// left is why the peer left; it is known once it is done.
func (p *Peer) left() sockeye.Reason {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.reason
}

// lostUnacknowledged says whether the connection ended so that what it still had to deliver
// is lost: the kernel drops it.
func (p *Peer) lostUnacknowledged() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.reason == sockeye.ReasonTimeout || p.reason == sockeye.ReasonReset || p.reason == sockeye.ReasonAborted
}

// unsent counts the bytes that the kernel took and the peer has not acknowledged, of
// which queue, what SIOCOUTQ says, counts our FIN as one more (tcp(7)).
func (p *Peer) unsent(queue int) int {
	if queue > 0 && p.isState(sockeye.WeFinished) {
		queue--
	}
	return queue
}

// noFIN puts the state back when our FIN could not be sent: unsent would count it.
func (p *Peer) noFIN(before sockeye.PeerState) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.state == sockeye.WeFinished {
		p.state = before
	}
}

// Hold says that something will be sent to the peer soon: if the peer finishes sending
// meanwhile, our direction stays open until as many calls of Release.
func (p *Peer) Hold() { p.pending.Add(1) }

// Release ends one Hold.
func (p *Peer) Release() {
	if p.pending.Add(-1) == 0 {
		p.finishIfDone()
	}
}

// finishIfDone ends our direction if the peer finished its own and nothing keeps it.
func (p *Peer) finishIfDone() {
	if p.isState(sockeye.PeerFinished) && !p.isHalfOpen() {
		p.conn.finishIfDone()
	}
}

// isHalfOpen says whether the peer finished sending and our direction is to stay open.
func (p *Peer) isHalfOpen() bool {
	s := p.session
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state == sockeye.PeerFinished && (p.reason == sockeye.ReasonEOF || p.reason == sockeye.ReasonLocal) && !p.closing.fired &&
		(s.halfOpen.Load() > 0 || s.pending.Load() > 0 || p.pending.Load() > 0)
}

// isNeeded says whether somebody is sending to the peer, or will.
func (p *Peer) isNeeded() bool {
	return p.pending.Load() > 0 || p.session.pending.Load() > 0 || p.conn.sending()
}

// CanReceive says whether the peer can be sent to: our direction is open, and nobody is
// ending it.
func (p *Peer) CanReceive() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return (p.state == sockeye.Connected || p.state == sockeye.PeerFinished) && !p.closing.fired
}

// afterFinish is what becomes of a connection whose peer finished.
type afterFinish int

const (
	halfClosed     afterFinish = iota // somebody may still send on it
	connectionOver                    // nobody can
	closeWhenSent                     // nobody will, after what is being sent
)

// onPeerFinished records the peer's FIN, unless the connection is known to be
// reset: a send may have been told of it before.
func (p *Peer) onPeerFinished() afterFinish {
	p.setReason(sockeye.ReasonEOF, nil)
	p.mu.Lock()
	if p.reason != sockeye.ReasonEOF && p.reason != sockeye.ReasonLocal {
		p.mu.Unlock()
		return connectionOver
	}
	both := p.state == sockeye.WeFinished
	if !both {
		p.state = sockeye.PeerFinished
	}
	p.mu.Unlock()
	p.lastActive.Store(p.session.cfg.Now().UnixNano())
	p.record(sockeye.Event{Kind: sockeye.Finished, Detail: &sockeye.Detail{Reason: sockeye.ReasonEOF}})
	switch {
	case both:
		return connectionOver
	case p.isHalfOpen():
		return halfClosed
	}
	return closeWhenSent
}

func (p *Peer) isState(st sockeye.PeerState) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state == st
}

// leave records the end of the peer; its owner calls it once, as its last act.
func (p *Peer) recordLeft(unsent int) {
	p.mu.Lock()
	p.state = sockeye.Gone
	if p.reason == "" {
		p.reason = sockeye.ReasonLocal
	}
	d := &sockeye.Detail{Reason: p.reason, Err: p.cause, Unsent: unsent}
	p.mu.Unlock()
	p.session.removePeer(p)
	if left := p.session.cfg.Left; left != nil {
		left(p, unsent)
	}
	p.record(sockeye.Event{Kind: sockeye.Left, Detail: d})
	p.done.fire(&p.mu)
	if r, ok := p.session.cfg.Responder.(LeaveResponder); ok {
		r.Left(p)
	}
}

// partialSendError says of a failed send how much the kernel took before.
func partialSendError(e *sockeye.Error, n, all int) *sockeye.Error {
	out := *e
	out.Message = sockeye.Text{
		En: fmt.Sprintf("%s; %d of %d bytes were sent, %d were not", e.Reason(sockeye.English), n, all, all-n),
		Zh: fmt.Sprintf("%s；已发送 %d / %d 字节，%d 字节未发送", e.Reason(sockeye.Chinese), n, all, all-n)}
	return &out
}
