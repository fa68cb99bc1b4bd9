package responder

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// fakePeer keeps what was sent and when.
type fakePeer struct {
	begun   time.Time
	sent    []string
	at      []time.Duration
	closing chan struct{}
}

func (p *fakePeer) Send(_ context.Context, data []byte) (int, error) {
	p.sent = append(p.sent, string(data))
	p.at = append(p.at, time.Since(p.begun))
	return len(data), nil
}

func (p *fakePeer) Closing() <-chan struct{} { return p.closing }

// The board greets, answers what comes, and pauses between two answers.
func TestGreetsThenEchoesAtItsPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &fakePeer{begun: time.Now(), closing: make(chan struct{})}
		d := Device{Hello: []byte(DefaultHello), Interval: DefaultInterval}
		d.Joined(p)
		d.Received(p, []byte("one"))
		d.Received(p, []byte("two"))
		if diff := cmp.Diff([]string{"Hello 01Studio!", "one", "two"}, p.sent); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]time.Duration{0, 0, 100 * time.Millisecond}, p.at); diff != "" {
			t.Error(diff)
		}
	})
}

// A peer that closes ends the pause of the board at once.
func TestClosingEndsThePause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &fakePeer{begun: time.Now(), closing: make(chan struct{})}
		d := Device{Interval: time.Hour}
		go func() {
			time.Sleep(time.Second)
			close(p.closing)
		}()
		d.Received(p, []byte("x"))
		if took := time.Since(p.begun); took != time.Second {
			t.Errorf("returned after %v, want 1s", took)
		}
	})
}
