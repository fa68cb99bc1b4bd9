package transport

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sockeye"
)

// The experiment at the level of sockets: a server, a board, a hello, an answer,
// an echo, and both ends' records agree.
func TestTheExperiment(t *testing.T) { onEachConnKind(t, testTheExperiment) }

func testTheExperiment(t *testing.T) {
	pc, pcRecord := listening(t, "tcp", sockeye.Options{}, nil)
	board, boardRecord := open(t, sockeye.Endpoint{Mode: sockeye.Connect, Address: addressOf(pc)}, echoing{})

	if _, err := firstPeer(t, board, boardRecord).Send(t.Context(), []byte("Hello 01Studio!")); err != nil {
		t.Fatal(err)
	}
	if got := pcRecord.waitBytes(t, sockeye.Received, 15); string(got) != "Hello 01Studio!" {
		t.Fatalf("the PC received %q", got)
	}
	if _, err := firstPeer(t, pc, pcRecord).Send(t.Context(), []byte("hi board")); err != nil {
		t.Fatal(err)
	}
	if got := pcRecord.waitBytes(t, sockeye.Received, 23); string(got) != "Hello 01Studio!hi board" {
		t.Fatalf("the PC received %q, want the hello and the echo", got)
	}
	board.Shutdown(t.Context())
	pcRecord.waitKind(t, sockeye.Finished, 1)
	pc.Shutdown(t.Context())

	var kinds []string
	for _, e := range pcRecord.all(func(sockeye.Event) bool { return true }) {
		kinds = append(kinds, e.Kind.String())
	}
	want := []string{"opened", "joined", "received", "sent", "received", "finished", "left", "closed"}
	if diff := cmp.Diff(want, kinds); diff != "" {
		t.Errorf("the PC's record: %s\n%s", diff, pcRecord)
	}
	if !bytes.Equal(pcRecord.bytes(sockeye.Received), boardRecord.bytes(sockeye.Sent)) {
		t.Error("what the board sent is not what the PC received")
	}
}

// Bytes are recorded as they crossed, both ways, however they were cut.
func TestStreamCarriesEveryByte(t *testing.T) { onEachConnKind(t, testStreamCarriesEveryByte) }

func testStreamCarriesEveryByte(t *testing.T) {
	pc, pcRecord := listening(t, "tcp", sockeye.Options{}, echoing{})
	c := dialTCP(t, pc)
	rnd := rand.New(rand.NewPCG(1, 2))
	data := make([]byte, 3<<20)
	for i := range data {
		data[i] = byte(rnd.Uint32())
	}
	var sending sync.WaitGroup
	sending.Go(func() {
		for rest := data; len(rest) > 0; {
			n := min(len(rest), 1+rnd.IntN(100_000))
			if _, err := c.Write(rest[:n]); err != nil {
				t.Error(err)
				return
			}
			rest = rest[n:]
		}
		c.CloseWrite()
	})
	back, err := io.ReadAll(io.LimitReader(c, int64(len(data))))
	sending.Wait()
	if err != nil || !bytes.Equal(back, data) {
		t.Fatalf("echoed %d of %d bytes, %v", len(back), len(data), err)
	}
	if !bytes.Equal(pcRecord.waitBytes(t, sockeye.Received, len(data)), data) {
		t.Error("the record of what was received differs from what was sent")
	}
	if !bytes.Equal(pcRecord.waitBytes(t, sockeye.Sent, len(data)), data) {
		t.Error("the record of what was sent differs from what came back")
	}
}

func TestManyPeersAreAnsweredAloneAndTogether(t *testing.T) {
	onEachConnKind(t, testManyPeersAreAnsweredAloneAndTogether)
}

func testManyPeersAreAnsweredAloneAndTogether(t *testing.T) {
	pc, r := listening(t, "tcp", sockeye.Options{}, nil)
	const n = 20
	var clients []*net.TCPConn
	for range n {
		clients = append(clients, dialTCP(t, pc))
	}
	r.waitKind(t, sockeye.Joined, n)
	byRemote := map[string]*Peer{}
	for _, p := range pc.Peers() {
		byRemote[p.Remote.String()] = p
	}
	for i, c := range clients {
		p := byRemote[c.LocalAddr().String()]
		if p == nil {
			t.Fatalf("no peer for %v", c.LocalAddr())
		}
		if _, err := p.Send(t.Context(), fmt.Appendf(nil, "only %02d.", i)); err != nil {
			t.Fatal(err)
		}
	}
	for _, p := range pc.Peers() {
		if _, err := p.Send(t.Context(), []byte("everybody")); err != nil {
			t.Fatal(err)
		}
	}
	for i, c := range clients {
		want := fmt.Sprintf("only %02d.everybody", i)
		got := make([]byte, len(want))
		if _, err := io.ReadFull(c, got); err != nil || string(got) != want {
			t.Errorf("client %d got %q, %v", i, got, err)
		}
	}
}

func TestCountersAndStatus(t *testing.T) { onEachConnKind(t, testCountersAndStatus) }

func testCountersAndStatus(t *testing.T) {
	pc, r := listening(t, "tcp", sockeye.Options{}, echoing{})
	c := dialTCP(t, pc)
	c.Write([]byte("12345"))
	io.ReadFull(c, make([]byte, 5))
	r.waitBytes(t, sockeye.Sent, 5)
	st := firstPeer(t, pc, r).Status()
	want := sockeye.Counters{ReceivedBytes: 5, ReceivedMessages: 1, SentBytes: 5, SentMessages: 1}
	if diff := cmp.Diff(want, st.Counters); diff != "" {
		t.Error(diff)
	}
	if st.State != sockeye.Connected || st.Network != "tcp" || st.Remote.String() != c.LocalAddr().String() {
		t.Errorf("status is %+v", st)
	}
	if n := pc.Status().Peers; n != 1 {
		t.Errorf("session counts %d peers, want 1", n)
	}
	other := dialTCP(t, pc)
	other.Write([]byte("678"))
	io.ReadFull(other, make([]byte, 3))
	c.Close()
	r.waitKind(t, sockeye.Left, 1)
	want = sockeye.Counters{ReceivedBytes: 8, ReceivedMessages: 2, SentBytes: 8, SentMessages: 2}
	eventually(t, "the session counts one peer", func() bool { return pc.Status().Peers == 1 })
	if diff := cmp.Diff(want, pc.Status().Counters); diff != "" {
		t.Errorf("with one peer that has left: %s", diff)
	}
}

func TestIdlePeerIsClosed(t *testing.T) { onEachConnKind(t, testIdlePeerIsClosed) }

func testIdlePeerIsClosed(t *testing.T) {
	pc, r := listening(t, "tcp", sockeye.Options{IdleTimeout: 50 * time.Millisecond}, nil)
	c := dialTCP(t, pc)
	if e := r.waitKind(t, sockeye.Left, 1); e.Detail.Reason != sockeye.ReasonIdle {
		t.Errorf("left for %q, want idle", e.Detail.Reason)
	}
	if _, err := c.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("the client read %v, want EOF", err)
	}
}

func TestReconnectForEver(t *testing.T) { onEachConnKind(t, testReconnectForEver) }

func testReconnectForEver(t *testing.T) {
	pc, _ := listening(t, "tcp", sockeye.Options{}, nil)
	address := addressOf(pc)
	board, r := open(t, sockeye.Endpoint{Mode: sockeye.Connect, Address: address, Options: sockeye.Options{Reconnect: true}}, nil)
	r.waitKind(t, sockeye.Joined, 1)
	pc.Shutdown(t.Context())
	failed := r.waitKind(t, sockeye.Failed, 1)
	if d := failed.Detail; d.Retry < minRetryDelay || d.Retry > maxRetryDelay {
		t.Errorf("next try in %v, want 0.5 s to 30 s", d.Retry)
	}
	open(t, sockeye.Endpoint{Mode: sockeye.Listen, Address: address}, nil)
	r.waitKind(t, sockeye.Joined, 2)
	if n := len(board.Peers()); n != 1 {
		t.Errorf("%d peers after reconnecting, want 1", n)
	}
}

// Full jitter: every wait lies between the shortest and a ceiling that doubles
// until the longest.
func TestRetryDelay(t *testing.T) {
	ceilings := []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 16 * time.Second, 30 * time.Second, 30 * time.Second}
	for n, most := range ceilings {
		if d := retryDelay(n, func() float64 { return 0 }); d != minRetryDelay {
			t.Errorf("try %d: least wait %v, want %v", n, d, minRetryDelay)
		}
		if d := retryDelay(n, func() float64 { return 1 }); d != most {
			t.Errorf("try %d: longest wait %v, want %v", n, d, most)
		}
	}
	if d := retryDelay(1<<40, func() float64 { return 1 }); d != maxRetryDelay {
		t.Errorf("after very many tries: %v", d)
	}
}

func TestUDPBothWays(t *testing.T) {
	pc, pcRecord := listening(t, "udp", sockeye.Options{}, echoing{})
	board, boardRecord := open(t, sockeye.Endpoint{Mode: sockeye.Connect, Address: addressOf(pc)}, nil)
	p := firstPeer(t, board, boardRecord)
	for _, m := range []string{"one", "", "three"} {
		if _, err := p.Send(t.Context(), []byte(m)); err != nil {
			t.Fatal(err)
		}
	}
	boardRecord.waitKind(t, sockeye.Received, 3)
	var got []string
	for _, e := range boardRecord.all(isKind(sockeye.Received)) {
		got = append(got, string(e.Data))
	}
	if diff := cmp.Diff([]string{"one", "", "three"}, got); diff != "" {
		t.Error(diff)
	}
	if n := len(pcRecord.all(isKind(sockeye.Joined))); n != 1 {
		t.Errorf("%d peers joined, want 1", n)
	}
	board.Shutdown(t.Context())
	pc.Shutdown(t.Context())
	if left := pcRecord.all(isKind(sockeye.Left)); len(left) != 1 {
		t.Errorf("%d left events\n%s", len(left), pcRecord)
	}
}

func TestShutdownOfAnIdleSessionIsPrompt(t *testing.T) {
	for _, network := range []string{"tcp", "udp"} {
		pc, r := listening(t, network, sockeye.Options{}, nil)
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		pc.Shutdown(ctx)
		if ctx.Err() != nil {
			t.Errorf("%s: shutdown took %v", network, patience)
		}
		cancel()
		if e := r.waitKind(t, sockeye.Ended, 1); e.Detail.Reason != sockeye.ReasonLocal {
			t.Errorf("%s: closed for %q", network, e.Detail.Reason)
		}
	}
}

// A client whose server ended in good order comes back at once, without a wait to tell of;
// one that is sent away again and again waits longer each time.
func TestReconnectAtOnce(t *testing.T) { onEachConnKind(t, testReconnectAtOnce) }

func testReconnectAtOnce(t *testing.T) {
	pc, pr := listening(t, "tcp", sockeye.Options{}, nil)
	_, r := open(t, sockeye.Endpoint{Mode: sockeye.Connect, Address: addressOf(pc), Options: sockeye.Options{Reconnect: true}}, nil)
	pr.waitKind(t, sockeye.Joined, 1)
	r.waitKind(t, sockeye.Joined, 1)
	pc.Peers()[0].Close(t.Context())
	r.waitKind(t, sockeye.Joined, 2)
	if e := r.waitKind(t, sockeye.Left, 1); e.Detail.Reason != sockeye.ReasonEOF {
		t.Errorf("left for %q, want eof", e.Detail.Reason)
	}
	if waits := r.all(isKind(sockeye.Failed)); len(waits) != 0 {
		t.Errorf("it waited: %v", waits[0].Detail)
	}
	pr.waitKind(t, sockeye.Joined, 2)
	pc.Peers()[0].Close(t.Context())
	if d := r.waitKind(t, sockeye.Failed, 1).Detail; d.Retry < minRetryDelay {
		t.Errorf("sent away twice, it waits %v, want %v at least", d.Retry, minRetryDelay)
	}
	r.waitKind(t, sockeye.Joined, 3)
}
