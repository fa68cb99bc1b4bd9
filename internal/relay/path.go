package relay

import (
	"bytes"
	"context"
	"sync"
	"sync/atomic"
	"time"

	"sockeye"
	"sockeye/internal/fault"
	"sockeye/internal/framing"
)

// path is one direction of a pair while faults are set: a bounded queue, a wakeup for when a
// parcel is due, and then a goroutine that passes it on. Only the goroutine that reads the
// sender adds messages.
type path struct {
	target  pathTarget
	sender  pausable        // who keep pauses; nil: keep is not called
	ctx     context.Context // ends with the pair
	number  func() uint64   // numbers the next held message
	busy    *sync.WaitGroup // of the relay; has one count while a parcel waits
	wakeups *wakeups        // of the relay
	// isEngaged is true while there are faults, or a parcel waits or is being sent: bytes that
	// were passed on directly would overtake it.
	isEngaged atomic.Bool

	mu       sync.Mutex
	line     *fault.Line // nil: no faults for this direction
	splitter *fault.MessageSplitter
	frame    *framing.Spec // the framing for splitter; nil: messages are as they were read
	queue    fault.DelayQueue
	running  bool      // run is running
	armed    bool      // wakeup will start run
	due      time.Time // when the first parcel is due, while armed
	wakeup   wakeup    // of wakeups
	alarm    *time.Timer
	waits    bool          // the sender can wait to be read; datagrams cannot
	room     chan struct{} // capacity 1: a parcel has left the queue
	paused   bool          // the sender was paused, because the queue was full
	over     bool          // nothing is passed on any more
}

// pathTarget receives the parcels that are due, and records faults. Its methods are called without
// a lock. Only record may be called by several goroutines at a time.
type pathTarget interface {
	// send passes bytes on, and returns when the kernel has taken them.
	send(data []byte, as sockeye.MessageType)
	// end ends the direction, or both.
	end(fault.DirectionEnd)
	record(sockeye.FaultEvent)
}

// pausable is a peer that an event loop reads. Pause is called in Forward, and Resume while nobody
// is held up by it.
type pausable interface {
	Pause()
	Resume()
}

func newPath(ctx context.Context, target pathTarget, waits bool, number func() uint64, busy *sync.WaitGroup, wakeups *wakeups) *path {
	w := &path{target: target, ctx: ctx, waits: waits, number: number, busy: busy, wakeups: wakeups, room: make(chan struct{}, 1)}
	w.wakeup.call = w.wake
	context.AfterFunc(ctx, w.wake)
	return w
}

// use replaces the faults; nil removes them. Waiting parcels are passed on at once, except those
// that a fault of the new set holds.
func (w *path) use(set *fault.RelayFaults, d fault.Direction) {
	w.mu.Lock()
	now := time.Now()
	if w.alarm != nil {
		w.alarm.Stop()
		w.alarm = nil
	}
	hits := w.queue.Flush(set, now)
	if w.line == nil || !w.line.IsOver() {
		w.line = nil
		w.endSplitterLocked(now)
		w.frame = nil
		if set != nil {
			w.line = set.Line(d, now)
		}
	}
	if w.line != nil && !w.line.IsOver() {
		w.isEngaged.Store(true)
		if set.FrameText() != "" && !d.From.Bounded() {
			w.frame = &set.Frame
		}
		w.setAlarmLocked(now)
	}
	w.settleLocked()
	w.mu.Unlock()
	w.recordHits(hits)
	w.offerRoom()
}

// endSplitterLocked passes on the bytes of an unfinished frame.
func (w *path) endSplitterLocked(now time.Time) (hits []sockeye.FaultEvent) {
	if w.splitter != nil {
		w.splitter.End(func(m fault.SentMessage) { hits = append(hits, w.planLocked(m, now)...) })
		w.splitter = nil
	}
	return hits
}

// setAlarmLocked starts the timer of a fault that ends the direction after a time.
func (w *path) setAlarmLocked(now time.Time) {
	at, by, hit := w.line.Alarm()
	if !hit {
		return
	}
	line := w.line
	w.alarm = time.AfterFunc(at.Sub(now), func() {
		w.mu.Lock()
		var hits []sockeye.FaultEvent
		if w.line == line && w.ctx.Err() == nil {
			hits = w.pushLocked(line.EndBy(by, time.Now()), time.Now())
		}
		w.mu.Unlock()
		w.recordHits(hits)
	})
}

// take passes a message on, or what was read of a stream, as the faults say. It returns
// when the next may be read. offset is that of data in all that the sender has sent, as the
// type of the message if it has one.
func (w *path) take(data []byte, offset uint64, as sockeye.MessageType) {
	w.add(data, offset, as)
	w.awaitRoom()
}

// keep is take for what an event loop has read of a stream: it does not wait, but pauses the sender
// until there is room.
func (w *path) keep(data []byte, offset uint64) {
	w.add(data, offset, "")
	w.mu.Lock()
	full := w.queue.IsFull() && !w.over
	w.paused = w.paused || full
	w.mu.Unlock()
	if full {
		w.sender.Pause()
	}
}

// add plans what becomes of a message, and records it.
func (w *path) add(data []byte, offset uint64, as sockeye.MessageType) {
	now := time.Now()
	w.mu.Lock()
	if !w.waits && !w.queue.HasRoom(len(data)) {
		w.mu.Unlock()
		w.target.record(sockeye.FaultEvent{Kind: "overflow", Offset: offset, Bytes: len(data)})
		return
	}
	var hits []sockeye.FaultEvent
	if w.frame != nil {
		if w.splitter == nil {
			w.splitter = fault.NewSplitter(*w.frame, offset)
		}
		w.splitter.Split(data, now, func(m fault.SentMessage) { hits = append(hits, w.planLocked(m, now)...) })
	} else {
		hits = w.planLocked(fault.SentMessage{Data: data, Body: data, Offset: offset, Type: as}, now)
	}
	w.mu.Unlock()
	w.recordHits(hits)
}

// planLocked plans what becomes of a message, and lets it wait for its time.
func (w *path) planLocked(m fault.SentMessage, now time.Time) []sockeye.FaultEvent {
	if w.line == nil {
		return w.pushLocked(fault.Plan{Parcels: []fault.Parcel{{Data: bytes.Clone(m.Data), Type: m.Type, Due: now}}}, now)
	}
	return w.pushLocked(w.line.Plan(m, now), now)
}

// pushLocked adds what a message became, and returns everything that was done.
func (w *path) pushLocked(p fault.Plan, now time.Time) []sockeye.FaultEvent {
	if w.over {
		return nil
	}
	hits := append(p.Hits, w.queue.Push(p.Parcels, now, w.number)...)
	w.settleLocked()
	return hits
}

// settleLocked starts run or has it woken if parcels wait. If none waits and no fault is set, it has
// the reader pass on directly.
func (w *path) settleLocked() {
	if w.running {
		return // run looks at the queue again
	}
	due, waiting := w.queue.Due()
	if waiting && !w.over {
		w.isEngaged.Store(true)
		w.armLocked(due)
		return
	}
	if w.armed {
		w.wakeups.stop(&w.wakeup)
		w.armed = false
		w.busy.Done()
	}
	if w.line == nil && w.splitter == nil {
		w.isEngaged.Store(false)
	}
}

// wakeTogether is the step of the times at which waiting paths are woken together, each up to one
// step late: a thousand of them would otherwise wake the process for every message, which costs
// more than passing it on. A path that waits for less than ten steps is woken exactly.
const wakeTogether = 500 * time.Microsecond

// armLocked has run start when the first parcel is due. run must not be running.
func (w *path) armLocked(due time.Time) {
	if w.armed && w.due.Equal(due) {
		return
	}
	if w.due = due; !w.armed {
		w.armed = true
		w.busy.Add(1)
	}
	wait := time.Until(due)
	if wait <= 0 || w.ctx.Err() != nil {
		w.wakeups.stop(&w.wakeup)
		go w.wake()
		return
	}
	if wait >= 10*wakeTogether {
		due = due.Add((wakeTogether - time.Duration(due.UnixNano())%wakeTogether) % wakeTogether)
	}
	w.wakeups.set(&w.wakeup, due)
}

// wake runs run if something waits.
func (w *path) wake() {
	w.mu.Lock()
	if !w.armed {
		w.mu.Unlock()
		return
	}
	w.armed, w.running = false, true
	w.mu.Unlock()
	w.run()
}

// awaitRoom waits until the queue has room, or the pair ends.
func (w *path) awaitRoom() {
	for w.waits {
		w.mu.Lock()
		full := w.queue.IsFull() && !w.over
		w.mu.Unlock()
		if !full {
			return
		}
		select {
		case <-w.room:
		case <-w.ctx.Done():
			return
		}
	}
}

// offerRoom has the sender read on, if the queue is not full any more. It waits for nothing.
func (w *path) offerRoom() {
	signal(w.room)
	w.mu.Lock()
	resumes := w.paused && (!w.queue.IsFull() || w.over)
	if resumes {
		w.paused = false
		w.busy.Go(w.sender.Resume) // which waits for the loop, and the loop may be who calls
	}
	w.mu.Unlock()
}

// hasRoom reports whether a message of n bytes finds room.
func (w *path) hasRoom(n int) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.queue.HasRoom(n)
}

// finish ends the direction, or both, after the waiting parcels.
func (w *path) finish(how fault.DirectionEnd) {
	w.mu.Lock()
	now := time.Now()
	hits := w.endSplitterLocked(now)
	w.pushLocked(fault.Plan{Parcels: []fault.Parcel{{Due: now, End: how}}}, now)
	w.mu.Unlock()
	w.recordHits(hits)
}

// run passes on what is due. It ends when nothing is, or when the pair has ended: then it
// drops what waits, and says so.
func (w *path) run() {
	defer w.busy.Done()
	for w.ctx.Err() == nil {
		w.mu.Lock()
		p, _, ok := w.queue.Next(time.Now())
		if !ok {
			w.running = false
			w.settleLocked()
			w.mu.Unlock()
			w.offerRoom()
			return
		}
		w.mu.Unlock()
		w.deliver(p)
		w.offerRoom()
	}
	w.drop()
	w.mu.Lock()
	w.running = false
	w.mu.Unlock()
}

// drop drops what waits and what comes: its receiver is not there any more.
func (w *path) drop() {
	w.mu.Lock()
	n := w.queue.Clear()
	w.over = true
	w.settleLocked()
	w.mu.Unlock()
	if n > 0 {
		w.target.record(sockeye.FaultEvent{Kind: "lost", Bytes: n})
	}
	w.offerRoom()
}

func (w *path) deliver(p fault.Parcel) {
	if e := p.TimedOut(); e != nil {
		w.target.record(*e)
	}
	if p.End != fault.GoesOn {
		w.target.end(p.End)
		return
	}
	w.target.send(p.Data, p.Type)
}

func (w *path) recordHits(hits []sockeye.FaultEvent) {
	for _, e := range hits {
		w.target.record(e)
	}
}

// held are the messages that wait for somebody.
func (w *path) held() []fault.Held {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.queue.Held(time.Now())
}

// heldCount returns the number of messages that are held.
func (w *path) heldCount() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.queue.HeldCount()
}

// decide does something with a message that is held; false if this path holds none of
// that number.
func (w *path) decide(number uint64, d fault.Decision, data []byte) bool {
	w.mu.Lock()
	e, ok := w.queue.Decide(number, d, bytes.Clone(data), time.Now())
	w.settleLocked()
	w.mu.Unlock()
	if ok {
		w.target.record(e)
		w.offerRoom()
	}
	return ok
}

// signal wakes whoever waits on a channel of capacity 1.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
