package workbench

import (
	"container/heap"
	"time"

	"sockeye/internal/journal"
	"sockeye/internal/rule"
)

// moment is something with a time: a step, or the end of a peer's pause.
type moment struct {
	at    time.Time
	order uint64 // moments of one time are in the order they were planned
	step  rule.Step
	of    *respondent
	pause *respondent
}

// schedule is a heap of moments, the first on top.
type schedule struct {
	moments []moment
	planned uint64
}

func (s *schedule) Len() int { return len(s.moments) }
func (s *schedule) Less(i, j int) bool {
	a, b := &s.moments[i], &s.moments[j]
	return a.at.Before(b.at) || a.at.Equal(b.at) && a.order < b.order
}
func (s *schedule) Swap(i, j int) { s.moments[i], s.moments[j] = s.moments[j], s.moments[i] }
func (s *schedule) Push(m any)    { s.moments = append(s.moments, m.(moment)) }
func (s *schedule) Pop() any {
	last := s.moments[len(s.moments)-1]
	s.moments[len(s.moments)-1] = moment{}
	s.moments = s.moments[:len(s.moments)-1]
	return last
}

func (r *responding) plan(m moment) {
	r.mu.Lock()
	r.due.planned++
	m.order = r.due.planned
	heap.Push(&r.due, m)
	r.mu.Unlock()
	r.wake()
}

func (r *responding) wake() {
	select {
	case r.timed <- struct{}{}:
	default:
	}
}

// keepTime does what has a time.
func (r *responding) keepTime() {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		if at := r.next(); at.IsZero() {
			timer.Stop()
		} else {
			timer.Reset(at.Sub(journal.Now()))
		}
		select {
		case <-r.timed:
		case <-timer.C:
		case <-r.over:
			return
		}
		r.fire(journal.Now())
	}
}

// next is when there is something to do, or zero.
func (r *responding) next() time.Time {
	at := r.engine.Due()
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.due.moments) > 0 && (at.IsZero() || r.due.moments[0].at.Before(at)) {
		at = r.due.moments[0].at
	}
	return at
}

func (r *responding) fire(now time.Time) {
	for {
		r.mu.Lock()
		if len(r.due.moments) == 0 || r.due.moments[0].at.After(now) {
			r.mu.Unlock()
			break
		}
		m := heap.Pop(&r.due).(moment)
		r.mu.Unlock()
		if m.of != nil {
			r.do(m.step, m.of)
			continue
		}
		q := m.pause
		q.mu.Lock()
		q.resting = false
		q.framer.Rest(now)
		r.answerLocked(q, now)
		q.mu.Unlock()
	}
	r.carryOut(r.engine.Tick(now), nil)
}
