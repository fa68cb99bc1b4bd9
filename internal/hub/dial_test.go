package hub

import (
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

// F61: 500 boards that have lost their hub for a minute do not come back at one moment: all
// are there within the longest wait, and never many more of them in a second than an even
// spread over it has.
func TestBoardsComeBackSpread(t *testing.T) {
	const boards, away = 500, time.Minute
	inSecond := map[time.Duration]int{}
	for range boards {
		at := time.Duration(0)
		for tries := 0; at < away; tries++ {
			at += backoff(tries)
		}
		late := at - away
		if late > mostDelay+50*time.Millisecond {
			t.Fatalf("a board comes back %v after the hub", late)
		}
		inSecond[late/time.Second]++
	}
	for second, n := range inSecond {
		if even := boards * int(time.Second) / int(mostDelay); n > 3*even {
			t.Errorf("%d boards come in second %d", n, second)
		}
	}
}
