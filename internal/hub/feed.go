package hub

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"

	"sockeye"
)

// Feed publishes events that its owner keeps until the hub has them: the other way to be a
// board than a Publisher, for who has no workbench. It is one connection, which ends when it
// is lost. One goroutine publishes.
type Feed struct {
	boardStream
	o    FeedOptions
	at   streamPosition
	lost chan struct{}
	// closed is closed when the connection has ended by itself.
	closed chan struct{}
	stop   context.CancelFunc // ends watch
	hangUp context.CancelFunc // ends the connection
	aids   sync.WaitGroup

	acknowledged atomic.Uint64
}

// FeedOptions say who publishes, and how.
type FeedOptions struct {
	Identity *Identity
	// Instance is the name under which this owner publishes, from one connection to the next.
	Instance string
	// Session is what is shown as open on the board.
	Session *sockeye.Session
	// Waiting counts the events that the owner keeps. It is called from another goroutine.
	Waiting func() uint64
	// Version is that of the program.
	Version string
}

// OpenFeed connects to the hub, and asks what it has of this board; ctx bounds that. Close it.
func OpenFeed(ctx context.Context, o FeedOptions) (*Feed, error) {
	connected, hangUp := context.WithCancel(context.Background())
	keep := context.AfterFunc(ctx, hangUp)
	conn, err := Dial(connected, o.Identity.Credentials(), nil)
	if err != nil {
		hangUp()
		return nil, err
	}
	life, stop := context.WithCancel(connected)
	f := &Feed{boardStream: boardStream{conn, o.Identity, o.Instance}, o: o, lost: make(chan struct{}), closed: make(chan struct{}), stop: stop, hangUp: hangUp}
	if f.at, err = f.position(ctx); err == nil && !keep() {
		err = context.Cause(ctx)
	}
	if err != nil {
		hangUp()
		return nil, err
	}
	f.acknowledged.Store(f.at.event)
	closed := sync.OnceFunc(func() { close(f.closed) })
	conn.SetClosedHandler(func(*nats.Conn) { closed() })
	if conn.IsClosed() { // before there was a handler
		closed()
	}
	f.aids.Go(func() { f.watch(life) })
	return f, nil
}

// Last is the number of the last event that the hub has of this board, and whose it is.
func (f *Feed) Last() (event uint64, instance string) { return f.at.event, f.at.instance }

// Lost is closed when the connection is.
func (f *Feed) Lost() <-chan struct{} { return f.lost }

// Conflict is the error of an owner who finds that Last is another program's.
func (f *Feed) Conflict() error { return twoPrograms(f.identity) }

// Publish returns when the hub has the events, which are in order. Those that it had before
// are left out; numbers that are left out are a gap there. With an error it may have some of
// them: open another feed.
func (f *Feed) Publish(ctx context.Context, events []sockeye.Event) error {
	var b eventBatch
	last := f.at.event
	for n := range events {
		e := &events[n]
		if e.Seq <= last {
			continue
		}
		if missing := e.Seq - last - 1; missing > 0 {
			gap := sockeye.Event{Seq: last + 1, Time: e.Time, Kind: sockeye.Gap, Session: e.Session, Detail: &sockeye.Detail{Lost: sockeye.Lost{Events: missing}}}
			if err := f.add(ctx, &b, &gap); err != nil {
				return err
			}
		}
		if err := f.add(ctx, &b, e); err != nil {
			return err
		}
		last = e.Seq
	}
	return f.flush(ctx, &b)
}

// add puts an event into a message, after it has published one that is full.
func (f *Feed) add(ctx context.Context, b *eventBatch, e *sockeye.Event) error {
	if b.add(e) {
		return nil
	}
	if err := f.flush(ctx, b); err != nil {
		return err
	}
	b.add(e)
	return nil
}

func (f *Feed) flush(ctx context.Context, b *eventBatch) error {
	if b.events == 0 {
		return nil
	}
	at, err := f.publish(ctx, b, f.at)
	if errors.Is(err, errMovedOn) {
		at, err = f.movedOn(ctx, b, err)
	}
	if err != nil {
		return err
	}
	f.at = at
	f.acknowledged.Store(at.event)
	b.reset()
	return nil
}

// movedOn finds out who published in between: this feed, whose message was stored and not
// acknowledged in time, or another program.
func (f *Feed) movedOn(ctx context.Context, b *eventBatch, because error) (streamPosition, error) {
	at, err := f.position(ctx)
	switch {
	case err != nil:
		return at, err
	case at.instance != f.instance && !at.foreign:
		return at, f.Conflict()
	case at.event < b.last:
		return at, because
	}
	return at, nil
}

// watch tells the hub how the board is, until life ends, and the owner that the connection
// is lost.
func (f *Feed) watch(life context.Context) {
	defer close(f.lost)
	tick := time.NewTicker(statusInterval)
	defer tick.Stop()
	for !f.conn.IsClosed() {
		f.publishStatus(false)
		select {
		case <-tick.C:
		case <-f.closed:
			return
		case <-life.Done():
			f.publishStatus(true)
			return
		}
	}
}

func (f *Feed) publishStatus(ended bool) {
	s := BoardStatus{V: 1, Version: f.o.Version, Instance: f.instance, Time: time.Now(), Acknowledged: f.acknowledged.Load(), Lag: f.o.Waiting(), Ended: ended}
	if !ended {
		s.Sessions = []StatusSession{{ID: f.o.Session.ID, Mode: f.o.Session.Endpoint.Mode, Address: f.o.Session.Endpoint.Address.String(), Peers: 1}}
	}
	if text, err := sockeye.MarshalJSON(s); err == nil {
		f.conn.Publish(f.identity.Status(), text) // the next one follows
	}
}

// Close says that the board ends, and ends the connection.
func (f *Feed) Close() {
	f.stop()
	f.aids.Wait()
	f.conn.Close()
	f.hangUp()
}
