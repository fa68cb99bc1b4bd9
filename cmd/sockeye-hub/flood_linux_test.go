package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"sockeye/internal/hub"
	"sockeye/internal/hub/server"
)

// T64: a board that sends more than its budget, in messages or in bytes, is disconnected,
// named at the hub and in its list, and let in again after its pause. Other boards notice
// nothing of it.
func TestFloodingBoardIsSuspendedAndNamed(t *testing.T) {
	h := startHub(t, "--board-rate", "1MiB", "--board-messages", "500", "--board-pause", "3s")
	p := startPlayer(t, h.enrol(t, "plant/honest"))
	conn, honest := h.connect(t), hub.BoardID{Site: "plant", Name: "honest"}
	await(t, "the honest board publishes", func() bool { return lastOf(conn, honest) >= 2 })

	for name, send := range map[string]func(s stolen) error{
		"plant/chatty": func(s stolen) error { return s.Publish(s.Live("s1"), []byte("x")) },
		"plant/bulky":  func(s stolen) error { return s.Publish(s.Live("s1"), make([]byte, 64<<10)) },
	} {
		s := steal(t, h, name)
		out := make(chan struct{})
		var once sync.Once
		s.SetClosedHandler(func(*nats.Conn) { once.Do(func() { close(out) }) })
		pace, end := time.NewTicker(time.Millisecond), time.After(patience) // 1,000 messages a second, or 62 MiB
		for flooding := true; flooding; {
			select {
			case <-out:
				flooding = false
			case <-pace.C:
				send(s)
			case <-end:
				t.Fatalf("%s is never stopped", name)
			}
		}
		pace.Stop()
		await(t, name+" is named", func() bool { return strings.Contains(h.errs.String(), name+" sends more than a board may (") })
		if times := suspensionsOf(t, h, name); times == 0 {
			t.Errorf("the list does not say that %s was suspended", name)
		}
		await(t, name+" is let in again", func() bool {
			c, err := hub.Dial(t.Context(), s.Identity.Credentials(), nil)
			if err == nil {
				c.Close()
			}
			return err == nil
		})
	}
	if times := suspensionsOf(t, h, "plant/honest"); times != 0 {
		t.Errorf("the honest board was suspended %d times", times)
	}

	if _, err := p.peer.Write([]byte("honest\n")); err != nil {
		t.Fatal(err)
	}
	await(t, "the honest board's echo is in the hub", func() bool { return lastOf(conn, honest) >= 4 })
	p.finish(t)
}

// A program of the hub's users, whose key is no board's, is named and disconnected.
func TestFloodingProgramIsDisconnected(t *testing.T) {
	h := startHub(t, "--board-rate", "1MiB")
	conn := h.connect(t)
	lost := make(chan struct{})
	var once sync.Once
	conn.SetDisconnectErrHandler(func(*nats.Conn, error) { once.Do(func() { close(lost) }) })
	conn.SetClosedHandler(func(*nats.Conn) { once.Do(func() { close(lost) }) })
	data := bytes.Repeat([]byte("x"), 32<<10)
	for pace, end := time.NewTicker(time.Millisecond), time.After(patience); ; {
		select {
		case <-lost:
			await(t, "it is named", func() bool { return strings.Contains(h.errs.String(), "sends more than one may") })
			return
		case <-pace.C:
			conn.Publish("nobody.listens", data)
		case <-end:
			t.Fatal("it is never stopped")
		}
	}
}

// suspensionsOf is how often a board was suspended in a row.
func suspensionsOf(t *testing.T, h *hubProcess, name string) int {
	t.Helper()
	var all []server.BoardState
	if err := json.Unmarshal([]byte(h.ask(t, "ls", "--json")), &all); err != nil {
		t.Fatal(err)
	}
	for _, b := range all {
		if b.String() == name && b.Suspension != nil {
			return b.Suspension.Times
		}
	}
	return 0
}
