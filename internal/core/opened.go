package core

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
	"time"

	"sockeye"
	"sockeye/internal/journal"
	"sockeye/internal/query"
	"sockeye/internal/recording"
)

// The bounds of recordings that are opened to be looked at.
const (
	maxOpenedRecordings = 8
	maxOpenedBytes      = 1 << 30 // of the copy of one recording
	maxOpenedSessions   = 32      // of one recording: those with the most events are kept
	openedSegment       = 8 << 20 // bytes of a file: what a jump to a row reads at most
)

// OpenedRecording is a recording or capture that was opened to be read, or a growing log of what
// happens elsewhere. It has a journal of its own, whose events are numbered from 1. Its sessions
// do not belong to this core and cannot be changed. All methods may be called from any
// goroutine.
type OpenedRecording struct {
	*query.Reader

	ID      string // "r1"
	Name    string // of the file or directory, as a person knows it
	LeftOut int    // sessions beyond those in Sessions
	Events  uint64
	// Damages counts the places that could not be read. Cut reports that the recording was longer
	// than the copy may be.
	Damages int
	Cut     bool
	// Live reports whether it is a growing log; Events and LeftOut are 0 then.
	Live bool

	mu       sync.Mutex
	sessions []*OpenedSession

	origin   origin          // where comments are written
	comments []sockeye.Event // of the kind Commented, collected while it is copied
	several  bool            // it has more than one session
	next     uint64          // the number after the last
	dir      string          // where it is kept until it is forgotten

	cancel context.CancelFunc // for a growing log: ends its goroutine, which
	ended  chan struct{}      // closes ended when it returns
}

// OpenedSession is a session of a recording. Its ID joins that of the recording and its own, as
// in "r1.s2".
type OpenedSession struct {
	*sockeye.Session
	Recording *OpenedRecording

	facts OpenedFacts // guarded by Recording.mu
}

// OpenedFacts holds what a recording says about one of its sessions.
type OpenedFacts struct {
	sockeye.Counters
	First, Last time.Time // of its events
	Peers       int
	Events      uint64
}

// Facts returns what is known of the session so far.
func (s *OpenedSession) Facts() OpenedFacts {
	s.Recording.mu.Lock()
	defer s.Recording.mu.Unlock()
	return s.facts
}

func (s *OpenedSession) addPeer() {
	s.Recording.mu.Lock()
	s.facts.Peers++
	s.Recording.mu.Unlock()
}

// count takes an event into account.
func (s *OpenedSession) count(e *sockeye.Event) {
	s.Recording.mu.Lock()
	defer s.Recording.mu.Unlock()
	f := &s.facts
	f.Events++
	if f.First.IsZero() {
		f.First = e.Time
	}
	if e.Time.After(f.Last) { // several boards' clocks may differ
		f.Last = e.Time
	}
	switch n := uint64(len(e.Data)); e.Kind {
	case sockeye.Received:
		f.ReceivedBytes, f.ReceivedMessages = f.ReceivedBytes+n, f.ReceivedMessages+1
	case sockeye.Sent:
		f.SentBytes, f.SentMessages = f.SentBytes+n, f.SentMessages+1
	}
}

// Title is the name of the recording, followed by the address of the session if the recording has
// several.
func (s *OpenedSession) Title() string {
	if !s.Recording.several {
		return s.Recording.Name
	}
	return s.Recording.Name + " · " + s.Endpoint.Address.String()
}

// Sessions returns the sessions that were kept and are not forgotten, in the order they began.
func (o *OpenedRecording) Sessions() []*OpenedSession {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.sessions)
}

// openedRecordings holds the recordings that are open now.
type openedRecordings struct {
	mu      sync.Mutex
	last    int
	copying int // recordings that are about to be in list
	list    []*OpenedRecording
}

// OpenRecording opens a recording or capture for reading, until its sessions are forgotten or the
// core shuts down. It copies it to a temporary directory, so that the events of several runs or of
// another program have numbers in one order; it stops at 1 GiB. o says how comments are written to
// r; with a nil o they last as long as it is open. The error is an *sockeye.Error.
func (w *Core) OpenRecording(ctx context.Context, r *recording.Files, name string, o *recording.CommentOptions) (*OpenedRecording, error) {
	id, err := w.opened.reserve()
	if err != nil {
		return nil, err
	}
	opened := &OpenedRecording{ID: id, Name: name, next: 1, origin: origin{recording: r, o: o}}
	err = opened.copy(ctx, r)
	w.opened.mu.Lock()
	w.opened.copying--
	if err == nil {
		w.opened.list = append(w.opened.list, opened)
	}
	w.opened.mu.Unlock()
	if err != nil {
		w.opened.drop(opened)
		return nil, err
	}
	return opened, nil
}

// OpenUpload opens a recording as OpenRecording does, from a file of at most 1 GiB that comes over
// the network.
func (w *Core) OpenUpload(ctx context.Context, from io.Reader, name string) (*OpenedRecording, error) {
	f, err := os.CreateTemp("", "sockeye-*.pcapng")
	if err != nil {
		return nil, notKept(name, err)
	}
	defer os.Remove(f.Name())
	n, err := io.Copy(f, io.LimitReader(from, maxOpenedBytes+1))
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, notKept(name, err)
	}
	if n > maxOpenedBytes {
		return nil, &sockeye.Error{Kind: sockeye.TooLarge, Op: "read", Target: name,
			Message: sockeye.Text{En: "the file has more than 1 GiB", Zh: "文件超过 1 GiB"},
			Hint:    sockeye.Text{En: "sockeye log reads files of any size", Zh: "sockeye log 可读取任意大小的文件"}}
	}
	r, err := recording.Open(f.Name())
	if err != nil {
		e := *sockeye.ErrorOf(err)
		e.Target = name
		e.Hint = sockeye.Text{En: "drop a recording of sockeye, or a capture of tcpdump or Wireshark (pcap, pcapng, also as .gz or .zst)", Zh: "请选择 sockeye 的记录，或 tcpdump、Wireshark 的抓包文件（pcap、pcapng，可为 .gz 或 .zst）"}
		return nil, &e
	}
	return w.OpenRecording(ctx, r, name, nil)
}

func notKept(name string, err error) error {
	if e, ok := errors.AsType[*sockeye.Error](err); ok {
		return e
	}
	return &sockeye.Error{Kind: sockeye.System, Op: "read", Target: name, Err: err,
		Hint: sockeye.Text{En: "the directory for temporary files must have room for it", Zh: "临时目录须有足够空间存放该文件"}}
}

// Opened returns the recordings that are open, in the order they were opened.
func (w *Core) Opened() []*OpenedRecording {
	w.opened.mu.Lock()
	defer w.opened.mu.Unlock()
	return slices.Clone(w.opened.list)
}

// OpenedSession returns the session of an opened recording that has the ID, or nil.
func (w *Core) OpenedSession(id string) *OpenedSession {
	for _, o := range w.Opened() {
		for _, s := range o.Sessions() {
			if s.ID == id {
				return s
			}
		}
	}
	return nil
}

// ReaderOf returns the reader of the journal that holds the events of a session: that of an opened
// recording, or the core's own.
func (w *Core) ReaderOf(session string) *query.Reader {
	if s := w.OpenedSession(session); s != nil {
		return s.Recording.Reader
	}
	return w.Reader
}

// ForgetOpened removes a session of an opened recording, and with its last session the recording.
func (w *Core) ForgetOpened(s *OpenedSession) {
	o := s.Recording
	o.mu.Lock()
	o.sessions = slices.DeleteFunc(o.sessions, func(other *OpenedSession) bool { return other == s })
	none := len(o.sessions) == 0
	o.mu.Unlock()
	if none {
		w.opened.drop(o)
	}
}

// forgetAllOpened takes every recording away.
func (w *Core) forgetAllOpened() {
	for _, o := range w.Opened() {
		w.opened.drop(o)
	}
}

func (l *openedRecordings) reserve() (id string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.list)+l.copying >= maxOpenedRecordings {
		return "", &sockeye.Error{Kind: sockeye.Misuse, Op: "open",
			Message: sockeye.Text{En: fmt.Sprintf("%d recordings are open already", maxOpenedRecordings), Zh: fmt.Sprintf("已打开 %d 个记录", maxOpenedRecordings)},
			Hint:    sockeye.Text{En: "close the tabs of one first", Zh: "请先关闭其中一个的标签页"}}
	}
	l.last++
	l.copying++
	return fmt.Sprintf("r%d", l.last), nil
}

func (l *openedRecordings) drop(o *OpenedRecording) {
	l.mu.Lock()
	l.list = slices.DeleteFunc(l.list, func(other *OpenedRecording) bool { return other == o })
	l.mu.Unlock()
	if o.cancel != nil {
		o.cancel()
		<-o.ended
	}
	if o.dir != "" {
		os.RemoveAll(o.dir)
	}
}

// keepLargest leaves the sessions with the most events, in the order they began.
func (o *OpenedRecording) keepLargest() {
	if over := len(o.sessions) - maxOpenedSessions; over > 0 {
		slices.SortStableFunc(o.sessions, func(a, b *OpenedSession) int { return cmp.Compare(b.facts.Events, a.facts.Events) })
		o.sessions, o.LeftOut = o.sessions[:maxOpenedSessions], over
	}
	slices.SortStableFunc(o.sessions, func(a, b *OpenedSession) int { return a.facts.First.Compare(b.facts.First) })
}

// read opens the copy as a journal.
func (o *OpenedRecording) read() error {
	r, err := recording.Open(o.dir)
	if err != nil {
		return err
	}
	o.Reader = query.NewReader(journal.Recorded(r, o.next))
	o.several = len(o.sessions) > 1
	o.keepLargest()
	for i := range o.comments {
		o.NoteComment(&o.comments[i], o.comments[i].Detail.Comment.Text) // beyond the bound they are not known
	}
	o.comments = nil
	return nil
}
