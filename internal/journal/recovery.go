package journal

import (
	"time"

	"sockeye"
	"sockeye/internal/recording"
)

// recover makes the recorder go on in a new segment after an error. While that is
// not possible recording is paused: nobody waits for it, and what leaves the ring
// meanwhile is missing. The error says that it is over.
func (r *Recorder) recover(why error) error {
	if !r.writer.Resumable() {
		return why
	}
	again := time.Since(r.failedAt) < retryInterval || recording.Full(why)
	r.failedAt = time.Now()
	if !again && r.resume() == nil {
		r.rewind()
		r.changed = movedOn(sockeye.ErrorOf(why), r.writer.Status().Path)
		return nil
	}
	for {
		r.pause(sockeye.ErrorOf(why))
		select {
		case <-time.After(retryInterval):
		case <-r.stop:
			if r.lastTry {
				return why
			}
			r.lastTry = true
		}
		if why = r.resume(); why == nil {
			r.rewind()
			return nil
		}
	}
}

// resume begins a new segment, under the eyes of watch: the disk may stand still now.
func (r *Recorder) resume() error {
	r.busy.Store(time.Now().UnixNano())
	defer r.busy.Store(0)
	return r.writer.Resume()
}

// rewind makes the cursor read again what the recording may not have.
func (r *Recorder) rewind() {
	next := r.writer.Kept() + 1
	for len(r.marks) > 1 && r.marks[len(r.marks)-1].next > next {
		r.marks = r.marks[:len(r.marks)-1]
	}
	m := r.marks[len(r.marks)-1]
	r.cursor.seek(m.next, m.bytes)
}

// pause makes everybody go on without the recording, and records that once for each cause.
func (r *Recorder) pause(why *sockeye.Error) {
	r.journal.mu.Lock()
	news := r.pauseLocked(why)
	r.journal.mu.Unlock()
	if news {
		r.journal.notify(pausedBy(why))
	}
}

func (r *Recorder) pauseLocked(why *sockeye.Error) (news bool) {
	if r.gone {
		return false
	}
	if r.status.State == RecordOn {
		r.since, r.missed = time.Now(), sockeye.Lost{}
	}
	was := r.status.Err
	r.status.State, r.status.Err = RecordPaused, why
	r.journal.barrier.free()
	r.journal.releaseLocked()
	return was == nil || was.Kind != why.Kind || was.Errno != why.Errno
}

// missing counts what left the ring before it could be recorded.
func (r *Recorder) missing(lost sockeye.Lost) {
	r.journal.mu.Lock()
	defer r.journal.mu.Unlock()
	r.missed = plus(r.missed, lost)
	r.status.Lost = plus(r.status.Lost, lost)
}

// recovered says that all is well again, if it was not.
func (r *Recorder) recovered() {
	j := r.journal
	j.mu.Lock()
	news, missed := r.changed, r.missed
	if r.status.State == RecordPaused {
		news = goesOn(r.status.Path, time.Since(r.since))
	}
	if news != nil {
		r.changed, r.missed = nil, sockeye.Lost{}
		r.status.State, r.status.Err = RecordOn, nil
	}
	j.mu.Unlock()
	if news != nil {
		j.notify(withMissing(news, missed))
	}
}

// watch pauses recording when the disk keeps the recorder waiting for too long.
func (r *Recorder) watch(over <-chan struct{}) {
	tick := time.NewTicker(r.stallLimit / 8)
	defer tick.Stop()
	for {
		select {
		case <-over:
			return
		case <-tick.C:
		}
		r.checkStall()
	}
}

func (r *Recorder) checkStall() {
	began := r.busy.Load()
	if began == 0 || time.Since(time.Unix(0, began)) < r.stallLimit {
		return
	}
	j := r.journal
	j.mu.Lock()
	why := stalled(r.status.Path, r.stallLimit)
	news := r.busy.Load() == began && r.pauseLocked(why) // else it has just moved
	j.mu.Unlock()
	if news {
		j.notify(pausedBy(why))
	}
}
