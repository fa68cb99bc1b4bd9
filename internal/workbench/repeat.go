package workbench

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"sockeye"
	"sockeye/internal/wire"
)

// repeats are the repeated sendings that run, and those that ended last.
type repeats struct {
	mu   sync.Mutex
	last uint64
	byID map[uint64]*Repeat
}

// The limits of repeated sending.
const (
	ShortestRepeat = time.Millisecond
	LongestRepeat  = 24 * time.Hour
	mostRepeats    = 1000 // that are remembered
)

// Repeat is one repeated sending: one message after another, on time, until it has been done
// often enough, is stopped, or the session ends.
type Repeat struct {
	ID      uint64
	Session *Session
	RepeatOptions

	stop context.CancelFunc
	done chan struct{}

	mu     sync.Mutex
	status RepeatStatus
}

// RepeatOptions say what to send to whom and when.
type RepeatOptions struct {
	// To are the peers' numbers; none means all that are there each time.
	To []uint64
	// Send sends the next message; see Session.SendData and SendPayload.
	Send  func(ctx context.Context, to []*wire.Peer) ([]Delivery, error)
	Every time.Duration
	Count uint64 // 0: without end
}

// RepeatStatus is how a repeated sending is.
type RepeatStatus struct {
	Sent    uint64 // times that it was sent
	Missed  uint64 // times that passed while an earlier one was still being sent
	Running bool
	Err     *sockeye.Error // of the last time, or nil
}

// Repeat begins to send now and then every o.Every. The times are counted from the
// first, so that late ones do not add up.
func (s *Session) Repeat(o RepeatOptions) (*Repeat, error) {
	if o.Every < ShortestRepeat || o.Every > LongestRepeat {
		return nil, &sockeye.Error{Kind: sockeye.Invalid, Op: "set", Target: "every_ms",
			Message: sockeye.Text{En: "is not between 1 ms and 24 hours", Zh: "不在 1 毫秒到 24 小时之间"},
			Hint:    sockeye.Text{En: "1000 is once a second", Zh: "1000 表示每秒一次"}}
	}
	ctx, stop := context.WithCancel(context.Background())
	r := &Repeat{Session: s, RepeatOptions: o, stop: stop, done: make(chan struct{}), status: RepeatStatus{Running: true}}
	s.bench.repeats.add(r)
	go r.run(ctx)
	return r, nil
}

func (rs *repeats) add(r *Repeat) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	if rs.byID == nil {
		rs.byID = map[uint64]*Repeat{}
	}
	rs.last++
	r.ID = rs.last
	rs.byID[r.ID] = r
	if len(rs.byID) <= mostRepeats {
		return
	}
	for _, old := range rs.sorted() {
		if !old.Status().Running {
			delete(rs.byID, old.ID)
			return
		}
	}
}

func (rs *repeats) sorted() []*Repeat {
	var list []*Repeat
	for _, r := range rs.byID {
		list = append(list, r)
	}
	slices.SortFunc(list, func(a, b *Repeat) int { return cmp.Compare(a.ID, b.ID) })
	return list
}

func (rs *repeats) stopAll() {
	rs.mu.Lock()
	all := rs.sorted()
	rs.mu.Unlock()
	for _, r := range all {
		r.Stop()
	}
}

// Repeats are the session's repeated sendings, in the order they began.
func (s *Session) Repeats() []*Repeat {
	rs := &s.bench.repeats
	rs.mu.Lock()
	defer rs.mu.Unlock()
	return slices.DeleteFunc(rs.sorted(), func(r *Repeat) bool { return r.Session != s })
}

// Stop ends it. It returns when nothing more is sent.
func (r *Repeat) Stop() {
	r.stop()
	<-r.done
}

// Status is how it is now.
func (r *Repeat) Status() RepeatStatus {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.status
}

func (r *Repeat) run(ctx context.Context) {
	defer close(r.done)
	defer func() {
		r.mu.Lock()
		r.status.Running = false
		r.mu.Unlock()
	}()
	first := time.Now()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for n := uint64(0); ; {
		select {
		case <-timer.C:
		case <-r.Session.Done():
			return
		case <-ctx.Done():
			return
		}
		if !r.once(ctx) {
			return
		}
		if r.Count > 0 && r.Status().Sent >= r.Count {
			return
		}
		due := uint64(time.Since(first)/r.Every) + 1 // the next one that is still to come
		r.missed(due - n - 1)
		n = due
		timer.Reset(time.Until(first.Add(time.Duration(n) * r.Every)))
	}
}

func (r *Repeat) missed(n uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status.Missed += n
}

// once sends to the peers that are there. It says false when none will ever be.
func (r *Repeat) once(ctx context.Context) bool {
	to := r.Session.Peers()
	if len(r.To) > 0 {
		to = slices.DeleteFunc(to, func(p *wire.Peer) bool { return !slices.Contains(r.To, p.ID) })
	}
	if len(to) == 0 {
		return len(r.To) == 0
	}
	sent, err := r.Send(ctx, to)
	if err == nil {
		err = Failures(sent)
	}
	if ctx.Err() != nil {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status.Sent++
	r.status.Err = sockeye.ErrorOf(err)
	return true
}
