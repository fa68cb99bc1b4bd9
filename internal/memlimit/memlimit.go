// Package memlimit says how much memory the system gives this process, and how much of it
// is held.
package memlimit

import (
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"time"
)

// Respect makes the garbage collector keep to nine tenths of the limit that the control
// group of the process has, unless GOMEMLIMIT says what to keep to. It is called once, at
// the start of the program.
func Respect() {
	if os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	if limit := groupLimit(); limit > 0 {
		debug.SetMemoryLimit(limit / 10 * 9)
	}
}

// Limit is how many bytes the process may hold, as GOMEMLIMIT or its control group says;
// 0 is no limit.
func Limit() int64 {
	if limit := debug.SetMemoryLimit(-1); limit != math.MaxInt64 {
		return limit
	}
	return 0
}

// held are what cannot be given back: objects that the last collection found in use,
// stacks, and what the runtime itself needs.
var held = []string{
	"/gc/heap/live:bytes", "/memory/classes/heap/stacks:bytes", "/memory/classes/os-stacks:bytes", "/memory/classes/metadata/mcache/inuse:bytes",
	"/memory/classes/metadata/mspan/inuse:bytes", "/memory/classes/metadata/other:bytes", "/memory/classes/profiling/buckets:bytes", "/memory/classes/other:bytes",
}

// Held is how many bytes the process holds and cannot give back, as of the last garbage
// collection.
func Held() (bytes int64) {
	samples := make([]metrics.Sample, len(held))
	for i, name := range held {
		samples[i].Name = name
	}
	metrics.Read(samples)
	for _, s := range samples {
		if s.Value.Kind() == metrics.KindUint64 {
			bytes += int64(s.Value.Uint64())
		}
	}
	return bytes
}

// Gauge tells how near the process is to its limit. The zero value is ready; a Gauge may be
// used from any goroutine.
type Gauge struct {
	// Limit and Held are those of the package unless a test says otherwise.
	Limit, Held func() int64

	mu                sync.Mutex
	read, collected   time.Time
	share             float64
	heldNow, limitNow int64
}

// How old a reading may be, and how often a collection is made to be sure of one that is
// near the limit.
const (
	fresh    = 100 * time.Millisecond
	between  = 2 * time.Second
	nearness = 0.7
)

// Share is which part of the limit is held, 0 without a limit, and both in bytes.
func (g *Gauge) Share() (share float64, held, limit int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	if now.Sub(g.read) >= fresh {
		g.readLocked()
		if g.share >= nearness && now.Sub(g.collected) >= between {
			runtime.GC() // what the last one found in use may be garbage by now
			g.readLocked()
			g.collected = time.Now()
		}
		g.read = time.Now()
	}
	return g.share, g.heldNow, g.limitNow
}

func (g *Gauge) readLocked() {
	limit, held := Limit, Held
	if g.Limit != nil {
		limit, held = g.Limit, g.Held
	}
	g.share, g.heldNow, g.limitNow = 0, held(), limit()
	if g.limitNow > 0 {
		g.share = float64(g.heldNow) / float64(g.limitNow)
	}
}
