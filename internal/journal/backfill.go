package journal

import (
	"context"

	"sockeye"
	"sockeye/internal/recording"
)

// backfill is a cursor's reading from the disk, of events that have left the ring
// or are of an earlier run.
type backfill struct {
	reader *recording.Reader
	until  uint64 // the oldest event in the ring when it was looked at last
	// Who is in the ring by then: what is read of them is of the same, so that a view
	// sees no seam.
	peers    map[uint64]*sockeye.Peer
	sessions map[string]*sockeye.Session
}

// startBackfill begins to read from the disk what the ring no longer has, if it was
// recorded. It reports whether there is something to read.
func (c *Cursor) startBackfill() bool {
	j := c.journal
	j.mu.Lock()
	place, recorder := j.barrier.place, j.barrier.recorder
	oldest, _ := j.spanLocked()
	isRecorder := recorder != nil && recorder.cursor == c
	j.mu.Unlock()
	if place == "" || isRecorder || c.next >= oldest || c.next < c.skipsAll {
		return false
	}
	c.skipsAll = oldest // whatever comes of it: not twice for the same events
	r, err := j.recorded, error(nil)
	if r == nil {
		r, err = recording.Open(place)
	}
	if err != nil {
		return false
	}
	reader, err := r.Read(recording.ReadOptions{From: c.next})
	if err != nil {
		return false
	}
	c.backfill = &backfill{reader: reader}
	c.backfill.next(j)
	return true
}

// next updates which events are in the ring now.
func (h *backfill) next(j *Journal) {
	j.mu.Lock()
	defer j.mu.Unlock()
	h.until, _ = j.spanLocked()
	h.peers, h.sessions = map[uint64]*sockeye.Peer{}, map[string]*sockeye.Session{}
	for _, b := range j.blocks {
		for i := range b.count.Load() {
			if p := b.records[i].peer; p != nil {
				h.peers[p.ID] = p
			}
			if s := b.records[i].session; s != nil {
				h.sessions[s.ID] = s
			}
		}
	}
}

// remember returns the next event from the disk; false if the next one is in the ring.
func (c *Cursor) remember() (sockeye.Event, bool) {
	h := c.backfill
	for {
		e, err := h.reader.Next(context.Background())
		if err == nil && e.Seq >= h.until {
			h.next(c.journal) // it may have moved on meanwhile
		}
		if err != nil || e.Seq >= h.until {
			if err == nil {
				c.next = e.Seq
			}
			c.endBackfill()
			return sockeye.Event{}, false
		}
		if e.Seq < c.next {
			continue
		}
		c.next = e.Seq + 1
		if e.Kind == sockeye.Gap && e.Detail != nil {
			c.next = e.Seq + max(1, e.Detail.Lost.Events)
		}
		c.bytes, c.known, c.last = 0, false, e.Time
		h.identify(&e)
		return e, true
	}
}

// identify makes who was read the one in the ring.
func (h *backfill) identify(e *sockeye.Event) {
	if e.Peer != nil {
		if p := h.peers[e.Peer.ID]; p != nil && p.Remote == e.Peer.Remote {
			e.Peer, e.Session = p, p.Session
			return
		}
	}
	if e.Session != nil {
		if s := h.sessions[e.Session.ID]; s != nil && s.Endpoint.Address == e.Session.Endpoint.Address {
			e.Session = s
		}
	}
}

func (c *Cursor) endBackfill() {
	if c.backfill != nil {
		c.backfill.reader.Close()
		c.backfill = nil
	}
}

// resumeAfter makes the first event of an empty journal the one after another run's
// last, and reports whether it could.
func (j *Journal) resumeAfter(last recording.ResumePoint) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.next != 1 || len(j.blocks) > 0 {
		return false
	}
	j.next = last.Event + 1
	return true
}
