package recording

import (
	"context"
	"errors"
	"io"

	"sockeye"
)

// EventSource gives events in order, and io.EOF after the last: a Reader, or a part of
// a journal. An event's Data is lent until the next call.
type EventSource interface {
	Next(ctx context.Context) (sockeye.Event, error)
}

// Each is the function Each on this reader.
func (d *Reader) Each(ctx context.Context, m *EventMatcher, do func(e *sockeye.Event) error) error {
	return Each(ctx, d, m, do)
}

// Each reads to the end and calls do with every event that m wants; a nil m wants
// all. It stops at do's first error and returns it.
func Each(ctx context.Context, from EventSource, m *EventMatcher, do func(e *sockeye.Event) error) error {
	for {
		e, err := from.Next(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil && ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		if err != nil {
			return err
		}
		if m != nil && !m.Wants(&e) {
			continue
		}
		if err := do(&e); err != nil {
			return err
		}
	}
}
