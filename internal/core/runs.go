package core

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"sockeye"
	"sockeye/internal/payload"
	"sockeye/internal/sendlist"
	"sockeye/internal/transport"
)

// Run is a send list that a session is sending, or has sent. All methods may be
// called from any goroutine.
type Run struct {
	id        string
	session   *Session
	list      sendlist.List
	templates []*payload.Template // nil for rows that are off
	options   RunOptions
	stop      context.CancelFunc
	done      chan struct{}

	mu       sync.Mutex
	progress Progress
	late     time.Duration // of all steps together
}

// RunOptions are what a run needs besides its list.
type RunOptions struct {
	// To names the peers that rows without peers of their own go to; none is all.
	To []string
	// Lookup finds variables of payloads, before SetLookup's does; may be nil.
	Lookup func(name string) (string, bool)
	// Wait puts the beginning off until somebody is there.
	Wait bool
}

// Progress is how far a run has come.
type Progress struct {
	// Total is how many messages there will be, 0 for a run without end, and Steps how
	// many of them are over.
	Total int
	Steps uint64
	// Step is the latest message.
	Step sendlist.ScheduledRow
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
func (r *Run) List() *sendlist.List { return &r.list }

// Options are what SendList was told.
func (r *Run) Options() RunOptions { return r.options }

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

// MaxRuns is how many runs of a session there may be at a time, and maxEndedRuns how
// many that have ended it remembers.
const (
	MaxRuns      = 64
	maxEndedRuns = 16
)

// runs are the lists of one session.
type runs struct {
	mu   sync.Mutex
	last int
	all  []*Run // running and ended ones, in the order they were started
}

// SendList starts to send a list, which is checked first: the error names the row.
// A row goes to the peers that its words mean at the time it is due. The run ends with
// the list, with Stop, with the session, or when all its peers are gone for good.
func (s *Session) SendList(l sendlist.List, o RunOptions) (*Run, error) {
	l.Rows = slices.Clone(l.Rows)
	for i := range l.Rows {
		if l.Rows[i].To == "" {
			l.Rows[i].To = strings.Join(o.To, " ")
		}
	}
	templates, err := l.Templates()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	r := &Run{session: s, list: l, templates: templates, options: o, stop: cancel, done: make(chan struct{})}
	r.progress = Progress{Total: l.Steps(), Running: true}
	if err := s.runs.add(r); err != nil {
		cancel()
		return nil, err
	}
	s.core.running.Go(func() { r.run(ctx) })
	return r, nil
}

func (r *Run) run(ctx context.Context) {
	defer close(r.done)
	var watching sync.WaitGroup
	watching.Go(func() {
		select {
		case <-r.session.Done():
			r.stop()
		case <-ctx.Done():
		}
	})
	if !r.options.Wait || r.session.awaitPeer(ctx) {
		play(ctx, r.list.Playback(), preciseSleep, r.send)
	}
	r.stop()
	watching.Wait()
	r.mu.Lock()
	r.progress.Running, r.templates = false, nil
	r.mu.Unlock()
}

// awaitPeer returns when the session has a peer, or false when ctx has ended.
func (s *Session) awaitPeer(ctx context.Context) bool {
	_, next := s.core.Span()
	events := s.core.View(next)
	defer events.Close()
	for joined := len(s.Peers()) > 0; !joined; {
		e, err := events.Next(ctx)
		if err != nil {
			return false
		}
		joined = e.Kind == sockeye.Joined && e.Session == s.id
	}
	return ctx.Err() == nil
}

// Runs are the runs of the session, in the order they were started: all that are
// running, and the last ones that have ended.
func (s *Session) Runs() []*Run {
	s.runs.mu.Lock()
	defer s.runs.mu.Unlock()
	return slices.Clone(s.runs.all)
}

// add gives a run its name. Ended ones beyond the limit are forgotten.
func (rs *runs) add(r *Run) error {
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

// Shutdown stops what the session sends by itself, then closes it; see
// transport.Session.Shutdown.
func (s *Session) Shutdown(ctx context.Context) {
	for _, r := range s.Runs() {
		r.Stop()
	}
	s.Session.Shutdown(ctx)
}

// send sends one message of the list.
func (r *Run) send(ctx context.Context, step sendlist.ScheduledRow, late time.Duration, delayed bool) {
	row := r.list.Rows[step.Row]
	to, missing, err := r.reach(strings.Fields(row.To))
	var sent []Delivery
	if len(to) > 0 {
		var fault error
		if sent, fault = r.session.sendPayload(ctx, to, r.templates[step.Row], r.options.Lookup); fault != nil {
			missing, err = len(to), fault
		}
	}
	r.note(ctx, step, late, delayed, sent, missing, err)
	if len(to) > 0 {
		return
	}
	if err != nil && r.cannotReach() {
		r.stop()
	} else if row.Delay == 0 { // a list without pauses is no reason to turn in circles
		waitUntil(ctx, time.Now().Add(sendlist.MinRound), preciseSleep)
	}
}

// note counts one step and what it came to. missing are the peers that got nothing,
// for the reason err.
func (r *Run) note(ctx context.Context, step sendlist.ScheduledRow, late time.Duration, delayed bool, sent []Delivery, missing int, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := &r.progress
	r.late += late
	p.Steps++
	p.Step, p.MostLate, p.Err = step, max(p.MostLate, late), sockeye.ErrorOf(err)
	if delayed {
		p.Delayed++
	}
	if len(sent) == 0 && missing == 0 {
		p.Skipped++
	}
	p.Failed += uint64(missing)
	for _, d := range sent {
		p.Bytes += uint64(d.Sent)
		switch {
		case d.Err == nil:
			p.Messages++
		case ctx.Err() == nil: // else it was stopped, and did not fail
			p.Failed++
			p.Err = sockeye.ErrorOf(d.Err)
		}
	}
}

// reach is the peers that words mean now, each once; missing is how many words mean
// nobody although others mean somebody, and err the reason for the last of them.
// That nobody is there at all when all are meant is no error.
func (r *Run) reach(words []string) (to []*transport.Peer, missing int, err error) {
	if len(words) == 0 {
		to, _ = r.session.Receivers(All)
		return to, 0, nil
	}
	known := words[:0:0]
	for _, word := range words {
		if _, fault := r.session.Find(word); fault == nil {
			known = append(known, word)
		} else if !strings.EqualFold(word, All) {
			missing, err = missing+1, fault
		}
	}
	to, fault := r.session.Receivers(known...)
	if len(to) == 0 {
		return nil, 0, cmp.Or(err, fault)
	}
	return to, missing, err
}

// cannotReach says whether no row can ever be sent: all of them name peers by numbers
// that were given to others than those who are there. A number is given once.
func (r *Run) cannotReach() bool {
	for i, row := range r.list.Rows {
		words := strings.Fields(row.To)
		if r.templates[i] != nil && (len(words) == 0 || slices.ContainsFunc(words, r.session.mayBe)) {
			return false
		}
	}
	return true
}

// mayBe says whether a peer that a word means is there, or may come.
func (s *Session) mayBe(word string) bool {
	id, err := strconv.ParseUint(strings.TrimPrefix(word, "#"), 10, 64)
	return err != nil || id > s.core.lastPeer.Load() || s.Peer(id) != nil
}
