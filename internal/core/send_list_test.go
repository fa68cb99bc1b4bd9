package core

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sockeye"
	"sockeye/internal/responder"
	"sockeye/internal/schedule"
)

// listening is a session with two peers, and what both of them got.
func listening(t testing.TB) (*Core, *Session, []*Session) {
	t.Helper()
	bench := New(0)
	t.Cleanup(func() { bench.Shutdown(context.Background()) })
	server, err := bench.Open(t.Context(), mustEndpoint(t, sockeye.Listen, "127.0.0.1:0"), responder.Answer{})
	if err != nil {
		t.Fatal(err)
	}
	var clients []*Session
	for range 2 {
		c, err := bench.Open(t.Context(), mustEndpoint(t, sockeye.Connect, server.Locals()[0].String()), responder.Answer{})
		if err != nil {
			t.Fatal(err)
		}
		clients = append(clients, c)
	}
	events := bench.View(0)
	defer events.Close()
	for joined := 0; joined < 2; {
		e, err := events.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if e.Kind == sockeye.Joined && e.Session == server.id {
			joined++
		}
	}
	return bench, server, clients
}

func mustEndpoint(t testing.TB, mode sockeye.Mode, address string) sockeye.Endpoint {
	t.Helper()
	a, err := sockeye.ParseAddress(address)
	if err != nil {
		t.Fatal(err)
	}
	return sockeye.Endpoint{Mode: mode, Address: a}
}

// received waits until a session has received as many bytes.
func received(t *testing.T, bench *Core, s *Session, n int) string {
	t.Helper()
	events := bench.View(0)
	defer events.Close()
	var got []byte
	for len(got) < n {
		e, err := events.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if e.Kind == sockeye.Received && e.Session == s.id {
			got = append(got, e.Data...)
		}
	}
	return string(got)
}

// A list goes to the peers its rows name, numbered, and its progress is counted.
func TestSendList(t *testing.T) {
	bench, server, clients := listening(t)
	bench.SetLookup(func(name string) (string, bool) { return "v", name == "var.x" })
	first := server.Peers()[0]
	if err := server.Alias(first, "board"); err != nil {
		t.Fatal(err)
	}
	run, err := server.Sender().StartList(schedule.List{Times: 2, Rows: []schedule.Row{
		{Text: "<{{seq}}{{var.x}}{{var.y}}>"}, {Text: "off", Off: true}, {Text: "{{peer.alias}}!", To: "board", Repeat: 2}, {Text: "no", To: "nobody"},
	}}, ListOptions{Lookup: func(name string) (string, bool) { return "w", name == "var.y" }})
	if err != nil {
		t.Fatal(err)
	}
	<-run.Done()
	boards := "<1vw>board!board!<2vw>board!board!"
	for _, c := range clients {
		want := "<1vw><2vw>"
		if c.Peers()[0].Local == first.Remote {
			want = boards
		}
		if got := received(t, bench, c, len(want)); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	p := run.Progress()
	if p.MeanLate > p.MostLate || p.Err == nil || p.Err.Kind != sockeye.NotFound {
		t.Errorf("%+v, %v", p, p.Err)
	}
	p.MeanLate, p.MostLate, p.Err = 0, 0, nil
	want := schedule.RunProgress{Total: 8, Steps: 8, Step: schedule.ScheduledRow{Row: 3, Round: 1}, Messages: 8, Bytes: uint64(len(boards) + 10), Skipped: 2}
	if diff := cmp.Diff(want, p); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A run stops at once, and with its session.
func TestSendListStops(t *testing.T) {
	bench, server, clients := listening(t)
	run, err := server.Sender().StartList(schedule.Every(schedule.Row{Text: "tick"}, time.Millisecond, 0), ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	received(t, bench, clients[0], 40)
	run.Stop()
	sent := run.Progress()
	if sent.Running || sent.Messages < 10 || sent.Total != 0 {
		t.Errorf("%+v", sent)
	}
	again, err := server.Sender().StartList(schedule.Every(schedule.Row{Text: "tick"}, time.Hour, 0), ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if got := server.Sender().Runs(); !slices.Equal(got, []*schedule.Run{run, again}) || again.ID() != "r2" {
		t.Errorf("%v", got)
	}
	server.transport.Close()
	<-again.Done()
	if !cmp.Equal(run.Progress(), sent) {
		t.Errorf("after Stop %+v, now %+v", sent, run.Progress())
	}
	if _, err := clients[0].Sender().StartList(schedule.List{Times: 1, Rows: []schedule.Row{{Text: "{{nothing}}"}}}, ListOptions{}); sockeye.ErrorOf(err) == nil {
		t.Error("a wrong payload is no error")
	}
}

// Nobody there is no reason to end: the list goes on when somebody comes.
func TestSendListToNobody(t *testing.T) {
	bench := New(0)
	defer bench.Shutdown(context.Background())
	server, err := bench.Open(t.Context(), mustEndpoint(t, sockeye.Listen, "127.0.0.1:0"), responder.Answer{})
	if err != nil {
		t.Fatal(err)
	}
	run, err := server.Sender().StartList(schedule.Every(schedule.Row{Text: "x"}, time.Millisecond, 20), ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	<-run.Done()
	if p := run.Progress(); p.Skipped != 20 || p.Messages != 0 || p.Err != nil {
		t.Errorf("%+v", p)
	}
	const maxEndedRuns = 16 // of package schedule
	for range maxEndedRuns + 5 {
		if run, err = server.Sender().StartList(schedule.Every(schedule.Row{Text: "x"}, 0, 1), ListOptions{}); err != nil {
			t.Fatal(err)
		}
		<-run.Done()
	}
	if n := len(server.Sender().Runs()); n > maxEndedRuns+1 {
		t.Errorf("%d ended runs are remembered", n)
	}
}

// A run of somebody who is gone for good ends; one that names somebody who is there,
// too, goes on without the other.
func TestSendListToTheGone(t *testing.T) {
	bench, server, clients := listening(t)
	peers := server.Peers()
	gone, there := peers[0], peers[1]
	one, err := server.Sender().StartList(schedule.Every(schedule.Row{Text: "x"}, time.Millisecond, 0), ListOptions{To: []string{"#" + fmt.Sprint(gone.ID)}})
	if err != nil {
		t.Fatal(err)
	}
	both, err := server.Sender().StartList(schedule.Every(schedule.Row{Text: "y"}, time.Millisecond, 0), ListOptions{To: []string{fmt.Sprint(gone.ID), fmt.Sprint(there.ID)}})
	if err != nil {
		t.Fatal(err)
	}
	later, err := server.Sender().StartList(schedule.Every(schedule.Row{Text: "z"}, time.Millisecond, 0), ListOptions{To: []string{fmt.Sprint(there.ID + 1000)}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range clients {
		if c.Peers()[0].Local == there.Remote {
			defer func() { received(t, bench, c, 200) }()
		}
	}
	gone.Abort()
	<-one.Done()
	if p := one.Progress(); p.Err == nil || p.Err.Kind != sockeye.NotFound || p.Running {
		t.Errorf("%+v", p)
	}
	for p := both.Progress(); p.Failed < 10; p = both.Progress() {
		if !p.Running {
			t.Fatalf("ended: %+v", p)
		}
		runtime.Gosched()
	}
	if p := later.Progress(); !p.Running {
		t.Errorf("a peer that may come is not waited for: %+v", p)
	}
}

// A list may wait for somebody to be there; so many runs there may be, and no more.
func TestSendListWaits(t *testing.T) {
	bench := New(0)
	defer bench.Shutdown(context.Background())
	server := open(t, bench, mustEndpoint(t, sockeye.Listen, "127.0.0.1:0"), responder.Answer{})
	run, err := server.Sender().StartList(schedule.List{Times: 1, Rows: []schedule.Row{{Text: "first", Delay: time.Millisecond}, {Text: "second"}}}, ListOptions{Wait: true})
	if err != nil {
		t.Fatal(err)
	}
	never := schedule.Every(schedule.Row{Text: "x"}, time.Hour, 0)
	for range schedule.MaxRuns - 1 {
		if _, err := server.Sender().StartList(never, ListOptions{To: []string{"nobody"}}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := server.Sender().StartList(never, ListOptions{}); sockeye.ErrorOf(err) == nil || sockeye.ErrorOf(err).Kind != sockeye.LimitReached {
		t.Errorf("one more than may be: %v", err)
	}
	client := open(t, bench, mustEndpoint(t, sockeye.Connect, server.Locals()[0].String()), responder.Answer{})
	if got := received(t, bench, client, 11); got != "firstsecond" {
		t.Errorf("%q", got)
	}
	<-run.Done()
	if p := run.Progress(); p.Messages != 2 || p.Skipped != 0 {
		t.Errorf("%+v", p)
	}
}

// BenchmarkPacing sends every 10 ms and reports how late messages to a peer begin. A run of 10,000 takes 100 s: go test -run '^$' -bench Pacing
// -benchtime 10000x.
func BenchmarkPacing(b *testing.B) {
	const interval = 10 * time.Millisecond
	report := func(b *testing.B, mean, most time.Duration) {
		b.ReportMetric(float64(mean.Nanoseconds())/1000, "µs-late/op")
		b.ReportMetric(float64(most.Nanoseconds())/1000, "µs-late-max")
	}
	b.Run("peer", func(b *testing.B) {
		_, server, _ := listening(b)
		run, err := server.Sender().StartList(schedule.Every(schedule.Row{Text: "x"}, interval, b.N), ListOptions{})
		if err != nil {
			b.Fatal(err)
		}
		<-run.Done()
		p := run.Progress()
		if p.Messages != 2*uint64(b.N) {
			b.Fatalf("%+v", p)
		}
		report(b, p.MeanLate, p.MostLate)
	})
}
