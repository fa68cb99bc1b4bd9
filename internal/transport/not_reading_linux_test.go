package transport_test

import (
	"net"
	"sockeye"
	"sockeye/internal/transport/transporttest"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// F32: a peer that takes a byte now and then, and never has room for a segment, is shown
// as not reading with what waits for it, stays for as long as it likes, and gets everything
// when it reads.
func TestOneByteNowAndThenIsNotReading(t *testing.T) {
	transporttest.OnEachConnKind(t, testF32OneByteNowAndThen)
}

func testF32OneByteNowAndThen(t *testing.T) {
	const limit, size = 2 * time.Second, 200_000
	pc, r := transporttest.Listening(t, "tcp", sockeye.Options{SendBuffer: 16 << 10, KeepAliveIdle: time.Second, KeepAliveInterval: time.Second, KeepAliveCount: 1}, nil)
	small := net.Dialer{Control: func(_, _ string, raw syscall.RawConn) error {
		return raw.Control(func(fd uintptr) { unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF, 8<<10) })
	}}
	conn, err := small.DialContext(t.Context(), "tcp", pc.Locals()[0].String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(transporttest.Patience))
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
	for late := time.Now().Add(transporttest.Patience); p.Status().NotReadingFor < 3*limit; {
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
	transporttest.Eventually(t, "it is seen that it read", func() bool {
		st := p.Status()
		return st.NotReadingFor == 0 && st.Queued == 0
	})
	if n := len(r.All(transporttest.IsKind(sockeye.Left))); n != 0 {
		t.Errorf("it left: %s", r)
	}
}
