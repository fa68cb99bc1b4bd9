package core

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"sockeye"
	"sockeye/internal/responder"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is only ever used up by a failing test.
const patience = time.Minute

func bench(t *testing.T) *Core {
	t.Helper()
	w := New(0)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		w.Shutdown(ctx)
	})
	return w
}

func endpoint(t *testing.T, mode sockeye.Mode, address string) sockeye.Endpoint {
	t.Helper()
	a, err := sockeye.ParseAddress(address)
	if err != nil {
		t.Fatal(err)
	}
	return sockeye.Endpoint{Mode: mode, Address: a}
}

func open(t *testing.T, w *Core, ep sockeye.Endpoint, a responder.Answer) *Session {
	t.Helper()
	s, err := w.Open(t.Context(), ep, a)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// wait reads the journal from its beginning until an event matches.
func wait(t *testing.T, w *Core, what string, match func(sockeye.Event) bool) sockeye.Event {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c := w.View(1)
	defer c.Close()
	for {
		e, err := c.Next(ctx)
		if err != nil {
			t.Fatalf("no event: %s", what)
		}
		if match(e) {
			e.Data = bytes.Clone(e.Data)
			return e
		}
	}
}

// joined waits until n peers have joined a session.
func joined(t *testing.T, w *Core, s *Session, n int) {
	t.Helper()
	wait(t, w, fmt.Sprint(n, " joined"), func(e sockeye.Event) bool {
		if e.Kind == sockeye.Joined && e.Session.ID == s.ID() {
			n--
		}
		return n == 0
	})
}

func dial(t *testing.T, s *Session) net.Conn {
	t.Helper()
	c, err := net.Dial(string(s.Endpoint().Address.Network), s.Locals()[0].String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(patience))
	return c
}

// The experiment in one workbench: both sides are sessions, one journal tells it.
func TestExperimentInOneJournal(t *testing.T) {
	w := bench(t)
	pc := open(t, w, endpoint(t, sockeye.Listen, "127.0.0.1:0"), responder.Answer{})
	open(t, w, endpoint(t, sockeye.Connect, pc.Locals()[0].String()),
		responder.Answer{Device: &responder.Device{Hello: []byte(responder.DefaultHello)}})

	hello := wait(t, w, "hello", func(e sockeye.Event) bool { return e.Kind == sockeye.Received && e.Session.ID == pc.ID() })
	if string(hello.Data) != "Hello 01Studio!" {
		t.Fatalf("the PC received %q", hello.Data)
	}
	to, err := pc.Find(hello.Peer.Remote.String())
	if err != nil {
		t.Fatal(err)
	}
	if err := Failures(pc.Sender().Send(t.Context(), to, []byte("https://www.walnutpi.com"))); err != nil {
		t.Fatal(err)
	}
	wait(t, w, "echo", func(e sockeye.Event) bool {
		return e.Kind == sockeye.Received && e.Session.ID == pc.ID() && string(e.Data) == "https://www.walnutpi.com"
	})
	if n := len(w.Sessions()); n != 2 {
		t.Errorf("%d sessions are open, want 2", n)
	}
}

// Peers are found by alias, number and address, as people type them.
func TestFindMeansWhatPeopleType(t *testing.T) {
	w := bench(t)
	pc := open(t, w, endpoint(t, sockeye.Listen, "127.0.0.1:0"), responder.Answer{})
	if _, err := pc.Find("all"); sockeye.ErrorOf(err).Kind != sockeye.NotFound {
		t.Errorf("all of nobody: %v, want not-found", err)
	}
	first, second := dial(t, pc), dial(t, pc)
	joined(t, w, pc, 2)
	peers := pc.Peers()
	if err := pc.Alias(peers[1], "kitchen"); err != nil {
		t.Fatal(err)
	}
	port := func(c net.Conn) string {
		return c.LocalAddr().String()[strings.LastIndexByte(c.LocalAddr().String(), ':'):]
	}
	for _, test := range []struct {
		name  string
		words []string
		want  []uint64
	}{
		{"all", []string{"all"}, []uint64{peers[0].ID, peers[1].ID}},
		{"number", []string{fmt.Sprint(peers[0].ID)}, []uint64{peers[0].ID}},
		{"number with mark", []string{fmt.Sprint("#", peers[1].ID)}, []uint64{peers[1].ID}},
		{"alias", []string{"kitchen"}, []uint64{peers[1].ID}},
		{"address", []string{first.LocalAddr().String()}, []uint64{peers[0].ID}},
		{"port", []string{port(second)}, []uint64{peers[1].ID}},
		{"every peer of an IP", []string{"127.0.0.1"}, []uint64{peers[0].ID, peers[1].ID}},
		{"twice the same", []string{"kitchen", "kitchen"}, []uint64{peers[1].ID}},
		{"several", []string{"kitchen", first.LocalAddr().String()}, []uint64{peers[1].ID, peers[0].ID}},
	} {
		t.Run(test.name, func(t *testing.T) {
			found, err := pc.Find(test.words...)
			if err != nil {
				t.Fatal(err)
			}
			var got []uint64
			for _, p := range found {
				got = append(got, p.ID)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	for _, word := range []string{"nobody", "#99", "1.2.3.4:5", ""} {
		if _, err := pc.Find(word); sockeye.ErrorOf(err).Kind != sockeye.NotFound {
			t.Errorf("%q: %v, want not-found", word, err)
		}
	}
}

// A listening UDP session sends to an address that has not sent anything yet.
func TestUDPAddressNotSeenYetIsFound(t *testing.T) {
	w := bench(t)
	pc := open(t, w, endpoint(t, sockeye.Listen, "udp://127.0.0.1:0"), responder.Answer{})
	board, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer board.Close()
	board.SetDeadline(time.Now().Add(patience))
	to, err := pc.Find(board.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	pc.Sender().Send(t.Context(), to, []byte("first word"))
	buf := make([]byte, 100)
	if n, _, err := board.ReadFrom(buf); err != nil || string(buf[:n]) != "first word" {
		t.Errorf("got %q, %v", buf[:n], err)
	}
}

// Sending to several delays none of them for the sake of one that does not read.
func TestSendToAllIsNotHeldUpByOne(t *testing.T) {
	w := bench(t)
	pc := open(t, w, endpoint(t, sockeye.Listen, "127.0.0.1:0"), responder.Answer{})
	dial(t, pc) // never reads
	reader := dial(t, pc)
	joined(t, w, pc, 2)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	data := bytes.Repeat([]byte("x"), 16<<20)
	sent := make(chan error, 1)
	go func() { sent <- Failures(pc.Sender().Send(ctx, pc.Peers(), data)) }()
	if n, err := io.CopyN(io.Discard, reader, int64(len(data))); err != nil {
		t.Fatalf("the reading peer got %d bytes: %v", n, err)
	}
	cancel()
	err := <-sent
	if e := sockeye.ErrorOf(err); e.Kind != sockeye.Canceled {
		t.Errorf("the stalled send ended with %v, want canceled", err)
	}
}

// A board that comes back from another port is still itself.
func TestAliasIsKeptOverReconnect(t *testing.T) {
	w := bench(t)
	pc := open(t, w, endpoint(t, sockeye.Listen, "127.0.0.1:0"), responder.Answer{})
	first := dial(t, pc)
	joined(t, w, pc, 1)
	if err := pc.Alias(pc.Peers()[0], "kitchen"); err != nil {
		t.Fatal(err)
	}
	second := dial(t, pc)
	joined(t, w, pc, 2)
	if a := pc.Peers()[1].Alias(); a != "" {
		t.Errorf("a second board of the same address is called %q while the first is there", a)
	}
	if err := pc.Alias(pc.Peers()[1], "kitchen"); sockeye.ErrorOf(err).Kind != sockeye.Invalid {
		t.Errorf("a name given twice: %v, want invalid", err)
	}
	first.Close()
	wait(t, w, "left", func(e sockeye.Event) bool { return e.Kind == sockeye.Left })
	dial(t, pc)
	joined(t, w, pc, 3)
	peers := pc.Peers()
	if a := peers[len(peers)-1].Alias(); a != "kitchen" {
		t.Errorf("the board that came back is called %q, want kitchen", a)
	}
	_ = second
}

// An alias is a short visible name that cannot be taken for a number, an address or everybody.
func TestAliasRefuses(t *testing.T) {
	for _, name := range []string{"all", "ALL", "3", "#3", "two words", "a\x1bb", "1.2.3.4:5", strings.Repeat("x", 41), "-x"} {
		if sockeye.CheckAlias(name) == nil {
			t.Errorf("%q was accepted", name)
		}
	}
	for _, name := range []string{"kitchen-1", "厨房", "Li_Lei.2", ""} {
		if err := sockeye.CheckAlias(name); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// Shutdown ends everything, and what was recorded stays readable.
func TestShutdownEndsEverything(t *testing.T) {
	w := New(0)
	pc := open(t, w, endpoint(t, sockeye.Listen, "127.0.0.1:0"), responder.Answer{Echo: true})
	udp := open(t, w, endpoint(t, sockeye.Listen, "udp://127.0.0.1:0"), responder.Answer{Echo: true})
	fmt.Fprint(dial(t, pc), "x")
	fmt.Fprint(dial(t, udp), "y")
	joined(t, w, pc, 1)
	joined(t, w, udp, 1)
	w.Shutdown(t.Context())
	c := w.View(1)
	defer c.Close()
	closed := 0
	for {
		e, err := c.Next(t.Context())
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if e.Kind == sockeye.Ended {
			closed++
		}
	}
	if closed != 2 {
		t.Errorf("%d closed events, want 2", closed)
	}
}

// What callers may do with a session is a few methods of its own; whatever else there is belongs
// to one of its parts.
func TestSessionHasFewMethods(t *testing.T) {
	const most = 25
	if n := reflect.TypeFor[*Session]().NumMethod(); n > most {
		t.Errorf("Session has %d exported methods, %d at most: put what is new into one of its parts, or make one", n, most)
	}
}
