package core

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sockeye"
	"sockeye/internal/fault"
	"sockeye/internal/recording"
)

func faultsOf(t *testing.T, frame string, faults ...string) *fault.RelayFaults {
	t.Helper()
	s, err := fault.ParseSet(frame, faults)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (r *relayed) setFaults(t *testing.T, frame string, faults ...string) {
	t.Helper()
	if err := r.s.Relay().SetFaults(faultsOf(t, frame, faults...)); err != nil {
		t.Fatal(err)
	}
}

// faultEvents are the faults that were recorded of both sessions, in order.
func (r *relayed) faultEvents(t *testing.T) (out []sockeye.FaultEvent) {
	t.Helper()
	cursor := r.bench.View(0)
	defer cursor.Close()
	_, next, _, _ := r.bench.VisibleSpan()
	for {
		e, ok := cursor.Try()
		if !ok || e.Seq >= next {
			return out
		}
		if e.Kind == sockeye.Faulted {
			out = append(out, *e.Detail.Fault)
		}
	}
}

// A stream that is late, sliced, merged, slow and sent again crosses byte for byte, both
// ways at once, while faults come and go, and its end after it.
func TestFaultsKeepStreamsWhole(t *testing.T) {
	r := relayTCP(t)
	client, upstream := r.connect(t)
	const seed = 34
	random := rand.New(rand.NewPCG(seed, seed))
	over := make(chan struct{})
	var changing sync.WaitGroup
	changing.Go(func() {
		for n := 0; ; n++ {
			select {
			case <-over:
				return
			case <-time.After(5 * time.Millisecond):
			}
			switch n % 4 {
			case 0:
				r.s.Relay().SetFaults(faultsOf(t, "", "latency 2ms jitter 2ms", "slice 700 50%", "rate 20mb"))
			case 1:
				r.s.Relay().SetFaults(faultsOf(t, "line", "latency 1ms", "merge 1ms", "stall for 1ms every 5ms"))
			case 2:
				r.s.Relay().SetFaults(nil)
			case 3:
				r.s.Relay().SetFaults(faultsOf(t, "", "hold timeout 1ms 2%", "drop retransmission 3ms 10%"))
			}
		}
	})
	var running sync.WaitGroup
	for name, way := range map[string]struct{ from, to *net.TCPConn }{"to the upstream": {client, upstream}, "from the upstream": {upstream, client}} {
		var pieces [][]byte
		var whole []byte
		for range 1000 {
			piece := make([]byte, 1+random.IntN(3000))
			for i := range piece {
				piece[i] = byte(random.Uint32())
			}
			pieces, whole = append(pieces, piece), append(whole, piece...)
		}
		running.Go(func() {
			for _, p := range pieces {
				if _, err := way.from.Write(p); err != nil {
					t.Errorf("%s: %v", name, err)
					return
				}
			}
			way.from.CloseWrite()
		})
		running.Go(func() {
			if got, err := io.ReadAll(way.to); err != nil || !bytes.Equal(got, whole) {
				t.Errorf("%s: seed %d: %d bytes came, %d were sent, %v", name, seed, len(got), len(whole), err)
			}
		})
	}
	running.Wait()
	close(over)
	changing.Wait()
}

// What a peer sent before it left arrives, however late.
func TestFaultsDelayTheEnd(t *testing.T) {
	r := relayTCP(t)
	r.setFaults(t, "", "latency 300ms to upstream")
	client, upstream := r.connect(t)
	begun := time.Now()
	io.WriteString(client, "last words")
	client.Close()
	got, err := io.ReadAll(upstream)
	if string(got) != "last words" || err != nil || time.Since(begun) < 300*time.Millisecond {
		t.Errorf("%q after %v, %v", got, time.Since(begun), err)
	}
	upstream.Close()
	waitUntil(t, "both have left", func() bool { return len(r.s.Peers())+len(r.s.Relay().Upstream().Peers()) == 0 })
	hits := r.faultEvents(t)
	want := []sockeye.FaultEvent{{Kind: "set"}, {Kind: "latency", Bytes: 10, DelayMS: 300}}
	for n := range hits {
		if hits[n].Fault != "latency 300ms to upstream" {
			t.Errorf("the fault is %q", hits[n].Fault)
		}
		hits[n].Fault = ""
	}
	if diff := cmp.Diff(want, hits); diff != "" {
		t.Errorf("recorded (-want +got):\n%s", diff)
	}
}

// Connections end as faults say, on both sides.
func TestFaultsEndConnections(t *testing.T) {
	r := relayTCP(t)
	r.setFaults(t, "", "reset after 6 to upstream")
	client, upstream := r.connect(t)
	io.WriteString(client, "123456789")
	for name, one := range map[string]net.Conn{"the peer": client, "the upstream": upstream} {
		if _, err := io.Copy(io.Discard, one); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("%s sees %v", name, err)
		}
	}
	r.setFaults(t, "", "reset after 50ms")
	client, upstream = r.connect(t)
	for name, one := range map[string]net.Conn{"the peer": client, "the upstream": upstream} {
		if _, err := one.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("after a time %s sees %v", name, err)
		}
	}
	r.setFaults(t, "", "half-close after 3 to upstream")
	client, upstream = r.connect(t)
	io.WriteString(client, "1234")
	if got, err := io.ReadAll(upstream); string(got) != "123" || err != nil {
		t.Errorf("half-close: %q %v", got, err)
	}
	io.WriteString(upstream, "answer")
	upstream.Close()
	if got, err := io.ReadAll(client); string(got) != "answer" || err != nil {
		t.Errorf("the other way: %q %v", got, err)
	}
	r.setFaults(t, "", "refuse")
	c, err := net.Dial("tcp", r.s.Locals()[0].String())
	if err == nil {
		defer c.Close()
		c.SetDeadline(time.Now().Add(patience))
		_, err = c.Read(make([]byte, 1))
	}
	if !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("who is refused sees %v", err)
	}
	waitUntil(t, "it is recorded", func() bool {
		hits := r.faultEvents(t)
		return hits[len(hits)-1].Kind == "refuse"
	})
}

// Faults of datagrams are the same for the same seed and the same input.
func TestFaultsOfDatagrams(t *testing.T) {
	faults := []string{"drop 20% seed 1 to upstream", "duplicate 20% seed 2 to upstream", "reorder gap 2 20% seed 3 to upstream", "corrupt 20% seed 4 to upstream", "truncate 1 10% seed 5 to upstream"}
	run := func() (got []string, hits []sockeye.FaultEvent) {
		up, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer up.Close()
		bench, s := openRelay(t, addressOf(t, "udp://127.0.0.1:0"), addressOf(t, "udp://"+up.LocalAddr().String()))
		r := &relayed{bench, s, nil}
		r.setFaults(t, "", faults...)
		c, err := net.Dial("udp", s.Locals()[0].String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		for n := range 60 {
			c.Write([]byte{'#', byte('0' + n/10), byte('0' + n%10)})
			waitUntil(t, "it came", func() bool { return s.Status().Counters.ReceivedMessages == uint64(n+1) })
		}
		buf := make([]byte, 100)
		up.SetReadDeadline(time.Now().Add(patience))
		for len(got) < 45 {
			n, _, err := up.ReadFrom(buf)
			if err != nil {
				t.Fatalf("after %d: %v", len(got), err)
			}
			got = append(got, string(buf[:n]))
		}
		return got, r.faultEvents(t)
	}
	first, hits := run()
	again, _ := run()
	if diff := cmp.Diff(first, again); diff != "" {
		t.Errorf("another run gives something else:\n%s", diff)
	}
	seen := map[string]int{}
	for _, h := range hits {
		seen[h.Kind]++
	}
	for _, kind := range []string{"drop", "duplicate", "reorder", "corrupt", "truncate"} {
		if seen[kind] < 2 {
			t.Errorf("%s hit %d times: %v", kind, seen[kind], seen)
		}
	}
}

// A message that is held waits for a person, and nothing overtakes it.
func TestHeldMessages(t *testing.T) {
	r := relayTCP(t)
	r.setFaults(t, "line", "hold when prefix:SET")
	client, upstream := r.connect(t)
	io.WriteString(client, "GET\nSET 1\nGET\n")
	waitUntil(t, "it is held", func() bool { held, _ := r.s.Relay().Held(); return len(held) == 1 })
	held, _ := r.s.Relay().Held()
	if string(held[0].Data) != "SET 1\n" || held[0].Way != fault.ToUpstream || held[0].From.Session.ID != r.s.ID() {
		t.Fatalf("%+v", held[0])
	}
	if err := r.s.Relay().Decide(99, fault.Release, nil); sockeye.ErrorOf(err).Kind != sockeye.NotFound {
		t.Error(err)
	}
	if err := r.s.Relay().Decide(held[0].Number, fault.Edit, []byte("SET 2\n")); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 14)
	if _, err := io.ReadFull(upstream, got); string(got) != "GET\nSET 2\nGET\n" || err != nil {
		t.Errorf("%q %v", got, err)
	}
	up := r.s.Relay().Upstream()
	if err := NoRelay(up); up.Relay() != nil || !strings.Contains(sockeye.ErrorOf(err).Hint.En, r.s.ID()) {
		t.Errorf("the upstream's side: %v", err)
	}
}

// A relay with something waiting ends all the same, at once enough, and says what was lost.
func TestRelayEndsWithFaults(t *testing.T) {
	r := relayTCP(t)
	r.setFaults(t, "", "stall")
	client, _ := r.connect(t)
	io.WriteString(client, "never")
	waitUntil(t, "it waits", func() bool { return len(r.faultEvents(t)) == 2 })
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	up := r.s.Relay().Upstream()
	r.bench.Close(ctx, r.s)
	<-up.Done()
	waitUntil(t, "what was lost is said", func() bool {
		hits := r.faultEvents(t)
		last := hits[len(hits)-1]
		return last.Kind == "lost" && last.Bytes == 5
	})
}

// T70: faults that are left on by mistake are seen. Each that is set is an event of the
// session, so that a recording says so before the first byte, and whoever asks the session
// hears which there are.
func TestFaultsAreSeen(t *testing.T) {
	r := relayTCP(t)
	r.setFaults(t, "", "latency 10ms")
	client, upstream := r.connect(t)
	io.WriteString(client, "late")
	hears(t, upstream, "late")
	r.setFaults(t, "")
	var told []string
	for _, e := range r.faultEvents(t) {
		told = append(told, string(e.Kind)+" "+e.Fault)
	}
	if len(told) == 0 || !strings.Contains(told[0], "latency 10ms") {
		t.Errorf("the record says %q", told)
	}
	cursor := r.bench.View(0)
	defer cursor.Close()
	for e, ok := cursor.Try(); ok; e, ok = cursor.Try() {
		if e.Kind == sockeye.Received {
			t.Fatal("data is in the record before the faults are")
		}
		if e.Kind == sockeye.Faulted {
			break
		}
	}
	if set, err := r.s.Relay().Faults(); err != nil || set != nil && len(set.Texts()) > 0 {
		t.Errorf("faults that were taken away are there: %+v, %v", set, err)
	}
}

// T70: a recording that is begun while faults are set names them in its first header.
func TestRecordingNamesFaultsSetBefore(t *testing.T) {
	r := relayTCP(t)
	r.setFaults(t, "", "latency 10ms seed 3")
	file := filepath.Join(t.TempDir(), "late.pcapng")
	if err := r.bench.Record(recording.WriteOptions{File: file}); err != nil {
		t.Fatal(err)
	}
	if err := r.bench.StopRecording(t.Context()); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	header := whole[:binary.LittleEndian.Uint32(whole[4:])]
	if want := "faults were set in session " + r.s.ID() + " when this segment began: latency 10ms seed 3"; !bytes.Contains(header, []byte(want)) {
		t.Errorf("the header does not say %q:\n%q", want, header)
	}
}

// Faults that would tear a stream apart are refused, and leave those that are set.
func TestFaultsThatNeedMessages(t *testing.T) {
	r := relayTCP(t)
	r.setFaults(t, "", "latency 1ms")
	err := r.s.Relay().SetFaults(faultsOf(t, "", "duplicate", "truncate 3"))
	if e := sockeye.ErrorOf(err); e == nil || e.Kind != sockeye.Invalid || e.Target != "faults[0]" {
		t.Errorf("%v", err)
	}
	if set, _ := r.s.Relay().Faults(); len(set.Texts()) != 1 {
		t.Errorf("%q are set", set.Texts())
	}
}
