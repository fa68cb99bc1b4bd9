package terminal

import (
	"context"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// F20: one request to end that comes twice is one; the second that counts comes a
// second later, or is another signal.
func TestSameSignalTwice(t *testing.T) {
	type sent struct {
		at time.Duration
		os.Signal
	}
	const term, ctrlC = syscall.SIGTERM, syscall.SIGINT
	for _, c := range []struct {
		name  string
		sent  []sent
		hurry time.Duration // when the command is to end at once; 0: never
	}{
		{"one", []sent{{0, term}}, 0},
		{"twice at once", []sent{{0, term}, {0, term}}, 0},
		{"again just before a second", []sent{{0, ctrlC}, {999 * time.Millisecond, ctrlC}}, 0},
		{"again after a second", []sent{{0, ctrlC}, {time.Second, ctrlC}}, time.Second},
		{"ten in a moment, one later", []sent{{0, term}, {1, term}, {2, term}, {3, term}, {4, term}, {5, term}, {6, term}, {7, term}, {8, term}, {9, term}, {3 * time.Second, term}}, 3 * time.Second},
		{"a second does not begin anew", []sent{{0, ctrlC}, {900 * time.Millisecond, ctrlC}, {1100 * time.Millisecond, ctrlC}}, 1100 * time.Millisecond},
		{"another signal", []sent{{0, term}, {time.Millisecond, ctrlC}}, time.Millisecond},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				signals, over := make(chan os.Signal), make(chan struct{})
				ctx, stop := context.WithCancelCause(t.Context())
				hurry, stopNow := context.WithCancelCause(t.Context())
				var hurried time.Duration
				began := time.Now()
				context.AfterFunc(hurry, func() { hurried = time.Since(began) })
				go awaitSignals(signals, nil, over, stop, stopNow)
				for _, s := range c.sent {
					time.Sleep(s.at - time.Since(began))
					select {
					case signals <- s.Signal:
					case <-hurry.Done():
					}
					synctest.Wait()
				}
				close(over)
				synctest.Wait()
				if i, ok := context.Cause(ctx).(*Interrupt); !ok || i.signal != c.sent[0].Signal {
					t.Errorf("the command ends by %v", context.Cause(ctx))
				}
				if hurried != c.hurry || (hurry.Err() != nil) != (c.hurry != 0) {
					t.Errorf("it ends at once after %v, want %v", hurried, c.hurry)
				}
				stop(nil)
				stopNow(nil)
			})
		})
	}
}
