package offline

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sockeye"
	"sockeye/internal/pcapng"
	"sockeye/internal/terminal"
)

// What TCP did for a peer while somebody looked is shown of a recording: as a table with
// bars, and as JSON.
func TestLogTCP(t *testing.T) {
	at := time.Date(2026, 1, 31, 9, 30, 15, 0, time.UTC)
	s := &sockeye.Session{ID: "s1", Endpoint: sockeye.Endpoint{Mode: sockeye.Listen, Address: sockeye.Address{Network: sockeye.TCP, Port: 10000}}}
	p := &sockeye.Peer{ID: 1, Session: s, Network: sockeye.TCP, Local: sockeye.ParseSocketAddr("127.0.0.1:10000"), Remote: sockeye.ParseSocketAddr("127.0.0.1:54321")}
	events := []sockeye.Event{{Kind: sockeye.Opened}, {Kind: sockeye.Joined, Peer: p}}
	for n := range 3 {
		events = append(events, sockeye.Event{Kind: sockeye.Sampled, Peer: p, Detail: &sockeye.Detail{TCP: &sockeye.TCPSample{
			TCPInfo: sockeye.TCPInfo{State: "ESTABLISHED", RTT: time.Duration(n+1) * time.Millisecond, InFlight: uint32(1000 * n), SendMSS: 1448}, Unsent: 1000 * n, NotReadingFor: time.Duration(n) * time.Second}}})
	}
	encoder := pcapng.NewEncoder(pcapng.EncodeOptions{})
	file := encoder.Begin(nil, at)
	for n := range events {
		events[n].Seq, events[n].Time, events[n].Session = uint64(n+1), at.Add(time.Duration(n)*time.Second), s
		file = encoder.Append(file, &events[n])
	}
	path := filepath.Join(t.TempDir(), "rec.pcapng")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	a := &commands{Terminal: &terminal.Terminal{Streams: terminal.Streams{Out: &out, Err: &out}, Ctx: t.Context(), Lang: sockeye.English}}
	if err := a.logTCP([]string{path}, &filterFlags{}, false); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"127.0.0.1:54321", "3ms", "2000", "▃▅█", "the peer does not read: its window is 0 since 2s"} {
		if !strings.Contains(out.String(), part) {
			t.Errorf("%q is not in\n%s", part, out.String())
		}
	}
	out.Reset()
	if err := a.logTCP([]string{path}, &filterFlags{}, true); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(out.String(), `"kind":"sample"`); n != 3 || !strings.Contains(out.String(), `"limit":"peer-window"`) {
		t.Errorf("%d lines of JSON: %s", n, out.String())
	}
}
