package responder

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sockeye"
	"sockeye/internal/framing"
	"sockeye/internal/rule"
)

// byRules is an answer by rules for frames found by a spec.
func byRules(t *testing.T, frame string, rules ...rule.Rule) Answer {
	t.Helper()
	p, err := rule.Compile(rule.Set{Rules: rules})
	if err != nil {
		t.Fatal(err)
	}
	spec, err := framing.Parse(frame)
	if err != nil {
		t.Fatal(err)
	}
	return Answer{Rules: &RuleConfig{Compiled: p, Frame: spec}}
}

func text(replies ...string) (out []rule.Reply) {
	for _, r := range replies {
		out = append(out, rule.Reply{Text: r})
	}
	return out
}

func replyAfter(d time.Duration, reply string) rule.Reply {
	return rule.Reply{Text: reply, Delay: rule.DurationRange{Min: d, Max: d}}
}

func statusOf(t *testing.T, s *session) RulesStatus {
	t.Helper()
	st, ok := s.RulesStatus()
	if !ok {
		t.Fatal("no rules")
	}
	return st
}

// reads expects a text from a connection.
func reads(t *testing.T, c net.Conn, want string) {
	t.Helper()
	c.SetReadDeadline(time.Now().Add(patience))
	got := make([]byte, len(want))
	n, err := io.ReadFull(c, got)
	if string(got[:n]) != want {
		t.Fatalf("got %q (%v), want %q", got[:n], err, want)
	}
}

func writes(t *testing.T, c net.Conn, text string) {
	t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
}

// A device of rules: requests in any chunks, delays, other peers, an end.
func TestRulesPlayADevice(t *testing.T) {
	w := bench(t)
	s := open(t, w, endpoint(t, sockeye.Listen, "127.0.0.1:0"), byRules(t, "line",
		rule.Rule{Name: "greet", Join: true, Replies: text(`ready\n`)},
		rule.Rule{Name: "add", Match: `regexp:^add (\d)$`, Replies: []rule.Reply{replyAfter(20*time.Millisecond, `{{match.1}}`), replyAfter(time.Millisecond, `!\n`)}},
		rule.Rule{Name: "say", Match: "prefix:say ", Replies: []rule.Reply{{Text: `{{match}}x\n`, To: rule.Others}}},
		rule.Rule{Name: "bye", Match: "is:bye", Replies: text(`bye\n`), End: rule.Close},
		rule.Rule{Name: "tick", After: rule.DurationRange{Min: time.Hour, Max: time.Hour}},
	))
	a, b := dial(t, s), dial(t, s)
	reads(t, a, "ready\n")
	reads(t, b, "ready\n")
	writes(t, a, "add 1\nad")
	reads(t, a, "1!\n")
	writes(t, a, "d 2\nadd x\n")
	reads(t, a, "2!\n")
	writes(t, b, "say hello\n")
	reads(t, a, "say x\n")
	writes(t, b, "bye\n")
	reads(t, b, "bye\n")
	if n, err := b.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("after the end: %d, %v", n, err)
	}
	hits := map[string]uint64{}
	for _, r := range statusOf(t, s).Rules {
		hits[r.Name] = r.Hits.Hits
	}
	if diff := cmp.Diff(map[string]uint64{"greet": 2, "add": 2, "say": 1, "bye": 1, "tick": 0}, hits); diff != "" {
		t.Error(diff)
	}
}

// A pause ends a frame although nothing more comes, and timers go off.
func TestRulesKeepTime(t *testing.T) {
	w := bench(t)
	s := open(t, w, endpoint(t, sockeye.Listen, "127.0.0.1:0"), byRules(t, "idle:30ms",
		rule.Rule{Match: "is:abc", Replies: text("paused ")},
		rule.Rule{Every: rule.DurationRange{Min: 40 * time.Millisecond, Max: 40 * time.Millisecond}, Count: 2, Replies: text("tick ")},
		rule.Rule{After: rule.DurationRange{Min: 500 * time.Millisecond, Max: 500 * time.Millisecond}, Replies: text("last"), End: rule.Abort},
	))
	c := dial(t, s)
	writes(t, c, "a")
	writes(t, c, "bc")
	got, _ := io.ReadAll(c)
	if n := strings.Count(string(got), "tick "); n != 2 || !strings.Contains(string(got), "paused ") {
		t.Errorf("%q", got)
	}
}

// A peer that does not read its answers is not read from, and delays no other.
func TestRulesOnePeerDelaysNoOther(t *testing.T) {
	w := bench(t)
	ep := endpoint(t, sockeye.Listen, "127.0.0.1:0")
	ep.Options.SendBuffer = 4096
	s := open(t, w, ep, byRules(t, "line", rule.Rule{Match: "prefix:get", Replies: text(strings.Repeat("x", 60_000) + `\n`)}))
	deaf, good := dial(t, s), dial(t, s)
	written := make(chan int, 1)
	go func() {
		n := 0
		for ; n < 2_000_000; n++ { // far more than all buffers hold
			deaf.SetWriteDeadline(time.Now().Add(time.Second))
			if _, err := fmt.Fprintf(deaf, "get %d\n", n); err != nil {
				break
			}
		}
		written <- n
	}()
	from := bufio.NewReader(good)
	for n := range 20 {
		writes(t, good, fmt.Sprintf("get %d\n", n))
		good.SetReadDeadline(time.Now().Add(patience))
		if line, err := from.ReadString('\n'); err != nil || len(line) != 60_001 {
			t.Fatalf("answer %d: %d bytes, %v", n, len(line), err)
		}
	}
	if n := <-written; n == 2_000_000 {
		t.Error("a peer that reads nothing was read from without end")
	}
}

// T53: two sessions that answer each other fall silent by themselves, and the record
// says why.
func TestTwoRepliersFallSilent(t *testing.T) {
	for _, network := range []string{"tcp", "udp"} {
		t.Run(network, func(t *testing.T) {
			w := bench(t)
			s := open(t, w, endpoint(t, sockeye.Listen, network+"://127.0.0.1:0"), byRules(t, "none", rule.Rule{Match: "any", Replies: text("ping")}))
			ep := endpoint(t, sockeye.Connect, network+"://"+s.Locals()[0].String())
			other := open(t, w, ep, byRules(t, "none", rule.Rule{Match: "any", Replies: text("pong")}))
			other.send(t, "go")
			e := wait(t, w, "the guard", func(e sockeye.Event) bool { return e.Kind == sockeye.Failed })
			if e.Detail.Err.Kind != sockeye.LimitReached || e.Detail.Err.Op != "answer" || !strings.Contains(e.Detail.Err.Hint.En, "storm") {
				t.Errorf("%v, %s", e.Detail.Err, e.Detail.Err.Hint.En)
			}
			if n := s.Peers()[0].Status().Counters.SentMessages; n > 500 {
				t.Errorf("%d answers before it stopped", n)
			}
		})
	}
}

// Frames with a wrong checksum, and pieces that are no frame, are not answered.
func TestRulesAnswerOnlySoundFrames(t *testing.T) {
	w := bench(t)
	s := open(t, w, endpoint(t, sockeye.Listen, "127.0.0.1:0"), byRules(t, "modbus-rtu",
		rule.Rule{Match: "hex:01 03 *", Replies: []rule.Reply{{Hex: "01 83 02 {{crc16modbus}}"}}}))
	c := dial(t, s)
	writes(t, c, "\x01\x03\x00\x00\x00\x0a\xc5\xce")
	writes(t, c, "\x01\x03\x00\x00\x00\x0a\xc5\xcd")
	reads(t, c, "\x01\x83\x02\xc0\xf1")
	if n := statusOf(t, s).Rules[0].Hits.Hits; n != 1 {
		t.Errorf("%d frames were answered", n)
	}
}
