package schedule

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"sockeye"
)

// Run is a list or a file that is being sent, or has been. All methods may be called
// from any goroutine.
type Run struct {
	id   string
	to   []string
	list *listRun // nil for a file
	file *fileRun // nil for a list
	stop context.CancelFunc
	done chan struct{}

	mu       sync.Mutex
	progress RunProgress
	late     time.Duration // of all steps together
	resumed  chan struct{} // closed when it goes on; nil: it is not paused
}

// RunProgress is how far a run has come.
type RunProgress struct {
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
	// Paused says that a file waits for Resume, and Recipients how far it is for each.
	Paused     bool
	Recipients []RecipientProgress
	// Err is why the last message failed, could not be made or had nobody to go to;
	// nil if all is well.
	Err *sockeye.Error
}

// ID is the run's short name within its session, "r1".
func (r *Run) ID() string { return r.id }

// List is the list that is being sent, not to be changed, or nil.
func (r *Run) List() *List {
	if r.list == nil {
		return nil
	}
	return &r.list.list
}

// File is the file that is being sent, or nil.
func (r *Run) File() *FileSource {
	if r.file == nil {
		return nil
	}
	return r.file.file
}

// To are the words for the peers that it goes to; none is all.
func (r *Run) To() []string { return r.to }

// Done is closed when the run has ended.
func (r *Run) Done() <-chan struct{} { return r.done }

// Stop ends the run at once, in the middle of a message if a peer does not take it,
// and returns when nothing more will be sent.
func (r *Run) Stop() {
	r.stop()
	<-r.done
}

// Progress is how far the run has come by now.
func (r *Run) Progress() RunProgress {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.progress
	if p.Steps > 0 {
		p.MeanLate = r.late / time.Duration(p.Steps)
	}
	if r.file != nil {
		r.file.progress(&p)
	}
	return p
}

// Pause makes a file wait until Resume, after the piece that is being sent. The error is
// an *sockeye.Error of kind Misuse for a list, whose messages have times.
func (r *Run) Pause() error {
	if r.file == nil {
		return &sockeye.Error{Kind: sockeye.Misuse, Op: "set", Target: r.id,
			Message: sockeye.Text{En: "only a file can be paused", Zh: "只有发送文件可以暂停"},
			Hint:    sockeye.Text{En: "stop the list, and start it again", Zh: "请停止列表后重新开始"}}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.resumed == nil && r.progress.Running {
		r.resumed, r.progress.Paused = make(chan struct{}), true
	}
	return nil
}

// Resume lets a paused file go on at its pace.
func (r *Run) Resume() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.resumed != nil {
		close(r.resumed)
		r.resumed, r.progress.Paused = nil, false
	}
}

// awaitResume returns at once while the run is not paused, and says false when ctx has
// ended.
func (r *Run) awaitResume(ctx context.Context) (waited, ok bool) {
	r.mu.Lock()
	resumed := r.resumed
	r.mu.Unlock()
	if resumed == nil {
		return false, ctx.Err() == nil
	}
	select {
	case <-resumed:
		return true, ctx.Err() == nil
	case <-ctx.Done():
		return true, false
	}
}

// begin runs send, which ends with ctx, until it returns. closed ends it, too.
func (r *Run) begin(closed <-chan struct{}, send func(ctx context.Context)) {
	ctx, cancel := context.WithCancel(context.Background())
	r.stop, r.done, r.progress.Running = cancel, make(chan struct{}), true
	go func() {
		defer close(r.done)
		var watching sync.WaitGroup
		watching.Go(func() {
			select {
			case <-closed:
				cancel()
			case <-ctx.Done():
			}
		})
		send(ctx)
		cancel()
		watching.Wait()
		r.mu.Lock()
		defer r.mu.Unlock()
		r.progress.Running, r.progress.Paused = false, false
	}()
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

// add gives a run its name, and begins it. Ended ones beyond the limit are forgotten.
func (rs *Runs) add(r *Run, begin func()) error {
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
			Message: sockeye.Text{En: fmt.Sprintf("%d lists and files are being sent already", MaxRuns), Zh: fmt.Sprintf("正在发送的列表和文件已达 %d 个", MaxRuns)},
			Hint:    sockeye.Text{En: "stop one of them", Zh: "请先停止其中一个"}}
	}
	rs.last++
	r.id = fmt.Sprintf("r%d", rs.last)
	rs.all = append(rs.all, r)
	begin()
	return nil
}
