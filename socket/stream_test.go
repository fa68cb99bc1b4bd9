package socket_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sockeye/socket"
)

// The experiment of the tutorial: the board says hello and echoes.
func TestStreamConversation(t *testing.T) {
	families(t, func(t *testing.T, family socket.Family) {
		board, pc := pair(t, family)
		for _, step := range []struct {
			from, to *socket.Socket
			text     string
		}{
			{board, pc, "Hello 01Studio!"},
			{pc, board, "Hi board"},
			{board, pc, "Hi board"},
		} {
			n, err := step.from.Send([]byte(step.text))
			if n != len(step.text) || err != nil {
				t.Fatalf("Send(%q) = %d, %v", step.text, n, err)
			}
			got, err := step.to.Recv(128)
			must(t, err)
			if diff := cmp.Diff(step.text, string(got)); diff != "" {
				t.Errorf("Recv (-want +got):\n%s", diff)
			}
		}
	})
}

// Both ends of a connection agree on its addresses, and Close does not make a socket forget its
// own.
func TestStreamAddresses(t *testing.T) {
	families(t, func(t *testing.T, family socket.Family) {
		client, server := pair(t, family)
		if _, ok := client.LocalAddr().(*net.TCPAddr); !ok {
			t.Errorf("LocalAddr is a %T", client.LocalAddr())
		}
		if diff := cmp.Diff(client.LocalAddr(), server.RemoteAddr()); diff != "" {
			t.Errorf("client's local, server's remote:\n%s", diff)
		}
		if diff := cmp.Diff(client.RemoteAddr(), server.LocalAddr()); diff != "" {
			t.Errorf("client's remote, server's local:\n%s", diff)
		}
		local := client.LocalAddr()
		must(t, client.Close())
		if diff := cmp.Diff(local, client.LocalAddr()); diff != "" {
			t.Errorf("LocalAddr after Close:\n%s", diff)
		}
	})
}

// A socket that is not bound or connected has no address.
func TestNoAddressYet(t *testing.T) {
	s := open(t, socket.AF_INET, socket.SOCK_STREAM)
	if a := s.LocalAddr(); a != nil {
		t.Errorf("LocalAddr = %v", a)
	}
	if a := s.RemoteAddr(); a != nil {
		t.Errorf("RemoteAddr = %v", a)
	}
}

// Recv returns at most as many bytes as it was asked for, and keeps the rest.
func TestRecvAtMost(t *testing.T) {
	client, server := pair(t, socket.AF_INET)
	_, err := client.SendAll([]byte("abcdef"))
	must(t, err)
	var got []string
	for range 3 {
		b, err := server.Recv(2)
		must(t, err)
		got = append(got, string(b))
	}
	if diff := cmp.Diff([]string{"ab", "cd", "ef"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A caller that allows any size costs no more memory than there can be data.
func TestRecvHugeSize(t *testing.T) {
	client, server := pair(t, socket.AF_INET)
	_, err := client.Send([]byte("x"))
	must(t, err)
	b, err := server.Recv(int(^uint(0) >> 1))
	if string(b) != "x" || err != nil {
		t.Errorf("Recv = %q, %v", b, err)
	}
}

// A stream that has ended gives io.EOF, one with nothing to read yet a timeout; the other
// direction goes on after the end.
func TestEndOfStreamIsNotNothingYet(t *testing.T) {
	client, server := pair(t, socket.AF_INET)
	server.SetTimeout(time.Millisecond)
	if b, err := server.Recv(8); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("nothing yet: Recv = %q, %v", b, err)
	}
	server.SetTimeout(patience)
	must(t, client.Shutdown(socket.SHUT_WR))
	for range 2 {
		if b, err := server.Recv(8); err != io.EOF || len(b) != 0 {
			t.Errorf("end: Recv = %q, %v, want io.EOF itself", b, err)
		}
	}
	// The other direction is still open: a half-close.
	_, err := server.Send([]byte("still here"))
	must(t, err)
	if b, err := client.Recv(64); string(b) != "still here" || err != nil {
		t.Errorf("after half-close: Recv = %q, %v", b, err)
	}
}

// Shutdown ends a Recv that waits in another goroutine, and Send fails with EPIPE afterwards.
func TestShutdownReadWakesRecv(t *testing.T) {
	client, _ := pair(t, socket.AF_INET)
	done := make(chan error, 1)
	go func() {
		_, err := client.Recv(1)
		done <- err
	}()
	must(t, client.Shutdown(socket.SHUT_RDWR))
	if err := <-done; err != io.EOF {
		t.Errorf("Recv = %v", err)
	}
	if _, err := client.Send([]byte("x")); !errors.Is(err, syscall.EPIPE) {
		t.Errorf("Send = %v, want EPIPE", err)
	}
}

// A peer that closes with unread data resets; that is not the end of the stream.
func TestResetIsNotTheEnd(t *testing.T) {
	client, server := pair(t, socket.AF_INET)
	_, err := client.Send([]byte("never read"))
	must(t, err)
	must(t, server.Close())
	remote := client.RemoteAddr().String()
	_, err = client.Recv(1)
	var e *socket.Error
	if !errors.Is(err, syscall.ECONNRESET) || !errors.As(err, &e) || e.Op != "recv" || e.Address != remote {
		t.Errorf("Recv = %v", err)
	}
}

// Both ends of a connection may send a megabyte at the same time, and each receives just these
// bytes.
func TestSendAllBothWaysAtOnce(t *testing.T) {
	families(t, func(t *testing.T, family socket.Family) {
		client, server := pair(t, family)
		data := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
		var wg sync.WaitGroup
		for _, ends := range [][2]*socket.Socket{{client, server}, {server, client}} {
			wg.Go(func() {
				if n, err := ends[0].SendAll(data); n != len(data) || err != nil {
					t.Errorf("SendAll = %d, %v", n, err)
				}
			})
			wg.Go(func() {
				var got []byte
				for len(got) < len(data) {
					b, err := ends[1].Recv(1 << 15)
					if err != nil {
						t.Error(err)
						return
					}
					got = append(got, b...)
				}
				if !bytes.Equal(got, data) {
					t.Error("received other bytes than were sent")
				}
			})
		}
		wg.Wait()
	})
}

// Bytes of concurrent SendAll calls are not mixed.
func TestSendAllKeepsTogether(t *testing.T) {
	client, server := pair(t, socket.AF_INET)
	const size = 1 << 19
	var wg sync.WaitGroup
	for _, c := range []byte("ab") {
		wg.Go(func() {
			if _, err := client.SendAll(bytes.Repeat([]byte{c}, size)); err != nil {
				t.Error(err)
			}
		})
	}
	var got []byte
	for len(got) < 2*size {
		b, err := server.Recv(1 << 16)
		must(t, err)
		got = append(got, b...)
	}
	wg.Wait()
	if got[0] != got[size-1] || got[size] != got[2*size-1] || got[0] == got[size] {
		t.Error("bytes of two calls are mixed")
	}
}

// A peer that never reads: Send takes fewer bytes than it is given, and SendAll
// reports exactly those the peer can still read.
func TestPeerThatNeverReads(t *testing.T) {
	client, server := pair(t, socket.AF_INET)
	b := make([]byte, 64<<20)
	first, err := client.Send(b)
	if first <= 0 || first > len(b) || err != nil {
		t.Fatalf("Send = %d, %v", first, err)
	}
	client.SetTimeout(200 * time.Millisecond)
	second, err := client.SendAll(b)
	if !errors.Is(err, os.ErrDeadlineExceeded) || second >= len(b) {
		t.Fatalf("SendAll = %d, %v", second, err)
	}
	must(t, client.Close())
	received := 0
	for {
		got, err := server.Recv(1 << 20)
		received += len(got)
		if err == io.EOF {
			break
		}
		must(t, err)
	}
	if received != first+second {
		t.Errorf("peer read %d bytes, reported %d + %d", received, first, second)
	}
}

// A port that is taken is reported by Bind, not later by Listen, and both sockets remain usable.
func TestAddressInUseFailsInBind(t *testing.T) {
	for _, listening := range []bool{false, true} {
		t.Run("listening "+strconv.FormatBool(listening), func(t *testing.T) {
			first := bound(t, socket.AF_INET, socket.SOCK_STREAM)
			if listening {
				must(t, first.Listen(1))
			}
			address := first.LocalAddr().String()
			second := open(t, socket.AF_INET, socket.SOCK_STREAM)
			err := second.Bind(address)
			if !errors.Is(err, syscall.EADDRINUSE) {
				t.Fatalf("Bind = %v", err)
			}
			var e *socket.Error
			if !errors.As(err, &e) || e.Op != "bind" || e.Address != address {
				t.Errorf("error is %#v", err)
			}
			// The socket is as good as before, and so is the first.
			must(t, second.Bind("127.0.0.1:0"))
			must(t, first.Listen(1))
		})
	}
}

// A server can come back while the connections of its last run fade out.
func TestRestartBesideTimeWait(t *testing.T) {
	l := listener(t, socket.AF_INET)
	address := l.LocalAddr().String()
	client := open(t, socket.AF_INET, socket.SOCK_STREAM)
	must(t, client.Connect(address))
	server, _, err := l.Accept()
	must(t, err)
	// The side that closes first keeps the TIME_WAIT.
	must(t, server.Close())
	if _, err := client.Recv(1); err != io.EOF {
		t.Fatalf("Recv = %v", err)
	}
	must(t, client.Close())
	must(t, l.Close())

	again := open(t, socket.AF_INET, socket.SOCK_STREAM)
	must(t, again.Bind(address))
	third := open(t, socket.AF_INET, socket.SOCK_STREAM)
	if err := third.Bind(address); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("beside a bound socket: Bind = %v", err)
	}
	must(t, again.Listen(1))
}

// One server per family on one port: IPV6_V6ONLY.
func TestFamiliesShareAPort(t *testing.T) {
	four := open(t, socket.AF_INET, socket.SOCK_STREAM)
	six := open(t, socket.AF_INET6, socket.SOCK_STREAM)
	must(t, four.Bind(":0"))
	must(t, six.Bind(":"+strconv.Itoa(port(four.LocalAddr()))))
	must(t, four.Listen(1))
	must(t, six.Listen(1))
	if diff := cmp.Diff([]string{"0.0.0.0", "::"}, []string{
		four.LocalAddr().(*net.TCPAddr).IP.String(), six.LocalAddr().(*net.TCPAddr).IP.String(),
	}); diff != "" {
		t.Errorf("empty host (-want +got):\n%s", diff)
	}
}

// Many goroutines may call Accept of one listener, and each is given a connection of its own.
func TestAcceptFromManyGoroutines(t *testing.T) {
	const peers = 20
	l := bound(t, socket.AF_INET, socket.SOCK_STREAM)
	must(t, l.Listen(peers))
	var wg sync.WaitGroup
	for range peers {
		wg.Go(func() {
			s, addr, err := l.Accept()
			if err != nil {
				t.Error(err)
				return
			}
			if addr.String() != s.RemoteAddr().String() {
				t.Errorf("Accept gave %v, RemoteAddr %v", addr, s.RemoteAddr())
			}
			_ = s.Close()
		})
		wg.Go(func() {
			c := open(t, socket.AF_INET, socket.SOCK_STREAM)
			if err := c.Connect(l.LocalAddr().String()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}
