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

// Record begins to record everything in memory and to come; see journal.Record.
// There is one recording at a time. Before anything is opened, a directory with
// earlier recordings makes one journal with them: numbers of events, sessions and
// peers go on, and a view may begin in what was recorded then.
func (w *Core) Record(o recording.WriteOptions) error {
	o.Faults = w.activeFaults()
	r, err := w.journal.Record(o) // nothing is locked: a disk may not answer
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

// The end of a recording takes some milliseconds on a disk that is well, also when there
// is no time for peers. A disk that answers nothing for recordingGrace is not waited for; a
// machine that is busy gets several times as long.
const (
	recordingGrace = time.Second
	graces         = 15
)

// endRecording is StopRecording, which leaves a recording that has been ended in good
// order, if the disk answers at all.
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

// RecordStatus is how the recording is, or how the last one ended.
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
