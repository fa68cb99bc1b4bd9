package responder

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"sockeye"
	"sockeye/internal/rule"
)

// setRules lets rules answer an open session; none takes them away.
func setRules(t *testing.T, s *session, frame string, rules ...rule.Rule) {
	t.Helper()
	var how *RuleConfig
	if len(rules) > 0 {
		how = byRules(t, frame, rules...).Rules
	}
	if err := s.SetRules(how, false); err != nil {
		t.Fatal(err)
	}
}

// Rules come, change and go while a peer is connected, over TCP on the loop and over
// UDP; without them the session does what it was opened to do.
func TestRulesChange(t *testing.T) {
	for _, address := range []string{"tcp://127.0.0.1:0", "udp://127.0.0.1:0"} {
		for name, a := range map[string]Answer{"silent": {Changeable: true}, "echo": {Changeable: true, Echo: true}} {
			t.Run(address[:3]+" "+name, func(t *testing.T) {
				w := bench(t)
				s := open(t, w, endpoint(t, sockeye.Listen, address), a)
				c := dial(t, s)
				if a.Echo {
					writes(t, c, "before\n")
					reads(t, c, "before\n")
				} else {
					writes(t, c, "before\n")
					wait(t, w, "the bytes", func(e sockeye.Event) bool { return e.Kind == sockeye.Received })
				}
				setRules(t, s, "line", rule.Rule{Name: "first", Match: "is:a", Replies: text("1"), Goto: "seen"}, rule.Rule{Match: "is:a", In: []string{"seen"}, Replies: text("again")}, rule.Rule{Join: true, Replies: text("late")})
				writes(t, c, "a\n")
				reads(t, c, "1")
				if st := statusOf(t, s); st.Off || st.Rules[0].Hits.Hits != 1 || len(st.States) != 1 || st.States[0].State != "seen" || s.AnsweredBy() != 3 {
					t.Errorf("%+v", st)
				}
				// A reply that waits is dropped, and half a frame is forgotten.
				setRules(t, s, "line", rule.Rule{Match: "is:b", Replies: []rule.Reply{replyAfter(time.Hour, "never"), replyAfter(0, "x")}})
				writes(t, c, "b\n")
				waitFor(t, "the hit", func() bool { return statusOf(t, s).Rules[0].Hits.Hits == 1 })
				setRules(t, s, "line", rule.Rule{Match: "is:b", Replies: text("2")})
				writes(t, c, "b\n")
				reads(t, c, "2")
				if err := s.SetRules(s.dynamic.setOnce, true); err != nil {
					t.Fatal(err)
				}
				if st := statusOf(t, s); !st.Off || s.AnsweredBy() != 0 {
					t.Errorf("%+v", st)
				}
				setRules(t, s, "")
				if _, ok := s.RulesStatus(); ok {
					t.Error("there are still rules")
				}
				if a.Echo {
					writes(t, c, "after\n")
					reads(t, c, "after\n")
				}
			})
		}
	}
}

// A board that gets rules stops to echo, and goes on when they are taken away.
func TestRulesBeforeTheBoard(t *testing.T) {
	w := bench(t)
	board := &Device{Hello: []byte("hello")}
	s := open(t, w, endpoint(t, sockeye.Listen, "127.0.0.1:0"), Answer{Device: board, Changeable: true})
	c := dial(t, s)
	reads(t, c, "hello")
	setRules(t, s, "none", rule.Rule{Match: "any", Replies: text("rule")})
	writes(t, c, "x")
	reads(t, c, "rule")
	setRules(t, s, "")
	writes(t, c, "y")
	reads(t, c, "y")
}

// Only sessions that were opened for it have rules set, and none that has ended.
func TestRulesThatCannotBeSet(t *testing.T) {
	w := bench(t)
	s := open(t, w, endpoint(t, sockeye.Listen, "127.0.0.1:0"), Answer{Echo: true})
	if e := sockeye.ErrorOf(s.SetRules(nil, false)); e == nil || e.Kind != sockeye.Misuse {
		t.Errorf("%v", e)
	}
	if s.dynamic != nil {
		t.Error("a session that echoes looks for rules with every message")
	}
	s = open(t, w, endpoint(t, sockeye.Listen, "127.0.0.1:0"), Answer{Changeable: true})
	s.shutdown(t.Context())
	how := byRules(t, "none", rule.Rule{Match: "any"}).Rules
	if e := sockeye.ErrorOf(s.SetRules(how, false)); e == nil || e.Kind != sockeye.Closed {
		t.Errorf("%v", e)
	}
}

// While rules change all the time, all answers are whole ones of some set, the last
// set's come in the end, and once they do at most one older is still under way. Closing
// waits for all that runs.
func TestRulesChangeUnderTraffic(t *testing.T) {
	const peers, changes = 8, 100
	w := bench(t)
	s := open(t, w, endpoint(t, sockeye.Listen, "127.0.0.1:0"), Answer{Changeable: true})
	free := rule.Allowed{Storm: true}
	set := func(n int) {
		how := byRules(t, "none", rule.Rule{Join: true}, rule.Rule{Match: "any", Replies: text(fmt.Sprintf(`%06d\n`, n))},
			rule.Rule{Every: rule.DurationRange{Min: time.Hour, Max: time.Hour}}).Rules
		how.Options.Allow = free
		if err := s.SetRules(how, false); err != nil {
			t.Error(err)
		}
	}
	set(0)
	last := fmt.Sprintf("%06d\n", changes)
	var asking sync.WaitGroup
	for range peers {
		c := dial(t, s)
		done := make(chan struct{})
		asking.Go(func() {
			defer close(done)
			from, newest, older := bufio.NewReader(c), 0, 0
			for newest < 20 {
				line, err := readLine(c, from)
				n := -1
				fmt.Sscanf(line, "%06d\n", &n)
				switch {
				case err != nil || len(line) != len(last) || n < 0 || n > changes:
					t.Errorf("%q: %v", line, err)
					return
				case line == last:
					newest++
				case newest > 0:
					older++
				}
			}
			if older > 1 {
				t.Errorf("%d answers of older rules after one of the last", older)
			}
		})
		asking.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				if _, err := io.WriteString(c, "?"); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for n := 1; n <= changes; n++ {
		set(n)
	}
	asking.Wait()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	s.shutdown(ctx)
	if st := statusOf(t, s); st.Off || st.Rules[1].Hits.Hits == 0 {
		t.Errorf("the counters are gone with the session: %+v", st)
	}
}

func readLine(c net.Conn, from *bufio.Reader) (string, error) {
	c.SetReadDeadline(time.Now().Add(patience))
	return from.ReadString('\n')
}

// A peer that does not read is answered until nothing goes any more; changing the
// rules does not wait for it, and closing the session does not either.
func TestRulesChangeBesideADeafPeer(t *testing.T) {
	w := bench(t)
	ep := endpoint(t, sockeye.Listen, "127.0.0.1:0")
	ep.Options.SendBuffer = 4096
	s := open(t, w, ep, Answer{Changeable: true})
	setRules(t, s, "none", rule.Rule{Every: rule.DurationRange{Min: time.Millisecond, Max: time.Millisecond}, Replies: text(string(make([]byte, 60_000)))})
	dial(t, s)
	waitFor(t, "a full buffer", func() bool {
		before := s.Status().Counters.SentBytes
		time.Sleep(20 * time.Millisecond)
		return before > 0 && s.Status().Counters.SentBytes == before
	})
	setRules(t, s, "none", rule.Rule{Match: "any", Replies: text("x")})
	c := dial(t, s)
	writes(t, c, "?")
	reads(t, c, "x")
	s.Close()
}
