package schedule

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"sockeye"
	"sockeye/internal/payload"
)

// Run is a list that is being sent, or has been. All methods may be called from any
// goroutine.
type Run struct {
	id        string
	list      List
	templates []*payload.Template // nil for rows that are off
	config    ListConfig
	stop      context.CancelFunc
	done      chan struct{}

	mu       sync.Mutex
	progress Progress
	late     time.Duration // of all steps together
}

// ListConfig is what a run needs besides its list.
type ListConfig struct {
	// To are the words for the peers that rows without peers of their own go to; none is
	// all.
	To []string
	// Ready waits until the list may begin, and says false when ctx ended before; nil:
	// at once.
	Ready func(ctx context.Context) bool
	// Send sends the message of a row.
	Send func(ctx context.Context, row *Row, t *payload.Template) Result
	// Unreachable says whether no row can ever be sent: it is asked when nobody was found.
	Unreachable func(rows []Row) bool
	// Closed is closed when nothing can be sent any more.
	Closed <-chan struct{}
}

// Result is what became of one message.
type Result struct {
	// Recipients is how many peers it was for. Sent of them were sent all of it, Failed
	// not, those counted that were named and not there.
	Recipients, Sent, Failed int
	// Bytes is how many the kernel took, for all of them.
	Bytes uint64
	// Err is why the last of those that failed did.
	Err error
}

// Progress is how far a run has come.
type Progress struct {
	// Total is how many messages there will be, 0 for a run without end, and Steps how
	// many of them are over.
	Total int
	Steps uint64
	// Step is the latest message.
	Step ScheduledRow
	// Messages and Bytes count what peers were sent, a message to two peers twice.
	// Failed counts messages that one peer did not get; Skipped steps for which no
	// peer was there.
	Messages, Bytes, Failed, Skipped uint64
	// MeanLate and MostLate are how late messages were begun, since the start;
	// Delayed counts how often a send took so long that the rest was put off.
	MeanLate, MostLate time.Duration
	Delayed            uint64
	Running            bool
	// Err is why the last message failed, could not be made or had nobody to go to;
	// nil if all is well.
	Err *sockeye.Error
}

// ID is the run's short name within its session, "r1".
func (r *Run) ID() string { return r.id }

// List is what is being sent. It is not to be changed.
func (r *Run) List() *List { return &r.list }

// To are the words for the peers that it goes to; none is all.
func (r *Run) To() []string { return r.config.To }

// Done is closed when the run has ended.
func (r *Run) Done() <-chan struct{} { return r.done }

// Stop ends the run at once, in the middle of a message if a peer does not take it,
// and returns when nothing more will be sent.
func (r *Run) Stop() {
	r.stop()
	<-r.done
}

// Progress is how far the run has come by now.
func (r *Run) Progress() Progress {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.progress
	if p.Steps > 0 {
		p.MeanLate = r.late / time.Duration(p.Steps)
	}
	return p
}

func (r *Run) run(ctx context.Context) {
	defer close(r.done)
	var watching sync.WaitGroup
	watching.Go(func() {
		select {
		case <-r.config.Closed:
			r.stop()
		case <-ctx.Done():
		}
	})
	if r.config.Ready == nil || r.config.Ready(ctx) {
		play(ctx, r.list.Playback(), preciseSleep, r.send)
	}
	r.stop()
	watching.Wait()
	r.mu.Lock()
	r.progress.Running, r.templates = false, nil
	r.mu.Unlock()
}

// send sends one message of the list.
func (r *Run) send(ctx context.Context, step ScheduledRow, late time.Duration, delayed bool) {
	row := &r.list.Rows[step.Row]
	result := r.config.Send(ctx, row, r.templates[step.Row])
	r.note(step, late, delayed, result)
	if result.Recipients > 0 {
		return
	}
	if result.Err != nil && r.config.Unreachable(slices.DeleteFunc(slices.Clone(r.list.Rows), func(row Row) bool { return row.Off })) {
		r.stop()
	} else if row.Delay == 0 { // a list without pauses is no reason to turn in circles
		waitUntil(ctx, time.Now().Add(MinRound), preciseSleep)
	}
}

// note counts one step and what it came to.
func (r *Run) note(step ScheduledRow, late time.Duration, delayed bool, result Result) {
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

// MaxRuns is how many runs of a session there may be at a time, and maxEndedRuns how
// many that have ended it remembers.
const (
	MaxRuns      = 64
	maxEndedRuns = 16
)

// Runs are those of one session. The zero value has none.
type Runs struct {
	mu   sync.Mutex
	last int
	all  []*Run // running and ended ones, in the order they were started
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
	ctx, cancel := context.WithCancel(context.Background())
	r := &Run{list: l, templates: templates, config: c, stop: cancel, done: make(chan struct{})}
	r.progress = Progress{Total: l.Steps(), Running: true}
	if err := rs.add(r); err != nil {
		cancel()
		return nil, err
	}
	go r.run(ctx)
	return r, nil
}

// All are the runs in the order they were started: all that are running, and the last
// ones that have ended.
func (rs *Runs) All() []*Run {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	return slices.Clone(rs.all)
}

// Stop stops all runs, and returns when nothing more will be sent.
func (rs *Runs) Stop() {
	for _, r := range rs.All() {
		r.Stop()
	}
}

// add gives a run its name. Ended ones beyond the limit are forgotten.
func (rs *Runs) add(r *Run) error {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	ended := 0
	for i := len(rs.all) - 1; i >= 0; i-- {
		if rs.all[i].Progress().Running {
			continue
		}
		if ended++; ended > maxEndedRuns {
			rs.all = slices.Delete(rs.all, i, i+1)
		}
	}
	if len(rs.all)-min(ended, maxEndedRuns) >= MaxRuns {
		return &sockeye.Error{Kind: sockeye.LimitReached, Op: "send",
			Message: sockeye.Text{En: fmt.Sprintf("%d lists are being sent already", MaxRuns), Zh: fmt.Sprintf("正在发送的列表已达 %d 个", MaxRuns)},
			Hint:    sockeye.Text{En: "stop one of them", Zh: "请先停止其中一个"}}
	}
	rs.last++
	r.id = fmt.Sprintf("r%d", rs.last)
	rs.all = append(rs.all, r)
	return nil
}
