package terminal

import (
	"bytes"
	"context"
	"time"
)

// delayedLines sends what comes in line by line, with a pause between lines.
type delayedLines struct {
	ctx   context.Context
	delay time.Duration
	send  func([]byte) error

	rest  []byte // a line whose end has not come
	begun bool
}

// add takes bytes as they come; they are sent when their line is whole.
func (d *delayedLines) add(data []byte) error {
	for {
		end := bytes.IndexByte(data, '\n')
		if end < 0 {
			d.rest = append(d.rest, data...)
			return nil
		}
		line := append(d.rest, data[:end+1]...)
		d.rest, data = nil, data[end+1:]
		if err := d.sendLine(line); err != nil {
			return err
		}
	}
}

// flush sends a last line without a line end.
func (d *delayedLines) flush() error {
	if len(d.rest) == 0 {
		return nil
	}
	return d.sendLine(d.rest)
}

func (d *delayedLines) sendLine(line []byte) error {
	if d.begun {
		select {
		case <-time.After(d.delay):
		case <-d.ctx.Done():
			return context.Cause(d.ctx)
		}
	}
	d.begun = true
	return d.send(line)
}
