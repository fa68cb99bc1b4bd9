package client

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/url"
	"time"

	"sockeye"
	"sockeye/internal/api"
)

func (c *remote) Events(ctx context.Context, o EventOptions) iter.Seq2[sockeye.Event, error] {
	return func(yield func(sockeye.Event, error) bool) {
		if c.life.Err() != nil {
			yield(sockeye.Event{}, errClosed)
			return
		}
		ctx, done := bind(ctx, c.life)
		defer done()
		r := &remoteReader{c: c, ctx: ctx, o: o, decoder: api.NewEventDecoder(c.api), next: o.From}
		defer r.close()
		if err := r.run(func(e sockeye.Event) bool { return yield(e, nil) }); err != nil && c.life.Err() == nil {
			yield(sockeye.Event{}, failure(ctx, "read", "events", err))
		}
	}
}

// remoteReader reads the record page by page, and waits with the live feed.
type remoteReader struct {
	c       *remote
	ctx     context.Context
	o       EventOptions
	decoder *api.EventDecoder
	next    uint64 // the number to ask from
	stopped bool   // nobody wants more, or the session has ended

	feed  io.ReadCloser
	lines *bufio.Scanner
	ended bool // the feed says that nothing more will come
}

func (r *remoteReader) run(yield func(sockeye.Event) bool) error {
	if r.o.Session != "" {
		if err := r.c.ask(r.ctx, "GET", sessionPath(r.o.Session), nil, nil); err != nil {
			return err
		}
	}
	begun := false
	for {
		err := r.read(yield)
		begun = begun || err == nil
		if err == nil && !r.stopped && !r.o.Once && !r.ended {
			if err = r.wait(); err == nil {
				continue
			}
		}
		if begun && hasEnded(err) {
			return nil
		}
		return err
	}
}

// hasEnded says whether a workbench that answered before has ended since.
func hasEnded(err error) bool {
	e, ok := errors.AsType[*sockeye.Error](err)
	return ok && (e.Kind == sockeye.Closed || e.Kind == sockeye.NotFound)
}

// read gives all events there are.
func (r *remoteReader) read(yield func(sockeye.Event) bool) error {
	for !r.stopped {
		q := url.Values{"from": {fmt.Sprint(r.next)}, "limit": {"1000"}}
		if r.o.Session != "" {
			q.Set("session", r.o.Session)
		}
		var page api.Events
		if err := r.c.api.Ask(r.ctx, "GET", "/events?"+q.Encode(), nil, &page); err != nil {
			return err
		}
		if r.next > 0 && page.Oldest > r.next && !yield(sockeye.Event{Seq: r.next, Kind: sockeye.Gap, Time: time.Now(), Detail: &sockeye.Detail{Lost: sockeye.Lost{Events: page.Oldest - r.next}}}) {
			r.stopped = true
			return nil
		}
		for i := range page.Events {
			e, err := r.event(&page.Events[i])
			if err != nil {
				return err
			}
			if !yield(e) || r.o.Session != "" && e.Kind == sockeye.Ended {
				r.stopped = true
				return nil
			}
		}
		r.next = page.ScannedTo
		if page.Done {
			return nil
		}
	}
	return nil
}

// event is the event of a line, with all of its bytes.
func (r *remoteReader) event(l *api.EventLine) (sockeye.Event, error) {
	e := r.decoder.Event(r.ctx, l)
	if l.Bytes == nil || *l.Bytes <= len(e.Data) {
		return e, nil
	}
	body, err := r.c.api.Get(r.ctx, "GET", fmt.Sprintf("/events/%d/data", l.Seq), nil)
	if err != nil {
		return e, err
	}
	defer body.Close()
	e.Data, err = io.ReadAll(body)
	return e, err
}

// wait returns when the feed tells of more events, or of the end.
func (r *remoteReader) wait() error {
	if r.feed == nil {
		var err error
		if r.feed, err = r.c.api.Get(r.ctx, "GET", fmt.Sprintf("/live?from=%d", r.next), nil); err != nil {
			return err
		}
		r.lines = bufio.NewScanner(r.feed)
		r.lines.Buffer(nil, 16<<20)
	}
	for r.lines.Scan() {
		var line api.Live
		if err := json.Unmarshal(r.lines.Bytes(), &line); err != nil {
			return err
		}
		r.ended = line.Ended || r.isOver(&line)
		if r.ended || line.Next > r.next {
			return nil
		}
	}
	if r.ctx.Err() != nil {
		return context.Cause(r.ctx)
	}
	r.ended, r.stopped = true, true // the workbench has ended
	return nil
}

// isOver says whether a line tells that the only session that is wanted is closed, or
// gone from the list.
func (r *remoteReader) isOver(line *api.Live) bool {
	for i := range line.Sessions {
		if s := &line.Sessions[i]; s.ID == r.o.Session && s.State == string(Closed) {
			return true
		}
	}
	for _, id := range line.Closed {
		if id == r.o.Session {
			return true
		}
	}
	return false
}

func (r *remoteReader) close() {
	if r.feed != nil {
		r.feed.Close()
	}
}
