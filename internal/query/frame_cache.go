package query

import (
	"cmp"
	"slices"
	"sync"

	"sockeye"
	"sockeye/internal/framing"
)

// The bounds of what is kept of how streams were split. Work is bytes of data, and some for each
// event.
const (
	maxFrameCaches     = 4
	maxResumePoints    = 512       // of one frameCache
	maxResumePointSize = 8 << 20   // bytes held by all points of one frameCache
	maxHeldBytes       = 32 << 20  // bytes that are no frame yet
	maxStops           = 3         // resume points at which queries ended
	workPerPoint       = 256 << 10 // between two resume points, at first
	workPerCheck       = 256 << 10 // between two checks of the clock
)

func eventWork(e *sockeye.Event) int { return 64 + len(e.Data) }

// frameCaches remembers how streams were cut, so that a query need not begin with the
// journal's first event. What is not asked for any more is forgotten.
type frameCaches struct {
	mu    sync.Mutex
	list  []*frameCache // the one used last is first
	every int           // work between resume points at first; 0 is workPerPoint
}

// cacheFor is the cache of a way to find frames.
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

// frameCache keeps splitters of one way to find frames, so that a query goes on from the
// nearest: resume points at regular distances, and those at which queries ended.
type frameCache struct {
	name string
	cut  FrameQuery

	mu     sync.Mutex
	points []splitCheckpoint // by their places
	every  int               // work between two of them
	stops  []splitCheckpoint // the latest first
}

// splitCheckpoint is how far the streams were cut before an event. The splitter is not fed any
// more, and cloned under the cache's lock.
type splitCheckpoint struct {
	at, from uint64
	split    *framing.Splitter
	work     int    // since the last point
	since    uint64 // where that is
	size     int
}

// frameScan cuts on from a resume point. It belongs to one goroutine.
type frameScan struct {
	c *frameCache
	splitCheckpoint
	every  int
	better *splitCheckpoint // a point further on whose streams were split from an earlier event
}

// start cuts on from the last place up to an event that is known, or else from the
// oldest event.
func (c *frameCache) start(at, oldest uint64) *frameScan {
	c.mu.Lock()
	defer c.mu.Unlock()
	gone := func(m splitCheckpoint) bool { return m.at < oldest } // events after it are missing
	c.points, c.stops = slices.DeleteFunc(c.points, gone), slices.DeleteFunc(c.stops, gone)
	r := &frameScan{c: c, every: c.every}
	for _, m := range slices.Concat(c.points, c.stops) {
		if m.at <= at && (m.at > r.at || m.at == r.at && m.from < r.from) {
			r.splitCheckpoint = m
		}
	}
	if r.split == nil {
		r.splitCheckpoint = splitCheckpoint{at: oldest, from: oldest, since: oldest, split: framing.NewSplitter(c.cut.Spec, c.cut.Check)}
	} else {
		r.split = r.split.Clone()
	}
	for _, m := range slices.Concat(c.points, c.stops) {
		if m.at > r.at && m.from < r.from && (r.better == nil || m.at < r.better.at) {
			r.better = &m
		}
	}
	return r
}

// event takes the next event; see framing.Splitter. The error is an *sockeye.Error of
// kind TooLarge.
func (r *frameScan) event(e *sockeye.Event, frame func(*framing.PeerFrame)) error {
	if r.better != nil && e.Seq >= r.better.at {
		r.change(e.Seq)
	}
	if r.work >= max(r.every, 4*r.split.Held()) {
		r.savePoint()
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

// change goes on from the better point, if nothing is missing before it.
func (r *frameScan) change(seq uint64) {
	r.c.mu.Lock()
	defer r.c.mu.Unlock()
	if seq == r.better.at {
		r.splitCheckpoint = *r.better
		r.split = r.split.Clone()
	}
	r.better = nil
}

// savePoint keeps a resume point here, unless another run has kept one since the last.
func (r *frameScan) savePoint() {
	c := r.c
	c.mu.Lock()
	defer c.mu.Unlock()
	next, _ := slices.BinarySearchFunc(c.points, r.at+1, func(m splitCheckpoint, at uint64) int {
		if m.at < at {
			return -1
		}
		return 1
	})
	known := next > 0 && c.points[next-1].at > r.since
	r.work, r.since = 0, r.at
	if known {
		return
	}
	m := r.splitCheckpoint
	m.split, m.size = r.split.Clone(), r.split.Held()
	c.points = slices.Insert(c.points, next, m)
	c.thinPoints()
	r.every = c.every
}

// thinPoints forgets every other point until the rest is within bounds.
func (c *frameCache) thinPoints() {
	for {
		size := 0
		for _, m := range c.points {
			size += m.size
		}
		if len(c.points) <= maxResumePoints && size <= maxResumePointSize {
			return
		}
		kept := c.points[:0]
		for n, m := range c.points {
			if n%2 == 1 {
				kept = append(kept, m)
			}
		}
		clear(c.points[len(kept):])
		c.points = kept
		c.every *= 2
	}
}

// end remembers where the run ended. The run is over.
func (r *frameScan) end() {
	c := r.c
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stops = slices.DeleteFunc(c.stops, func(m splitCheckpoint) bool { return m.at == r.at && m.from >= r.from })
	c.stops = slices.Insert(c.stops, 0, r.splitCheckpoint)
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
