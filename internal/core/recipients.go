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

// Recipients are whom a session sends to: the peers that words mean, and those that were
// chosen. A board that restarts is another peer, on another port; it takes the place of the
// one that left. All methods may be called from any goroutine.
type Recipients struct {
	session *Session
	reached atomic.Pointer[string] // see Reached
	any     atomic.Bool            // some are chosen: in most sessions none are

	mu       sync.Mutex
	chosen   []recipient
	replaces map[uint64]uint64 // who took whose place, as long as it is chosen
}

// Recipients are whom the session sends to.
func (s *Session) Recipients() *Recipients { return &s.recipients }

// recipient is a chosen peer, there or not.
type recipient struct {
	id    uint64
	ip    netip.Addr
	alias string

	peer   *sockeye.Peer
	gone   bool
	unsent int // if it is gone: how many bytes never reached it

	// The last peer that joined from its address while it was there, and how many bytes
	// had come from it by then: if none came later, it was dead already, and that is
	// the board come back.
	next  uint64
	heard uint64
}

// maxAbsent is how many numbers that nobody has are told of at once.
const maxAbsent = 100

// Choose chooses the peers with these numbers; none is all. One that left before may stay if
// it was chosen. The error joins an *sockeye.Error of kind
// NotFound for each that is not there.
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

// Chosen are the numbers of the chosen peers, those that left and did not come back included;
// none when all are meant.
func (r *Recipients) Chosen() []uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	var ids []uint64
	for _, c := range r.chosen {
		ids = append(ids, c.id)
	}
	return ids
}

// Replaces is the number of the chosen peer that left and whose place a peer took, or 0.
func (r *Recipients) Replaces(id uint64) uint64 {
	if !r.any.Load() {
		return 0
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.replaces[id]
}

// joining lets a new peer take the place of a chosen one that left, if it comes from the
// same address or has its alias. Of several the one that joined last is replaced.
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

// left notes that a peer left. If it was chosen, and the board behind it was back before
// that was noticed, the new peer takes its place, and its alias.
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

// NoPeer is the error of op when a session has no peer of this number: it left, or never was.
func NoPeer(op string, id uint64) *sockeye.Error {
	return &sockeye.Error{Kind: sockeye.NotFound, Op: op, Target: fmt.Sprintf("#%d", id),
		Message: sockeye.Text{En: "there is no such peer", Zh: "没有这个连接对象"},
		Hint:    sockeye.Text{En: "the list of peers says who is", Zh: "请查看连接对象列表"}}
}

// Departed says of a chosen peer that a word means, that left and did not come back, what
// never reached it and that it will be followed; nil: the word means none.
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
