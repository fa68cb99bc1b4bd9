// Package outbox keeps records on disk until whoever they are for has them: a queue
// with a bound, first in, first out. What was appended survives the end of the process
// at any moment (kill -9), and, once Sync has returned, that of the power. It knows
// nothing of what is in a record, and sends nothing.
package outbox

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
)

// Policy says what a full queue drops.
type Policy string

// The policies.
const (
	DropOldest Policy = "oldest" // what waits longest makes room
	DropNewest Policy = "newest" // what does not fit any more is not taken
)

// QueueOptions are those of a queue.
type QueueOptions struct {
	// Dir is the folder of the queue, and of nothing else. It is made.
	Dir string
	// MaxBytes bounds what the queue has on disk; 0 is DefaultBytes.
	MaxBytes int64
	// Drop says what is dropped when it is full; "" is DropOldest.
	Drop Policy
}

// DefaultBytes bounds a queue that says nothing else.
const DefaultBytes = 16 << 20

// MaxRecord bounds one record.
const MaxRecord = 64 << 10

// Record is one record of a queue.
type Record struct {
	// Number counts the records of this queue from 1, without holes but for what was
	// dropped.
	Number uint64
	// Again says that it may have been delivered already: it was given to Begin before,
	// and nobody confirmed it.
	Again bool
	// Data belongs to the caller.
	Data []byte
}

// RecordCounts are what became of records.
type RecordCounts struct {
	Waiting   uint64 // in the queue
	Confirmed uint64 // delivered, over the whole life of the queue
	Dropped   uint64 // because the queue was full
	Damaged   uint64 // places on disk that could not be read back
	Unwritten uint64 // that the disk did not take
}

// ErrFull is the error of Append to a full queue that drops the newest.
var ErrFull = errors.New("the queue is full")

// ErrInUse is the error of Open while another process, or this one, has the queue.
var ErrInUse = errors.New("in use by another process")

// Queue is open until Close. One goroutine takes records (Next, Begin, Confirm); any may
// append.
type Queue struct {
	o QueueOptions

	mu       sync.Mutex
	lock     *os.File
	state    stateFile
	segments []*queueSegment
	writing  *os.File // the last segment, nil before the first append
	last     uint64   // the highest number given out
	counts   RecordCounts
	dirty    bool // something was written since the last Sync
	reading  *segmentScanner
	appended chan struct{} // closed and replaced by an append
	closed   bool
}

// Open opens the queue of a folder, and repairs what a crash left: a torn record at the
// end is cut off. The folder can be open once only.
func Open(o QueueOptions) (*Queue, error) {
	if o.MaxBytes <= 0 {
		o.MaxBytes = DefaultBytes
	}
	if o.Drop == "" {
		o.Drop = DropOldest
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, err
	}
	lock, err := lockFile(filepath.Join(o.Dir, "lock"))
	if err != nil {
		return nil, err
	}
	q := &Queue{o: o, lock: lock, appended: make(chan struct{})}
	if err := q.load(); err != nil {
		q.closeFiles()
		return nil, err
	}
	return q, nil
}

// Append puts a record at the end. It does not keep data. It never waits for whoever
// takes records. ErrFull says that the record was dropped; any other error that the disk
// did not take it.
func (q *Queue) Append(data []byte) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case q.closed:
		return os.ErrClosed
	case len(data) > MaxRecord:
		return errors.New("the record is too large")
	}
	if err := q.makeRoom(recordBytes(len(data))); err != nil {
		return err
	}
	if err := q.write(data); err != nil {
		q.counts.Unwritten++
		return err
	}
	q.counts.Waiting++
	close(q.appended)
	q.appended = make(chan struct{})
	return nil
}

// Next waits until records are there and gives the first ones: at most most of them.
// They stay in the queue until Confirm.
func (q *Queue) Next(ctx context.Context, most int) ([]Record, error) {
	for {
		records, appended, err := q.take(most)
		if err != nil || len(records) > 0 {
			return records, err
		}
		select {
		case <-appended:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

func (q *Queue) take(most int) ([]Record, <-chan struct{}, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return nil, nil, os.ErrClosed
	}
	records, err := q.readFrom(q.state.confirmed+1, most)
	return records, q.appended, err
}

// Begin notes on disk that the records up to number are about to be sent, so that they
// are marked as sent again if nobody confirms them.
func (q *Queue) Begin(number uint64) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return os.ErrClosed
	}
	if number <= q.state.begun {
		return nil
	}
	q.state.begun = number
	q.dirty = true
	return q.state.save()
}

// Confirm takes the records up to number out of the queue: whoever they are for has
// them.
func (q *Queue) Confirm(number uint64) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return os.ErrClosed
	}
	number = min(number, q.last)
	if number <= q.state.confirmed {
		return nil
	}
	n := q.countUpTo(number)
	q.counts.Waiting -= n
	q.counts.Confirmed += n
	q.state.confirmed, q.state.confirmedCount = number, q.counts.Confirmed
	q.dirty = true
	err := q.state.save()
	q.removeConfirmed()
	return err
}

// Counts returns the numbers of records now.
func (q *Queue) Counts() RecordCounts {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.counts
}

// Span gives the number of the last record that was confirmed, or dropped to make room, and of
// the last that was appended.
func (q *Queue) Span() (confirmed, appended uint64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.state.confirmed, q.last
}

// Sync has the disk keep what was appended and confirmed. It costs nothing if that was
// nothing.
func (q *Queue) Sync() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.syncLocked()
}

func (q *Queue) syncLocked() error {
	if !q.dirty || q.closed {
		return nil
	}
	q.dirty = false
	var failed error
	if q.writing != nil {
		failed = q.writing.Sync()
	}
	return errors.Join(failed, q.state.file.Sync())
}

// Close syncs and closes the queue; what is in it stays on disk.
func (q *Queue) Close() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return nil
	}
	err := q.syncLocked()
	q.closed = true
	close(q.appended)
	q.closeFiles()
	return err
}

func (q *Queue) closeFiles() {
	if q.writing != nil {
		q.writing.Close()
	}
	if q.reading != nil {
		q.reading.file.Close()
	}
	if q.state.file != nil {
		q.state.file.Close()
	}
	q.lock.Close()
}
