package transport

import (
	"net"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sockeye"
	"sockeye/internal/netinfo"
)

// F32: a peer that takes a byte now and then, and never has room for a segment, is shown
// as not reading with what waits for it, stays for as long as it likes, and gets everything
// when it reads.
func TestOneByteNowAndThenIsNotReading(t *testing.T) {
	onEachConnKind(t, testF32OneByteNowAndThen)
}

func testF32OneByteNowAndThen(t *testing.T) {
	const limit, size = 2 * time.Second, 200_000
	pc, r := listening(t, "tcp", sockeye.Options{SendBuffer: 16 << 10, KeepAliveIdle: time.Second, KeepAliveInterval: time.Second, KeepAliveCount: 1}, nil)
	small := net.Dialer{Control: func(_, _ string, raw syscall.RawConn) error {
		return raw.Control(func(fd uintptr) { unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF, 8<<10) })
	}}
	conn, err := small.DialContext(t.Context(), "tcp", pc.Locals()[0].String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(patience))
	c := conn.(*net.TCPConn)
	p := peerOf(t, pc, r, c)
	sent := make(chan error, 1)
	go func() {
		_, err := p.Send(t.Context(), make([]byte, size))
		sent <- err
	}()
	got, buf := 0, make([]byte, size)
	pace := time.NewTicker(20 * time.Millisecond) // fifty times as fast as a byte a second
	defer pace.Stop()
	for late := time.Now().Add(patience); p.Status().NotReadingFor < 3*limit; {
		<-pace.C
		n, err := c.Read(buf[:1])
		if got += n; err != nil {
			t.Fatalf("after %d bytes: %v", got, err)
		}
		if time.Now().After(late) {
			t.Fatalf("after %d bytes it is not seen that the peer does not read: %+v", got, p.Status())
		}
	}
	st := p.Status()
	t.Logf("%d bytes read: %v, %d queued, %+v", got, st.NotReadingFor, st.Queued, st.TCP)
	if st.TCP == nil || st.TCP.SendWindow >= st.TCP.SendMSS {
		t.Errorf("not reading with a window of %+v", st.TCP)
	}
	if st.Queued < size-got-16<<10 || st.Queued > size-got {
		t.Errorf("%d bytes are queued after %d of %d", st.Queued, got, size)
	}
	for got < size {
		n, err := c.Read(buf)
		if got += n; err != nil {
			t.Fatalf("after %d bytes: %v", got, err)
		}
	}
	if err := <-sent; err != nil {
		t.Error(err)
	}
	eventually(t, "it is seen that it read", func() bool {
		st := p.Status()
		return st.NotReadingFor == 0 && st.Queued == 0
	})
	if n := len(r.all(isKind(sockeye.Left))); n != 0 {
		t.Errorf("it left: %s", r)
	}
}

// F32: two minutes of a byte a second are two minutes without reading; a segment is
// reading, and so is a window with room for one.
func TestNotReadingSince(t *testing.T) {
	start := time.Unix(1_700_000_000, 0)
	state := netinfo.SendState{Unsent: 5000, Window: 3, Segment: 536}
	var u *unacknowledged
	look := func(second int, o netinfo.SendState) time.Duration {
		t.Helper()
		now := start.Add(time.Duration(second) * time.Second)
		next := u.update(o, now)
		if u = &next; u.narrow.IsZero() {
			return -1
		}
		return now.Sub(u.narrow)
	}
	for second := range 121 {
		state.Acked++
		state.InFlight = second%3 == 0 // a byte is under way now and then
		if got := look(second, state); got != time.Duration(second)*time.Second {
			t.Fatalf("after %d s not reading for %v", second, got)
		}
	}
	state.Acked += uint64(state.Segment)
	if got := look(121, state); got != -1 {
		t.Errorf("it took a segment, and has not been reading for %v", got)
	}
	state.Acked++
	if got := look(122, state); got != 0 {
		t.Errorf("not reading for %v, want 0 s", got)
	}
	if got := look(132, state); got != 10*time.Second {
		t.Errorf("not reading for %v, want 10 s", got)
	}
	wide := state
	wide.Window = wide.Segment
	if got := look(133, wide); got != -1 {
		t.Errorf("there is room for a segment, and it has not been reading for %v", got)
	}
	// A kernel that does not tell the window: nothing is under way, though bytes wait.
	state.Window, state.InFlight = -1, false
	if got := look(134, state); got != 0 {
		t.Errorf("not reading for %v, want 0 s", got)
	}
	state.InFlight = true
	if got := look(135, state); got != -1 {
		t.Errorf("bytes are under way, and it has not been reading for %v", got)
	}
}

// F32: the kernel sends again what a full receiver dropped, less and less often. That no
// acknowledgement comes in between is no silence; that none comes after it, is.
func TestSilenceBeginsWithWhatIsUnanswered(t *testing.T) {
	start := time.Unix(1_700_000_000, 0)
	state := netinfo.SendState{Unsent: 100, InFlight: true, Window: 0, Segment: 536}
	const gap = 90 // seconds between two attempts
	var u *unacknowledged
	look := func(second int, o netinfo.SendState) time.Duration {
		next := u.update(o, start.Add(time.Duration(second)*time.Second))
		u = &next
		return u.silence(o, start.Add(time.Duration(second)*time.Second))
	}
	for second := range 4 * gap {
		state.LastSent = time.Duration(second%gap) * time.Second
		state.LastAck = state.LastSent
		if got := look(second, state); got != 0 {
			t.Fatalf("after %d s silent for %v, though each attempt was answered", second, got)
		}
	}
	for second := range 31 {
		state.LastSent, state.LastAck = time.Duration(second)*time.Second, time.Duration(second+gap)*time.Second
		if got := look(4*gap+second, state); got != time.Duration(second)*time.Second {
			t.Fatalf("silent for %v, want %d s", got, second)
		}
	}
}
