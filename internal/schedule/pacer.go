package schedule

import (
	"context"
	"time"
)

// spinTime is how late a message may be without delaying the rest of the plan: the messages
// after it are sent at their planned times. If one is later, the rest is delayed as much.
const spinTime = time.Second

// play carries out a plan until its end or that of ctx. Each step is due at a time
// counted from the start, so that lateness does not add up.
func play(ctx context.Context, p *Playback, sleep func(time.Duration), do func(ctx context.Context, s ScheduledRow, late time.Duration, delayed bool)) {
	start := time.Now()
	for {
		step, ok := p.Next()
		if !ok || !waitUntil(ctx, start.Add(step.Due), sleep) {
			return
		}
		late, delayed := time.Since(start)-step.Due, false
		if late > spinTime {
			start, delayed = start.Add(late), true
		}
		do(ctx, step, late, delayed)
	}
}

// coarseSleep is the part of a wait that is left to a precise sleep. The runtime's timers
// are woken to the millisecond.
const coarseSleep = 2 * time.Millisecond

// waitUntil returns true at a time, or false when ctx has ended.
func waitUntil(ctx context.Context, at time.Time, sleep func(time.Duration)) bool {
	if d := time.Until(at) - coarseSleep; d > 0 {
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
