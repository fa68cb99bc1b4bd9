package transport

import (
	"context"
	"syscall"
	"time"

	"sockeye"
	"sockeye/internal/netinfo"
)

var errFinished = &sockeye.Error{
	Kind: sockeye.Misuse, Op: "send",
	Message: sockeye.Text{En: "our direction is already finished (FIN sent)", Zh: "本方已结束发送（已发送 FIN）"},
}

// errNoHalfClose is why a direction cannot end alone.
var errNoHalfClose = &sockeye.Error{
	Kind: sockeye.Unsupported, Op: "finish",
	Message: sockeye.Text{En: "this protocol cannot end one direction alone", Zh: "该协议不能只结束一个方向"},
	Hint:    sockeye.Text{En: "close the connection", Zh: "请关闭连接"},
}

func (c *StreamConn) halfCloses() bool { return c.peer.Network.Traits().HalfClose }

// Finish ends this side's direction once a send that goes on is over, and once only.
func (c *StreamConn) Finish(ctx context.Context) error {
	if c.peer.Public().isState(sockeye.WeFinished) {
		return nil
	}
	if !c.halfCloses() {
		return errNoHalfClose
	}
	if err := c.acquireSend(ctx); err != nil {
		return err
	}
	defer c.ReleaseSend()
	before, err := c.closeWriteOnce(&sockeye.Event{Kind: sockeye.Finished, Detail: &sockeye.Detail{Reason: sockeye.ReasonLocal}})
	if before == sockeye.PeerFinished {
		c.reader.wake()
	}
	if IsGone(err) {
		return nil // why, and what was lost, is told when it leaves
	}
	return err
}

// IsGone reports whether our direction could not be ended because the connection is over.
func IsGone(err error) bool {
	return netinfo.IsErrno(err, syscall.ENOTCONN, syscall.EPIPE, syscall.ECONNRESET)
}

// Close finishes this side and waits for the peer's end until ctx ends, then closes. What
// the peer has not acknowledged by then is told when it leaves.
func (c *StreamConn) Close(ctx context.Context) {
	c.peer.SetReason(sockeye.ReasonLocal, nil)
	err := c.Finish(ctx)
	if draining, ok := c.conn.(interface{ Drain(context.Context) }); ok {
		if err := c.acquireSend(ctx); err == nil {
			c.ReleaseSend() // what is being sent is finished first
		}
		draining.Drain(ctx)
	} else if err == nil {
		c.awaitPeerClose(ctx)
	}
	c.cut(ctx.Err() != nil, false)
	c.reader.wake()
}

// lingerTimeout is how long a peer that has acknowledged our FIN must be silent before we close
// although it has not finished. Closing with bytes unread, or under way, would
// reset the connection and could cost the peer what we sent last (RFC 9293
// section 3.6.1).
const lingerTimeout = 250 * time.Millisecond

// awaitPeerClose waits, after our FIN, until the peer finished too, or until it has
// everything and has nothing more to say.
func (c *StreamConn) awaitPeerClose(ctx context.Context) {
	began := time.Now()
	tick := time.NewTicker(lingerTimeout / 8)
	defer tick.Stop()
	for {
		select {
		case <-c.peer.Public().Done():
			return
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		quiet := min(time.Since(began), c.peer.session.cfg.Now().Sub(time.Unix(0, c.peer.lastActive.Load())))
		if o, _ := c.conn.Outgoing(); quiet >= lingerTimeout && (o.Dropped || c.conn.Unacknowledged() <= 0) {
			return
		}
	}
}

// Stop closes the connection at once, with abort by a reset.
func (c *StreamConn) Stop(abort bool) {
	c.cut(abort, abort)
	c.reader.wake()
}

// cut closes the connection, and first counts what the peer will never get: nobody can
// ask afterwards. early says that the system is not to be waited for, abort that the peer
// shall see a reset. Only the first call does something.
func (c *StreamConn) cut(early, abort bool) {
	c.once.Do(func() {
		o, _ := c.conn.Outgoing()
		switch {
		case early: // not after a finish that goes on
			c.lost.Add(int64(max(0, c.peer.Unsent(c.conn.Unacknowledged()))))
		case o.Dropped, c.peer.LostUnacknowledged():
			c.lost.Add(int64(c.peer.Lost(c.unacknowledged(), o.Dropped)))
		}
		if abort {
			c.conn.Abort()
		}
		c.conn.Close()
		close(c.closed)
	})
}
