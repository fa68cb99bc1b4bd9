package workbench

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"sockeye"
	"sockeye/internal/payload"
	"sockeye/internal/sendlist"
)

// Run is a send list that a session is sending, or has sent. All methods may be
// called from any goroutine.
type Run struct {
	id        string
	session   *Session
	list      sendlist.List
	templates []*payload.Template
	stop      context.CancelFunc
	done      chan struct{}

	mu       sync.Mutex
	progress Progress
}

// Progress is how far a run has come.
type Progress struct {
	// Total is how many messages there will be, 0 for a run without end.
	Total int
	// Step is the latest message.
	Step sendlist.Step
	// Messages and Bytes count what peers were sent, a message to two peers twice.
	// Failed counts messages that one peer did not get; Skipped steps for which no
	// peer was there.
	Messages, Bytes, Failed, Skipped uint64
	// MeanLate and MostLate are how late messages were begun, since the start;
	// Delayed counts how often a send took so long that the rest was put off.
	MeanLate, MostLate time.Duration
	Delayed            uint64
	Running            bool
	// Err is why the last message failed, or could not be made; nil if all is well.
	Err *sockeye.Error
}

// ID is the run's short name within its session, "r1".
func (r *Run) ID() string { return r.id }

// List is what is being sent. It is not to be changed.
func (r *Run) List() *sendlist.List { return &r.list }

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
	return r.progress
}

// endedRuns is how many runs that have ended a session remembers.
const endedRuns = 16

// runs are the lists of one session.
type runs struct {
	mu   sync.Mutex
	last int
	all  []*Run // running and ended ones, in the order they were started
}

// SendList starts to send a list, which is checked first: the error names the row.
// Rows without peers of their own go to the peers that to means, at the time they
// are due; without to, to all. It ends with the list, with Stop, or with the session.
func (s *Session) SendList(l sendlist.List, to ...string) (*Run, error) {
	l.Rows = slices.Clone(l.Rows)
	for i := range l.Rows {
		if l.Rows[i].To == "" {
			l.Rows[i].To = strings.Join(to, " ")
		}
	}
	templates, err := l.Templates()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	r := &Run{session: s, list: l, templates: templates, stop: cancel, done: make(chan struct{})}
	r.progress = Progress{Total: l.Steps(), Running: true}
	s.runs.mu.Lock()
	s.runs.last++
	r.id = fmt.Sprintf("r%d", s.runs.last)
	s.runs.forget()
	s.runs.all = append(s.runs.all, r)
	s.runs.mu.Unlock()
	s.bench.lists.Go(func() {
		defer close(r.done)
		var watching sync.WaitGroup
		watching.Go(func() {
			select {
			case <-s.Done():
				cancel()
			case <-ctx.Done():
			}
		})
		play(ctx, l.Plan(), preciseSleep, r.send)
		r.mu.Lock()
		r.progress.Running = false
		r.mu.Unlock()
		cancel()
		watching.Wait()
	})
	return r, nil
}

// Lists are the runs of the session, in the order they were started: all that are
// running, and the last ones that have ended.
func (s *Session) Lists() []*Run {
	s.runs.mu.Lock()
	defer s.runs.mu.Unlock()
	return slices.Clone(s.runs.all)
}

// forget drops the oldest ended runs beyond the limit. The lock is held.
func (r *runs) forget() {
	ended := 0
	for i := len(r.all) - 1; i >= 0; i-- {
		if r.all[i].Progress().Running {
			continue
		}
		if ended++; ended > endedRuns {
			r.all = slices.Delete(r.all, i, i+1)
		}
	}
}

// Shutdown stops what the session sends by itself, then closes it; see
// wire.Session.Shutdown.
func (s *Session) Shutdown(ctx context.Context) {
	for _, r := range s.Lists() {
		r.Stop()
	}
	s.Session.Shutdown(ctx)
}

// send sends one message of the list.
func (r *Run) send(ctx context.Context, step sendlist.Step, late time.Duration, delayed bool) {
	to, err := r.session.Find(words(r.list.Rows[step.Row].To)...)
	var sent []Delivery
	if err == nil && len(to) > 0 {
		sent, err = r.session.SendPayload(ctx, to, r.templates[step.Row])
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	p := &r.progress
	n := p.Messages + p.Skipped + p.Failed
	p.Step, p.MostLate = step, max(p.MostLate, late)
	p.MeanLate += (late - p.MeanLate) / time.Duration(n+1)
	if delayed {
		p.Delayed++
	}
	p.Err = nil
	switch {
	case len(to) == 0:
		p.Skipped++
		return // nobody is there yet
	case err != nil:
		p.Failed++
		p.Err = sockeye.ErrorOf(err)
	}
	for _, d := range sent {
		p.Bytes += uint64(d.Sent)
		if d.Err != nil {
			p.Failed++
			p.Err = sockeye.ErrorOf(d.Err)
			continue
		}
		p.Messages++
	}
}

// words are the peers that a row names.
func words(to string) []string {
	if f := strings.Fields(to); len(f) > 0 {
		return f
	}
	return []string{All}
}

// slack is how late a message may be and still be caught up with: the ones after it
// come sooner, and the rhythm is that of the plan again. Beyond it the rest of the
// plan is put off.
const slack = time.Second

// play carries out a plan until its end or that of ctx. Each step is due at a time
// counted from the start, so that lateness does not add up.
func play(ctx context.Context, p *sendlist.Plan, sleep func(time.Duration), do func(ctx context.Context, s sendlist.Step, late time.Duration, delayed bool)) {
	start := time.Now()
	for {
		step, ok := p.Next()
		if !ok || !waitUntil(ctx, start.Add(step.Due), sleep) {
			return
		}
		late, delayed := time.Since(start)-step.Due, false
		if late > slack {
			start, delayed = start.Add(late), true
		}
		do(ctx, step, late, delayed)
	}
}

// coarse is the part of a wait that is left to a precise sleep. The runtime's timers
// are woken to the millisecond.
const coarse = 2 * time.Millisecond

// waitUntil returns true at a time, or false when ctx has ended.
func waitUntil(ctx context.Context, at time.Time, sleep func(time.Duration)) bool {
	if d := time.Until(at) - coarse; d > 0 {
		t := time.NewTimer(d)
		defer t.Stop()
		select {
		case <-t.C:
		case <-ctx.Done():
			return false
		}
	}
	for d := time.Until(at); d > 0; d = time.Until(at) {
		sleep(d)
	}
	return ctx.Err() == nil
}
