package query

import (
	"cmp"
	"slices"
	"sync"

	"sockeye"
	"sockeye/internal/recording"
)

// EventComment is the comment that an event of the journal has; without Text, none any more.
type EventComment struct {
	Seq     uint64 // of the event
	Session string
	Peer    *sockeye.Peer // of the event; nil if it is of none
	Kind    sockeye.EventKind
	Text    string
}

// commentTable is the comments of a journal. All methods may be called from any goroutine.
type commentTable struct {
	mu       sync.RWMutex
	events   map[uint64]notedComment
	texts    int    // comments that are there
	revision uint64 // goes up with each change
}

// notedComment is a comment with the revision of its last change. One that was removed stays,
// so that whoever knows it hears of that.
type notedComment struct {
	EventComment
	revision uint64
}

// NoteComment takes note of the comment that an event has from now on; "" is none any more. It
// does not write it anywhere. The error, an *sockeye.Error, says that there are too many.
func (r *Reader) NoteComment(e *sockeye.Event, text string) error { return r.note(e, text, false) }

func (r *Reader) note(e *sockeye.Event, text string, earlier bool) error {
	oldest := r.Oldest()
	t := &r.comments
	t.mu.Lock()
	defer t.mu.Unlock()
	was, known := t.events[e.Seq]
	if text != "" && was.Text == "" && t.texts >= recording.MaxComments {
		t.dropBefore(oldest)
		if t.texts >= recording.MaxComments {
			return tooManyComments()
		}
	}
	if text == "" && !known || earlier && known {
		return nil
	}
	if len(t.events) >= 2*recording.MaxComments {
		t.dropRemoved()
	}
	if t.events == nil {
		t.events = map[uint64]notedComment{}
	}
	t.count(was.Text, -1)
	t.count(text, 1)
	t.revision++
	c := EventComment{Seq: e.Seq, Peer: e.Peer, Kind: e.Kind, Text: text}
	if e.Session != nil {
		c.Session = e.Session.ID
	}
	t.events[e.Seq] = notedComment{c, t.revision}
	return nil
}

func tooManyComments() error {
	return &sockeye.Error{Kind: sockeye.LimitReached, Op: "comment",
		Message: sockeye.Text{En: "there are 10,000 comments already", Zh: "已有 10,000 条注释"},
		Hint:    sockeye.Text{En: "remove some that are of no use any more", Zh: "请先删除不再需要的注释"}}
}

func (t *commentTable) count(text string, n int) {
	if text != "" {
		t.texts += n
	}
}

// dropBefore forgets the comments of events that cannot be read any more.
func (t *commentTable) dropBefore(oldest uint64) {
	for seq, c := range t.events {
		if seq < oldest {
			t.count(c.Text, -1)
			delete(t.events, seq)
		}
	}
}

// dropRemoved forgets which comments were removed.
func (t *commentTable) dropRemoved() {
	for seq, c := range t.events {
		if c.Text == "" {
			delete(t.events, seq)
		}
	}
}

// NoteEarlierComment is NoteComment of what was written earlier: whatever is known of the event
// stays as it is.
func (r *Reader) NoteEarlierComment(e *sockeye.Event, text string) error {
	return r.note(e, text, true)
}

// Comments are those of the events that can be read, in the order of the events.
func (r *Reader) Comments() []EventComment {
	oldest := r.Oldest()
	r.comments.mu.RLock()
	defer r.comments.mu.RUnlock()
	var out []EventComment
	for _, c := range r.comments.events {
		if c.Text != "" && c.Seq >= oldest {
			out = append(out, c.EventComment)
		}
	}
	slices.SortFunc(out, func(a, b EventComment) int { return cmp.Compare(a.Seq, b.Seq) })
	return out
}

// CommentsSince are at most limit that changed after a revision, the one that changed first in
// front, and up to which revision that is. Removed ones have no text; after revision 0 they are
// left out.
func (r *Reader) CommentsSince(revision uint64, limit int) (changed []EventComment, now uint64) {
	t := &r.comments
	t.mu.RLock()
	defer t.mu.RUnlock()
	if revision == t.revision {
		return nil, revision
	}
	var all []notedComment
	for _, c := range t.events {
		if c.revision > revision && (c.Text != "" || revision > 0) {
			all = append(all, c)
		}
	}
	slices.SortFunc(all, func(a, b notedComment) int { return cmp.Compare(a.revision, b.revision) })
	now = t.revision
	if len(all) > limit {
		all = all[:limit]
		now = all[limit-1].revision
	}
	for _, c := range all {
		changed = append(changed, c.EventComment)
	}
	return changed, now
}

// annotate gives an event the comment that it has.
func (t *commentTable) annotate(e *sockeye.Event) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if t.texts > 0 {
		if c := t.events[e.Seq]; c.Text != "" {
			recording.WithComment(e, c.Text)
		}
	}
}
