package load

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"

	"sockeye"
	"sockeye/internal/pairs"
	"sockeye/internal/payload"
	"sockeye/internal/transport"
)

// generator is a run while it lasts.
type generator struct {
	RunSpec
	runCounters
	digits   int // of latencies
	mayBlock bool
	peers    atomic.Uint64
	session  *transport.Session
	sending  sync.WaitGroup // sends on goroutines of their own
	openings sync.WaitGroup
	life     context.Context // ends when nothing is sent any more
	end      context.CancelFunc
	freed    chan struct{} // tells that a connection became free, or none is left
	overdue  chan struct{} // closed when sending is over

	mu      sync.Mutex
	start   time.Time
	total   uint64 // messages that will be due
	next    uint64 // the next message to send
	over    bool
	free    []*connection // that may send, the one that is free longest first
	all     []*connection
	byPeer  map[uint64]*connection // those with a peer, by its number
	vacant  []*connection          // those whose peer left
	faults  []*sockeye.Error
	late    *hdr.Histogram // microseconds
	elapsed time.Duration
}

// fewConnections may each have a histogram of three digits; more have two.
const fewConnections = 200

// alwaysFits is how many bytes a socket takes without waiting for its reader.
const alwaysFits = 16 << 10

func newGenerator(s RunSpec) *generator {
	g := &generator{RunSpec: s, digits: 3, freed: make(chan struct{}, 1), overdue: make(chan struct{}), byPeer: map[uint64]*connection{},
		late: hdr.New(1, int64(time.Hour/time.Microsecond), 3)}
	if s.Connections > fewConnections {
		g.digits = 2
	}
	g.Pairs.Digits = g.digits
	g.life, g.end = context.WithCancel(context.Background())
	g.total = g.Rate.Within(g.Time)
	if g.Count > 0 {
		g.total = min(g.total, g.Count)
	}
	longest := 0
	for _, t := range g.Messages {
		n, _ := t.Size(&payload.Vars{Seq: 1, Time: time.Now(), Lookup: g.Lookup})
		longest = max(longest, n)
	}
	g.mayBlock = g.OneWay || longest*g.InFlight > alwaysFits
	return g
}

// open opens the first connection, and without a ramp all of them.
func (g *generator) open(ctx context.Context) error {
	if err := g.openSession(ctx); err != nil {
		return err
	}
	if err := g.connect(ctx); err != nil {
		return err
	}
	if g.Rate.Ramp > 0 {
		return nil
	}
	turn := make(chan struct{}, 64)
	for range g.Connections - 1 {
		turn <- struct{}{}
		g.openings.Go(func() { g.connect(ctx); <-turn })
	}
	g.openings.Wait()
	return context.Cause(ctx)
}

// ramp opens the other connections evenly while the rate rises.
func (g *generator) ramp(ctx context.Context) {
	for n := 1; n < g.Connections; n++ {
		at := g.start.Add(g.Rate.Ramp * time.Duration(n) / time.Duration(g.Connections))
		select {
		case <-g.overdue:
			return
		case <-time.After(time.Until(at)):
		}
		g.openings.Go(func() { g.connect(ctx) })
	}
}

// drive sends what is due until nothing more is.
func (g *generator) drive(ctx context.Context) {
	g.mu.Lock()
	g.start = time.Now()
	g.mu.Unlock()
	if g.Rate.Ramp > 0 {
		g.openings.Go(func() { g.ramp(ctx) })
	}
	watching := make(chan struct{})
	go func() { defer close(watching); g.watch() }()
	limited, cancel := context.WithDeadline(ctx, g.start.Add(g.Time))
	defer cancel()
	pace(func(sleep func(time.Time)) { g.pace(limited, sleep) })
	g.mu.Lock()
	g.over, g.elapsed = true, time.Since(g.start)
	g.mu.Unlock()
	close(g.overdue)
	<-watching
}

// pace gives due messages to free connections.
func (g *generator) pace(ctx context.Context, sleep func(time.Time)) {
	for ctx.Err() == nil {
		due, more := g.nextDue()
		if !more {
			return
		}
		if wait := time.Until(due); wait > longestSleep {
			sleep(time.Now().Add(longestSleep)) // ctx may end meanwhile
			continue
		} else if wait > 0 {
			sleep(due)
		}
		c := g.takeFree()
		if c == nil {
			if g.noneLeft() {
				return
			}
			select {
			case <-g.freed:
			case <-ctx.Done():
			}
			continue
		}
		c.send()
	}
}

const longestSleep = 10 * time.Millisecond

func (g *generator) nextDue() (due time.Time, more bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.start.Add(g.Rate.At(g.next)), g.next < g.total
}

// take takes up to most messages that are due at a time: how many, and the number of the first.
func (g *generator) take(most int, at time.Time) (first uint64, count int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.over || g.start.IsZero() {
		return 0, 0
	}
	now := at.Sub(g.start)
	first = g.next
	for count < most && g.next < g.total {
		due := g.Rate.At(g.next)
		if due > now {
			break
		}
		g.late.RecordValue(min(max((now-due).Microseconds(), 1), int64(time.Hour/time.Microsecond)))
		g.next++
		count++
	}
	return first, count
}

func (g *generator) takeFree() *connection {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.free) == 0 {
		return nil
	}
	c := g.free[0]
	g.free = g.free[1:]
	return c
}

// release says that a connection may send.
func (g *generator) release(c *connection) {
	g.mu.Lock()
	g.free = append(g.free, c)
	g.mu.Unlock()
	g.wake()
}

func (g *generator) wake() {
	select {
	case g.freed <- struct{}{}:
	default:
	}
}

// noneLeft reports that every connection has ended and none is being opened.
func (g *generator) noneLeft() bool {
	return !g.Endpoint.Options.Reconnect && g.opened.Load()-g.lost.Load() <= 0 && g.opened.Load()+g.failed.Load() >= int64(g.Connections)
}

// watch looks for requests that were not answered in time, and tells how far the run is.
func (g *generator) watch() {
	look := time.NewTicker(min(max(g.Pairs.Timeout/10, 5*time.Millisecond), 100*time.Millisecond))
	defer look.Stop()
	told := time.Now()
	for {
		select {
		case <-g.overdue:
			return
		case now := <-look.C:
			for _, c := range g.connections() {
				c.giveUp(now)
			}
			if g.Progress != nil && now.Sub(told) >= time.Second {
				told = now
				g.Progress(Progress{now.Sub(g.start), int(g.opened.Load() - g.lost.Load()), g.sent.Load(), g.received.Load()})
			}
		}
	}
}

func (g *generator) connections() []*connection {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.all[:len(g.all):len(g.all)]
}

// drain waits for answers that may still come.
func (g *generator) drain(ctx context.Context) {
	g.openings.Wait()
	limit := time.NewTimer(max(g.Pairs.Timeout, time.Second))
	defer limit.Stop()
	look := time.NewTicker(time.Millisecond)
	defer look.Stop()
	for ctx.Err() == nil && g.waiting() {
		select {
		case <-ctx.Done():
		case <-limit.C:
			return
		case <-look.C:
		}
	}
}

func (g *generator) waiting() bool {
	for _, c := range g.connections() {
		if c.isWaiting() {
			return true
		}
	}
	return false
}

// close ends all connections and waits until nothing of the run is left.
func (g *generator) close() {
	g.end()
	g.openings.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if g.session != nil {
		g.session.Shutdown(ctx)
	}
	g.sending.Wait()
}

// fail notes an error, if it is another than before.
func (g *generator) fail(err error) {
	e := sockeye.ErrorOf(err)
	if e == nil || errors.Is(err, context.Canceled) || g.life.Err() != nil {
		return
	}
	const most = 5
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, known := range g.faults {
		if known.Message == e.Message {
			return
		}
	}
	if len(g.faults) < most {
		g.faults = append(g.faults, e)
	}
}

// report puts together what the connections counted.
func (g *generator) report() *RunReport {
	r := &RunReport{Sent: g.sent.Load(), SentBytes: g.sentBytes.Load(), Opened: int(g.opened.Load()), Failed: int(g.failed.Load()), Lost: int(g.lost.Load())}
	whole := pairs.NewReader(g.Pairs)
	for _, c := range g.connections() {
		c.mu.Lock()
		whole.Merge(c.reader)
		c.mu.Unlock()
	}
	r.Pairs, r.Sequences = whole.End()
	g.mu.Lock()
	defer g.mu.Unlock()
	r.Elapsed, r.Faults, r.Late = g.elapsed, g.faults, pairs.LatencyOf(g.late)
	r.Due = min(g.total, g.Rate.Within(g.elapsed))
	r.Due = max(r.Due, g.next)
	return r
}
