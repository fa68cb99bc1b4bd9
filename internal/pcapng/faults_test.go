package pcapng

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sockeye"
)

// faultComments are the comments of a section header that name faults.
func faultComments(header []byte) (out []string) {
	for _, part := range bytes.Split(header, []byte("faults were set in "))[1:] {
		text, _, _ := bytes.Cut(part, []byte{0})
		out = append(out, strings.TrimRightFunc(string(text), func(r rune) bool { return r < ' ' || r > '~' }))
	}
	return out
}

// The header of a segment names the faults that are set when it begins: those that were
// set before the recording, with what events changed since, until the session ends.
func TestSegmentHeaderNamesFaults(t *testing.T) {
	began := time.Unix(1_700_000_000, 0)
	relay := &sockeye.Session{ID: "s1", Endpoint: sockeye.Endpoint{Mode: sockeye.Listen, Address: sockeye.Address{Network: sockeye.TCP, Host: "127.0.0.1", Port: 10001}}}
	e := NewEncoder(EncodeOptions{Run: 7, Faults: map[*sockeye.Session]sockeye.ActiveFaults{relay: {"latency 20ms"}}})
	var whole []byte
	var events []sockeye.Event
	begin := func(want ...string) {
		t.Helper()
		header := e.Begin(nil, began.Add(time.Duration(len(whole))))
		if diff := cmp.Diff(want, faultComments(header)); diff != "" {
			t.Errorf("after %d events (-want +got):\n%s", len(events), diff)
		}
		whole = append(whole, header...)
	}
	record := func(kind sockeye.EventKind, f *sockeye.FaultEvent) {
		ev := sockeye.Event{Seq: uint64(len(events) + 1), Kind: kind, Session: relay, Time: began.Add(time.Duration(len(events)) * time.Second), Detail: &sockeye.Detail{Fault: f}}
		if f == nil {
			ev.Detail = &sockeye.Detail{Reason: sockeye.ReasonLocal}
		}
		whole, events = e.Append(whole, &ev), append(events, ev)
	}
	begin("session s1 when this segment began: latency 20ms")
	record(sockeye.Faulted, &sockeye.FaultEvent{Kind: "set", Fault: "latency 20ms"})
	record(sockeye.Faulted, &sockeye.FaultEvent{Kind: "set", Fault: "drop 5% seed 7"})
	record(sockeye.Faulted, &sockeye.FaultEvent{Kind: "drop", Fault: "drop 5% seed 7", Bytes: 3})
	begin("session s1 when this segment began: latency 20ms; drop 5% seed 7")
	record(sockeye.Faulted, &sockeye.FaultEvent{Kind: "clear", Fault: "latency 20ms"})
	begin("session s1 when this segment began: drop 5% seed 7")
	record(sockeye.Faulted, &sockeye.FaultEvent{Kind: "expire", Fault: "drop 5% seed 7"})
	begin()
	record(sockeye.Faulted, &sockeye.FaultEvent{Kind: "set", Fault: "stall"})
	record(sockeye.Ended, nil)
	begin()
	wantEvents(t, events, whole)
}

// A header stays within what readers take, however many relays have however many faults.
func TestSegmentHeaderOfManyFaults(t *testing.T) {
	set := map[*sockeye.Session]sockeye.ActiveFaults{}
	for n := range 1000 {
		set[&sockeye.Session{ID: fmt.Sprintf("s%d", n)}] = slices.Repeat(sockeye.ActiveFaults{"corrupt bits 2 when contains:secret"}, 64)
	}
	whole := NewEncoder(EncodeOptions{Run: 7, Faults: set}).Begin(nil, time.Unix(1, 0))
	if n := len(faultComments(whole)); n != maxFaultComments || len(whole) > maxCustomOption {
		t.Errorf("%d comments, %d bytes", n, len(whole))
	}
	wantEvents(t, nil, whole)
}
