package fuzztest

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync/atomic"
)

// worker reads files, one after the other. It belongs to one goroutine.
type worker struct {
	*run
	read    func(file []byte) error
	mutator *mutator
	reading atomic.Uint64 // 1 + the number of the file that is being parsed; 0: none
	sample  []metrics.Sample
}

func newWorker(r *run) *worker {
	return &worker{run: r, read: r.New(), mutator: newMutator(r.Seeds, r.Seal), sample: []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}}
}

func (w *worker) work() {
	for !w.over() {
		first := w.next.Add(batch) - batch
		if first >= w.end {
			return
		}
		end := min(first+batch, w.end)
		before, largest := w.allocated(), 0
		for n := first; n < end; n++ {
			file := w.mutator.file(w.seed, n)
			largest = max(largest, len(file))
			w.alone.RLock()
			why := w.try(n, file)
			w.alone.RUnlock()
			if why != "" {
				w.fail(n, file, why)
				return
			}
		}
		if w.allocated()-before > w.bound(largest) { // all workers together, in all readings
			w.measure(first, end)
		}
	}
}

// try reads a file and says what must not be, "" if all is well.
func (w *worker) try(n uint64, file []byte) (why string) {
	w.reading.Store(n + 1)
	defer func() {
		w.reading.Store(0)
		if p := recover(); p != nil {
			why = fmt.Sprintf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	if err := w.read(file); err != nil {
		return err.Error()
	}
	return ""
}

// bound is how much memory may be taken for a file.
func (w *worker) bound(size int) uint64 { return uint64(w.Fixed) + 2*uint64(size) }

// measure reads files once more, each while no other one is read, and fails with one that takes
// too much memory. What other tests take at the same moment is not its own: the least of some
// readings counts.
func (w *worker) measure(first, end uint64) {
	for n := first; n < end; n++ {
		file := w.mutator.file(w.seed, n)
		least := ^uint64(0)
		for range 3 {
			least = min(least, w.taken(n, file))
		}
		if least > w.bound(len(file)) {
			w.fail(n, file, fmt.Sprintf("reading takes %d KiB of memory, %d KiB are the most", least>>10, w.bound(len(file))>>10))
			return
		}
	}
}

// taken is how much memory a reading allocates, in bytes: never less than what it holds at once.
func (w *worker) taken(n uint64, file []byte) uint64 {
	w.alone.Lock()
	defer w.alone.Unlock()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	w.try(n, file)
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// allocated is how much memory the process has allocated by now, in bytes; small pieces are
// counted late.
func (w *worker) allocated() uint64 {
	metrics.Read(w.sample)
	return w.sample[0].Value.Uint64()
}
