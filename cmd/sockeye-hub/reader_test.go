package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"sockeye"
	"sockeye/internal/hub"
)

// tape publishes events of a board with every permission, as the board would.
type tape struct {
	t    *testing.T
	conn *nats.Conn
	hub.BoardID
	session *sockeye.Session
	next    uint64
}

func newTape(t *testing.T, conn *nats.Conn, b hub.BoardID) *tape {
	t.Helper()
	ep := sockeye.Endpoint{Mode: sockeye.Listen}
	if err := ep.ReadAddress("tcp://127.0.0.1:10000", 0); err != nil {
		t.Fatal(err)
	}
	return &tape{t: t, conn: conn, BoardID: b, session: &sockeye.Session{ID: "s1", Endpoint: ep}, next: 1}
}

// publish publishes one message with so many events of so many bytes, and reports whether the
// hub acknowledged it.
func (p *tape) publish(events, bytes int) bool {
	said := make([][]byte, events)
	for n := range said {
		said[n] = make([]byte, bytes)
		copy(said[n], fmt.Sprint(p.next+uint64(n)))
	}
	return p.say(time.Now(), said...)
}

// say publishes one message with an event for each text that a peer said at a time, and reports
// whether the hub acknowledged it.
func (p *tape) say(at time.Time, said ...[]byte) bool {
	peer := &sockeye.Peer{ID: 1, Session: p.session, Network: sockeye.TCP}
	m := nats.NewMsg(p.Events("s1"))
	m.Header.Set("Sockeye-Version", "1")
	m.Header.Set("Sockeye-Endpoint", "listen tcp://127.0.0.1:10000")
	m.Header.Set("Sockeye-First", fmt.Sprint(p.next))
	for _, data := range said {
		e := sockeye.Event{Seq: p.next, Time: at, Kind: sockeye.Received, Session: p.session, Peer: peer, Data: data}
		m.Data = append(e.AppendJSON(m.Data, sockeye.English), '\n')
		p.next++
	}
	m.Header.Set("Sockeye-Last", fmt.Sprint(p.next-1))
	ctx, cancel := context.WithTimeout(p.t.Context(), patience)
	defer cancel()
	answer, err := p.conn.RequestMsgWithContext(ctx, m)
	return err == nil && stored(answer.Data)
}

// stored reports whether JetStream's answer says that it has a message.
func stored(answer []byte) bool {
	var ack struct {
		Sequence uint64 `json:"seq"`
		Error    any    `json:"error"`
	}
	return json.Unmarshal(answer, &ack) == nil && ack.Sequence > 0 && ack.Error == nil
}

// F60: who reads the stream slowly, and is forgotten by the server meanwhile, goes on by
// sequence: every event comes once, in order, and the board is not held up.
func TestSlowReader(t *testing.T) {
	h := startHub(t)
	conn := h.connect(t)
	p := newTape(t, conn, hub.BoardID{Site: "plant", Name: "press"})
	const messages, each = 400, 10
	for range messages {
		if !p.publish(each, 4<<10) { // 22 MB: more than the reader takes at once
			t.Fatal("the hub does not acknowledge")
		}
	}
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	stream, err := js.Stream(t.Context(), hub.Stream)
	if err != nil {
		t.Fatal(err)
	}
	want := uint64(1)
	for e, err := range hub.Read(t.Context(), h.connect(t), hub.StreamFilter{Site: "plant", Board: "press"}) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Seq != want || e.Kind != sockeye.Received {
			t.Fatalf("event %d (%s) where %d is due", e.Seq, e.Kind, want)
		}
		if want == 5 { // it has stood still for so long that it is forgotten
			deleted := 0
			for name := range stream.ConsumerNames(t.Context()).Name() {
				if err := stream.DeleteConsumer(t.Context(), name); err != nil {
					t.Fatal(err)
				}
				deleted++
			}
			if deleted == 0 {
				t.Fatal("the reader has no consumer")
			}
			if !p.publish(1, 10) {
				t.Fatal("the board is held up by who reads slowly")
			}
		}
		want++
	}
	if want <= messages*each {
		t.Errorf("%d of %d events came", want-1, messages*each)
	}
}

// "sockeye plot" draws the values of several boards on one axis of time, each with the name of
// its board; one that was away comes late with what is older.
func TestPlotBoards(t *testing.T) {
	h := startHub(t)
	conn := h.connect(t)
	now := time.Now().Truncate(time.Second)
	for _, board := range []struct {
		hub.BoardID
		from time.Time
	}{{hub.BoardID{Site: "plant", Name: "press"}, now.Add(-time.Minute)}, {hub.BoardID{Site: "lab", Name: "late"}, now.Add(-time.Hour)}, {hub.BoardID{Site: "plant", Name: "other"}, now}} {
		p := newTape(t, conn, board.BoardID)
		for n := range 30 {
			if !p.say(board.from.Add(time.Duration(n)*time.Second), fmt.Appendf(nil, "temp=%d\n", 20+n)) {
				t.Fatal("the hub does not acknowledge")
			}
		}
	}
	plot := func(args ...string) string {
		t.Helper()
		out, err := command(h.home, "sockeye", append([]string{"plot", "hub:plant/press,lab/late,lab/", "--fields", "keys"}, args...)...).CombinedOutput()
		if err != nil {
			t.Fatalf("plot %q: %v: %s", args, err, out)
		}
		return string(out)
	}
	begin := "from " + now.Add(-time.Hour).Format(time.DateTime)
	for _, c := range []struct{ args, want []string }{
		{nil, []string{"temp  plant/press/s1 #1 ", "temp  lab/late/s1 #2 ", "max 49, mean 34.5, deviation 8.655, 30 values", begin}},
		{[]string{"--histogram"}, []string{"temp  plant/press/s1 #1 ", "temp  lab/late/s1 #2 "}},
		{[]string{"--xy", "temp,temp"}, []string{"temp  plant/press/s1 #1 ", "temp  lab/late/s1 #2 "}},
		{[]string{"--value", "temp", "--trigger", "rising 30", "--window", "4s"}, []string{"fired 2 times, first at " + now.Add(-time.Hour+10*time.Second).Format(time.DateTime)}},
	} {
		got := plot(c.args...)
		for _, want := range c.want {
			if !strings.Contains(got, want) {
				t.Errorf("plot %q does not say %q:\n%s", c.args, want, got)
			}
		}
		if strings.Contains(got, "plant/other") {
			t.Errorf("plot %q draws a board that was not named:\n%s", c.args, got)
		}
	}
}

// A board has its own limit of what is kept, others that of the hub: the oldest is deleted, by
// size and by age, and the newest message of a board always stays, so that it goes on behind that.
func TestBoardLimits(t *testing.T) {
	h := startHub(t, "--keep-board", "64KiB")
	conn := h.connect(t)
	small, large, own := hub.BoardID{Site: "plant", Name: "small"}, hub.BoardID{Site: "plant", Name: "large"}, hub.BoardID{Site: "plant", Name: "own"}
	for _, b := range []hub.BoardID{small, large, own} {
		if _, err := hub.Join(t.Context(), t.TempDir(), h.enrol(t, b.String())); err != nil {
			t.Fatal(err)
		}
	}
	h.ask(t, "keep", own.String(), "--size", "16KiB")
	for b, messages := range map[hub.BoardID]int{small: 20, large: 200, own: 200} {
		p := newTape(t, conn, b)
		for range messages {
			if !p.publish(1, 400) { // about 1 KB each, with all that is around it
				t.Fatal("the hub does not acknowledge")
			}
		}
	}
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	stream, err := js.Stream(t.Context(), hub.Stream)
	if err != nil {
		t.Fatal(err)
	}
	kept := func(b hub.BoardID) (messages uint64) {
		info, err := stream.Info(t.Context(), jetstream.WithSubjectFilter(b.Events("")))
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range info.State.Subjects {
			messages += n
		}
		return messages
	}
	await(t, "the oldest of the large ones are deleted", func() bool { return kept(large) < 100 && kept(own) < 25 })
	if kept(small) != 20 || kept(large) < 50 || kept(own) < 10 {
		t.Errorf("of small, large and own there are %d, %d and %d messages", kept(small), kept(large), kept(own))
	}
	await(t, "the hub says whose", func() bool {
		said := h.errs.String()
		return strings.Contains(said, "plant/large has more than is kept of it (64.0 KiB)") && strings.Contains(said, "plant/own has more than is kept of it (16.0 KiB)")
	})
	if strings.Contains(h.errs.String(), "plant/small has") {
		t.Errorf("it says of who is below the limit: %s", h.errs)
	}
	first := uint64(0)
	for e, err := range hub.Read(t.Context(), conn, hub.StreamFilter{Site: large.Site, Board: large.Name}) {
		if err != nil {
			t.Fatal(err)
		}
		if first == 0 {
			first = e.Seq
		}
	}
	if last := lastOf(conn, large); first < 100 || last != 200 {
		t.Errorf("events %d to %d are left", first, last)
	}
	h.ask(t, "keep", small.String(), "--age", "100ms") // of a board that says nothing any more
	await(t, "all but its last message is deleted", func() bool { return kept(small) == 1 })
	if last := lastOf(conn, small); last != 20 {
		t.Errorf("its last event is %d", last)
	}
	if _, err := h.try("keep", "plant/nobody", "--size", "1MiB"); err == nil || !strings.Contains(err.Error(), "no such board is enrolled") {
		t.Errorf("a limit for nobody: %v", err)
	}
	if _, err := h.try("keep", small.String()); err == nil || !strings.Contains(err.Error(), "which bound?") {
		t.Errorf("no limit: %v", err)
	}
}
