package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"sockeye"
)

// The bounds of what is kept for Expect.
const (
	maxUnmatched = 64 << 10 // bytes of one peer
	maxGone      = 64       // peers of a session that left
)

// expecter remembers for each session up to where Expect has matched.
type expecter struct {
	mu       sync.Mutex
	sessions map[string]*unmatched
}

// unmatched is what came in a session and was not matched yet. Whoever has its turn
// owns it.
type unmatched struct {
	turn  chan struct{} // holds one value while nobody has the turn
	next  uint64        // the event to read from
	peers map[uint64]*peerBytes
	gone  []uint64 // peers that left, in that order
}

// peerBytes are what came from one peer behind the last match.
type peerBytes struct {
	peer *sockeye.Peer
	data []byte
	seq  uint64 // of the event with the last byte
}

func (x *expecter) session(id string) *unmatched {
	x.mu.Lock()
	defer x.mu.Unlock()
	u := x.sessions[id]
	if u == nil {
		u = &unmatched{turn: make(chan struct{}, 1), peers: map[uint64]*peerBytes{}}
		u.turn <- struct{}{}
		if x.sessions == nil {
			x.sessions = map[string]*unmatched{}
		}
		x.sessions[id] = u
	}
	return u
}

// forget frees what is kept for a session that is closed and gone from the list.
func (x *expecter) forget(id string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	delete(x.sessions, id)
}

// expect is Client.Expect of c.
func (x *expecter) expect(ctx context.Context, c Client, session string, want []byte) (Match, error) {
	if len(want) == 0 {
		return Match{}, &sockeye.Error{Kind: sockeye.Invalid, Op: "expect", Message: sockeye.Text{En: "nothing is expected", Zh: "没有期望的内容"},
			Hint: sockeye.Text{En: "name at least one byte", Zh: "请至少写一个字节"}}
	}
	began, u := time.Now(), x.session(session)
	select {
	case <-u.turn:
	case <-ctx.Done():
		return Match{}, notReceived(ctx, want, began, context.Cause(ctx))
	}
	defer func() { u.turn <- struct{}{} }()
	if m, ok := u.matchKept(want); ok {
		return m, nil
	}
	for e, err := range c.Events(ctx, EventOptions{Session: session, From: u.next}) {
		if err != nil {
			return Match{}, notReceived(ctx, want, began, err)
		}
		u.next = e.NextSeq()
		if m, ok := u.take(&e, want); ok {
			return m, nil
		}
	}
	if ctx.Err() != nil {
		return Match{}, notReceived(ctx, want, began, context.Cause(ctx))
	}
	return Match{}, &sockeye.Error{Kind: sockeye.Expected, Op: "expect", Target: fmt.Sprintf("%q", want),
		Message: sockeye.Text{En: "was not received before the session closed", Zh: "直到会话关闭仍未收到"}}
}

// notReceived is the error of an Expect that ended early.
func notReceived(ctx context.Context, want []byte, began time.Time, err error) error {
	if !errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return failure(ctx, "expect", fmt.Sprintf("%q", want), err)
	}
	took := time.Since(began).Round(time.Millisecond)
	return &sockeye.Error{Kind: sockeye.Expected, Op: "expect", Target: fmt.Sprintf("%q", want), Err: context.Cause(ctx),
		Message: sockeye.Text{En: fmt.Sprintf("was not received within %s", took), Zh: fmt.Sprintf("在 %s 内没有收到", took)}}
}

// matchKept looks in what came before, peer by peer in the order they joined.
func (u *unmatched) matchKept(want []byte) (Match, bool) {
	var ids []uint64
	for id := range u.peers {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		if m, ok := u.peers[id].match(want, 0); ok {
			return m, true
		}
	}
	return Match{}, false
}

// take adds what an event brings.
func (u *unmatched) take(e *sockeye.Event, want []byte) (Match, bool) {
	if e.Peer == nil {
		return Match{}, false
	}
	switch e.Kind {
	case sockeye.Received:
		b := u.peers[e.Peer.ID]
		if b == nil {
			b = &peerBytes{peer: e.Peer}
			u.peers[e.Peer.ID] = b
		}
		before := len(b.data)
		b.data, b.seq = append(b.data, e.Data...), e.Seq
		m, ok := b.match(want, max(0, before-len(want)+1))
		if over := len(b.data) - max(maxUnmatched, len(want)-1); over > 0 {
			b.data = append(b.data[:0], b.data[over:]...)
		}
		return m, ok
	case sockeye.Left:
		if u.peers[e.Peer.ID] != nil {
			u.gone = append(u.gone, e.Peer.ID)
		}
		if len(u.gone) > maxGone {
			delete(u.peers, u.gone[0])
			u.gone = u.gone[1:]
		}
	}
	return Match{}, false
}

// match takes what was expected off the front, if it is there: not before a place up
// to which was looked already.
func (b *peerBytes) match(want []byte, from int) (Match, bool) {
	at := bytes.Index(b.data[from:], want)
	if at < 0 {
		return Match{}, false
	}
	end := from + at + len(want)
	m := Match{Peer: b.peer, Data: bytes.Clone(b.data[max(0, end-max(maxUnmatched, len(want))):end]), Seq: b.seq}
	b.data = append(b.data[:0], b.data[end:]...)
	return m, true
}

// awaitPeer is Client.AwaitPeer of c.
func awaitPeer(ctx context.Context, c Client, session string) (sockeye.PeerStatus, error) {
	first := func() (sockeye.PeerStatus, bool, error) {
		peers, err := c.Peers(ctx, session)
		if err != nil || len(peers) == 0 {
			return sockeye.PeerStatus{}, false, err
		}
		return peers[0], true, nil
	}
	if p, ok, err := first(); ok || err != nil {
		return p, err
	}
	for e, err := range c.Events(ctx, EventOptions{Session: session}) {
		if err != nil {
			return sockeye.PeerStatus{}, failure(ctx, "await", "peer", err)
		}
		if e.Kind != sockeye.Joined && e.Kind != sockeye.Gap {
			continue
		}
		if p, ok, err := first(); ok || err != nil { // it may have left already
			return p, err
		}
	}
	return sockeye.PeerStatus{}, isClosed(session)
}
