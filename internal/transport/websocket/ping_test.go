package websocket

import "testing"

// A pong that answers no ping of ours, or one that was answered, has taken no time.
func TestPongsThatNobodyAskedFor(t *testing.T) {
	var p pinger
	if got := p.answeredBy([]byte("0")); got != 0 {
		t.Errorf("before any ping: %v", got)
	}
	first := p.next()
	second := p.next()
	for _, payload := range []string{"", "3", "x", "18446744073709551615"} {
		if got := p.answeredBy([]byte(payload)); got != 0 {
			t.Errorf("%q: %v", payload, got)
		}
	}
	for _, sent := range [][]byte{second, first} {
		if once, again := p.answeredBy(sent), p.answeredBy(sent); once <= 0 || again != 0 {
			t.Errorf("the answer to %s %v, once more %v", sent, once, again)
		}
	}
	for range len(p.sent) {
		p.next()
	}
	if got := p.answeredBy(second); got != 0 {
		t.Errorf("one that is long past: %v", got)
	}
}
