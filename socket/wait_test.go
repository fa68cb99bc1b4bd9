package socket_test

import (
	"context"
	"errors"
	"net"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"

	"sockeye/socket"
)

// waiting is every call that can wait, on a socket where it waits.
var waiting = []struct {
	name string
	open func(*testing.T) *socket.Socket
	call func(context.Context, *socket.Socket) error
}{
	{"accept", func(t *testing.T) *socket.Socket { return listener(t, socket.AF_INET) },
		func(ctx context.Context, s *socket.Socket) error { _, _, err := s.AcceptContext(ctx); return err }},
	{"recv", func(t *testing.T) *socket.Socket { s, _ := pair(t, socket.AF_INET); return s },
		func(ctx context.Context, s *socket.Socket) error { _, err := s.RecvContext(ctx, 1); return err }},
	{"recvfrom", func(t *testing.T) *socket.Socket { return bound(t, socket.AF_INET, socket.SOCK_DGRAM) },
		func(ctx context.Context, s *socket.Socket) error { _, _, err := s.RecvFromContext(ctx, 1); return err }},
	{"send", full,
		func(ctx context.Context, s *socket.Socket) error {
			_, err := s.SendContext(ctx, []byte("x"))
			return err
		}},
	{"sendall", full,
		func(ctx context.Context, s *socket.Socket) error {
			_, err := s.SendAllContext(ctx, []byte("x"))
			return err
		}},
}

// full is a connected socket with no room left to send.
func full(t *testing.T) *socket.Socket {
	s, _ := pair(t, socket.AF_INET)
	s.SetTimeout(150 * time.Millisecond)
	for refused := 0; refused < 4; refused++ {
		// The kernels make more room for a while after the first time.
		if n, err := s.SendAll(make([]byte, 1<<20)); n > 0 || err == nil {
			refused = 0
		}
	}
	s.SetTimeout(patience)
	return s
}

// Every call that waits ends with the timeout, the deadline, the context and Close.
func TestWaitingEnds(t *testing.T) {
	for _, w := range waiting {
		for _, end := range []struct {
			name string
			call func(*socket.Socket) error
			want error
		}{
			{"timeout", func(s *socket.Socket) error {
				s.SetTimeout(time.Millisecond)
				return w.call(t.Context(), s)
			}, os.ErrDeadlineExceeded},
			{"deadline", func(s *socket.Socket) error {
				ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
				defer cancel()
				return w.call(ctx, s)
			}, context.DeadlineExceeded},
			{"cancelled before", func(s *socket.Socket) error {
				ctx, cancel := context.WithCancel(t.Context())
				cancel()
				return w.call(ctx, s)
			}, context.Canceled},
			{"cancelled while waiting", func(s *socket.Socket) error {
				ctx, cancel := context.WithCancel(t.Context())
				time.AfterFunc(5*time.Millisecond, cancel)
				return w.call(ctx, s)
			}, context.Canceled},
			{"closed while waiting", func(s *socket.Socket) error {
				time.AfterFunc(5*time.Millisecond, func() { _ = s.Close() })
				return w.call(t.Context(), s)
			}, net.ErrClosed},
		} {
			t.Run(w.name+" "+end.name, func(t *testing.T) {
				err := end.call(w.open(t))
				var e *socket.Error
				if !errors.Is(err, end.want) || !errors.As(err, &e) {
					t.Fatalf("got %v, want %v", err, end.want)
				}
				timeout := end.want == os.ErrDeadlineExceeded || end.want == context.DeadlineExceeded
				if e.Timeout() != timeout {
					t.Errorf("Timeout() = %v", e.Timeout())
				}
			})
		}
	}
}

// A cancelled context ends the calls that only look up a name or connect, too.
func TestCancelledBefore(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for name, call := range map[string]func() error{
		"bind":    func() error { return open(t, socket.AF_INET, socket.SOCK_STREAM).BindContext(ctx, "127.0.0.1:0") },
		"connect": func() error { return open(t, socket.AF_INET, socket.SOCK_STREAM).ConnectContext(ctx, "127.0.0.1:1") },
		"sendto": func() error {
			return second(open(t, socket.AF_INET, socket.SOCK_DGRAM).SendToContext(ctx, nil, "127.0.0.1:1"))
		},
		"getaddrinfo": func() error { return second(socket.GetAddrInfoContext(ctx, "localhost", "80")) },
	} {
		if err := call(); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A socket is as good after a timeout as before, and a timeout of one goroutine
// does not end the wait of another.
func TestTimeoutsAreSeparate(t *testing.T) {
	client, server := pair(t, socket.AF_INET)
	long, short := make(chan error, 1), make(chan error, 8)
	go func() {
		_, err := client.Recv(16)
		long <- err
	}()
	var wg sync.WaitGroup
	for range cap(short) {
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
			defer cancel()
			_, err := client.RecvContext(ctx, 16)
			short <- err
		})
	}
	wg.Wait()
	ended := 0
	for range cap(short) {
		if err := <-short; errors.Is(err, context.DeadlineExceeded) {
			ended++
		}
	}
	if ended != cap(short) {
		t.Errorf("%d of %d short waits ended", ended, cap(short))
	}
	_, err := server.Send([]byte("x"))
	must(t, err)
	if err := <-long; err != nil {
		t.Errorf("long wait: %v", err)
	}
}

// Receiving does not keep anyone from sending.
func TestSendWhileReceiving(t *testing.T) {
	client, server := pair(t, socket.AF_INET)
	done := make(chan error, 1)
	go func() {
		_, err := client.Recv(16)
		done <- err
	}()
	_, err := client.Send([]byte("to server"))
	must(t, err)
	b, err := server.Recv(16)
	must(t, err)
	_, err = server.Send(b)
	must(t, err)
	must(t, <-done)
}

// Close against everything else at once: no race, nobody is left waiting.
func TestCloseWhileInUse(t *testing.T) {
	for range 50 {
		client, server := pair(t, socket.AF_INET)
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() { drain(client) })
			wg.Go(func() { drain(server) })
			wg.Go(func() { flood(client) })
			wg.Go(func() {
				_, _, _ = client.LocalAddr(), client.RemoteAddr(), client.Shutdown(socket.SHUT_WR)
			})
			wg.Go(func() { _ = client.Close() })
		}
		wg.Wait()
		if _, err := client.Recv(1); !errors.Is(err, net.ErrClosed) {
			t.Fatalf("Recv = %v", err)
		}
	}
}

func drain(s *socket.Socket) {
	for {
		if _, err := s.Recv(1 << 16); err != nil {
			return
		}
	}
}

func flood(s *socket.Socket) {
	b := make([]byte, 1<<16)
	for {
		if _, err := s.SendAll(b); err != nil {
			return
		}
	}
}

// Connect to a port where nobody listens fails with ECONNREFUSED, and the text names the
// address.
func TestConnectionRefused(t *testing.T) {
	families(t, func(t *testing.T, family socket.Family) {
		// Bound and not listening: a port that surely refuses.
		nobody := bound(t, family, socket.SOCK_STREAM).LocalAddr().String()
		err := open(t, family, socket.SOCK_STREAM).Connect(nobody)
		if !errors.Is(err, syscall.ECONNREFUSED) {
			t.Fatalf("Connect = %v", err)
		}
		var e *socket.Error
		if !errors.As(err, &e) || err.Error() != "connect "+nobody+": "+e.Err.Error() {
			t.Errorf("text is %q", err)
		}
	})
}

// Connect to a listener that takes no more connections ends with the timeout of the socket.
func TestConnectTimeout(t *testing.T) {
	// A listener whose backlog is full lets a connection attempt hang.
	l := bound(t, socket.AF_INET, socket.SOCK_STREAM)
	must(t, l.Listen(1))
	for range 8 {
		s := open(t, socket.AF_INET, socket.SOCK_STREAM)
		s.SetTimeout(100 * time.Millisecond)
		err := s.Connect(l.LocalAddr().String())
		if err == nil {
			continue
		}
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("Connect = %v", err)
		}
		return
	}
	t.Error("a backlog of 1 took 8 connections")
}
