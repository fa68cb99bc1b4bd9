package recording

import (
	"context"
	"errors"
	"io"

	"sockeye"
)

// Each reads to the end and calls do with every event that m wants; a nil m wants
// all. It stops at do's first error and returns it.
func (d *Reader) Each(ctx context.Context, m *Matcher, do func(e *sockeye.Event) error) error {
	for {
		e, err := d.Next(ctx)
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
