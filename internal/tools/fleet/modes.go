//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"

	"sockeye"
	"sockeye/internal/api"
	"sockeye/internal/hub"
)

// warm is how many boards a hub has had when its memory is looked at for the first time.
const warm = 50

// statuses is how long boards say how they are until the memory is looked at: the collector
// has had its turns by then.
const statuses = 60 * time.Second

// idle measures how much memory the hub has for each board more.
func idle(ctx context.Context, f *fleet) (results, error) {
	if f.fleetOptions.boards <= warm {
		return results{}, fmt.Errorf("more than %d boards: the memory is that of those that come after them", warm)
	}
	var memory [2]float64
	for n, upTo := range []int{warm, f.fleetOptions.boards} {
		begin := len(f.boards)
		if err := f.enrol(ctx, upTo); err != nil {
			return results{}, err
		}
		if err := f.openFrom(ctx, begin); err != nil {
			return results{}, err
		}
		select {
		case <-time.After(statuses):
		case <-ctx.Done():
			return results{}, context.Cause(ctx)
		}
		var err error
		if memory[n], err = f.resident(); err != nil {
			return results{}, err
		}
	}
	return results{Idle: (memory[1] - memory[0]) / float64(f.fleetOptions.boards-warm)}, nil
}

// resident is how much memory the hub holds.
func (f *fleet) resident() (float64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", f.process.Process.Pid))
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kib, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return kib * 1024, err
		}
	}
	return 0, errors.Join(err, errors.New("/proc does not say how much memory the hub has"))
}

// Messages of take have so many events of so many bytes each.
const (
	takeEvents = 100
	takeBytes  = 64
)

// take measures how many events a second are acknowledged.
func take(ctx context.Context, f *fleet) (results, error) {
	if err := f.enrol(ctx, f.fleetOptions.boards); err != nil {
		return results{}, err
	}
	publish := make([]func(context.Context) error, len(f.boards))
	err := f.eachFrom(0, func(n int) (err error) {
		if f.plain {
			publish[n], err = f.plainPublisher(n)
			return err
		}
		b := f.boards[n]
		publish[n] = func(ctx context.Context) error { return b.feed.Publish(ctx, b.events(takeEvents, takeBytes)) }
		return b.open(ctx)
	})
	if err != nil {
		return results{}, err
	}
	var events atomic.Uint64
	begin := time.Now()
	end := begin.Add(f.each)
	faults := make(chan error, len(publish))
	var all sync.WaitGroup
	for _, do := range publish {
		all.Go(func() {
			for time.Now().Before(end) {
				if err := do(ctx); err != nil {
					faults <- err
					return
				}
				events.Add(takeEvents)
			}
		})
	}
	all.Wait()
	seconds := time.Since(begin).Seconds()
	select {
	case err := <-faults:
		return results{}, err
	default:
	}
	n := events.Load()
	return results{PerSecond: float64(n) / seconds, MBPerSecond: float64(n*takeBytes) / seconds / 1e6, SentBytes: n * takeBytes}, nil
}

// plainPublisher publishes the bytes of a board's message as "nats bench" does: by a client that
// makes no events, and says nothing of which message is before it.
func (f *fleet) plainPublisher(n int) (func(context.Context) error, error) {
	c := f.boards[n].identity.Credentials()
	conn, err := hub.Dial(context.Background(), c, nil)
	if err != nil {
		return nil, err
	}
	var text []byte
	for _, e := range f.boards[n].events(takeEvents, takeBytes) {
		text = append(e.AppendJSON(text, sockeye.English), '\n')
	}
	return func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		m := nats.NewMsg(f.boards[n].identity.Events("s1"))
		m.Data = text
		answer, err := conn.RequestMsgWithContext(ctx, m)
		if err == nil && strings.Contains(string(answer.Data), `"error"`) {
			err = fmt.Errorf("JetStream does not take it: %s", answer.Data)
		}
		return err
	}, nil
}

// back measures how long it takes until the hub, killed and started again, has something new of
// every board.
func back(ctx context.Context, f *fleet) (results, error) {
	if err := f.enrol(ctx, f.fleetOptions.boards); err != nil {
		return results{}, err
	}
	if err := f.openFrom(ctx, 0); err != nil {
		return results{}, err
	}
	if err := f.eachFrom(0, func(n int) error { return f.boards[n].feed.Publish(ctx, f.boards[n].events(1, takeBytes)) }); err != nil {
		return results{}, err
	}
	f.kill()
	begin := time.Now()
	var all sync.WaitGroup
	faults := make(chan error, len(f.boards)+1)
	for _, b := range f.boards {
		all.Go(func() {
			if err := b.comeBack(ctx); err != nil {
				faults <- err
			}
		})
	}
	if err := f.startHub(ctx); err != nil {
		faults <- err
	}
	all.Wait()
	took := time.Since(begin)
	select {
	case err := <-faults:
		return results{}, err
	default:
	}
	return results{Start: float64(took.Microseconds()) / 1000, SentBytes: uint64(len(f.boards)) * takeBytes}, nil
}

// comeBack connects a board again, as often as a device does, and publishes its next event.
func (b *board) comeBack(ctx context.Context) error {
	<-b.feed.Lost()
	b.feed.Close()
	b.feed = nil
	event := b.events(1, takeBytes)
	for until := time.Now().Add(patience); ; {
		err := b.open(ctx)
		if err == nil {
			err = b.feed.Publish(ctx, event)
		}
		if err == nil || ctx.Err() != nil || time.Now().After(until) {
			return err
		}
		if b.feed != nil {
			b.feed.Close()
			b.feed = nil
		}
		time.Sleep(retry)
	}
}

// retry is the pause of a board whose hub is away.
const retry = time.Second

// delay measures how old events are when the hub's page has them.
func delay(ctx context.Context, f *fleet) (results, error) {
	if err := f.enrol(ctx, f.fleetOptions.boards); err != nil {
		return results{}, err
	}
	if err := f.openFrom(ctx, 0); err != nil {
		return results{}, err
	}
	page, err := api.Find(f.hubDir(), sockeye.English)
	if err != nil {
		return results{}, err
	}
	var opened api.OpenedRecording
	if err := page.Ask(ctx, "POST", "/boards/log", api.OpenBoards{All: true}, &opened); err != nil {
		return results{}, err
	}
	publishing, stop := context.WithCancel(ctx)
	var all sync.WaitGroup
	for n, b := range f.boards {
		all.Go(func() { b.publishEverySecond(publishing, time.Duration(n)*time.Second/time.Duration(len(f.boards))) })
	}
	ages, err := f.readPage(ctx, page, opened.Sessions[0].ID)
	stop()
	all.Wait()
	if err != nil || len(ages) == 0 {
		return results{}, errors.Join(err, errors.New("the page has no events"))
	}
	slices.Sort(ages)
	at := func(part float64) float64 { return float64(ages[int(part*float64(len(ages)-1))].Microseconds()) }
	return results{P50: at(0.5), P99: at(0.99), PerSecond: float64(len(ages)) / f.each.Seconds(), SentBytes: uint64(len(ages)) * takeBytes}, nil
}

// publishEverySecond begins after a while, so that not all boards say something at once.
func (b *board) publishEverySecond(ctx context.Context, after time.Duration) {
	next := time.NewTimer(after)
	defer next.Stop()
	for {
		select {
		case <-next.C:
		case <-ctx.Done():
			return
		}
		next.Reset(time.Second)
		if b.feed.Publish(ctx, b.events(1, takeBytes)) != nil {
			return // what is missing is seen by who reads
		}
	}
}

// readPage asks for events as a page does, and gives the age that each had when it came.
func (f *fleet) readPage(ctx context.Context, page *api.HTTPClient, session string) (ages []time.Duration, err error) {
	from := uint64(1)
	for end := time.Now().Add(f.each); time.Now().Before(end); {
		var got api.Events
		if err := page.Ask(ctx, "GET", fmt.Sprintf("/events?session=%s&from=%d&limit=1000", session, from), nil, &got); err != nil {
			return nil, err
		}
		now := time.Now()
		for _, e := range got.Events {
			at, err := time.Parse(time.RFC3339Nano, e.Time)
			if err != nil {
				return nil, err
			}
			from, ages = e.Seq+1, append(ages, now.Sub(at))
		}
		if len(got.Events) == 0 {
			time.Sleep(time.Millisecond)
		}
	}
	return ages, nil
}
