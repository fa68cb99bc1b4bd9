package hub

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"

	"sockeye"
	"sockeye/internal/core"
	"sockeye/internal/journal"
)

// Publisher sends the events of a workbench to its hub: all of them, in order, each once.
// It keeps no copy. What the hub has not acknowledged is read from the journal, or from the
// recording once it has left the memory; where to go on, the hub's own stream says.
type Publisher struct {
	boardStream
	o        PublisherOptions
	report   reporter
	sends    sync.WaitGroup
	answered answered

	// What this program has published last, and the last event that the hub ever had, by
	// run's goroutine: 0 if nothing yet.
	mine, reached uint64

	acknowledged atomic.Uint64 // number of the last event that the hub has
	newest       atomic.Int64  // its time, Unix nanoseconds
	catchingUp   atomic.Bool
	inFlight     atomic.Int64 // when the message that is not acknowledged was sent; 0: none
	boards       atomic.Int64 // how many the hub has, as it said last; 0: not known

	stop context.CancelFunc
	done chan struct{}
}

// PublisherOptions say what is published, and how.
type PublisherOptions struct {
	Identity *Identity
	// Bench is the workbench. It must be recorded in a directory, or events that leave
	// the memory before the hub has them are gaps.
	Bench *core.Core
	// AllowSend lets the hub's users send by the sessions of this workbench.
	AllowSend bool
	// Rate bounds how fast old events are sent, in bytes a second; 0 is DefaultRate.
	Rate int64
	// Version is that of the program.
	Version string
	// Report is told when something begins to go wrong, and with nil when all is well
	// again. Calls come one after another.
	Report func(err error)
}

// DefaultRate is how fast events of earlier are sent unless told otherwise, in bytes a
// second.
const DefaultRate = 4 << 20

// The publisher's clock.
const (
	// ackTimeout is how long an acknowledgement is waited for: a hub that starts may let a
	// request go unanswered. One that is only slower than this has the message all the same, and says so when it is asked where to go on.
	ackTimeout     = 3 * time.Second
	statusInterval = 2 * time.Second
	awayGrace      = 2 * time.Second // how long the end waits for a hub that is not there
	// behindEvents is how many events make a backlog, which is sent at a bounded rate while
	// what comes goes out at once.
	behindEvents = 2 * batchEvents
	// liveAfter is how long an event waits for the message before it, until it is sent
	// without being kept, too.
	liveAfter = 20 * time.Millisecond
)

// Publish begins to publish and returns at once; the hub need not be reachable. End it.
func Publish(o PublisherOptions) (*Publisher, error) {
	if o.Rate <= 0 {
		o.Rate = DefaultRate
	}
	ctx, cancel := context.WithCancel(context.Background())
	p := &Publisher{boardStream: boardStream{identity: o.Identity, instance: rand.Text()}, o: o, stop: cancel, done: make(chan struct{}), report: reporter{tell: o.Report}}
	p.report.now[troubleLink] = notYet
	conn, err := Dial(ctx, o.Identity.Credentials(), &Retrying{
		Changed: func(err error) {
			if err != nil {
				err = Explain(o.Identity.URLs, err)
			}
			p.report.set(troubleLink, err)
		},
		Boards: func() int { return int(p.boards.Load()) },
	})
	if err != nil {
		cancel()
		return nil, err
	}
	p.conn = conn
	for subject, handle := range map[string]nats.MsgHandler{o.Identity.SendSubject(): p.onSend(ctx), o.Identity.boardsReply(): p.onStatusReply} {
		if _, err := conn.Subscribe(subject, handle); err != nil {
			p.close()
			return nil, err
		}
	}
	_, next := o.Bench.Span()
	live := o.Bench.View(next)
	var all sync.WaitGroup
	all.Go(func() { p.run(ctx) })
	all.Go(func() { p.runLive(ctx, live) })
	aside, endAside := context.WithCancel(ctx)
	all.Go(func() { p.runStatus(aside) })
	go func() {
		defer close(p.done)
		<-ctx.Done()
		endAside()
		all.Wait()
	}()
	return p, nil
}

// End waits until the hub has all events of a journal that is closed, or ctx ends, and
// ends. What it does not have stays in the recording for the next run.
func (p *Publisher) End(ctx context.Context) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for until := time.Now().Add(awayGrace); ; {
		_, next := p.o.Bench.Span()
		away := !p.conn.IsConnected() && time.Now().After(until)
		if p.acknowledged.Load()+1 >= next || ctx.Err() != nil || away {
			break
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
	if p.conn.IsConnected() {
		p.publishStatus("")
	}
	p.close()
}

func (p *Publisher) close() {
	p.stop()
	<-p.done
	p.sends.Wait()
	p.conn.Close()
}

// Acknowledged is the number of the last event that the hub has.
func (p *Publisher) Acknowledged() uint64 { return p.acknowledged.Load() }

// The pauses after a failure: one that goes by itself, and one that a person must mend.
const (
	retryDelay    = 300 * time.Millisecond
	conflictDelay = 5 * time.Second
)

// run publishes until ctx ends. After every failure it asks the stream where to go on.
func (p *Publisher) run(ctx context.Context) {
	for ctx.Err() == nil {
		at, err := p.position(ctx)
		if err == nil {
			err = p.publishFrom(ctx, at)
		}
		if errors.Is(err, io.EOF) {
			return
		}
		if ctx.Err() == nil && p.conn.IsConnected() && !errors.Is(err, errMovedOn) {
			p.report.set(troubleStream, err)
		}
		delay := retryDelay
		if sockeye.ErrorOf(err).Kind == sockeye.Conflict {
			delay = conflictDelay
		}
		select {
		case <-time.After(delay):
		case <-ctx.Done():
		}
	}
}

// publishFrom publishes from one place of the stream on, until something fails.
func (p *Publisher) publishFrom(ctx context.Context, at streamPosition) error {
	if at.foreign {
		at.event = p.reached
		p.report.set(troubleStream, foreignMessage(p.identity))
	}
	if _, next := p.o.Bench.Span(); at.event >= next {
		return p.foreignRecording(at.event, next)
	}
	if p.mine > 0 && at.sequence > p.mine && at.instance != p.instance && !at.foreign {
		return twoPrograms(p.identity)
	}
	p.acknowledged.Store(at.event)
	p.reached = max(p.reached, at.event)
	cursor := p.o.Bench.View(at.event + 1)
	defer cursor.Close()
	var b eventBatch
	for {
		waiting, err := p.fill(ctx, cursor, &b)
		if err != nil {
			return err
		}
		for waiting != nil || b.events > 0 {
			if at, err = p.send(ctx, &b, at); err != nil {
				return err
			}
			p.pace(ctx, &b)
			b.reset()
			if waiting == nil {
				break
			}
			b.add(waiting)
			waiting = nil
			if next := p.fillMore(cursor, &b); next != nil {
				waiting = next
			}
		}
	}
}

// fill waits for an event, and takes what else is there and belongs into the same
// message. The event that does not is waiting.
func (p *Publisher) fill(ctx context.Context, cursor *journal.Cursor, b *eventBatch) (waiting *sockeye.Event, err error) {
	e, err := cursor.Next(ctx)
	if err != nil {
		return nil, err
	}
	b.add(&e)
	return p.fillMore(cursor, b), nil
}

func (p *Publisher) fillMore(cursor *journal.Cursor, b *eventBatch) (waiting *sockeye.Event) {
	for {
		e, ok := cursor.Try()
		if !ok {
			return nil
		}
		if !b.add(&e) {
			return &e
		}
	}
}

// send publishes a message and waits for the hub to have it.
func (p *Publisher) send(ctx context.Context, b *eventBatch, at streamPosition) (streamPosition, error) {
	p.inFlight.Store(time.Now().UnixNano())
	defer p.inFlight.Store(0)
	at, err := p.publish(ctx, b, at)
	if err != nil {
		return at, err
	}
	p.acknowledged.Store(b.last)
	p.newest.Store(b.at.UnixNano())
	p.reportStored(b)
	p.mine = at.sequence
	return at, nil
}

// reportStored tells that the hub has a message, and, if it had that before, that its stream
// went back: the stream took it only because what came after was not there any more. A server
// of a cluster that is behind may say so of itself, too, but takes nothing again.
func (p *Publisher) reportStored(b *eventBatch) {
	if b.first <= p.reached {
		p.report.set(troubleStream, p.wentBack(b.first))
	}
	if b.last >= p.reached {
		p.reached = b.last
		p.report.set(troubleStream, nil)
	}
}

// pace keeps a backlog below the rate, so that what is live comes first.
func (p *Publisher) pace(ctx context.Context, b *eventBatch) {
	_, next := p.o.Bench.Span()
	behind := next-1-b.last > behindEvents
	p.catchingUp.Store(behind)
	if !behind {
		return
	}
	select {
	case <-time.After(time.Duration(float64(len(b.text)) / float64(p.o.Rate) * float64(time.Second))):
	case <-ctx.Done():
	}
}

// behind says whether an event that comes now would be late.
func (p *Publisher) behind() bool {
	since := p.inFlight.Load()
	return p.catchingUp.Load() || since > 0 && time.Since(time.Unix(0, since)) > liveAfter
}

// runLive sends what comes at once while the stream is behind. Nobody acknowledges it,
// and it is kept nowhere.
func (p *Publisher) runLive(ctx context.Context, cursor *journal.Cursor) {
	defer cursor.Close()
	var b eventBatch
	for {
		waiting, err := p.fill(ctx, cursor, &b)
		if err != nil {
			return
		}
		for b.events > 0 {
			if p.behind() && p.conn.IsConnected() {
				m := nats.NewMsg(p.o.Identity.Live(token(b.sessionID())))
				m.Header, m.Data = b.header(), b.text
				p.conn.PublishMsg(m) // nobody is told: the stream has it later
			}
			b.reset()
			if waiting != nil {
				b.add(waiting)
				waiting = p.fillMore(cursor, &b)
			}
		}
	}
}
