package main

import (
	"encoding/json"
	"testing"

	"github.com/nats-io/nats.go"

	"sockeye/internal/hub"
)

// stolen is a board's key in the hands of somebody else, who writes what he likes.
type stolen struct {
	*nats.Conn
	*hub.Identity
}

func steal(t *testing.T, h *hubProcess, name string) stolen {
	t.Helper()
	id, err := hub.Join(t.Context(), t.TempDir(), h.enrol(t, name))
	if err != nil {
		t.Fatal(err)
	}
	conn, err := hub.Dial(t.Context(), id.Credentials(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	return stolen{conn, id}
}

// says publishes a status.
func (s stolen) says(t *testing.T, st hub.BoardStatus) {
	t.Helper()
	text, err := json.Marshal(st)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Publish(s.Identity.Status(), text); err != nil {
		t.Fatal(err)
	}
	if err := s.Flush(); err != nil {
		t.Fatal(err)
	}
}

// isAlive says whether the hub takes a board for alive.
func isAlive(t *testing.T, h *hubProcess, name string) bool {
	t.Helper()
	var all []struct {
		Board string
		Alive bool
	}
	if err := json.Unmarshal([]byte(h.ask(t, "ls", "--json")), &all); err != nil {
		t.Fatal(err)
	}
	for _, b := range all {
		if b.Board == name {
			return b.Alive
		}
	}
	return false
}
