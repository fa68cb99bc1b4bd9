package core

import (
	"context"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"sockeye"
	"sockeye/internal/journal"
	"sockeye/internal/recording"
)

// recorderState is the workbench's one recording, if any.
type recorderState struct {
	mu      sync.Mutex
	current *journal.Recorder // running, or the last one
}

// Record begins to record everything that is in memory and all that follows; see journal.Record.
// There is one recording at a time. If nothing was opened yet and the directory has earlier
// recordings, the journal continues them: the numbers of events, sessions and peers go on, and a
// view may begin at an earlier event.
func (w *Core) Record(o recording.WriteOptions) error {
	o.Faults = w.activeFaults()
	r, err := w.journal.Record(o) // no lock is held here, since a disk may not answer
	if err != nil {
		return err
	}
	w.recordings.mu.Lock()
	w.recordings.current = r
	w.recordings.mu.Unlock()
	before := r.Before()
	w.mu.Lock()
	w.lastSession = max(w.lastSession, before.Session)
	w.mu.Unlock()
	if w.lastPeer.Load() < before.Peer {
		w.lastPeer.Store(before.Peer) // nothing is open yet
	}
	if before.Event > 0 {
		w.commenting.load(w.Reader, o.Dir)
	}
	return nil
}

// StopRecording ends the recording. When it returns nil, everything up to the
// call is durable; it waits for the disk until ctx ends. Without a recording it
// does nothing.
func (w *Core) StopRecording(ctx context.Context) error {
	r := w.recorder()
	if r == nil {
		return nil
	}
	return r.Close(ctx)
}

// A recording ends within milliseconds on a healthy disk, so it is given this time even when the
// time for closing peers is over. A disk that does not answer for recordingGrace is given up; a
// busy machine gets several times as long.
const (
	recordingGrace = time.Second
	graces         = 15
)

// endRecording calls StopRecording, and gives the disk a little time of its own if ctx has ended,
// so that the recording is complete.
func (w *Core) endRecording(ctx context.Context) error {
	err := w.StopRecording(ctx)
	for n := 0; err != nil && ctx.Err() != nil && n < graces; n++ {
		soon, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordingGrace)
		err = w.StopRecording(soon)
		timedOut := soon.Err() != nil
		cancel()
		if !timedOut || w.recorder().DiskWait() >= recordingGrace {
			return err
		}
	}
	return err
}

// RecordStatus returns the state of the recording, or how the last one ended.
func (w *Core) RecordStatus() journal.RecordStatus {
	r := w.recorder()
	if r == nil {
		return journal.RecordStatus{State: journal.RecordOff}
	}
	return r.Status()
}

// recorder is the recording that runs, or the last one; nil if there was none.
func (w *Core) recorder() *journal.Recorder {
	w.recordings.mu.Lock()
	defer w.recordings.mu.Unlock()
	return w.recordings.current
}

// RecordName is the name of a recording after an endpoint, "tcp-listen-10000".
func RecordName(ep sockeye.Endpoint) string {
	a := ep.Address
	if a.Path != "" {
		name := strings.Map(func(r rune) rune {
			if r == filepath.Separator || r == '/' || r == '@' {
				return -1
			}
			return r
		}, filepath.Base(a.Path))
		return string(a.Network) + "-" + string(ep.Mode) + "-" + name
	}
	host := ""
	if a.Host != "" {
		host = "-" + a.Host
	}
	return string(a.Network.Transport()) + "-" + string(ep.Mode) + host + "-" + strconv.Itoa(int(a.Port))
}
