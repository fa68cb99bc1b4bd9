package core

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"

	"sockeye"
)

// Recipients are the peers that a session sends to: those that words mean, and those that were
// chosen. A board that restarts comes back as another peer, on another port, and takes the place of
// the one that left. All methods may be called from any goroutine.
type Recipients struct {
	session *Session
	reached atomic.Pointer[string] // see Reached
	any     atomic.Bool            // whether any are chosen: in most sessions none are

	mu       sync.Mutex
	chosen   []recipient
	replaces map[uint64]uint64 // by number of the new peer: the chosen peer whose place it took
}

// Recipients are whom the session sends to.
func (s *Session) Recipients() *Recipients { return &s.recipients }

// recipient is a chosen peer, which may have left.
type recipient struct {
	id    uint64
	ip    netip.Addr
	alias string

	peer   *sockeye.Peer
	gone   bool
	unsent int // if it is gone: how many bytes never reached it

	// next is the last peer that joined from the same address while this one was still there, and
	// heard is how many bytes had come from this one by then. If no more came until it left, it was
	// dead already, and next is the same board after its restart.
	next  uint64
	heard uint64
}

// maxAbsent is how many missing numbers an error of Choose names at most.
const maxAbsent = 100

// Choose chooses the peers with these numbers; no numbers mean all peers. A peer that left stays
// chosen if it was before. The error joins an *sockeye.Error of kind NotFound for each number that
// no peer has.
func (r *Recipients) Choose(ids []uint64) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	var chosen []recipient
	var absent []error
	for _, id := range ids {
		same := func(c recipient) bool { return c.id == id }
		if slices.ContainsFunc(chosen, same) {
			continue
		}
		if i := slices.IndexFunc(r.chosen, same); i >= 0 {
			chosen = append(chosen, r.chosen[i])
			continue
		}
		p := r.session.Peer(id)
		if p == nil {
			if len(absent) == maxAbsent {
				continue
			}
			absent = append(absent, NoPeer("choose", id))
			continue
		}
		chosen = append(chosen, recipientOf(p.Peer))
	}
	if len(absent) > 0 {
		return errors.Join(absent...)
	}
	r.chosen = chosen
	for id := range r.replaces {
		if !slices.ContainsFunc(chosen, func(c recipient) bool { return c.id == id }) {
			delete(r.replaces, id)
		}
	}
	r.any.Store(len(chosen) > 0)
	return nil
}

// Chosen returns the numbers of the chosen peers, including those that left and did not come back.
// It returns none if all peers are meant.
func (r *Recipients) Chosen() []uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	var ids []uint64
	for _, c := range r.chosen {
		ids = append(ids, c.id)
	}
	return ids
}

// Replaces returns the number of the chosen peer whose place the peer with this ID took, or 0.
func (r *Recipients) Replaces(id uint64) uint64 {
	if !r.any.Load() {
		return 0
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.replaces[id]
}

// joining lets a new peer take the place of a chosen one that left, if it comes from the same
// address or has the same alias. If several fit, it replaces the one that joined last.
func (r *Recipients) joining(p *sockeye.Peer) {
	if !r.any.Load() {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	best := -1
	for i := range r.chosen {
		c := &r.chosen[i]
		if (!c.ip.IsValid() || c.ip != p.Remote.Addr()) && (c.alias == "" || c.alias != p.Alias()) {
			continue
		}
		if old := r.session.Peer(c.id); old != nil {
			c.next, c.heard = p.ID, old.Counters().ReceivedBytes
			continue
		}
		if best < 0 || c.id > r.chosen[best].id || c.alias != "" && c.alias == p.Alias() {
			best = i
		}
	}
	if best >= 0 {
		r.replaceLocked(&r.chosen[best], p)
	}
}

// left notes that a peer left. If it was chosen, and its board had joined again before anybody
// noticed, the new peer takes its place and its alias.
func (r *Recipients) left(p *Peer, unsent int) {
	if !r.any.Load() {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	i := slices.IndexFunc(r.chosen, func(c recipient) bool { return c.id == p.ID })
	if i < 0 {
		return
	}
	c := &r.chosen[i]
	c.alias, c.gone, c.unsent = p.Alias(), true, unsent
	back := r.session.Peer(c.next)
	chosen := func(o recipient) bool { return o.id == c.next }
	if c.next == 0 || back == nil || p.Counters().ReceivedBytes != c.heard || slices.ContainsFunc(r.chosen, chosen) {
		return
	}
	if c.alias != "" && back.Alias() == "" {
		r.session.core.aliases.set(back.Peer, c.alias)
	}
	r.replaceLocked(c, back.Peer)
}

func (r *Recipients) replaceLocked(c *recipient, p *sockeye.Peer) {
	if r.replaces == nil {
		r.replaces = map[uint64]uint64{}
	}
	delete(r.replaces, c.id)
	r.replaces[p.ID] = c.id
	*c = recipientOf(p)
}

func recipientOf(p *sockeye.Peer) recipient {
	return recipient{id: p.ID, ip: p.Remote.Addr(), alias: p.Alias(), peer: p}
}

// NoPeer returns the error of an operation on a peer number that the session does not have, because
// the peer left or never joined.
func NoPeer(op string, id uint64) *sockeye.Error {
	return &sockeye.Error{Kind: sockeye.NotFound, Op: op, Target: fmt.Sprintf("#%d", id),
		Message: sockeye.Text{En: "there is no such peer", Zh: "没有这个连接对象"},
		Hint:    sockeye.Text{En: "the list of peers says who is", Zh: "请查看连接对象列表"}}
}

// Departed returns an error about the chosen peer that a word means, if that peer left and did not
// come back: how many bytes never reached it, and that it is followed when it comes back. It
// returns nil if the word means no such peer.
func (r *Recipients) Departed(word string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	i := slices.IndexFunc(r.chosen, func(c recipient) bool {
		return c.gone && (c.peer.Answers(word) || c.alias != "" && c.alias == word)
	})
	if i < 0 {
		return nil
	}
	c := r.chosen[i]
	e := &sockeye.Error{
		Kind: sockeye.NotFound, Op: "send", Target: fmt.Sprintf("#%d", c.id),
		Message: sockeye.Text{En: "this peer left", Zh: "该连接对象已断开"},
		Hint: sockeye.Text{
			En: fmt.Sprintf("it is followed when it comes back from %s; or choose another one", c.ip),
			Zh: fmt.Sprintf("它从 %s 重新连接后会自动继续发往它；也可以另选对象", c.ip)},
	}
	if c.alias != "" {
		e.Target = fmt.Sprintf("#%d %s", c.id, c.alias)
	}
	if c.unsent > 0 {
		lost := sockeye.NeverReached(c.unsent)
		e.Message = sockeye.Text{En: e.Message.En + "; " + lost.En, Zh: e.Message.Zh + "；" + lost.Zh}
	}
	return e
}
