package server

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"sockeye/internal/api"
	"sockeye/internal/hub"
)

// startService starts a server and its service in this process.
func startService(tb testing.TB) *EnrolmentService {
	tb.Helper()
	dir := tb.TempDir()
	a, err := LoadAuthority(dir)
	if err != nil {
		tb.Fatal(err)
	}
	node, err := StartNode(a, NodeOptions{Dir: dir, Listen: "127.0.0.1:0"})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(node.Close)
	s, err := StartService(tb.Context(), a, ServiceOptions{URLs: "tls://" + node.Addr().String(), Pin: node.Pin(), Replicas: 1})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(s.Close)
	return s
}

// enter enrols a board without a code.
func enter(tb testing.TB, s *EnrolmentService, e Enrolled) {
	tb.Helper()
	if err := s.registry.put(tb.Context(), &e); err != nil {
		tb.Fatal(err)
	}
}

// says is a status of a board as it comes from the server.
func says(tb testing.TB, s *EnrolmentService, b hub.BoardID, st hub.BoardStatus) {
	tb.Helper()
	text, err := json.Marshal(st)
	if err != nil {
		tb.Fatal(err)
	}
	s.onStatus(&nats.Msg{Subject: b.Status(), Data: text})
}

// shown waits until the page's list of boards is as it is to be.
func shown(tb testing.TB, s *EnrolmentService, ok func([]api.Board) bool) []api.Board {
	tb.Helper()
	for until := time.Now().Add(time.Minute); ; {
		all, err := boardsPage{s}.Boards(tb.Context())
		if err != nil {
			tb.Fatal(err)
		}
		if ok(all) {
			return all
		}
		if time.Now().After(until) {
			tb.Fatalf("%d boards are shown, not as they should be", len(all))
		}
		time.Sleep(time.Millisecond)
	}
}

// The list of the page follows the registry: boards that come, change and are revoked.
func TestRosterFollowsTheRegistry(t *testing.T) {
	s := startService(t)
	one, two := hub.BoardID{Site: "lab", Name: "one"}, hub.BoardID{Site: "lab", Name: "two"}
	enter(t, s, Enrolled{BoardID: two, Key: "U2", Since: time.Now()})
	enter(t, s, Enrolled{BoardID: one, Key: "U1", Since: time.Now(), Labels: map[string]string{"kind": "press"}})
	all := shown(t, s, func(all []api.Board) bool { return len(all) == 2 })
	if all[0].Name != "lab/one" || all[0].State != "never" || all[0].Labels["kind"] != "press" || all[1].Name != "lab/two" {
		t.Errorf("%+v", all)
	}
	says(t, s, one, hub.BoardStatus{V: 1, Version: "1", Instance: "x", Time: time.Now(), Sends: true})
	shown(t, s, func(all []api.Board) bool { return all[0].State == "alive" && all[0].CanSend })
	if err := s.registry.Revoke(t.Context(), one); err != nil {
		t.Fatal(err)
	}
	shown(t, s, func(all []api.Board) bool { return all[0].State == "revoked" && all[1].State == "never" })
}

// A page asks every few seconds how ten thousand boards are: it costs neither JetStream nor
// the processor much.
func BenchmarkBoards(b *testing.B) {
	s := startService(b)
	const boards = 10_000
	for n := range boards {
		one := hub.BoardID{Site: fmt.Sprint("site-", n%10), Name: fmt.Sprint("board-", n)}
		enter(b, s, Enrolled{BoardID: one, Key: fmt.Sprintf("U%055d", n), Since: time.Now(), Labels: map[string]string{"kind": "press"}})
		says(b, s, one, hub.BoardStatus{V: 1, Version: "v0.1.0", Instance: "x", Time: time.Now(), Acknowledged: 1234, Sends: true,
			Sessions: []hub.StatusSession{{ID: "s1", Mode: "listen", Address: "tcp://:10000", Peers: 3}}})
	}
	shown(b, s, func(all []api.Board) bool { return len(all) == boards })
	b.ResetTimer()
	b.ReportAllocs()
	for b.Loop() {
		all, err := boardsPage{s}.Boards(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		text, err := json.Marshal(api.Boards{Boards: all})
		if err != nil || len(all) != boards {
			b.Fatal(len(all), err)
		}
		b.ReportMetric(float64(len(text)), "bytes/list")
	}
}
