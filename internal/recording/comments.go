package recording

import (
	"context"
	"slices"

	"sockeye"
)

// MaxComments bounds how many comments of a recording or a journal are known at once.
const MaxComments = 10_000

// EventRef names an event of a recording. Several runs in one directory may have numbers of
// their own.
type EventRef struct {
	Run uint64 `json:"run"` // 0: of whichever run has it
	Seq uint64 `json:"event"`
}

// Comments are those that events of a recording have: of each event the last one written.
// They do not change, and are safe for concurrent use.
type Comments struct {
	texts map[EventRef]string // "": the comment that the event carries was taken away
}

// Comments reads the comments of a recording, by the index of each segment that has one.
// Those that a capture of another program has are in its events, and not here.
func (r *Files) Comments(ctx context.Context, progress func(done, total int64)) (*Comments, error) {
	if r.foreign {
		return &Comments{}, nil
	}
	s, err := r.Summarize(ctx, progress)
	if err != nil {
		return nil, err
	}
	return s.comments.resolved(s.spans), nil
}

// Each calls do with every comment.
func (c *Comments) Each(do func(at EventRef, text string)) {
	for at, text := range c.texts {
		if text != "" {
			do(at, text)
		}
	}
}

// Annotate gives an event the comment that it has.
func (c *Comments) Annotate(run uint64, e *sockeye.Event) {
	if text, known := c.texts[EventRef{run, e.Seq}]; known {
		WithComment(e, text)
	}
}

// WithComment makes an event carry a comment, or none with "". What it points to stays as
// it is.
func WithComment(e *sockeye.Event, text string) {
	if text == "" && (e.Detail == nil || e.Detail.Comment == nil) {
		return
	}
	var detail sockeye.Detail
	if e.Detail != nil {
		detail = *e.Detail
	}
	if detail.Comment = nil; text != "" {
		detail.Comment = &sockeye.Comment{Text: text}
	}
	e.Detail = &detail
}

// writtenComment is a comment as it was written: Run is that in which somebody wrote it.
type writtenComment struct {
	EventRef
	Text string `json:"text"`
}

// writtenComments are in the order they were written; later ones replace earlier ones.
type writtenComments []writtenComment

func (w *writtenComments) add(run uint64, c *sockeye.Comment) {
	if c != nil && c.Event > 0 && len(*w) < MaxComments {
		*w = append(*w, writtenComment{EventRef{run, c.Event}, c.Text})
	}
}

// resolved finds the run of each event that a comment is on.
func (w writtenComments) resolved(spans []runSpan) *Comments {
	c := &Comments{texts: map[EventRef]string{}}
	for _, one := range w {
		c.texts[EventRef{runOf(spans, one.Run, one.Seq), one.Seq}] = one.Text
	}
	return c
}

// runSpan is the numbers of the events of one run, in a file or more.
type runSpan struct {
	Run   uint64 `json:"run"`
	First uint64 `json:"first"`
	Last  uint64 `json:"last"`
}

// addSpan takes numbers into account.
func addSpan(spans []runSpan, s runSpan) []runSpan {
	if n := len(spans) - 1; n >= 0 && spans[n].Run == s.Run {
		spans[n].First, spans[n].Last = min(spans[n].First, s.First), max(spans[n].Last, s.Last)
		return spans
	}
	return append(spans, s)
}

// runOf is the run of the event with a number that a comment of a run is on: that run itself,
// or where numbers went on from an earlier one, the last one that has the number.
func runOf(spans []runSpan, own, seq uint64) uint64 {
	found := own
	for _, s := range slices.Backward(spans) {
		if seq < s.First || seq > s.Last {
			continue
		}
		if s.Run == own {
			return own
		}
		if found == own {
			found = s.Run
		}
	}
	return found
}
