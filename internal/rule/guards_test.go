package rule

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"sockeye"
)

// Nothing vouches for an address but that we chose it, or that it is this machine's: a
// private network's may be forged as well. Ports below 1024 are servers', 1024 is not.
func TestWhoIsBounded(t *testing.T) {
	listening := &sockeye.Session{Endpoint: sockeye.Endpoint{Mode: sockeye.Listen}}
	connected := &sockeye.Session{Endpoint: sockeye.Endpoint{Mode: sockeye.Connect}}
	for _, c := range []struct {
		session *sockeye.Session
		from    string
		want    bool
	}{
		{listening, "192.168.1.7:5000", true}, {listening, "10.0.0.7:5000", true}, {listening, "172.16.0.7:5000", true},
		{listening, "169.254.3.4:5000", true}, {listening, "[fe80::1]:5000", true}, {listening, "[fd00::1]:5000", true},
		{listening, "127.0.0.1:5000", false}, {listening, "127.200.0.9:5000", false}, {listening, "[::1]:5000", false},
		{listening, "127.0.0.1:1023", true}, {listening, "127.0.0.1:1024", false},
		{connected, "203.0.113.9:5000", false}, {connected, "203.0.113.9:1023", true}, {connected, "203.0.113.9:1024", false},
		{nil, "203.0.113.9:5000", true}, {nil, "127.0.0.1:5000", false},
	} {
		p := &sockeye.Peer{Session: c.session, Network: "udp", Remote: sockeye.ParseSocketAddr(c.from)}
		if got := Suspect(p, Allowed{}); got != c.want {
			t.Errorf("%s: bounded %v, want %v", c.from, got, c.want)
		}
		var b RateLimit
		if ok, _ := b.Permit(p, 10, begin, Allowed{}); ok == c.want {
			t.Errorf("%s: an answer to nothing is permitted: %v", c.from, ok)
		}
	}
}

// A budget is filled at its rate up to its burst, and each reply takes of it.
func TestBudgetFills(t *testing.T) {
	p := &sockeye.Peer{Network: "udp", Remote: sockeye.ParseSocketAddr("203.0.113.9:5000")}
	var b RateLimit
	permitted := func(now time.Time) (n int) {
		for ; ; n++ {
			b.Received(10)
			if ok, _ := b.Permit(p, 10, now, Allowed{}); !ok {
				return n
			}
		}
	}
	for _, c := range []struct{ ms, want int }{{0, budgetBurst}, {0, 0}, {99, 0}, {100, 1}, {1100, budgetRate}, {1150, 0}, {60_000, budgetBurst}} {
		if got := permitted(at(c.ms)); got != c.want {
			t.Errorf("after %d ms: %d replies, want %d", c.ms, got, c.want)
		}
	}
	b = RateLimit{}
	b.Received(25)
	got := ""
	for range 3 {
		ok, trouble := b.Permit(p, 10, begin, Allowed{})
		got += fmt.Sprint(ok, trouble != nil, " ")
	}
	if got += fmt.Sprint(b.Permit(p, 6, begin, Allowed{})); !strings.HasPrefix(got, "true false true false false true ") || !strings.Contains(got, "false <nil>") {
		t.Errorf("of 25 bytes that came: %s", got)
	}
	if ok, _ := b.Permit(p, 5, begin, Allowed{}); !ok {
		t.Error("the last 5 bytes are not permitted")
	}
}

// One hit of a rule makes so many bytes and no more, however many replies it has.
func TestRepliesOfOneHitAreBounded(t *testing.T) {
	var replies []Reply
	for range 20 {
		replies = append(replies, Reply{Text: "{{match}}" + strings.Repeat("{{match}}", 63)})
	}
	e := engine(t, Set{Rules: []Rule{{Match: "any", Replies: replies}}}, EngineOptions{})
	body := make([]byte, 16<<10)
	for i := range body {
		body[i] = byte(i)
	}
	plan := e.Frame(tcpPeer(1), body, begin)
	made := 0
	for _, s := range plan.Steps {
		made += len(s.Data)
	}
	if made != maxReplied || len(plan.Trouble) != 1 || !strings.Contains(plan.Trouble[0].Message.En, "more than 16 MiB") {
		t.Errorf("%d bytes in %d steps, %v; want %d bytes, and why no more", made, len(plan.Steps), plan.Trouble, maxReplied)
	}
}

// A storm is told of at its bound and not one message before.
func TestStormBounds(t *testing.T) {
	for _, c := range []struct {
		name  string
		frame func(g *feedbackGuard, n int) (body string, at time.Time)
		want  int // the frame at which it stops
	}{
		{"echoes", func(g *feedbackGuard, n int) (string, time.Time) {
			g.replied([]byte("ours\r\n"))
			return "ours\n", at(n * 500)
		}, maxEchoes}, // the first one comes late after nothing
		{"growing", func(g *feedbackGuard, n int) (string, time.Time) {
			g.replied([]byte("ours"))
			return "ours" + strings.Repeat("x", n+1), at(n * 10_000)
		}, maxGrowing - 1},
		{"repeated", func(_ *feedbackGuard, n int) (string, time.Time) { return "same", at(n) }, maxRepeated + 1},
		{"answered", func(_ *feedbackGuard, n int) (string, time.Time) { return fmt.Sprint(n), begin }, maxAnswered},
	} {
		var g feedbackGuard
		stopped := -1
		for n := range 3000 {
			body, now := c.frame(&g, n)
			if trouble := g.judge([]byte(body), now, Allowed{}); trouble != nil {
				stopped = n
				break
			}
		}
		if stopped != c.want {
			t.Errorf("%s: stopped at frame %d, want %d", c.name, stopped, c.want)
		}
		if trouble := g.judge([]byte("same"), at(0), Allowed{}); !g.stopped || trouble != nil {
			t.Errorf("%s: it is told again: %v", c.name, trouble)
		}
	}
	var g feedbackGuard
	g.replied([]byte("ours"))
	for n := range 1000 { // each just too late to be an answer to ours
		if g.judge([]byte("ours"), at(n*501), Allowed{}) != nil {
			t.Fatal("a client that says what we say is stopped")
		}
	}
}

// Two messages that take turns are nothing new either.
func TestStormOfTwoMessages(t *testing.T) {
	var g feedbackGuard
	for n := range 3000 {
		if g.judge([]byte([]string{"ping", "pong", "pang"}[n%3]), at(n), Allowed{}) != nil {
			if n > maxRepeated+3 {
				t.Errorf("stopped only at message %d", n)
			}
			return
		}
	}
	t.Error("it goes on for ever")
}

// What comes back maxBack times in a row, and maxRounds times as much as was begun, is
// a loop: the chunk that reaches both is the first that is not sent again.
func TestLoopDetectorBound(t *testing.T) {
	var c LoopDetector
	c.OnSend([]byte("x"))
	for n := 1; n < maxBack; n++ {
		if ok, trouble := c.Echo([]byte("x")); !ok || trouble != nil {
			t.Fatalf("cut at chunk %d: %v", n, trouble)
		}
	}
	if ok, trouble := c.Echo([]byte("x")); ok || trouble == nil {
		t.Errorf("chunk %d goes round", maxBack)
	}
}

// A group that took no part in a match is empty, one that there is not is a fault.
func TestEmptyGroup(t *testing.T) {
	e := engine(t, Set{Rules: []Rule{{Match: `regexp:^(a)|(b)$`, Replies: []Reply{{Text: "<{{match.1}}{{match.2}}>"}}}}}, EngineOptions{})
	want(t, e.Frame(tcpPeer(1), []byte("b"), at(0)), `0ms #1 "<b>"`)
}
