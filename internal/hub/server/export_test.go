package server

import (
	"io"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sockeye"
	"sockeye/internal/hub"
	"sockeye/internal/recording"
)

// Whatever a board puts into the stream can be written as a recording.
func FuzzExport(f *testing.F) {
	f.Add("listen tcp://:10000", `{"v":1,"seq":1,"time":"2026-11-29T12:00:00Z","session":"s1","kind":"received","network":"tcp","local":"127.0.0.1:1","peer":"127.0.0.1:2","peer_id":3,"bytes":1,"data":"YQ=="}`)
	f.Add("connect serial:///dev/x", `{"v":1,"seq":1,"session":"s1","kind":"joined","network":"serial","peer":"x","peer_id":1}`)
	f.Add("", `{"v":1,"kind":"error","error":{"kind":"x","message":"y"}}`)
	f.Add("listen ws://:1", `{"v":1,"seq":9,"session":"s1","kind":"gap","lost":{"events":3,"bytes":4}}`)
	f.Fuzz(func(t *testing.T, endpoint, text string) {
		header := map[string][]string{"Sockeye-Version": {"1"}, "Sockeye-Endpoint": {endpoint}}
		events, _ := hub.NewMessageDecoder().Events(header, []byte(text))
		for _, several := range []bool{false, true} {
			w, err := recording.OpenWriter(recording.WriteOptions{Out: io.Discard})
			if err != nil {
				t.Fatal(err)
			}
			n := newNames(several)
			for _, e := range events {
				w.Append(n.event(&hub.BoardEvent{BoardID: hub.BoardID{Site: "a", Name: "b"}, Event: e}))
			}
			if err := w.Close(); err != nil {
				t.Error(err)
			}
		}
	})
}

// A time is read in each form that the flags take.
func TestParseTime(t *testing.T) {
	now := time.Date(2026, 11, 29, 12, 0, 0, 0, time.Local)
	for text, want := range map[string]time.Time{
		"": {}, "10m": now.Add(-10 * time.Minute), "2026-11-29 11:30:00": now.Add(-30 * time.Minute),
		"2026-11-29": now.Add(-12 * time.Hour), now.UTC().Format(time.RFC3339): now,
	} {
		if got, err := parseTime("--since", text, now); err != nil || !got.Equal(want) {
			t.Errorf("%q is %v, %v; want %v", text, got, err, want)
		}
	}
	if _, err := parseTime("--since", "yesterday", now); sockeye.ErrorOf(err) == nil {
		t.Error("yesterday is taken for a time")
	}
}

// Sessions, peers and events of several boards keep apart.
func TestNames(t *testing.T) {
	n := newNames(true)
	var got []string
	for _, board := range []string{"one", "two"} {
		s := &sockeye.Session{ID: "s1"}
		p := &sockeye.Peer{ID: 1, Session: s}
		for seq := uint64(1); seq <= 2; seq++ {
			e := n.event(&hub.BoardEvent{BoardID: hub.BoardID{Site: "lab", Name: board}, Event: sockeye.Event{Seq: seq, Kind: sockeye.Received, Session: s, Peer: p}})
			got = append(got, e.Session.ID+" "+string('0'+rune(e.Peer.ID))+" "+string('0'+rune(e.Seq)))
		}
	}
	if diff := cmp.Diff([]string{"lab/one/s1 1 1", "lab/one/s1 1 2", "lab/two/s1 2 3", "lab/two/s1 2 4"}, got); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
}
