package hub

import (
	"slices"
	"testing"
	"time"

	"sockeye"
)

// T59: a hub beyond this machine is never spoken to in plain text.
func TestNoPlainTextBeyondThisMachine(t *testing.T) {
	for _, c := range []struct {
		urls, pin string
		refused   bool
	}{
		{"nats://127.0.0.1:4222", "", false},
		{"nats://[::1]:4222,nats://localhost:4222", "", false},
		{"tls://hub.example:4222", "", false},
		{"nats://hub.example:4222", "sha256//x", false}, // a pin means TLS
		{"nats://hub.example:4222", "", true},
		{"nats://127.0.0.1:4222, nats://192.168.1.9:4222", "", true},
		{"nats://10.0.0.1:4222", "", true},
	} {
		_, err := Dial(t.Context(), Credentials{URLs: c.urls, Pin: c.pin, Seed: "no seed"}, nil)
		if got := sockeye.ErrorOf(err).Kind == sockeye.NotPermitted; got != c.refused {
			t.Errorf("%s, pin %q: refused %v (%v), want %v", c.urls, c.pin, got, err, c.refused)
		}
	}
}

// F61: 500 boards that have lost their hub, for a moment or for longer, do not come back at one
// moment: all are there within the longest wait, and never more than 50 of them in a second.
func TestBoardsComeBackSpread(t *testing.T) {
	const boards, most = 500, 50
	for _, away := range []time.Duration{time.Millisecond, time.Second, 10 * time.Second, time.Minute} {
		var back []time.Duration
		for range boards {
			at := time.Duration(0)
			for tries := 0; at < away; tries++ {
				at += backoff(tries, boards)
			}
			back = append(back, at-away)
		}
		slices.Sort(back)
		if last := back[boards-1]; last > mostDelay+50*time.Millisecond {
			t.Errorf("away for %v: a board comes back %v after the hub", away, last)
		}
		for n, at := range back[:boards-most] {
			if within := back[n+most] - at; within < time.Second {
				t.Errorf("away for %v: %d boards come within %v, %v after the hub", away, most+1, within, at)
				break
			}
		}
	}
}

// F54: a board whose hub is away tries for ever: it waits half a second at most at first, longer
// from try to try, at a random moment of that time, and never longer than forty seconds. F55: of
// the first tries of a few boards none waits for more than three.
func TestBackoff(t *testing.T) {
	const tries = 100_000 // for days
	longest := map[int]time.Duration{}
	for n := range tries {
		d := backoff(n, 8)
		if d <= 0 || d > mostDelay+50*time.Millisecond {
			t.Fatalf("try %d waits %v", n, d)
		}
		longest[min(n, soonTries)] = max(longest[min(n, soonTries)], d)
	}
	for n := range soonTries {
		for range 1000 {
			longest[n] = max(longest[n], backoff(n, 8))
		}
		want := min(soonDelay, firstDelay<<n)
		if got := longest[n] - 50*time.Millisecond; got > want || got < want*9/10 {
			t.Errorf("the longest of 1000 waits after %d tries is %v, want nearly %v", n, got, want)
		}
	}
	if got := longest[soonTries]; got < mostDelay*9/10 {
		t.Errorf("the longest wait of all is %v, want nearly %v", got, mostDelay)
	}
	conn, err := Dial(t.Context(), Credentials{URLs: "nats://127.0.0.1:1", Seed: testCode(t).Seed, Inbox: "_INBOX"}, &Retrying{})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if conn.Opts.MaxReconnect >= 0 { // nats.go itself gives up after 60
		t.Errorf("it gives up after %d tries", conn.Opts.MaxReconnect)
	}
}
