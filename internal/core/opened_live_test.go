package core

import (
	"context"
	"fmt"
	"iter"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sockeye"
	"sockeye/internal/journal"
)

// openLive opens events as a log that grows, and gives those that are in it in the end.
func openLive(t *testing.T, events []LiveEvent) (*OpenedRecording, []sockeye.Event) {
	t.Helper()
	w := New(0)
	t.Cleanup(func() { w.Shutdown(context.Background()) })
	o, err := w.OpenLive("hub:", func(context.Context) iter.Seq2[LiveEvent, error] {
		return func(yield func(LiveEvent, error) bool) {
			for _, e := range events {
				if !yield(e, nil) {
					return
				}
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	<-o.ended
	c := o.Reader.View(0)
	defer c.Close()
	var all []sockeye.Event
	for {
		e, ok := c.Try()
		if !ok {
			return o, all
		}
		all = append(all, e)
	}
}

// Boards' clocks differ, and a board that was away tells what is old: each event keeps the
// time that its board gave it.
func TestLiveEventsKeepTheirTimes(t *testing.T) {
	noon := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	session := &sockeye.Session{ID: "s1", Endpoint: sockeye.Endpoint{Mode: sockeye.Connect, Address: sockeye.Address{Network: sockeye.TCP}}}
	peer := &sockeye.Peer{ID: 1, Session: session, Network: sockeye.TCP}
	want := []time.Time{noon, noon.Add(-7 * 24 * time.Hour), noon.Add(time.Hour), noon.Add(-time.Second)}
	var events []LiveEvent
	for n, at := range want {
		events = append(events, LiveEvent{From: fmt.Sprint("lab/board-", n%2), Event: sockeye.Event{Time: at, Kind: sockeye.Received, Session: session, Peer: peer, Data: []byte("x")}})
	}
	o, got := openLive(t, events)
	var times []time.Time
	for _, e := range got {
		times = append(times, e.Time.UTC())
	}
	if diff := cmp.Diff(want, times); diff != "" {
		t.Errorf("times (-of the boards +in the log):\n%s", diff)
	}
	if last := o.Sessions()[0].Facts().Last; !last.Equal(noon.Add(time.Hour)) {
		t.Errorf("the last event is of %v, want the latest time", last)
	}
}

// A board that makes up sessions and peers without end takes no memory without end, and its
// events are in the log all the same.
func TestLiveNamesAreBounded(t *testing.T) {
	j := journal.NewForeign(0)
	l := newLiveCopy(j, &OpenedSession{Session: &sockeye.Session{ID: "r1.s1"}, Recording: &OpenedRecording{}})
	const n = 3 * liveNames
	for i := range n {
		s := &sockeye.Session{ID: fmt.Sprint("s", i)}
		l.event(LiveEvent{Event: sockeye.Event{Time: time.Now(), Kind: sockeye.Joined, Session: s, Peer: &sockeye.Peer{ID: uint64(i), Session: s, Network: sockeye.TCP}}})
		if names := len(l.sessions) + len(l.standIns) + len(l.peers); names > liveNames+1 {
			t.Fatalf("%d names are kept after %d sessions", names, i)
		}
	}
	if got := l.of.Facts().Events; got != n {
		t.Errorf("%d events in the log, want %d", got, n)
	}
}
