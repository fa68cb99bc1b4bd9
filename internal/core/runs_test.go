package core

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"sockeye"
	"sockeye/internal/sendlist"
)

// Each message begins at its time, however long the sends before it took.
func TestPlayKeepsTheRhythm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := sendlist.Every(sendlist.Row{Text: "x"}, 10*time.Millisecond, 1000)
		start, n := time.Now(), 0
		play(t.Context(), l.Playback(), time.Sleep, func(_ context.Context, s sendlist.ScheduledRow, late time.Duration, delayed bool) {
			if at := time.Since(start); at != time.Duration(n)*10*time.Millisecond || late != 0 || delayed {
				t.Fatalf("message %d at %s, %s late, %v", n, at, late, delayed)
			}
			n++
			time.Sleep(time.Duration(n%9) * time.Millisecond)
		})
		if n != 1000 {
			t.Errorf("%d messages", n)
		}
	})
}

// What is a little late is caught up with; after a long stop the rest is put off, and
// no burst comes.
func TestPlayAfterAStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := sendlist.Every(sendlist.Row{Text: "x"}, 100*time.Millisecond, 8)
		start, n := time.Now(), 0
		var at, lates []time.Duration
		puts := 0
		play(t.Context(), l.Playback(), time.Sleep, func(_ context.Context, _ sendlist.ScheduledRow, late time.Duration, delayed bool) {
			at, lates = append(at, time.Since(start)/time.Millisecond), append(lates, late/time.Millisecond)
			if delayed {
				puts++
			}
			switch n++; n {
			case 2:
				time.Sleep(250 * time.Millisecond)
			case 6:
				time.Sleep(5 * time.Second)
			}
		})
		if diff := cmp.Diff([]time.Duration{0, 100, 350, 350, 400, 500, 5500, 5600}, at); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]time.Duration{0, 0, 150, 50, 0, 0, 4900, 0}, lates); diff != "" || puts != 1 {
			t.Errorf("put off %d times; late (-want +got):\n%s", puts, diff)
		}
	})
}

func TestPlayStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		l := sendlist.Every(sendlist.Row{Text: "x"}, time.Hour, 0)
		start, n := time.Now(), 0
		time.AfterFunc(90*time.Minute, stop)
		play(ctx, l.Playback(), time.Sleep, func(context.Context, sendlist.ScheduledRow, time.Duration, bool) { n++ })
		if at := time.Since(start); n != 2 || at != 90*time.Minute {
			t.Errorf("%d messages, ended after %s", n, at)
		}
	})
}

// listening is a session with two peers, and what both of them got.
func listening(t testing.TB) (*Core, *Session, []*Session) {
	t.Helper()
	bench := New(0)
	t.Cleanup(func() { bench.Shutdown(context.Background()) })
	server, err := bench.Open(t.Context(), mustEndpoint(t, sockeye.Listen, "127.0.0.1:0"), Answer{})
	if err != nil {
		t.Fatal(err)
	}
	var clients []*Session
	for range 2 {
		c, err := bench.Open(t.Context(), mustEndpoint(t, sockeye.Connect, server.Locals()[0].String()), Answer{})
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
	run, err := server.SendList(sendlist.List{Times: 2, Rows: []sendlist.Row{
		{Text: "<{{seq}}{{var.x}}{{var.y}}>"}, {Text: "off", Off: true}, {Text: "{{peer.alias}}!", To: "board", Repeat: 2}, {Text: "no", To: "nobody"},
	}}, RunOptions{Lookup: func(name string) (string, bool) { return "w", name == "var.y" }})
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
	want := Progress{Total: 8, Steps: 8, Step: sendlist.ScheduledRow{Row: 3, Round: 1}, Messages: 8, Bytes: uint64(len(boards) + 10), Skipped: 2}
	if diff := cmp.Diff(want, p); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A run stops at once, and with its session.
func TestSendListStops(t *testing.T) {
	bench, server, clients := listening(t)
	run, err := server.SendList(sendlist.Every(sendlist.Row{Text: "tick"}, time.Millisecond, 0), RunOptions{})
	if err != nil {
		t.Fatal(err)
	}
	received(t, bench, clients[0], 40)
	run.Stop()
	sent := run.Progress()
	if sent.Running || sent.Messages < 10 || sent.Total != 0 {
		t.Errorf("%+v", sent)
	}
	again, err := server.SendList(sendlist.Every(sendlist.Row{Text: "tick"}, time.Hour, 0), RunOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if got := server.Runs(); !slices.Equal(got, []*Run{run, again}) || again.ID() != "r2" {
		t.Errorf("%v", got)
	}
	server.Close()
	<-again.Done()
	if run.Progress() != sent {
		t.Errorf("after Stop %+v, now %+v", sent, run.Progress())
	}
	if _, err := clients[0].SendList(sendlist.List{Times: 1, Rows: []sendlist.Row{{Text: "{{nothing}}"}}}, RunOptions{}); sockeye.ErrorOf(err) == nil {
		t.Error("a wrong payload is no error")
	}
}

// Nobody there is no reason to end: the list goes on when somebody comes.
func TestSendListToNobody(t *testing.T) {
	bench := New(0)
	defer bench.Shutdown(context.Background())
	server, err := bench.Open(t.Context(), mustEndpoint(t, sockeye.Listen, "127.0.0.1:0"), Answer{})
	if err != nil {
		t.Fatal(err)
	}
	run, err := server.SendList(sendlist.Every(sendlist.Row{Text: "x"}, time.Millisecond, 20), RunOptions{})
	if err != nil {
		t.Fatal(err)
	}
	<-run.Done()
	if p := run.Progress(); p.Skipped != 20 || p.Messages != 0 || p.Err != nil {
		t.Errorf("%+v", p)
	}
	for range maxEndedRuns + 5 {
		if run, err = server.SendList(sendlist.Every(sendlist.Row{Text: "x"}, 0, 1), RunOptions{}); err != nil {
			t.Fatal(err)
		}
		<-run.Done()
	}
	if n := len(server.Runs()); n > maxEndedRuns+1 {
		t.Errorf("%d ended runs are remembered", n)
	}
}

// A run of somebody who is gone for good ends; one that names somebody who is there,
// too, goes on without the other.
func TestSendListToTheGone(t *testing.T) {
	bench, server, clients := listening(t)
	peers := server.Peers()
	gone, there := peers[0], peers[1]
	one, err := server.SendList(sendlist.Every(sendlist.Row{Text: "x"}, time.Millisecond, 0), RunOptions{To: []string{"#" + fmt.Sprint(gone.ID)}})
	if err != nil {
		t.Fatal(err)
	}
	both, err := server.SendList(sendlist.Every(sendlist.Row{Text: "y"}, time.Millisecond, 0), RunOptions{To: []string{fmt.Sprint(gone.ID), fmt.Sprint(there.ID)}})
	if err != nil {
		t.Fatal(err)
	}
	later, err := server.SendList(sendlist.Every(sendlist.Row{Text: "z"}, time.Millisecond, 0), RunOptions{To: []string{fmt.Sprint(there.ID + 1000)}})
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
	server := open(t, bench, mustEndpoint(t, sockeye.Listen, "127.0.0.1:0"), Answer{})
	run, err := server.SendList(sendlist.List{Times: 1, Rows: []sendlist.Row{{Text: "first", Delay: time.Millisecond}, {Text: "second"}}}, RunOptions{Wait: true})
	if err != nil {
		t.Fatal(err)
	}
	never := sendlist.Every(sendlist.Row{Text: "x"}, time.Hour, 0)
	for range MaxRuns - 1 {
		if _, err := server.SendList(never, RunOptions{To: []string{"nobody"}}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := server.SendList(never, RunOptions{}); sockeye.ErrorOf(err) == nil || sockeye.ErrorOf(err).Kind != sockeye.LimitReached {
		t.Errorf("one more than may be: %v", err)
	}
	client := open(t, bench, mustEndpoint(t, sockeye.Connect, server.Locals()[0].String()), Answer{})
	if got := received(t, bench, client, 11); got != "firstsecond" {
		t.Errorf("%q", got)
	}
	<-run.Done()
	if p := run.Progress(); p.Messages != 2 || p.Skipped != 0 {
		t.Errorf("%+v", p)
	}
}

// BenchmarkRhythm sends every 10 ms and reports how late messages begin: as planned,
// and to a peer. A run of 10,000 takes 100 s: go test -run '^$' -bench Rhythm
// -benchtime 10000x.
func BenchmarkRhythm(b *testing.B) {
	const interval = 10 * time.Millisecond
	report := func(b *testing.B, mean, most time.Duration) {
		b.ReportMetric(float64(mean.Nanoseconds())/1000, "µs-late/op")
		b.ReportMetric(float64(most.Nanoseconds())/1000, "µs-late-max")
	}
	b.Run("plan", func(b *testing.B) {
		l := sendlist.Every(sendlist.Row{Text: "x"}, interval, b.N)
		var sum, most time.Duration
		play(context.Background(), l.Playback(), preciseSleep, func(_ context.Context, _ sendlist.ScheduledRow, late time.Duration, _ bool) {
			sum += late
			most = max(most, late)
		})
		report(b, sum/time.Duration(b.N), most)
	})
	b.Run("peer", func(b *testing.B) {
		_, server, _ := listening(b)
		run, err := server.SendList(sendlist.Every(sendlist.Row{Text: "x"}, interval, b.N), RunOptions{})
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
