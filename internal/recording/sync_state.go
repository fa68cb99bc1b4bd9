package recording

import "time"

const (
	// syncAfter and syncBytes bound what a relaxed writer leaves unsynced: it has the disk
	// take what is older, or more than that, while it writes on. It waits rather than have bytes older than
	// atRisk that the disk has not: Redis's appendfsync everysec has the same
	// rule, with two seconds.
	syncAfter = 500 * time.Millisecond
	syncBytes = 8 << 20
	atRisk    = time.Second
)

// syncState keeps count of what is written, and what of that is on the disk.
type syncState struct {
	written uint64 // number of the newest event written
	durable uint64 // and on the disk

	unsynced int          // bytes written after the last sync began
	since    time.Time    // when the oldest of them was written
	running  *pendingSync // nil when no sync is
}

// pendingSync is one Sync that runs beside the writing.
type pendingSync struct {
	done  chan error // gives one
	upTo  uint64     // the newest event it makes durable
	since time.Time  // when the oldest byte it covers was written
}

// syncError is a failed Sync. What was not durable before cannot be trusted any
// more, even if a later Sync of the file says otherwise: the kernel may have
// dropped what it could not write (the "fsyncgate" of PostgreSQL).
type syncError struct{ err error }

func (e syncError) Error() string { return e.err.Error() }
func (e syncError) Unwrap() error { return e.err }

// noteWritten notes a write.
func (s *syncState) noteWritten(number uint64, bytes int, now time.Time) {
	if s.unsynced == 0 {
		s.since = now
	}
	s.unsynced += bytes
	s.written = number
}

// await waits for the disk while bytes are too old without it.
func (s *syncState) await(now time.Time) error {
	if s.running == nil || now.Sub(s.running.since) < atRisk {
		return nil
	}
	return s.join()
}

// syncNow does what the promise asks for after a write.
func (s *syncState) syncNow(f OutputFile, promise Sync, now time.Time) error {
	if promise == Always {
		return s.sync(f)
	}
	if s.running != nil {
		select {
		case err := <-s.running.done:
			if err := s.ended(err); err != nil {
				return err
			}
		default:
			return nil
		}
	}
	if s.unsynced >= syncBytes || s.unsynced > 0 && now.Sub(s.since) >= syncAfter {
		s.running = &pendingSync{make(chan error, 1), s.written, s.since}
		s.unsynced = 0
		done := s.running.done
		go func() { done <- f.Sync() }()
	}
	return nil
}

// sync returns when everything written is durable.
func (s *syncState) sync(f OutputFile) error {
	if err := s.join(); err != nil {
		return err
	}
	if s.unsynced == 0 {
		return nil
	}
	if err := f.Sync(); err != nil {
		return syncError{err}
	}
	s.durable, s.unsynced = s.written, 0
	return nil
}

// join waits for a running sync.
func (s *syncState) join() error {
	if s.running == nil {
		return nil
	}
	return s.ended(<-s.running.done)
}

func (s *syncState) ended(err error) error {
	upTo := s.running.upTo
	s.running = nil
	if err != nil {
		return syncError{err}
	}
	s.durable = upTo
	return nil
}

// due is when secure has something to do, zero if never.
func (s *syncState) due() time.Time {
	switch {
	case s.running != nil:
		return s.running.since.Add(atRisk)
	case s.unsynced > 0:
		return s.since.Add(syncAfter)
	}
	return time.Time{}
}
