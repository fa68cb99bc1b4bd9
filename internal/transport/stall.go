package transport

import "time"

// A machine that was suspended, or a process that was stopped, has not heard of its peers
// meanwhile, and what they sent lies unread. To count that time as their silence would
// end all of them at once.

// stallDetector finds that the sweeper did not run for longer than it meant to wait.
type stallDetector struct {
	every   time.Duration // between ticks
	last    time.Time     // when the last sweep was over
	excused bool          // the last tick was left out
}

// tick is called at each tick. It returns for how long nothing ran, 0 for no stall, and whether
// to sweep: the first tick after a stall does not sweep, so that the peers' readers run before.
// If every tick is late, every second one sweeps.
func (d *stallDetector) tick(now time.Time) (late time.Duration, sweep bool) {
	if late = now.Sub(d.last) - d.every; late <= d.every {
		d.excused = false
		return 0, true
	}
	d.excused = !d.excused
	return late, !d.excused
}

// excuseStall takes the time of a stall off the silence of every peer.
func (s *Session) excuseStall(late time.Duration) {
	for _, p := range s.snapshot() {
		at := p.lastActive.Load()
		p.lastActive.CompareAndSwap(at, at+int64(late)) // else something came just now
		p.mu.Lock()
		if u := p.unacked; u != nil && !u.asked.IsZero() {
			excused := *u
			excused.asked = u.asked.Add(late)
			p.unacked = &excused
		}
		p.mu.Unlock()
	}
}
