package terminal

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"sockeye"
	"sockeye/internal/core"
	"sockeye/internal/responder"
)

// storyTerminal is a terminal whose context the test can end.
func storyTerminal(lang sockeye.Lang) (*Terminal, context.CancelCauseFunc) {
	ctx, cancel := context.WithCancelCause(context.Background())
	return &Terminal{Lang: lang, Ctx: ctx, ForceStop: ctx, Streams: Streams{Env: func(string) string { return "" }}}, cancel
}

// Each step of the demo is bounded: an event that does not come is an error that
// names the step.
func TestStoryStepTimesOut(t *testing.T) {
	a, cancel := storyTerminal(sockeye.English)
	defer cancel(nil)
	bench := core.New(0)
	defer bench.Shutdown(context.Background())
	s := a.newWalkthrough(bench, io.Discard, true, 0)
	if err := s.serverOpens(); err != nil {
		t.Fatal(err)
	}
	s.limit = 10 * time.Millisecond
	err := s.serverAccepts() // no board connects
	e, ok := errors.AsType[*sockeye.Error](err)
	if !ok || e.Kind != sockeye.TimedOut || e.Target != "step 2, accept()" || e.Hint.IsZero() {
		t.Fatalf("%#v", err)
	}
	s.term.Lang = sockeye.Chinese
	if got := sockeye.ErrorOf(s.notSeen(context.DeadlineExceeded)).In(sockeye.Chinese); !strings.Contains(got, "第 2 步") {
		t.Error(got)
	}
}

// Ctrl-C ends the walkthrough while it waits for its server to accept.
func TestWalkthroughInterrupted(t *testing.T) {
	a, cancel := storyTerminal(sockeye.English)
	bench := core.New(0)
	defer bench.Shutdown(context.Background())
	s := a.newWalkthrough(bench, io.Discard, true, 0)
	if err := s.serverOpens(); err != nil {
		t.Fatal(err)
	}
	cancel(&Interrupt{})
	if err := s.serverAccepts(); !errors.As(err, new(*Interrupt)) {
		t.Fatal(err)
	}
}

// A foreign board that connects in the middle does not get into the story.
func TestStoryForeignBoard(t *testing.T) {
	a, cancel := storyTerminal(sockeye.English)
	defer cancel(nil)
	bench := core.New(0)
	defer bench.Shutdown(context.Background())
	var told strings.Builder
	s := a.newWalkthrough(bench, &told, true, 0)
	if err := s.serverOpens(); err != nil {
		t.Fatal(err)
	}
	ep := sockeye.Endpoint{Mode: sockeye.Connect, Address: sockeye.Address{Network: sockeye.TCP, Host: "127.0.0.1", Port: s.pc.Locals()[0].Port()}}
	foreign, err := bench.Open(a.Ctx, ep, responder.Answer{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := foreign.Peers()[0].Send(a.Ctx, []byte("who is there?")); err != nil {
		t.Fatal(err)
	}
	for _, step := range []func() error{
		s.boardConnects, s.serverAccepts, func() error { return s.serverReceives([]byte("Hello 01Studio!"), "") },
	} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
	if strings.Contains(told.String(), "who is there?") || strings.Contains(told.String(), foreign.Locals()[0].String()) {
		t.Error(told.String())
	}
}

// The times of the steps rise, also where accept() returned before connect() did.
func TestStoryTimesRise(t *testing.T) {
	a, cancel := storyTerminal(sockeye.English)
	defer cancel(nil)
	bench := core.New(0)
	defer bench.Shutdown(context.Background())
	var told strings.Builder
	s := a.newWalkthrough(bench, &told, true, 0)
	of := &sockeye.Session{ID: "s1", Endpoint: sockeye.Endpoint{Mode: sockeye.Listen}}
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.Local)
	for _, after := range []time.Duration{20 * time.Millisecond, 19 * time.Millisecond, 21 * time.Millisecond, 5 * time.Millisecond} {
		if err := s.show(sockeye.Event{Kind: sockeye.Opened, Session: of, Time: at.Add(after)}); err != nil {
			t.Fatal(err)
		}
	}
	var times []string
	for line := range strings.Lines(told.String()) {
		times = append(times, strings.Fields(line)[0])
	}
	if want := []string{"03:04:05.020", "03:04:05.020", "03:04:05.021", "03:04:05.021"}; !slices.Equal(times, want) {
		t.Errorf("%v, want %v", times, want)
	}
}
