package socket_test

import (
	"errors"
	"net"
	"syscall"
	"testing"

	"sockeye/socket"
)

// A call that comes too early or too late says which call it needs.
func TestWrongOrder(t *testing.T) {
	fresh := func(typ socket.Type) func(*testing.T) *socket.Socket {
		return func(t *testing.T) *socket.Socket { return open(t, socket.AF_INET, typ) }
	}
	boundTo := func(typ socket.Type) func(*testing.T) *socket.Socket {
		return func(t *testing.T) *socket.Socket { return bound(t, socket.AF_INET, typ) }
	}
	listening := func(t *testing.T) *socket.Socket { return listener(t, socket.AF_INET) }
	connected := func(t *testing.T) *socket.Socket { s, _ := pair(t, socket.AF_INET); return s }
	accepted := func(t *testing.T) *socket.Socket { _, s := pair(t, socket.AF_INET); return s }
	stream, datagram := fresh(socket.SOCK_STREAM), fresh(socket.SOCK_DGRAM)
	boundStream, boundDatagram := boundTo(socket.SOCK_STREAM), boundTo(socket.SOCK_DGRAM)

	bind := func(s *socket.Socket) error { return s.Bind("127.0.0.1:0") }
	listen := func(s *socket.Socket) error { return s.Listen(1) }
	accept := func(s *socket.Socket) error { _, _, err := s.Accept(); return err }
	connect := func(s *socket.Socket) error { return s.Connect("127.0.0.1:1") }
	send := func(s *socket.Socket) error { _, err := s.Send([]byte("x")); return err }
	sendAll := func(s *socket.Socket) error { _, err := s.SendAll([]byte("x")); return err }
	sendTo := func(s *socket.Socket) error { _, err := s.SendTo([]byte("x"), "127.0.0.1:1"); return err }
	recv := func(s *socket.Socket) error { _, err := s.Recv(1); return err }
	recvFrom := func(s *socket.Socket) error { _, _, err := s.RecvFrom(1); return err }
	shutdown := func(s *socket.Socket) error { return s.Shutdown(socket.SHUT_WR) }

	for _, test := range []struct {
		name string
		open func(*testing.T) *socket.Socket
		call func(*socket.Socket) error
		want error
		also syscall.Errno // what a system says
	}{
		{"bind twice", boundStream, bind, socket.ErrBound, syscall.EINVAL},
		{"bind after connect", connected, bind, socket.ErrBound, syscall.EINVAL},
		{"listen before bind", stream, listen, socket.ErrNotBound, syscall.EINVAL},
		{"listen after connect", connected, listen, socket.ErrConnected, syscall.EISCONN},
		{"listen on accepted", accepted, listen, socket.ErrConnected, syscall.EISCONN},
		{"listen on datagram", boundDatagram, listen, socket.ErrNotStream, syscall.EOPNOTSUPP},
		{"accept before bind", stream, accept, socket.ErrNotListening, syscall.EINVAL},
		{"accept before listen", boundStream, accept, socket.ErrNotListening, syscall.EINVAL},
		{"accept after connect", connected, accept, socket.ErrNotListening, syscall.EINVAL},
		{"accept on datagram", boundDatagram, accept, socket.ErrNotStream, syscall.EOPNOTSUPP},
		{"connect after listen", listening, connect, socket.ErrListening, syscall.EISCONN},
		{"connect twice", connected, connect, socket.ErrConnected, syscall.EISCONN},
		{"connect accepted", accepted, connect, socket.ErrConnected, syscall.EISCONN},
		{"send before connect", stream, send, socket.ErrNotConnected, syscall.ENOTCONN},
		{"send on listener", listening, send, socket.ErrNotConnected, syscall.ENOTCONN},
		{"send on datagram before connect", boundDatagram, send, socket.ErrNotConnected, syscall.ENOTCONN},
		{"sendall before connect", stream, sendAll, socket.ErrNotConnected, syscall.ENOTCONN},
		{"sendto on stream", connected, sendTo, socket.ErrNotDatagram, syscall.EOPNOTSUPP},
		{"recv before connect", stream, recv, socket.ErrNotConnected, syscall.ENOTCONN},
		{"recv on listener", listening, recv, socket.ErrNotConnected, syscall.ENOTCONN},
		{"recv on datagram before bind", datagram, recv, socket.ErrNotBound, syscall.EINVAL},
		{"recvfrom before connect", stream, recvFrom, socket.ErrNotConnected, syscall.ENOTCONN},
		{"recvfrom on datagram before bind", datagram, recvFrom, socket.ErrNotBound, syscall.EINVAL},
		{"shutdown before connect", stream, shutdown, socket.ErrNotConnected, syscall.ENOTCONN},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := test.open(t)
			err := test.call(s)
			if !errors.Is(err, test.want) || !errors.Is(err, test.also) {
				t.Errorf("got %v, want %v and %v", err, test.want, test.also)
			}
			must(t, s.Close())
			if err := test.call(s); !errors.Is(err, net.ErrClosed) {
				t.Errorf("after Close: %v", err)
			}
		})
	}
}

// Arguments that no system takes are refused before the system is asked.
func TestRefusedArguments(t *testing.T) {
	client, _ := pair(t, socket.AF_INET)
	server := bound(t, socket.AF_INET, socket.SOCK_STREAM)
	for _, test := range []struct {
		name string
		err  error
		want error
		text string
	}{
		{"backlog 0", server.Listen(0), syscall.EINVAL, "backlog 0 is not greater than 0"},
		{"backlog -1", server.Listen(-1), syscall.EINVAL, "backlog -1 is not greater than 0"},
		{"recv 0", second(client.Recv(0)), syscall.EINVAL, "size 0 is not greater than 0"},
		{"recv -1", second(client.Recv(-1)), syscall.EINVAL, "size -1 is not greater than 0"},
		{"shutdown 3", client.Shutdown(3), syscall.EINVAL, syscall.EINVAL.Error()},
		{"family", second(socket.New(0, socket.SOCK_STREAM)), syscall.EAFNOSUPPORT, syscall.EAFNOSUPPORT.Error()},
		{"type", second(socket.New(socket.AF_INET, 9)), syscall.EPROTOTYPE, syscall.EPROTOTYPE.Error()},
	} {
		t.Run(test.name, func(t *testing.T) {
			var e *socket.Error
			if !errors.Is(test.err, test.want) || !errors.As(test.err, &e) || e.Err.Error() != test.text {
				t.Errorf("got %v, want %q", test.err, test.text)
			}
		})
	}
}

func second[T any](_ T, err error) error { return err }

// Listen may be called again, as in Berkeley: it changes the backlog.
func TestListenAgain(t *testing.T) {
	l := listener(t, socket.AF_INET)
	must(t, l.Listen(7))
}

// Close of a socket that is closed already is no error.
func TestCloseTwice(t *testing.T) {
	s := open(t, socket.AF_INET, socket.SOCK_STREAM)
	must(t, s.Close())
	must(t, s.Close())
}
