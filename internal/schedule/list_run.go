package schedule

import (
	"context"
	"slices"
	"time"

	"sockeye"
	"sockeye/internal/payload"
)

// listRun is what a run of a list sends.
type listRun struct {
	list      List
	templates []*payload.Template // nil for rows that are off
	config    ListConfig
}

// ListConfig is what a run needs besides its list.
type ListConfig struct {
	// To are the words for the peers that rows without peers of their own go to; none is
	// all.
	To []string
	// Ready waits until the list may begin, and says false when ctx ended before; nil:
	// at once.
	Ready func(ctx context.Context) bool
	// Send sends the message of row n of the list, counted from 0.
	Send func(ctx context.Context, n int, row *Row, t *payload.Template) RowResult
	// Unreachable says whether no row can ever be sent: it is asked when nobody was found.
	Unreachable func(rows []Row) bool
	// Closed is closed when nothing can be sent any more.
	Closed <-chan struct{}
}

// RowResult is what became of one message.
type RowResult struct {
	// Recipients is how many peers it was for. Sent of them were sent all of it, Failed
	// not, those counted that were named and not there.
	Recipients, Sent, Failed int
	// Bytes is how many the kernel took, for all of them.
	Bytes uint64
	// Err is why the last of those that failed did.
	Err error
}

// StartList starts to send a list, which is checked first: the error names the row. The
// run ends with the list, with Stop, when c.Closed is closed, or when nobody can be
// reached any more.
func (rs *Runs) StartList(l List, c ListConfig) (*Run, error) {
	l.Rows = slices.Clone(l.Rows)
	templates, err := l.Templates()
	if err != nil {
		return nil, err
	}
	r := &Run{to: c.To, list: &listRun{l, templates, c}, progress: RunProgress{Total: l.Steps()}}
	if err := rs.add(r, func() { r.begin(c.Closed, r.sendList) }); err != nil {
		return nil, err
	}
	return r, nil
}

// sendList sends the messages of the list at their times.
func (r *Run) sendList(ctx context.Context) {
	if ready := r.list.config.Ready; ready == nil || ready(ctx) {
		play(ctx, r.list.list.Playback(), preciseSleep, r.sendRow)
	}
}

// sendRow sends one message of the list.
func (r *Run) sendRow(ctx context.Context, step ScheduledRow, late time.Duration, delayed bool) {
	row := &r.list.list.Rows[step.Row]
	result := r.list.config.Send(ctx, step.Row, row, r.list.templates[step.Row])
	r.note(step, late, delayed, result)
	if result.Recipients > 0 {
		return
	}
	if result.Err != nil && r.list.config.Unreachable(slices.DeleteFunc(slices.Clone(r.list.list.Rows), func(row Row) bool { return row.Off })) {
		r.stop()
	} else if row.Delay == 0 { // a list without pauses is no reason to turn in circles
		waitUntil(ctx, time.Now().Add(MinRound), preciseSleep)
	}
}

// note counts one step and what it came to.
func (r *Run) note(step ScheduledRow, late time.Duration, delayed bool, result RowResult) {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := &r.progress
	r.late += late
	p.Steps++
	p.Step, p.MostLate, p.Err = step, max(p.MostLate, late), sockeye.ErrorOf(result.Err)
	if delayed {
		p.Delayed++
	}
	if result.Recipients == 0 && result.Failed == 0 {
		p.Skipped++
	}
	p.Messages += uint64(result.Sent)
	p.Failed += uint64(result.Failed)
	p.Bytes += result.Bytes
}
