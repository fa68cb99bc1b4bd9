package relay

import (
	"slices"
	"time"

	"sockeye"
	"sockeye/internal/fault"
	"sockeye/internal/transport"
)

// SetFaults replaces the faults of all pairs; nil removes them. The relay owns the set from then
// on, and removes it when its lifetime is over. Messages that earlier faults delayed are passed
// on at once, except those that a fault of the new set holds. Each fault that begins or ends is
// recorded as an event of the session.
func (r *Dedicated) SetFaults(set *fault.RelayFaults) {
	r.changing.Lock()
	defer r.changing.Unlock()
	r.stopExpiry()
	before := r.Faults()
	if set != nil {
		set.Since = time.Now()
		set.Keep(before)
	}
	texts := set.Texts()
	for _, text := range before.Texts() {
		if !slices.Contains(texts, text) {
			r.recordChange("clear", text, 0)
		}
	}
	for _, text := range texts {
		r.recordChange("set", text, set.Lifetime)
	}
	r.replaceFaults(set)
	if set != nil && set.Lifetime > 0 && !r.ended {
		r.expiry = time.AfterFunc(set.Lifetime, func() { r.expire(set) })
	}
}

// expire removes faults whose lifetime is over, if they are still set.
func (r *Dedicated) expire(set *fault.RelayFaults) {
	r.changing.Lock()
	defer r.changing.Unlock()
	if r.ended || r.Faults() != set {
		return
	}
	for _, text := range set.Texts() {
		r.recordChange("expire", text, set.Lifetime)
	}
	r.replaceFaults(nil)
}

// stopExpiry keeps the faults that are set from ending by themselves. r.changing is held.
func (r *Dedicated) stopExpiry() {
	if r.expiry != nil {
		r.expiry.Stop()
		r.expiry = nil
	}
}

// recordChange records that a fault began or ended.
func (r *Dedicated) recordChange(kind, text string, lifetime time.Duration) {
	r.record(sockeye.Event{Kind: sockeye.Faulted, Session: r.session,
		Detail: &sockeye.Detail{Fault: &sockeye.FaultEvent{Kind: kind, Fault: text, LastsMS: float64(lifetime.Milliseconds())}}})
}

// replaceFaults puts a set between all pairs. r.changing is held.
func (r *Dedicated) replaceFaults(set *fault.RelayFaults) {
	r.mu.Lock()
	r.faults = set
	var pairs []*pair
	for p, l := range r.pairs {
		if p == l.down && l.up != nil {
			pairs = append(pairs, l)
		}
	}
	r.mu.Unlock()
	slices.SortFunc(pairs, func(a, b *pair) int { return int(a.number) - int(b.number) })
	for _, l := range pairs {
		r.useFaults(l)
	}
}

// Faults are those that are set; nil if none are.
func (r *Dedicated) Faults() *fault.RelayFaults {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.faults
}

// useFaults puts the relay's faults between the two of a pair. r.changing is held.
func (r *Dedicated) useFaults(l *pair) {
	set := r.Faults()
	for way, from := range [2]*transport.Peer{l.down, l.up} {
		to, name := l.up, fault.ToUpstream
		if way == fromUpstream {
			to, name = l.down, fault.FromUpstream
		}
		w := l.to[way].Load()
		if w == nil {
			if set == nil {
				continue
			}
			target := &direction{relay: r, pair: l, from: from, to: to}
			w = newPath(l.ctx, target, !from.Network.Traits().Datagram, func() uint64 { return r.lastHeld.Add(1) }, &r.running, r.wakeups)
			w.sender = from
		}
		w.use(set, fault.Direction{Way: name, Peer: l.down.Peer, Connection: l.number, From: from.Network.Traits(), To: to.Network.Traits()})
		l.to[way].Store(w)
	}
}

// isRefused reports whether a fault refuses a new peer, and records it.
func (r *Dedicated) isRefused(l *pair) bool {
	set := r.Faults()
	if set == nil {
		return false
	}
	f, refused := set.Refuses(l.down.Peer, l.number, time.Now())
	if refused {
		r.recordFault(l.down, sockeye.FaultEvent{Kind: string(fault.Refuse), Fault: f.String()})
	}
	return refused
}

// direction is the target of a path: one direction of a pair.
type direction struct {
	relay    *Dedicated
	pair     *pair
	from, to *transport.Peer
}

func (d *direction) send(data []byte, as sockeye.MessageType) {
	d.pair.send(d.to, data, as)
}

func (d *direction) record(e sockeye.FaultEvent) { d.relay.recordFault(d.from, e) }

func (d *direction) end(how fault.DirectionEnd) {
	switch how {
	case fault.Finishes:
		d.relay.finish(d.pair, d.to)
	case fault.Leaves:
		d.relay.endPair(d.pair, d.from, false)
	case fault.Resets:
		d.pair.cancel()
		d.relay.running.Go(d.from.Abort)
		d.relay.running.Go(d.to.Abort)
	}
}

func (r *Dedicated) recordFault(p *transport.Peer, e sockeye.FaultEvent) {
	r.record(sockeye.Event{Kind: sockeye.Faulted, Session: p.Session, Peer: p.Peer, Detail: &sockeye.Detail{Fault: &e}})
}

// HeldMessage is a message that waits until somebody lets it go.
type HeldMessage struct {
	fault.Held
	From *sockeye.Peer // who sent it
	Way  fault.Way
}

// Held are the messages that wait, in the order in which they began to.
func (r *Dedicated) Held() []HeldMessage {
	var out []HeldMessage
	for _, w := range r.paths() {
		d := w.target.(*direction)
		way := fault.ToUpstream
		if d.from == d.pair.up {
			way = fault.FromUpstream
		}
		for _, h := range w.held() {
			out = append(out, HeldMessage{h, d.from.Peer, way})
		}
	}
	slices.SortFunc(out, func(a, b HeldMessage) int { return int(a.Number) - int(b.Number) })
	return out
}

// HeldCount returns the number of messages that are held.
func (r *Dedicated) HeldCount() (n int) {
	for _, w := range r.paths() {
		n += w.heldCount()
	}
	return n
}

// Decide releases, changes or drops the held message with a number. For fault.Edit, data replaces
// the message; it is not kept. It returns false if no message with that number is held.
func (r *Dedicated) Decide(number uint64, d fault.Decision, data []byte) bool {
	return slices.ContainsFunc(r.paths(), func(w *path) bool { return w.decide(number, d, data) })
}

// paths are those on which something may wait.
func (r *Dedicated) paths() []*path {
	r.mu.Lock()
	defer r.mu.Unlock()
	seen := map[*path]bool{}
	var out []*path
	for _, l := range r.pairs {
		for way := range l.to {
			if w := l.to[way].Load(); w != nil && !seen[w] {
				seen[w] = true
				out = append(out, w)
			}
		}
	}
	return out
}
