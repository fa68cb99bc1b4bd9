package core

import (
	"bufio"
	"context"
	"os"
	"sync"
	"time"

	"sockeye"
	"sockeye/internal/journal"
	"sockeye/internal/recording"
)

// ReceiveFile writes what a session receives to a file, one at a time. All methods may be
// called from any goroutine.
type ReceiveFile struct {
	session *Session

	mu      sync.Mutex
	current *receivedFile // the one that is written, or the last; nil: there was none
}

// ReceiveFile writes what the session receives to a file.
func (s *Session) ReceiveFile() *ReceiveFile { return &s.receiveFile }

// FileStatus says how far the file is that a session's bytes are written to, or how the last one
// ended.
type FileStatus struct {
	On    bool
	Path  string // "" if there never was one
	Peer  uint64 // whose bytes are written; 0 is everyone's
	Bytes uint64 // written so far
	// Lost counts the events that left the journal's memory before they could be written. Events of
	// other sessions may be among them.
	Lost sockeye.Lost
	Err  *sockeye.Error // why it ended by itself; nil if it did not
}

// receivedFile is one file of a ReceiveFile. It reads the journal with a cursor of its own, so a
// slow disk holds up no socket.
type receivedFile struct {
	session *Session
	file    *os.File
	ended   chan struct{}
	stop    context.CancelFunc

	mu     sync.Mutex
	status FileStatus
}

// drainTime is how long the end of a file waits for events that a recording
// holds back until they are durable.
const drainTime = 2 * time.Second

// Start writes the bytes that the session receives from now on to a file, until Stop, the end of
// the session, or an error. peer is the number of the peer whose bytes are written; 0 means all
// peers, in the order the bytes came. While another file is written, the error is an *sockeye.Error
// of kind Misuse, and file stays the caller's; otherwise Start owns file and closes it in the end.
func (f *ReceiveFile) Start(file *os.File, peer uint64) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.current != nil && f.current.Status().On {
		return &sockeye.Error{Kind: sockeye.Misuse, Op: "record", Target: f.current.file.Name(),
			Message: sockeye.Text{En: "what is received is being written to a file already", Zh: "接收的数据已在写入文件"},
			Hint:    sockeye.Text{En: "end that first", Zh: "请先停止"}}
	}
	s := f.session
	ctx, stop := context.WithCancel(context.Background())
	_, next := s.core.Span()
	r := &receivedFile{session: s, file: file, ended: make(chan struct{}), stop: stop, status: FileStatus{On: true, Path: file.Name(), Peer: peer}}
	view := s.core.View(next)
	f.current = r
	go func() {
		select {
		case <-s.dropped:
			stop()
		case <-r.ended:
		}
	}()
	go r.run(ctx, view, next)
	return nil
}

// StartIn makes a new file in the directory d and calls Start with it. The name must be a plain
// one; "" means one made of the time and the session.
func (f *ReceiveFile) StartIn(d RecordDir, name string, peer uint64) error {
	if name == "" {
		name = time.Now().Format("20060102-150405.000") + "-" + f.session.ID() + ".bin"
	}
	root, err := d.root(name)
	if err != nil {
		return err
	}
	defer root.Close()
	file, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return notMade(root.Name()+string(os.PathSeparator)+name, err)
	}
	if err := f.Start(file, peer); err != nil {
		file.Close()
		root.Remove(name)
		return err
	}
	return nil
}

// Stop ends the file. When it returns nil, everything received before the call is written; it
// waits for the disk until ctx ends.
func (f *ReceiveFile) Stop(ctx context.Context) error {
	f.mu.Lock()
	r := f.current
	f.mu.Unlock()
	if r == nil {
		return nil
	}
	r.stop()
	select {
	case <-r.ended:
	case <-ctx.Done():
		return recording.Unwritable(r.file.Name(), context.Cause(ctx))
	}
	if st := r.Status(); st.Err != nil {
		return st.Err
	}
	return nil
}

// Status returns how far the file is, or how the last one ended.
func (f *ReceiveFile) Status() FileStatus {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.current == nil {
		return FileStatus{}
	}
	return f.current.Status()
}

// Status may be called at any time.
func (r *receivedFile) Status() FileStatus {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.status
}

func (r *receivedFile) run(ctx context.Context, view *journal.Cursor, next uint64) {
	defer r.stop()
	defer close(r.ended)
	defer view.Close()
	out := bufio.NewWriterSize(r, 64<<10)
	err := r.follow(ctx, view, &next, out)
	if err == nil && ctx.Err() != nil {
		err = r.drain(view, next, out)
	}
	if err == nil {
		err = out.Flush()
	}
	if closed := r.file.Close(); err == nil {
		err = closed
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status.On = false
	if err != nil {
		r.status.Err = sockeye.ErrorOf(recording.Unwritable(r.file.Name(), err))
	}
}

// follow writes until it is stopped or the journal ends. It flushes out before it waits for more.
func (r *receivedFile) follow(ctx context.Context, view *journal.Cursor, next *uint64, out *bufio.Writer) error {
	for ctx.Err() == nil {
		e, ok := view.Try()
		if !ok {
			if err := out.Flush(); err != nil {
				return err
			}
			var end error
			if e, end = view.Next(ctx); end != nil {
				return nil
			}
		}
		if err := r.take(&e, out); err != nil {
			return err
		}
		*next = e.NextSeq()
	}
	return nil
}

// drain writes what was received before the stop.
func (r *receivedFile) drain(view *journal.Cursor, next uint64, out *bufio.Writer) error {
	ctx, cancel := context.WithTimeout(context.Background(), drainTime)
	defer cancel()
	_, until := r.session.core.Span()
	for next < until {
		e, end := view.Next(ctx)
		if end != nil {
			return nil
		}
		if next = e.NextSeq(); e.Seq < until {
			if err := r.take(&e, out); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *receivedFile) take(e *sockeye.Event, out *bufio.Writer) error {
	switch {
	case e.Kind == sockeye.Gap && (e.Session == nil || e.Session == r.session.id) && e.Detail != nil:
		r.mu.Lock()
		defer r.mu.Unlock()
		r.status.Lost.Events += e.Detail.Lost.Events
		r.status.Lost.Bytes += e.Detail.Lost.Bytes
	case e.Kind == sockeye.Received && e.Session == r.session.id && (r.status.Peer == 0 || e.Peer != nil && e.Peer.ID == r.status.Peer):
		_, err := out.Write(e.Data)
		return err
	}
	return nil
}

// Write counts what the system takes.
func (r *receivedFile) Write(data []byte) (int, error) {
	n, err := r.file.Write(data)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status.Bytes += uint64(n)
	return n, err
}
