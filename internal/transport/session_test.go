package transport_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"sockeye/internal/transport"
	"sockeye/internal/transport/transporttest"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sockeye"
)

// The experiment at the level of sockets: a server, a board, a hello, an answer,
// an echo, and both ends' records agree.
func TestTheExperiment(t *testing.T) { transporttest.OnEachConnKind(t, testTheExperiment) }

func testTheExperiment(t *testing.T) {
	pc, pcRecord := transporttest.Listening(t, "tcp", sockeye.Options{}, nil)
	board, boardRecord := transporttest.Open(t, sockeye.Endpoint{Mode: sockeye.Connect, Address: transporttest.AddressOf(pc)}, transporttest.Echoing{})

	if _, err := transporttest.FirstPeer(t, board, boardRecord).Send(t.Context(), []byte("Hello 01Studio!")); err != nil {
		t.Fatal(err)
	}
	if got := pcRecord.WaitBytes(t, sockeye.Received, 15); string(got) != "Hello 01Studio!" {
		t.Fatalf("the PC received %q", got)
	}
	if _, err := transporttest.FirstPeer(t, pc, pcRecord).Send(t.Context(), []byte("hi board")); err != nil {
		t.Fatal(err)
	}
	if got := pcRecord.WaitBytes(t, sockeye.Received, 23); string(got) != "Hello 01Studio!hi board" {
		t.Fatalf("the PC received %q, want the hello and the echo", got)
	}
	board.Shutdown(t.Context())
	pcRecord.WaitKind(t, sockeye.Finished, 1)
	pc.Shutdown(t.Context())

	var kinds []string
	for _, e := range pcRecord.All(func(sockeye.Event) bool { return true }) {
		kinds = append(kinds, e.Kind.String())
	}
	want := []string{"opened", "joined", "received", "sent", "received", "finished", "left", "closed"}
	if diff := cmp.Diff(want, kinds); diff != "" {
		t.Errorf("the PC's record: %s\n%s", diff, pcRecord)
	}
	if !bytes.Equal(pcRecord.Bytes(sockeye.Received), boardRecord.Bytes(sockeye.Sent)) {
		t.Error("what the board sent is not what the PC received")
	}
}

// Bytes are recorded as they crossed, both ways, however they were cut.
func TestStreamCarriesEveryByte(t *testing.T) {
	transporttest.OnEachConnKind(t, testStreamCarriesEveryByte)
}

func testStreamCarriesEveryByte(t *testing.T) {
	pc, pcRecord := transporttest.Listening(t, "tcp", sockeye.Options{}, transporttest.Echoing{})
	c := transporttest.DialTCP(t, pc)
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
	if !bytes.Equal(pcRecord.WaitBytes(t, sockeye.Received, len(data)), data) {
		t.Error("the record of what was received differs from what was sent")
	}
	if !bytes.Equal(pcRecord.WaitBytes(t, sockeye.Sent, len(data)), data) {
		t.Error("the record of what was sent differs from what came back")
	}
}

// Many peers are each answered alone, and a message to all reaches everyone.
func TestManyPeersAreAnsweredAloneAndTogether(t *testing.T) {
	transporttest.OnEachConnKind(t, testManyPeersAreAnsweredAloneAndTogether)
}

func testManyPeersAreAnsweredAloneAndTogether(t *testing.T) {
	pc, r := transporttest.Listening(t, "tcp", sockeye.Options{}, nil)
	const n = 20
	var clients []*net.TCPConn
	for range n {
		clients = append(clients, transporttest.DialTCP(t, pc))
	}
	r.WaitKind(t, sockeye.Joined, n)
	byRemote := map[string]*transport.Peer{}
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

// The counters and the status of a peer follow its traffic and its state.
func TestCountersAndStatus(t *testing.T) { transporttest.OnEachConnKind(t, testCountersAndStatus) }

func testCountersAndStatus(t *testing.T) {
	pc, r := transporttest.Listening(t, "tcp", sockeye.Options{}, transporttest.Echoing{})
	c := transporttest.DialTCP(t, pc)
	c.Write([]byte("12345"))
	io.ReadFull(c, make([]byte, 5))
	r.WaitBytes(t, sockeye.Sent, 5)
	st := transporttest.FirstPeer(t, pc, r).Status()
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
	other := transporttest.DialTCP(t, pc)
	other.Write([]byte("678"))
	io.ReadFull(other, make([]byte, 3))
	r.WaitBytes(t, sockeye.Sent, 8)
	c.Close()
	r.WaitKind(t, sockeye.Left, 1)
	want = sockeye.Counters{ReceivedBytes: 8, ReceivedMessages: 2, SentBytes: 8, SentMessages: 2}
	transporttest.Eventually(t, "the session counts one peer", func() bool { return pc.Status().Peers == 1 })
	if diff := cmp.Diff(want, pc.Status().Counters); diff != "" {
		t.Errorf("with one peer that has left: %s", diff)
	}
}

// A peer that is silent for the idle limit is closed in good order, for that reason.
func TestIdlePeerIsClosed(t *testing.T) { transporttest.OnEachConnKind(t, testIdlePeerIsClosed) }

func testIdlePeerIsClosed(t *testing.T) {
	pc, r := transporttest.Listening(t, "tcp", sockeye.Options{IdleTimeout: 50 * time.Millisecond}, nil)
	c := transporttest.DialTCP(t, pc)
	if e := r.WaitKind(t, sockeye.Left, 1); e.Detail.Reason != sockeye.ReasonIdle {
		t.Errorf("left for %q, want idle", e.Detail.Reason)
	}
	if _, err := c.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("the client read %v, want EOF", err)
	}
}

// A session that reconnects dials again, after a wait within its bounds, and has one peer.
func TestReconnectForEver(t *testing.T) { transporttest.OnEachConnKind(t, testReconnectForEver) }

func testReconnectForEver(t *testing.T) {
	pc, _ := transporttest.Listening(t, "tcp", sockeye.Options{}, nil)
	address := transporttest.AddressOf(pc)
	board, r := transporttest.Open(t, sockeye.Endpoint{Mode: sockeye.Connect, Address: address, Options: sockeye.Options{Reconnect: true}}, nil)
	r.WaitKind(t, sockeye.Joined, 1)
	pc.Shutdown(t.Context())
	failed := r.WaitKind(t, sockeye.Failed, 1)
	if d := failed.Detail; d.Retry < transport.MinRetryDelay || d.Retry > transport.MaxRetryDelay {
		t.Errorf("next try in %v, want 0.5 s to 30 s", d.Retry)
	}
	transporttest.Open(t, sockeye.Endpoint{Mode: sockeye.Listen, Address: address}, nil)
	r.WaitKind(t, sockeye.Joined, 2)
	if n := len(board.Peers()); n != 1 {
		t.Errorf("%d peers after reconnecting, want 1", n)
	}
}

// Datagrams cross in both directions, and each is one event.
func TestUDPBothWays(t *testing.T) {
	pc, pcRecord := transporttest.Listening(t, "udp", sockeye.Options{}, transporttest.Echoing{})
	board, boardRecord := transporttest.Open(t, sockeye.Endpoint{Mode: sockeye.Connect, Address: transporttest.AddressOf(pc)}, nil)
	p := transporttest.FirstPeer(t, board, boardRecord)
	for _, m := range []string{"one", "", "three"} {
		if _, err := p.Send(t.Context(), []byte(m)); err != nil {
			t.Fatal(err)
		}
	}
	boardRecord.WaitKind(t, sockeye.Received, 3)
	var got []string
	for _, e := range boardRecord.All(transporttest.IsKind(sockeye.Received)) {
		got = append(got, string(e.Data))
	}
	if diff := cmp.Diff([]string{"one", "", "three"}, got); diff != "" {
		t.Error(diff)
	}
	if n := len(pcRecord.All(transporttest.IsKind(sockeye.Joined))); n != 1 {
		t.Errorf("%d peers joined, want 1", n)
	}
	board.Shutdown(t.Context())
	pc.Shutdown(t.Context())
	if left := pcRecord.All(transporttest.IsKind(sockeye.Left)); len(left) != 1 {
		t.Errorf("%d left events\n%s", len(left), pcRecord)
	}
}

// A session without peers shuts down at once, by our own will.
func TestShutdownOfAnIdleSessionIsPrompt(t *testing.T) {
	for _, network := range []string{"tcp", "udp"} {
		pc, r := transporttest.Listening(t, network, sockeye.Options{}, nil)
		ctx, cancel := context.WithTimeout(t.Context(), transporttest.Patience)
		pc.Shutdown(ctx)
		if ctx.Err() != nil {
			t.Errorf("%s: shutdown took %v", network, transporttest.Patience)
		}
		cancel()
		if e := r.WaitKind(t, sockeye.Ended, 1); e.Detail.Reason != sockeye.ReasonLocal {
			t.Errorf("%s: closed for %q", network, e.Detail.Reason)
		}
	}
}

// A client whose server ended in good order comes back at once, without a wait to tell of;
// one that is sent away again and again waits longer each time.
func TestReconnectAtOnce(t *testing.T) { transporttest.OnEachConnKind(t, testReconnectAtOnce) }

func testReconnectAtOnce(t *testing.T) {
	pc, pr := transporttest.Listening(t, "tcp", sockeye.Options{}, nil)
	_, r := transporttest.Open(t, sockeye.Endpoint{Mode: sockeye.Connect, Address: transporttest.AddressOf(pc), Options: sockeye.Options{Reconnect: true}}, nil)
	pr.WaitKind(t, sockeye.Joined, 1)
	r.WaitKind(t, sockeye.Joined, 1)
	pc.Peers()[0].Close(t.Context())
	r.WaitKind(t, sockeye.Joined, 2)
	if e := r.WaitKind(t, sockeye.Left, 1); e.Detail.Reason != sockeye.ReasonEOF {
		t.Errorf("left for %q, want eof", e.Detail.Reason)
	}
	if waits := r.All(transporttest.IsKind(sockeye.Failed)); len(waits) != 0 {
		t.Errorf("it waited: %v", waits[0].Detail)
	}
	pr.WaitKind(t, sockeye.Joined, 2)
	pc.Peers()[0].Close(t.Context())
	if d := r.WaitKind(t, sockeye.Failed, 1).Detail; d.Retry < transport.MinRetryDelay {
		t.Errorf("sent away twice, it waits %v, want %v at least", d.Retry, transport.MinRetryDelay)
	}
	r.WaitKind(t, sockeye.Joined, 3)
}
