// Package fuzztest runs a parser on mutated files in memory, on all processors. The test fails
// if the parser panics, does not return, or allocates more memory than its limit. It runs many
// more files than "go test -fuzz" in the same time, but is not guided by coverage. Only tests
// import it.
//
// A file depends only on the seed and its number: SOCKEYE_SEED=seed SOCKEYE_EXEC=number runs the
// file of a failure again. SOCKEYE_EXECS is how many files are run, beginning with number
// SOCKEYE_EXEC; without it, files are run for two seconds.
package fuzztest

import (
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// everyday is how long files are run without SOCKEYE_EXECS. A call of the parser that takes longer
// than patience counts as one that does not return.
const (
	everyday = 2 * time.Second
	patience = time.Minute
)

// FuzzTarget is a parser and what it is given.
type FuzzTarget struct {
	// Seeds are the files that mutated ones are made of; there is at least one.
	Seeds [][]byte
	// Fixed is how many bytes of memory a reading may take beside twice its file.
	Fixed int64
	// New makes what reads a file to its end, for one goroutine. It is an error if what was read
	// cannot be; that the file is damaged is none. The file is lent until it returns.
	New func() func(file []byte) error
	// Seal, if not nil, makes checksums of a file right again, in its place. It is called for half
	// of the files, so that what is behind the checksums is reached.
	Seal func(file []byte)
}

// Run gives files to a target until there were enough, and fails the test with the first that
// it does not stand.
func Run(t *testing.T, target FuzzTarget) {
	t.Helper()
	r := &run{FuzzTarget: target, seed: number("SOCKEYE_SEED", rand.Uint64()>>1)}
	first, execs := number("SOCKEYE_EXEC", 0), number("SOCKEYE_EXECS", 0)
	r.next.Store(first)
	switch {
	case execs > 0:
		r.end = first + execs
	case first > 0: // one that was told of
		r.end = first + 1
	default:
		r.end, r.until = 1<<63, time.Now().Add(everyday)
	}
	defer debug.SetGCPercent(debug.SetGCPercent(800)) // readings leave much that is small, and what counts is counted
	begun := time.Now()
	r.work()
	took := time.Since(begun)
	given := min(r.next.Load(), r.end) - first
	t.Logf("SOCKEYE_SEED=%d, %d files in %v, %.0f each second", r.seed, given, took.Round(time.Millisecond), float64(given)/took.Seconds())
	if r.failure != "" {
		t.Fatal(r.failure)
	}
}

func number(variable string, otherwise uint64) uint64 {
	if n, err := strconv.ParseUint(os.Getenv(variable), 10, 64); err == nil {
		return n
	}
	return otherwise
}

// run is one Run of a target.
type run struct {
	FuzzTarget
	seed  uint64
	end   uint64 // the number after the last file
	until time.Time
	next  atomic.Uint64 // the number of the file that is due

	// alone is held for reading while a worker reads, and for writing by one that measures.
	alone sync.RWMutex

	mu      sync.Mutex
	failure string // the first one
}

// batch is how many files a worker takes at a time, and measures together: to measure costs
// as much as some readings.
const batch = 16

// work lets a worker for each processor read, and returns when all have ended.
func (r *run) work() {
	workers := make([]*worker, runtime.GOMAXPROCS(0))
	var running, watching sync.WaitGroup
	over := make(chan struct{})
	for i := range workers {
		workers[i] = newWorker(r)
		running.Go(workers[i].work)
	}
	watching.Go(func() { r.watch(workers, over) })
	running.Wait()
	close(over)
	watching.Wait()
}

// watch ends the process, with what every goroutine does, if a reading does not end.
func (r *run) watch(workers []*worker, over <-chan struct{}) {
	seen, since := make([]uint64, len(workers)), make([]time.Time, len(workers))
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-over:
			return
		case now := <-tick.C:
			for i, w := range workers {
				if n := w.reading.Load(); n != seen[i] || n == 0 {
					seen[i], since[i] = n, now
				} else if now.Sub(since[i]) > patience {
					debug.SetTraceback("all")
					panic(fmt.Sprintf("reading the file SOCKEYE_SEED=%d SOCKEYE_EXEC=%d does not end", r.seed, n-1))
				}
			}
		}
	}
}

// fail says of a file why it failed, if it is the first, and ends the run.
func (r *run) fail(n uint64, file []byte, why string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.failure == "" {
		r.failure = fmt.Sprintf("SOCKEYE_SEED=%d SOCKEYE_EXEC=%d, %d bytes: %s\n%.8192x", r.seed, n, len(file), why, file)
	}
}

// over says that there is nothing more to be done.
func (r *run) over() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.failure != "" || !r.until.IsZero() && time.Now().After(r.until)
}
