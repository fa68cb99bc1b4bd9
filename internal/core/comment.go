package core

import (
	"context"
	"sort"
	"sync"

	"sockeye"
	"sockeye/internal/journal"
	"sockeye/internal/query"
	"sockeye/internal/recording"
)

// Commented says where a comment was kept.
type Commented struct {
	query.EventComment
	// Recorded reports whether the comment is in a recording. Otherwise it lasts as long as its
	// event can be read in this workbench; Why then gives the reason, where a person would expect
	// the comment in a recording.
	Recorded bool
	Why      *sockeye.Error
}

// Comment writes a comment on the event with number seq; an empty text removes the comment. session
// is the ID of the session that the event must belong to, or "" for any. A comment on a session
// that is or was open in this workbench becomes an event of the journal; a comment on an opened
// recording is written to that recording, if that can be done safely. The error is an
// *sockeye.Error.
func (w *Core) Comment(ctx context.Context, session string, seq uint64, text string) (Commented, error) {
	text, err := sockeye.ParseComment(text)
	if err != nil {
		return Commented{}, err
	}
	opened := w.OpenedSession(session)
	if session != "" && opened == nil && !w.Knew(session) {
		return Commented{}, NoSession(session)
	}
	reader := w.ReaderOf(session)
	on, err := reader.Event(seq)
	if err != nil || !recording.TakesComments(&on) || session != "" && on.Session.ID != session {
		return Commented{}, notCommentable(err)
	}
	select { // one at a time, so that the journal and the reader's comments have the same order
	case w.commenting.turn <- struct{}{}:
		defer func() { <-w.commenting.turn }()
	case <-ctx.Done():
		return Commented{}, context.Cause(ctx)
	}
	if err := reader.NoteComment(&on, text); err != nil {
		return Commented{}, err
	}
	out := Commented{EventComment: query.EventComment{Seq: seq, Session: on.Session.ID, Peer: on.Peer, Kind: on.Kind, Text: text}}
	if opened != nil {
		out.Recorded, out.Why = opened.Recording.record(ctx, seq, text)
		return out, nil
	}
	e := sockeye.Event{Kind: sockeye.Commented, Time: journal.Now(), Session: on.Session, Peer: on.Peer,
		Detail: &sockeye.Detail{Comment: &sockeye.Comment{Event: seq, Text: text}}}
	if w.journal.Append(e) == 0 {
		return Commented{}, &sockeye.Error{Kind: sockeye.Closed, Op: "comment"}
	}
	out.Recorded = w.RecordStatus().State == journal.RecordOn
	return out, nil
}

// CommentLast calls Comment for the last message that a session received or sent.
func (w *Core) CommentLast(ctx context.Context, session, text string) (Commented, error) {
	page, err := w.Query(ctx, query.Query{Backward: true, Limit: 1, Filter: recording.Filter{Session: session}, Kinds: []sockeye.EventKind{sockeye.Received, sockeye.Sent}})
	if err != nil {
		return Commented{}, err
	}
	if len(page.Events) == 0 {
		return Commented{}, &sockeye.Error{Kind: sockeye.Misuse, Op: "comment",
			Message: sockeye.Text{En: "there is no message to comment on yet", Zh: "还没有可以注释的消息"},
			Hint:    sockeye.Text{En: "it is for the last message that was received or sent", Zh: "注释写在最近收到或发送的一条消息上"}}
	}
	return w.Comment(ctx, session, page.Events[0].Seq, text)
}

// notCommentable returns the error for an event that could not be commented: err as an error of
// commenting, or, with a nil err, that no such event takes comments.
func notCommentable(err error) error {
	if err != nil {
		e := *sockeye.ErrorOf(err)
		e.Op = "comment"
		return &e
	}
	return &sockeye.Error{Kind: sockeye.NotFound, Op: "comment", Target: "event",
		Message: sockeye.Text{En: "the session has no message or other event with this number", Zh: "该会话没有该编号的消息或事件"},
		Hint:    sockeye.Text{En: `numbers are "seq" of events; a comment itself takes none`, Zh: `编号即事件的 "seq"；注释本身不能再加注释`}}
}

// origin is the recording that was opened, to which comments on its events are written.
type origin struct {
	recording *recording.Files
	o         *recording.CommentOptions // nil: what was opened is itself a copy, which keeps no comments
	numbers   numbering
}

// record writes a comment to the recording that was opened. If it cannot, it returns false and the
// reason; for a growing log there is none to give.
func (o *OpenedRecording) record(ctx context.Context, seq uint64, text string) (recorded bool, why *sockeye.Error) {
	switch {
	case o.Live:
		return false, nil
	case o.origin.o == nil:
		return false, &sockeye.Error{Kind: sockeye.Unsupported, Op: "comment", Target: o.Name,
			Message: sockeye.Text{En: "the page has a copy of this file: the comment lives as long as it is open", Zh: "页面中打开的是该文件的副本，注释只在打开期间有效"},
			Hint:    sockeye.Text{En: "export as pcapng to keep it, or open the file from the directory of recordings", Zh: "导出为 pcapng 即可保存，也可从记录目录中打开该文件"}}
	}
	_, err := o.origin.recording.Comment(ctx, o.origin.numbers.of(seq), text, *o.origin.o)
	if err == nil {
		return true, nil
	}
	e := *sockeye.ErrorOf(err)
	e.Hint = sockeye.Text{En: "the comment lives as long as this is open: export as pcapng to keep it", Zh: "注释只在打开期间有效，导出为 pcapng 即可保存"}
	return false, &e
}

// numbering maps the numbers of events in the copy of a recording to the events of the recording.
// Each entry holds for its own event and for those that follow on from it.
type numbering []struct {
	from uint64 // the number in the copy
	is   recording.EventRef
}

// add notes that event seq of the copy is the event "is" of the recording. It keeps an entry only
// where this does not follow on from the last one.
func (n *numbering) add(seq uint64, is recording.EventRef) {
	if last := len(*n) - 1; last < 0 || n.of(seq) != is {
		*n = append(*n, struct {
			from uint64
			is   recording.EventRef
		}{seq, is})
	}
}

// of returns the event of the recording that event seq of the copy is.
func (n numbering) of(seq uint64) recording.EventRef {
	i := sort.Search(len(n), func(i int) bool { return n[i].from > seq }) - 1
	if i < 0 {
		return recording.EventRef{}
	}
	return recording.EventRef{Run: n[i].is.Run, Seq: n[i].is.Seq + seq - n[i].from}
}

// commenting lets one comment at a time be written, and reads the comments of earlier runs.
type commenting struct {
	turn    chan struct{} // a semaphore of one: full while a comment is written
	loading sync.WaitGroup

	mu     sync.Mutex
	cancel context.CancelFunc // of loading; nil: nothing was loaded
}

// load reads the comments that earlier runs left in the directory in which the journal goes on. It
// does so in the background, since there may be much to read.
func (c *commenting) load(to *query.Reader, dir string) {
	ctx, cancel := context.WithCancel(context.Background())
	c.mu.Lock()
	c.cancel = cancel
	c.mu.Unlock()
	c.loading.Go(func() {
		r, err := recording.Open(dir)
		if err != nil {
			return // a view that reads the directory reports the error
		}
		found, err := r.Comments(ctx, nil)
		if err != nil {
			return
		}
		found.Each(func(at recording.EventRef, text string) {
			if e, err := to.Event(at.Seq); err == nil && ctx.Err() == nil {
				to.NoteEarlierComment(&e, text) // comments beyond the limit are left out
			}
		})
	})
}

// end stops load and waits until it has returned.
func (c *commenting) end() {
	c.mu.Lock()
	if c.cancel != nil {
		c.cancel()
	}
	c.mu.Unlock()
	c.loading.Wait()
}
