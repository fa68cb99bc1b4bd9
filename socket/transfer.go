package socket

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"syscall"
)

// Bytes that one Recv makes room for at most, whatever its caller allows: a
// stream gives what has arrived, and no UDP message is longer than 65,535.
const (
	maxStreamRecv   = 1 << 20
	maxDatagramRecv = 1 << 16
)

// Send sends b on a connected socket once, as send(2) does, and says how many
// bytes the system took, which may be fewer than all; it waits while there is
// room for none. A datagram is sent whole or not at all. b is not kept.
func (s *Socket) Send(b []byte) (int, error) { return s.SendContext(context.Background(), b) }

// SendContext is Send that ends with ctx.
func (s *Socket) SendContext(ctx context.Context, b []byte) (n int, err error) {
	err = s.await(ctx, s.sending, "send", "", func(ctx context.Context) (err error) {
		if !s.now().connected {
			return ErrNotConnected
		}
		n, err = s.sys.send(ctx, b, netip.AddrPort{})
		return err
	})
	return n, err
}

// SendAll sends all of b on a connected socket, and on an error says how many
// bytes the system took before it. Bytes of concurrent calls are never mixed.
func (s *Socket) SendAll(b []byte) (int, error) { return s.SendAllContext(context.Background(), b) }

// SendAllContext is SendAll that ends with ctx.
func (s *Socket) SendAllContext(ctx context.Context, b []byte) (sent int, err error) {
	err = s.await(ctx, s.sending, "send", "", func(ctx context.Context) error {
		if !s.now().connected {
			return ErrNotConnected
		}
		for {
			n, err := s.sys.send(ctx, b[sent:], netip.AddrPort{})
			sent += n
			if err != nil || sent == len(b) {
				return err
			}
		}
	})
	return sent, err
}

// SendTo sends b as one datagram to address, as sendto(2) does; an empty b is a
// message too. The first SendTo binds a socket that is not bound yet.
func (s *Socket) SendTo(b []byte, address string) (int, error) {
	return s.SendToContext(context.Background(), b, address)
}

// SendToContext is SendTo that ends with ctx.
func (s *Socket) SendToContext(ctx context.Context, b []byte, address string) (n int, err error) {
	err = s.await(ctx, s.sending, "sendto", address, func(ctx context.Context) error {
		if s.typ != SOCK_DGRAM {
			return ErrNotDatagram
		}
		to, err := s.resolve(ctx, address, loopback)
		if err != nil {
			return err
		}
		if n, err = s.sys.send(ctx, b, to); err != nil {
			return err
		}
		if !s.now().bound {
			s.reached(func(st *socketStage) { st.bound = true })
		}
		return nil
	})
	return n, err
}

// Recv waits for data and returns at most n bytes of it, as recv(2) does. The
// slice belongs to the caller. At the end of a stream the error is io.EOF
// itself; while there is nothing yet Recv waits, until os.ErrDeadlineExceeded if
// the socket has a timeout. A datagram without bytes is an empty slice and no
// error; of one longer than n the rest is lost.
func (s *Socket) Recv(n int) ([]byte, error) { return s.RecvContext(context.Background(), n) }

// RecvContext is Recv that ends with ctx.
func (s *Socket) RecvContext(ctx context.Context, n int) ([]byte, error) {
	b, _, err := s.recv(ctx, "recv", n)
	return b, err
}

// RecvFrom is Recv that also tells who sent the data, as recvfrom(2) does. On a
// stream that is always the peer.
func (s *Socket) RecvFrom(n int) ([]byte, net.Addr, error) {
	return s.RecvFromContext(context.Background(), n)
}

// RecvFromContext is RecvFrom that ends with ctx.
func (s *Socket) RecvFromContext(ctx context.Context, n int) ([]byte, net.Addr, error) {
	b, from, err := s.recv(ctx, "recvfrom", n)
	if err != nil {
		return nil, nil, err
	}
	if !from.IsValid() {
		return b, s.RemoteAddr(), nil
	}
	return b, s.netAddr(from), nil
}

func (s *Socket) recv(ctx context.Context, op string, n int) (b []byte, from netip.AddrPort, err error) {
	err = s.await(ctx, s.receiving, op, "", func(ctx context.Context) error {
		room, err := s.room(n)
		if err != nil {
			return err
		}
		b = make([]byte, room)
		n, from, err = s.sys.recv(ctx, b)
		return err
	})
	if errors.Is(err, io.EOF) {
		return nil, from, io.EOF
	}
	if err != nil {
		return nil, from, err
	}
	return b[:n], from, nil
}

// room says how many bytes to make room for, or why nothing can be received.
func (s *Socket) room(n int) (int, error) {
	switch st := s.now(); {
	case n <= 0:
		return 0, &misuse{fmt.Sprintf("size %d is not greater than 0", n), syscall.EINVAL}
	case s.typ == SOCK_DGRAM && !st.bound:
		return 0, ErrNotBound
	case s.typ == SOCK_DGRAM:
		return min(n, maxDatagramRecv), nil
	case !st.connected:
		return 0, ErrNotConnected
	}
	return min(n, maxStreamRecv), nil
}
