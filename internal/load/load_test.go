package load

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"sockeye"
	"sockeye/internal/fields"
	"sockeye/internal/framing"
	"sockeye/internal/freeport"
	"sockeye/internal/pairs"
	"sockeye/internal/payload"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// spec drives a target with numbered lines.
func spec(t *testing.T, target net.Addr) RunSpec {
	t.Helper()
	ep := sockeye.Endpoint{Mode: sockeye.Connect}
	if err := ep.ReadAddress(target.Network()+"://"+target.String(), 0); err != nil {
		t.Fatal(err)
	}
	line, err := payload.Parse(`n={{seq}}\n`, payload.ParseOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return RunSpec{
		Endpoint: ep, Connections: 1, Rate: Rate{From: 1000, To: 1000}, Time: time.Minute, Count: 100, InFlight: 1,
		Messages: []*payload.Template{line},
		Pairs:    pairs.PairSpec{MatchRule: pairs.MatchRule{Requests: sockeye.Sent, Timeout: 20 * time.Second}, Frame: framing.Spec{Method: framing.Line}},
	}
}

func run(t *testing.T, s RunSpec) *RunReport {
	t.Helper()
	r, err := Run(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// serve accepts connections and answers each line by what answer writes.
func serve(t *testing.T, answer func(c net.Conn, line string)) net.Addr {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	t.Cleanup(func() { l.Close(); <-ended })
	go func() {
		defer close(ended)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { c.Close() })
			go func() {
				defer c.Close()
				for lines := bufio.NewScanner(c); lines.Scan(); {
					answer(c, lines.Text())
				}
			}()
		}
	}()
	return l.Addr()
}

// datagrams is a socket that answers each datagram by what answer says.
func datagrams(t *testing.T, answer func(text string) []string) net.Addr {
	t.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	t.Cleanup(func() { c.Close(); <-ended })
	go func() {
		defer close(ended)
		buf := make([]byte, 1500)
		for {
			n, from, err := c.ReadFrom(buf)
			if err != nil {
				return
			}
			for _, text := range answer(string(buf[:n])) {
				c.WriteTo([]byte(text), from)
			}
		}
	}()
	return c.LocalAddr()
}

func echo(c net.Conn, line string) { fmt.Fprintf(c, "%s\n", line) }

// Every message is sent and answered, on each connection some.
func TestEveryMessageIsAnswered(t *testing.T) {
	for _, inFlight := range []int{1, 8} {
		s := spec(t, serve(t, echo))
		s.Connections, s.InFlight, s.Count = 4, inFlight, 400
		s.Rate = Rate{From: 5000, To: 5000}
		r := run(t, s)
		if got, want := r.Pairs.All, (pairs.Counts{Requests: 400, Answered: 400}); got != want {
			t.Errorf("%d in flight: %+v, want %+v", inFlight, got, want)
		}
		if r.Sent != 400 || r.SentBytes != 2292 || r.Due != 400 || r.Opened != 4 || r.Failed+r.Lost != 0 || r.Faults != nil || len(r.Pairs.Peers) != 4 {
			t.Errorf("%d in flight: %+v", inFlight, r)
		}
		for _, p := range r.Pairs.Peers {
			if p.Requests == 0 || p.Latency.Count != int64(p.Answered) {
				t.Errorf("%d in flight: a connection with %+v", inFlight, p)
			}
		}
	}
}

// A target that stalls is not asked less: who was due in the stall counts from when it was
// due, not from when it was sent. At 1,000 a second, 300 ms hold back 300 messages, and 200
// of them for 100 ms and more.
func TestStallIsNotOmitted(t *testing.T) {
	var stalled atomic.Bool
	s := spec(t, serve(t, func(c net.Conn, line string) {
		if line == "n=100" && stalled.CompareAndSwap(false, true) {
			time.Sleep(300 * time.Millisecond)
		}
		echo(c, line)
	}))
	s.Count = 500
	r := run(t, s)
	var slow int64
	for _, bar := range r.Pairs.Histogram {
		if bar.From >= 100_000 {
			slow += bar.Count
		}
	}
	if slow < 190 || r.Pairs.All.Answered != 500 {
		t.Errorf("%d answers took 100 ms and more, of %+v", slow, r.Pairs.All)
	}
	if r.Late.Max < 250_000 {
		t.Errorf("messages were sent at most %d µs late", r.Late.Max)
	}
}

// What is lost on the way is missing, what comes twice is unexpected, and a number in the
// messages says both.
func TestLossAndDuplicates(t *testing.T) {
	s := spec(t, datagrams(t, func(text string) []string {
		switch text {
		case "n=3\n", "n=7\n":
			return nil
		case "n=5\n":
			return []string{text, text}
		}
		return []string{text}
	}))
	keys, err := fields.Parse("keys")
	if err != nil {
		t.Fatal(err)
	}
	s.Pairs.Frame, s.Pairs.Fields, s.Pairs.Field, s.Pairs.Sequence = framing.Spec{}, fields.SpecSet{keys}, "n", "n"
	s.Pairs.Timeout = 2 * time.Second
	s.InFlight, s.Count = 50, 10
	r := run(t, s)
	if got, want := r.Pairs.All, (pairs.Counts{Requests: 10, Answered: 8, Missing: 2, Unexpected: 1, Late: r.Pairs.All.Late}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	for _, q := range r.Sequences {
		if q.Kind == sockeye.Received && (q.Lost != 2 || q.Duplicates != 1 || q.Messages != 9) {
			t.Errorf("%+v", q)
		}
	}
}

// A request without an answer keeps its connection from sending for the time-out, and no
// longer; the next answer is not taken for its own.
func TestLostRequestIsGivenUp(t *testing.T) {
	s := spec(t, datagrams(t, func(text string) []string {
		if text == "n=2\n" {
			return nil
		}
		return []string{text}
	}))
	s.Pairs.Frame = framing.Spec{}
	s.Pairs.Timeout = 500 * time.Millisecond
	s.Count = 5
	r := run(t, s)
	if got := r.Pairs.All; got.Requests != 5 || got.Answered != 4 || got.Missing != 1 || got.Unexpected != 0 {
		t.Errorf("%+v", got)
	}
}

// What nothing answers is only counted.
func TestOneWay(t *testing.T) {
	var got atomic.Int64
	s := spec(t, serve(t, func(net.Conn, string) { got.Add(1) }))
	s.OneWay, s.Count = true, 200
	r := run(t, s)
	for deadline := time.Now().Add(20 * time.Second); got.Load() < 200 && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
	if r.Sent != 200 || got.Load() != 200 || r.Pairs.All != (pairs.Counts{}) {
		t.Errorf("%d sent, %d came, %+v", r.Sent, got.Load(), r.Pairs.All)
	}
}

// A target that is slower than the rate leaves messages unsent, and the report says how
// many; the end of ctx ends the run with its report.
func TestEndOfContextEndsWithTheReport(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var asked atomic.Int64
	s := spec(t, serve(t, func(c net.Conn, line string) {
		if asked.Add(1) == 5 {
			time.Sleep(50 * time.Millisecond) // messages become due meanwhile
			cancel()
		}
		echo(c, line)
	}))
	s.Count, s.Rate = 0, Rate{From: 10_000, To: 10_000}
	r, err := Run(ctx, s)
	if err != nil || r.Sent < 5 || r.Due <= r.Sent || r.Elapsed >= s.Time {
		t.Errorf("%+v, %v", r, err)
	}
}

// When all connections are lost, the run is over.
func TestLostConnectionsEndTheRun(t *testing.T) {
	s := spec(t, serve(t, func(c net.Conn, line string) { c.Close() }))
	s.Connections, s.Count = 2, 0
	r := run(t, s)
	if r.Lost != 2 || r.Pairs.All.Answered != 0 || r.Pairs.All.Missing != r.Pairs.All.Requests || r.Elapsed >= s.Time {
		t.Errorf("%+v", r)
	}
}

// A connection that reconnects takes the place of the one that was lost: the run goes on, and
// counts it once.
func TestReconnectedConnectionGoesOn(t *testing.T) {
	var asked atomic.Int64
	s := spec(t, serve(t, func(c net.Conn, line string) {
		echo(c, line)
		if asked.Add(1) == 10 {
			c.Close()
		}
	}))
	s.Endpoint.Options.Reconnect = true
	r := run(t, s)
	if r.Opened != 1 || r.Lost != 0 || r.Sent != 100 || r.Pairs.All.Requests != 100 || r.Pairs.All.Answered < 99 {
		t.Errorf("%+v", r)
	}
}

// What could not be sent is not counted, and what is sent after it is.
func TestFailedSendIsNotCounted(t *testing.T) {
	g := newGenerator(spec(t, closedPort(t)))
	c, p := &connection{run: g}, &sockeye.Peer{ID: 1}
	g.byPeer[p.ID] = c
	c.leaving = batch{bytes: 10, messages: 2}
	g.Append(sockeye.Event{Kind: sockeye.Failed, Peer: p})
	c.leaving.bytes, c.leaving.messages = c.leaving.bytes+5, c.leaving.messages+1
	g.Append(sockeye.Event{Kind: sockeye.Sent, Peer: p, Data: make([]byte, 5)})
	if sent, bytes := g.sent.Load(), g.sentBytes.Load(); sent != 1 || bytes != 5 {
		t.Errorf("%d messages of %d bytes", sent, bytes)
	}
}

// T55: a target that is not allowed is told nothing, whatever the network: no connection comes, no
// handshake and no datagram.
func TestForbiddenTarget(t *testing.T) {
	at := freeport.Loopback(t)
	l, err := net.Listen("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	datagrams, err := net.ListenPacket("udp", at)
	if err != nil {
		t.Fatal(err)
	}
	var came atomic.Int32
	var listening sync.WaitGroup
	listening.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			came.Add(1)
			c.Close()
		}
	})
	listening.Go(func() {
		for {
			if _, _, err := datagrams.ReadFrom(make([]byte, 2048)); err != nil {
				return
			}
			came.Add(1)
		}
	})
	defer listening.Wait()
	defer datagrams.Close()
	defer l.Close()
	no := &sockeye.Error{Kind: sockeye.NotPermitted, Message: sockeye.Text{En: "not this one"}}
	for _, n := range sockeye.Transports() {
		if !n.Traits().IP || n.Traits().Broker {
			continue
		}
		s := spec(t, l.Addr())
		if err := s.Endpoint.ReadAddress(string(n)+"://"+at, 0); err != nil {
			t.Fatal(err)
		}
		s.Time = 5 * time.Second
		s.Allow = func(ip netip.Addr) error { return no }
		if r, err := Run(t.Context(), s); sockeye.ErrorOf(err) == nil || sockeye.ErrorOf(err).Kind != sockeye.NotPermitted {
			t.Errorf("%s: %+v, %v", n, r, err)
		}
		if came.Swap(0) > 0 {
			t.Errorf("%s: something came", n)
		}
	}
}

// With a ramp the connections come one after the other.
func TestRampOpensConnections(t *testing.T) {
	s := spec(t, serve(t, echo))
	s.Connections, s.Count = 5, 0
	s.Rate, s.Time = Rate{From: 0, To: 400, Ramp: 200 * time.Millisecond}, 400*time.Millisecond
	r := run(t, s)
	if r.Opened != 5 || r.Sent == 0 || r.Sent != r.Due && r.Elapsed < s.Time {
		t.Errorf("%+v", r)
	}
	if _, err := Run(t.Context(), spec(t, closedPort(t))); err == nil {
		t.Error("nothing listens there")
	}
}

func closedPort(t *testing.T) net.Addr {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr()
}
