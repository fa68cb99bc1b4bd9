package api

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"sockeye"
	"sockeye/internal/core"
)

// fakeHub has two boards, one of which is away, and events that a test gives.
type fakeHub struct {
	events chan core.LiveEvent
	ended  chan struct{}
	since  time.Time
	asked  []string
}

func (*fakeHub) CheckBoard(name string) error {
	if strings.Contains(name, "!") {
		return &sockeye.Error{Kind: sockeye.Invalid, Op: "parse", Target: name, Message: sockeye.Text{En: "not the name of a board", Zh: "不是有效的开发板名称"}}
	}
	return nil
}

func (*fakeHub) Boards(context.Context) ([]Board, error) {
	return []Board{{Name: "lab/one", State: "alive"}, {Name: "lab/two", State: "away"}, {Name: "lab/old", State: "revoked"}}, nil
}

func (h *fakeHub) Follow(ctx context.Context, boards []string, since time.Time) iter.Seq2[core.LiveEvent, error] {
	h.asked, h.since = boards, since
	return func(yield func(core.LiveEvent, error) bool) {
		defer close(h.ended)
		for {
			select {
			case e, ok := <-h.events:
				if !ok {
					yield(e, &sockeye.Error{Kind: sockeye.System, Op: "read", Target: "hub", Message: sockeye.Text{En: "the hub is gone", Zh: "集线服务已消失"}})
					return
				}
				if !yield(e, nil) {
					return
				}
			case <-ctx.Done():
				return
			}
		}
	}
}

func (*fakeHub) Send(_ context.Context, boards []string, session string, data []byte, wait time.Duration) (out []BoardReply, err error) {
	for _, b := range boards {
		r := BoardReply{Board: b, Result: "delivered", Peers: len(data)}
		if b != "lab/one" {
			r = BoardReply{Board: b, Result: "refused", Err: &sockeye.Error{Kind: sockeye.AccessDenied, Op: "send", Target: b, Message: sockeye.Text{En: fmt.Sprintf("no %s in %v", session, wait), Zh: "不行"}}}
		}
		out = append(out, r)
	}
	return out, nil
}

func withHub(t *testing.T) (*served, *fakeHub) {
	h := &fakeHub{events: make(chan core.LiveEvent), ended: make(chan struct{})}
	return serve(t, func(c *Config) { c.Hub = h }), h
}

// A log of boards is a session that grows, whose peers are named after the board and
// session where they are. Closing it ends the following.
func TestBoardsLog(t *testing.T) {
	v, h := withHub(t)
	if m := ask[Machine](v, "GET", "/api/v1/machine", nil); !m.Hub {
		t.Error("the machine does not say that it is a hub")
	}
	began := time.Now()
	o := ask[OpenedRecording](v, "POST", "/api/v1/boards/log", OpenBoards{Boards: []string{"lab/one"}, SinceMS: 60_000})
	if len(o.Sessions) != 1 || o.Sessions[0].Name != "hub:lab/one" || !o.Sessions[0].Recording.Live || o.Sessions[0].Until != "" {
		t.Fatalf("%+v", o)
	}
	at := sockeye.IPSocketAddr(netip.MustParseAddrPort("192.0.2.5:41000"))
	s := &sockeye.Session{ID: "s1", Endpoint: sockeye.Endpoint{Mode: sockeye.Listen, Address: sockeye.Address{Network: sockeye.TCP, Port: 10000}}}
	p := &sockeye.Peer{ID: 7, Session: s, Network: sockeye.TCP, Remote: at}
	for _, e := range []sockeye.Event{
		{Kind: sockeye.Opened, Session: s, Detail: &sockeye.Detail{}},
		{Kind: sockeye.Joined, Session: s, Peer: p},
		{Kind: sockeye.Received, Session: s, Peer: p, Data: []byte("21.5")},
		{Kind: sockeye.Gap, Detail: &sockeye.Detail{Lost: sockeye.Lost{Events: 3}}},
	} {
		e.Time = began
		h.events <- core.LiveEvent{From: "lab/one", Event: e}
	}
	v.follow(func(l Live) bool {
		for _, s := range l.Sessions {
			if s.ID == "r1.s1" && s.Recording.Next == 5 && s.ReceivedMessages == 1 {
				return true
			}
		}
		return false
	})
	page := ask[Events](v, "GET", "/api/v1/events?session=r1.s1", nil)
	var got []string
	for _, e := range page.Events {
		got = append(got, fmt.Sprintf("%d %s %s", e.Seq, e.Kind, e.Alias))
	}
	want := "1 opened lab/one s1, 2 joined lab/one s1 192.0.2.5:41000, 3 received lab/one s1 192.0.2.5:41000, 4 gap lab/one"
	if text := strings.Join(got, ", "); text != want {
		t.Errorf("got  %s\nwant %s", text, want)
	}
	if len(h.asked) != 1 || began.Sub(h.since).Round(time.Second) != time.Minute {
		t.Errorf("asked for %q since %v before", h.asked, began.Sub(h.since))
	}
	ask[Session](v, "DELETE", "/api/v1/sessions/r1.s1", nil)
	<-h.ended
	if all := ask[Sessions](v, "GET", "/api/v1/sessions", nil).Sessions; len(all) != 0 {
		t.Errorf("%+v", all)
	}
}

// How the following ended, if not by us, is the last event of the log.
func TestBoardsLogEnds(t *testing.T) {
	v, h := withHub(t)
	ask[OpenedRecording](v, "POST", "/api/v1/boards/log", OpenBoards{All: true})
	close(h.events)
	<-h.ended
	v.follow(func(l Live) bool { return len(l.Sessions) == 1 && l.Sessions[0].Recording.Next == 2 })
	if e := ask[Events](v, "GET", "/api/v1/events?session=r1.s1", nil).Events; len(e) != 1 || e[0].Kind != "error" || e[0].Error.Message != "the hub is gone" {
		t.Errorf("%+v", e)
	}
}

// Boards are asked to send, and each answers.
func TestBoardsSend(t *testing.T) {
	v, _ := withHub(t)
	got := ask[SentByBoards](v, "POST", "/api/v1/boards/send", SendByBoards{All: true, Session: "s9", Payload: &Payload{Kind: "hex", Text: "01 02"}, WaitMS: 3000})
	if string(got.Data) != "\x01\x02" || len(got.Results) != 2 || got.Results[0] != (SentByBoard{Board: "lab/one", Result: "delivered", Peers: 2}) ||
		got.Results[1].Result != "refused" || got.Results[1].Error.Message != "no s9 in 3s" {
		t.Errorf("%+v", got)
	}
}

// A board that is named twice is a slip: it would send twice.
func TestBoardNamedTwice(t *testing.T) {
	v, _ := withHub(t)
	f := v.failingWith(http.StatusBadRequest, v.request("POST", "/api/v1/boards/send", SendByBoards{Boards: []string{"lab/one", "lab/two", "lab/one"}, Data: []byte("x")}))
	if f.Target != "boards[2]" || f.Message != "named twice" {
		t.Errorf("%+v", f)
	}
}

// A workbench that is no hub says so, and how to start one.
func TestNoHub(t *testing.T) {
	v := serve(t)
	for _, r := range []*http.Request{v.request("GET", "/api/v1/boards", nil), v.request("POST", "/api/v1/boards/log", OpenBoards{All: true}), v.request("POST", "/api/v1/boards/send", SendByBoards{All: true, Data: []byte("x")})} {
		if f := v.failingWith(http.StatusNotFound, r); f.Message != "this workbench is no hub" || !strings.Contains(f.Hint, "sockeye hub") {
			t.Errorf("%s %s: %+v", r.Method, r.URL.Path, f)
		}
	}
}
