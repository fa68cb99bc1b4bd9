package main

import (
	"context"
	"encoding/json"
	"fmt"
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
	hub.Board
	session *sockeye.Session
	next    uint64
}

func newTape(t *testing.T, conn *nats.Conn, b hub.Board) *tape {
	t.Helper()
	ep := sockeye.Endpoint{Mode: sockeye.Listen}
	if err := ep.ReadAddress("tcp://127.0.0.1:10000", 0); err != nil {
		t.Fatal(err)
	}
	return &tape{t: t, conn: conn, Board: b, session: &sockeye.Session{ID: "s1", Endpoint: ep}, next: 1}
}

// publish publishes one message with so many events of so many bytes, and reports whether the
// hub acknowledged it.
func (p *tape) publish(events, bytes int) bool {
	peer := &sockeye.Peer{ID: 1, Session: p.session, Network: sockeye.TCP}
	m := nats.NewMsg(p.Events("s1"))
	m.Header.Set("Sockeye-Version", "1")
	m.Header.Set("Sockeye-Endpoint", "listen tcp://127.0.0.1:10000")
	m.Header.Set("Sockeye-First", fmt.Sprint(p.next))
	for range events {
		e := sockeye.Event{Seq: p.next, Time: time.Now(), Kind: sockeye.Received, Session: p.session, Peer: peer, Data: make([]byte, bytes)}
		copy(e.Data, fmt.Sprint(p.next))
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
	p := newTape(t, conn, hub.Board{Site: "plant", Name: "press"})
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
	for e, err := range hub.Read(t.Context(), h.connect(t), hub.ReadOptions{Site: "plant", Board: "press"}) {
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
