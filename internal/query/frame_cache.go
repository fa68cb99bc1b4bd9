package query

import (
	"cmp"
	"slices"
	"sync"

	"sockeye"
	"sockeye/internal/framing"
)

// The bounds of what is remembered of cutting. Work is bytes of data, and some for each
// event.
const (
	maxFrameCaches     = 4
	maxResumePoints    = 512       // of one cutting
	maxResumePointSize = 8 << 20   // bytes of all marks of one cutting
	maxHeldBytes       = 32 << 20  // bytes that are no frame yet
	maxStops           = 3         // places where looks ended
	workPerPoint       = 256 << 10 // between two marks, at first
	workPerCheck       = 256 << 10 // between two looks at the clock
)

func eventWork(e *sockeye.Event) int { return 64 + len(e.Data) }

// frameCaches remembers how streams were cut, so that a look need not begin with the
// journal's first event. What is not asked for any more is forgotten.
type frameCaches struct {
	mu    sync.Mutex
	list  []*frameCache // the one used last is first
	every int           // work between marks at first; 0 is workPerPoint
}

// cacheFor is what is remembered of a way to cut.
func (c *frameCaches) cacheFor(cut FrameQuery) *frameCache {
	name := cut.Spec.String() + " " + cut.Check.String()
	c.mu.Lock()
	defer c.mu.Unlock()
	at := slices.IndexFunc(c.list, func(k *frameCache) bool { return k.name == name })
	if at < 0 {
		c.list = append(c.list, &frameCache{name: name, cut: cut, every: cmp.Or(c.every, workPerPoint)})
		at = len(c.list) - 1
	}
	found := c.list[at]
	c.list = slices.Insert(slices.Delete(c.list, at, at+1), 0, found)
	c.list = c.list[:min(len(c.list), maxFrameCaches)]
	return found
}

// frameCache is what is remembered of one way to cut: marks from place to place, and the
// places where looks ended.
type frameCache struct {
	name string
	cut  FrameQuery

	mu    sync.Mutex
	marks []resumePoint // by their places
	every int           // work between two of them
	stops []resumePoint // the latest first
}

// resumePoint is how far the streams were cut before an event. The splitter is not fed any
// more, and cloned under the cutting's lock.
type resumePoint struct {
	at, from uint64
	split    *framing.Splitter
	work     int    // since the last mark
	since    uint64 // where that is
	size     int
}

// frameRun cuts on from a mark. It belongs to one goroutine.
type frameRun struct {
	c *frameCache
	resumePoint
	every  int
	better *resumePoint // another mark on the way, of streams that were cut from further back
}

// start cuts on from the last place up to an event that is known, or else from the
// oldest event.
func (c *frameCache) start(at, oldest uint64) *frameRun {
	c.mu.Lock()
	defer c.mu.Unlock()
	gone := func(m resumePoint) bool { return m.at < oldest } // events after it are missing
	c.marks, c.stops = slices.DeleteFunc(c.marks, gone), slices.DeleteFunc(c.stops, gone)
	r := &frameRun{c: c, every: c.every}
	for _, m := range slices.Concat(c.marks, c.stops) {
		if m.at <= at && (m.at > r.at || m.at == r.at && m.from < r.from) {
			r.resumePoint = m
		}
	}
	if r.split == nil {
		r.resumePoint = resumePoint{at: oldest, from: oldest, since: oldest, split: framing.NewSplitter(c.cut.Spec, c.cut.Check)}
	} else {
		r.split = r.split.Clone()
	}
	for _, m := range slices.Concat(c.marks, c.stops) {
		if m.at > r.at && m.from < r.from && (r.better == nil || m.at < r.better.at) {
			r.better = &m
		}
	}
	return r
}

// event takes the next event; see framing.Splitter. The error is an *sockeye.Error of
// kind TooLarge.
func (r *frameRun) event(e *sockeye.Event, frame func(*framing.PeerFrame)) error {
	if r.better != nil && e.Seq >= r.better.at {
		r.change(e.Seq)
	}
	if r.work >= max(r.every, 4*r.split.Held()) {
		r.mark()
	}
	r.split.Event(e, frame)
	r.at = e.NextSeq()
	r.work += eventWork(e)
	if e.Kind == sockeye.Gap && e.Session == nil {
		r.from = r.at
	}
	if r.split.Held() > maxHeldBytes {
		return tooManyBytes()
	}
	return nil
}

// tooManyBytes says that streams hold more than is kept of what is no frame.
func tooManyBytes() error {
	return &sockeye.Error{Kind: sockeye.TooLarge, Op: "cut", Target: "frame",
		Message: sockeye.Text{En: "the streams hold too many bytes that are no frame yet", Zh: "尚未成帧的数据过多"},
		Hint:    sockeye.Text{En: "say that frames are shorter: max=4096", Zh: "请设定较小的最大帧长，例如 max=4096"}}
}

// change goes on from the better mark, if nothing is missing before it.
func (r *frameRun) change(seq uint64) {
	r.c.mu.Lock()
	defer r.c.mu.Unlock()
	if seq == r.better.at {
		r.resumePoint = *r.better
		r.split = r.split.Clone()
	}
	r.better = nil
}

// mark remembers the place, if none is remembered since the last mark.
func (r *frameRun) mark() {
	c := r.c
	c.mu.Lock()
	defer c.mu.Unlock()
	next, _ := slices.BinarySearchFunc(c.marks, r.at+1, func(m resumePoint, at uint64) int {
		if m.at < at {
			return -1
		}
		return 1
	})
	known := next > 0 && c.marks[next-1].at > r.since
	r.work, r.since = 0, r.at
	if known {
		return
	}
	m := r.resumePoint
	m.split, m.size = r.split.Clone(), r.split.Held()
	c.marks = slices.Insert(c.marks, next, m)
	c.thinPoints()
	r.every = c.every
}

// thinPoints forgets every other mark until the rest is within bounds.
func (c *frameCache) thinPoints() {
	for {
		size := 0
		for _, m := range c.marks {
			size += m.size
		}
		if len(c.marks) <= maxResumePoints && size <= maxResumePointSize {
			return
		}
		kept := c.marks[:0]
		for n, m := range c.marks {
			if n%2 == 1 {
				kept = append(kept, m)
			}
		}
		clear(c.marks[len(kept):])
		c.marks = kept
		c.every *= 2
	}
}

// end remembers where the run ended. The run is over.
func (r *frameRun) end() {
	c := r.c
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stops = slices.DeleteFunc(c.stops, func(m resumePoint) bool { return m.at == r.at && m.from >= r.from })
	c.stops = slices.Insert(c.stops, 0, r.resumePoint)
	if len(c.stops) <= maxStops {
		return
	}
	furthest := 0
	for n, m := range c.stops {
		if m.at > c.stops[furthest].at {
			furthest = n
		}
	}
	drop := len(c.stops) - 1
	if drop == furthest {
		drop--
	}
	c.stops = slices.Delete(c.stops, drop, drop+1)
}
