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

// Peer is one remote party of a session, also after it has left.
// All methods may be called from any goroutine.
type Peer struct {
	*sockeye.Peer
	session *Session

	lastActive                               atomic.Int64 // when bytes last crossed, Unix nanoseconds; see markActive
	recvBytes, recvMsgs, sentBytes, sentMsgs atomic.Uint64
	backpressureHeld                         atomic.Int32 // reads and sends that Config.Backpressure holds back
	pending                                  atomic.Int32 // see Hold

	conn  PeerConn
	since int64                           // when it joined, Unix nanoseconds
	own   atomic.Pointer[sockeye.Options] // see SetOptions; nil: the session's

	mu      sync.Mutex
	done    latch // the left event is recorded
	closing latch // somebody on our side ends it
	state   sockeye.PeerState
	reason  sockeye.Reason
	cause   *sockeye.Error
	sample  *rateSample     // for rates; nil until somebody asks
	unacked *unacknowledged // nil: everything it was sent is acknowledged
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

// Answer is Send for a Responder, whose data answers something received: Config.OnSend is not
// called.
func (p *Peer) Answer(ctx context.Context, data []byte) (int, error) {
	n, err := p.conn.Send(ctx, data)
	if err == nil {
		return n, nil
	}
	return n, p.sendFailed(err, n, len(data))
}

// sendFailed records that the kernel took only n of all bytes, unless that is the caller's
// mistake, or the peer had left before the send began.
func (p *Peer) sendFailed(err error, n, all int) error {
	e := netinfo.Explain("send", p.String(), err)
	if e.Kind == sockeye.Misuse || n == 0 && p.isState(sockeye.Gone) {
		return e // nothing happened to the connection
	}
	if n > 0 && n < all {
		e = partialSendError(e, n, all)
	}
	p.record(sockeye.Event{Kind: sockeye.Failed, Detail: &sockeye.Detail{Err: e, Unsent: all - n}})
	return e
}

// Dialed are the peers that came of one dial, p the first of them: a multicast group is one on
// each of its interfaces. Who sends to whom was dialled sends to all of them. Other peers are
// alone. The slice is not to be changed.
func (p *Peer) Dialed() []*Peer {
	if m, ok := p.conn.(interface{ Dialed() []*Peer }); ok {
		if all := m.Dialed(); all != nil {
			return all
		}
	}
	return []*Peer{p}
}

// Origin returns the peer for which the socket of p was dialled: p itself, unless p is somebody who
// answers from another address, as the members of a multicast group do.
func (p *Peer) Origin() *Peer {
	if m, ok := p.conn.(interface{ Origin() *Peer }); ok {
		if first := m.Origin(); first != nil {
			return first
		}
	}
	return p
}

// Finish ends our sending direction (FIN); the peer may go on sending.
func (p *Peer) Finish(ctx context.Context) error {
	if err := p.conn.Finish(ctx); err != nil {
		return netinfo.Explain("finish", p.String(), err)
	}
	return nil
}

// SetOptions changes those options that are given in o for this peer alone, until they
// are changed for the whole session; see Session.SetOptions. A peer without a socket of
// its own has none to change.
func (p *Peer) SetOptions(o *sockeye.Options) error {
	s := p.session
	s.setting.Lock()
	defer s.setting.Unlock()
	s.mu.Lock()
	apply := s.apply
	s.mu.Unlock()
	c, ok := p.conn.(FDController)
	if !ok || apply == nil || !s.ep.Address.Network.Traits().Connections {
		return errNoSocket
	}
	next := *p.LiveOptions()
	sockeye.AllOptions.Live().Merge(&next, o)
	if err := apply(&next, []FDController{c}); err != nil {
		return netinfo.Explain("set", p.String(), err)
	}
	p.own.Store(&next)
	return nil
}

// errNoSocket is the error of setting options of a peer that has no socket of its own.
var errNoSocket = &sockeye.Error{
	Kind: sockeye.Unsupported, Op: "set",
	Message: sockeye.Text{En: "this peer has no socket of its own", Zh: "该连接对象没有自己的套接字"},
	Hint:    sockeye.Text{En: "change the option for the whole session", Zh: "请对整个会话更改该选项"},
}

// LiveOptions returns the peer's options now: those of the session with what was changed for this
// peer alone. What it returned does not change later.
func (p *Peer) LiveOptions() *sockeye.Options {
	if own := p.own.Load(); own != nil {
		return own
	}
	return p.session.LiveOptions()
}

// HasOwnOptions reports whether options were changed for the peer alone.
func (p *Peer) HasOwnOptions() bool { return p.own.Load() != nil }

// SetLines sets DTR and RTS of a serial port, or sends a break, and returns when that is
// done.
func (p *Peer) SetLines(set sockeye.LineSetting) error {
	if err := set.Validate(); err != nil {
		return err
	}
	lines, ok := p.conn.(LineConn)
	if !ok {
		return errNoLines
	}
	if err := lines.SetLines(set); err != nil {
		return netinfo.Explain("set", p.String(), err)
	}
	return nil
}

// Close ends the connection in good order: what is being sent is finished, the
// peer sees FIN, and what it still sends is recorded until it closes too. When
// ctx ends first the rest is cut. It returns when the peer's left event is in
// the journal.
func (p *Peer) Close(ctx context.Context) {
	p.markClosing()
	p.conn.Close(ctx)
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
	p.conn.Stop(r == sockeye.ReasonAborted)
}

func (p *Peer) markClosing() { p.closing.fire(&p.mu) }

// Closing is closed when our side begins to end the connection: a Responder that
// waits stops waiting then.
func (p *Peer) Closing() <-chan struct{} { return p.closing.channel(&p.mu) }

// Done is closed when the peer's left event is in the journal.
func (p *Peer) Done() <-chan struct{} { return p.done.channel(&p.mu) }

// State returns the state of the connection.
func (p *Peer) State() sockeye.PeerState {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state
}

// record hands an event of this peer to the recorder.
func (p *Peer) record(e sockeye.Event) uint64 {
	e.Peer, e.Session = p.Peer, p.Peer.Session
	if e.Time.IsZero() {
		e.Time = p.session.cfg.Now()
	}
	return p.session.cfg.Sink.Append(e)
}

// markActive notes when bytes last crossed, to the millisecond, because writing the time costs
// more than reading it.
func (p *Peer) markActive(now time.Time) {
	if at := now.UnixNano(); at-p.lastActive.Load() >= int64(time.Millisecond) {
		p.lastActive.Store(at)
	}
}

// setReason notes why the peer will leave. For an end in good order the first reason stays; a
// reset, a timeout or an error replaces it.
func (p *Peer) setReason(r sockeye.Reason, cause *sockeye.Error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if r == sockeye.ReasonEOF || r == sockeye.ReasonLocal {
		if p.reason != "" {
			return
		}
	} else if p.reason == sockeye.ReasonAborted || p.reason == sockeye.ReasonIdle || p.reason == sockeye.ReasonError && r == sockeye.ReasonReset {
		return // what the kernel says after our own abort, or after what the other side complained of, is its echo
	}
	p.reason, p.cause = r, cause
}

// Pause has nothing more read from the peer before Resume. Only Forwarder.Forward calls it, for
// the peer that it was called for.
func (p *Peer) Pause() {
	if m, ok := p.conn.(interface{ Pause() }); ok {
		m.Pause()
	}
}

// Resume starts reading from the peer; see Forwarder.
func (p *Peer) Resume() {
	if m, ok := p.conn.(interface{ Resume() }); ok {
		m.Resume()
	}
}

// Reason returns why the peer left; "" while it is there.
func (p *Peer) Reason() sockeye.Reason {
	if p.State() != sockeye.Gone {
		return ""
	}
	return p.reasonSoFar()
}

// reasonSoFar is why the peer will leave or has left; "" if nothing ends it. Until it has
// left, a worse reason may replace it; see setReason.
func (p *Peer) reasonSoFar() sockeye.Reason {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.reason
}

// Hold announces a send to the peer: if the peer finishes sending meanwhile, our direction stays
// open until Release was called as often as Hold.
func (p *Peer) Hold() { p.pending.Add(1) }

// Release ends one Hold.
func (p *Peer) Release() {
	if p.pending.Add(-1) == 0 {
		p.finishIfDone()
	}
}

// finishIfDone ends our direction if the peer finished its own and no Hold keeps it open.
func (p *Peer) finishIfDone() {
	if p.isState(sockeye.PeerFinished) && !p.isHalfOpen() {
		p.conn.FinishIfDone()
	}
}

// isHalfOpen reports whether the peer finished sending and our direction must stay open.
func (p *Peer) isHalfOpen() bool {
	s := p.session
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state == sockeye.PeerFinished && (p.reason == sockeye.ReasonEOF || p.reason == sockeye.ReasonLocal) && !p.closing.fired() &&
		(s.halfOpen.Load() > 0 || s.pending.Load() > 0 || p.pending.Load() > 0)
}

// isNeeded reports whether a send to the peer is in progress or announced by Hold.
func (p *Peer) isNeeded() bool {
	return p.pending.Load() > 0 || p.session.pending.Load() > 0 || p.conn.Sending()
}

// CanReceive reports whether the peer can be sent to: our direction is open, and our side is not
// closing it.
func (p *Peer) CanReceive() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return (p.state == sockeye.Connected || p.state == sockeye.PeerFinished) && !p.closing.fired()
}

func (p *Peer) isState(st sockeye.PeerState) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state == st
}

// partialSendError adds to the error of a failed send how many bytes the kernel took before.
func partialSendError(e *sockeye.Error, n, all int) *sockeye.Error {
	out := *e
	out.Message = sockeye.Text{
		En: fmt.Sprintf("%s; %d of %d bytes were sent, %d were not", e.Reason(sockeye.English), n, all, all-n),
		Zh: fmt.Sprintf("%s；已发送 %d / %d 字节，%d 字节未发送", e.Reason(sockeye.Chinese), n, all, all-n)}
	return &out
}
