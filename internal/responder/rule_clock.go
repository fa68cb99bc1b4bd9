package responder

import (
	"container/heap"
	"time"

	"sockeye/internal/journal"
	"sockeye/internal/rule"
)

// timedStep is an action that is due at a time, or the end of a peer's pause.
type timedStep struct {
	at    time.Time
	order uint64 // of those that are due at the same time, in the order they were planned
	step  rule.Action
	of    *rulePeer
	pause *rulePeer
}

// stepQueue is a heap of steps; the one that is due first is on top.
type stepQueue struct {
	steps   []timedStep
	planned uint64
}

func (s *stepQueue) Len() int { return len(s.steps) }
func (s *stepQueue) Less(i, j int) bool {
	a, b := &s.steps[i], &s.steps[j]
	return a.at.Before(b.at) || a.at.Equal(b.at) && a.order < b.order
}
func (s *stepQueue) Swap(i, j int) { s.steps[i], s.steps[j] = s.steps[j], s.steps[i] }
func (s *stepQueue) Push(m any)    { s.steps = append(s.steps, m.(timedStep)) }
func (s *stepQueue) Pop() any {
	last := s.steps[len(s.steps)-1]
	s.steps[len(s.steps)-1] = timedStep{}
	s.steps = s.steps[:len(s.steps)-1]
	return last
}

// plan puts a step into the queue.
func (r *ruleRunner) plan(m timedStep) {
	r.mu.Lock()
	r.due.planned++
	m.order = r.due.planned
	heap.Push(&r.due, m)
	r.mu.Unlock()
	r.wake()
}

func (r *ruleRunner) wake() {
	select {
	case r.timed <- struct{}{}:
	default:
	}
}

// runClock carries out steps when they are due, and lets the engine's timers run, until
// the runner is over.
func (r *ruleRunner) runClock() {
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
		case <-r.isOver:
			return
		}
		r.runDue(journal.Now())
	}
}

// next is when the first step or timer is due; zero is never.
func (r *ruleRunner) next() time.Time {
	at := r.engine.Due()
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.due.steps) > 0 && (at.IsZero() || r.due.steps[0].at.Before(at)) {
		at = r.due.steps[0].at
	}
	if !r.trimAt.IsZero() && (at.IsZero() || r.trimAt.Before(at)) {
		at = r.trimAt
	}
	return at
}

// replyMemory is how long the last answer to a peer is compared with what the peer sends.
const replyMemory = 5 * time.Second

// trimLater has memory given back when the answers that are made now are old.
func (r *ruleRunner) trimLater(now time.Time) {
	r.mu.Lock()
	begin := r.trimAt.IsZero()
	if begin {
		r.trimAt = now.Add(replyMemory)
	}
	r.mu.Unlock()
	if begin {
		r.wake()
	}
}

// trim gives memory back that quiet peers no longer need.
func (r *ruleRunner) trim(now time.Time) {
	r.mu.Lock()
	due := !r.trimAt.IsZero() && !now.Before(r.trimAt)
	if len(r.due.steps) == 0 {
		r.due.steps = nil
	}
	r.mu.Unlock()
	if !due {
		return
	}
	more := r.engine.Trim(now.Add(-replyMemory))
	r.mu.Lock()
	r.trimAt = time.Time{}
	if more {
		r.trimAt = now.Add(replyMemory)
	}
	r.mu.Unlock()
}

// runDue carries out the steps and timers that are due.
func (r *ruleRunner) runDue(now time.Time) {
	for {
		r.mu.Lock()
		if len(r.due.steps) == 0 || r.due.steps[0].at.After(now) {
			r.mu.Unlock()
			break
		}
		m := heap.Pop(&r.due).(timedStep)
		r.mu.Unlock()
		if m.of != nil {
			r.do(m.step, m.of)
			continue
		}
		r.endPause(m.pause, now)
		m.pause.release()
	}
	r.trim(now)
	r.carryOut(r.engine.Tick(now), nil)
}

// endPause answers the frame that a peer's pause ends.
func (r *ruleRunner) endPause(q *rulePeer, now time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock() // whatever a rule does
	q.resting = false
	if q.framer != nil {
		q.framer.Rest(now)
		r.answerLocked(q, now)
	}
}
