package socket

import (
	"context"
	"fmt"
	"math"
	"net"
	"net/netip"
	"syscall"
)

// Bind gives the socket its local address, as bind(2) does, when it is called:
// an address in use or not of this machine fails here. Port 0 lets the system
// choose; LocalAddr tells which. It waits only to look up a name.
func (s *Socket) Bind(address string) error {
	return s.BindContext(context.Background(), address)
}

// BindContext is Bind; ctx can end the look-up of a name.
func (s *Socket) BindContext(ctx context.Context, address string) error {
	return s.await(ctx, s.sending, "bind", address, func(ctx context.Context) error {
		if s.now().bound {
			return ErrBound
		}
		local, err := s.resolve(ctx, address, wildcard)
		if err != nil {
			return err
		}
		if err := s.sys.bind(local); err != nil {
			return err
		}
		s.reached(func(st *socketStage) { st.bound = true })
		return nil
	})
}

// Listen makes the bound stream socket a listener, as listen(2) does. backlog is
// how many connections may wait for Accept; it must be greater than 0, and the
// system may lower it to its own limit (Linux: net.core.somaxconn). Listen may
// be called again to change the backlog.
func (s *Socket) Listen(backlog int) error {
	if err := s.listen(backlog); err != nil {
		return s.fail("listen", "", err)
	}
	return nil
}

func (s *Socket) listen(backlog int) error {
	switch st := s.now(); {
	case s.typ != SOCK_STREAM:
		return ErrNotStream
	case st.connected:
		return ErrConnected
	case !st.bound:
		return ErrNotBound
	case backlog <= 0:
		return &misuse{fmt.Sprintf("backlog %d is not greater than 0", backlog), syscall.EINVAL}
	}
	if err := s.sys.listen(min(backlog, math.MaxInt32)); err != nil {
		return err
	}
	s.reached(func(st *socketStage) { st.listening = true })
	return nil
}

// Accept waits for a connection and returns it with the address of the peer, as
// accept(2) does. The new socket belongs to the caller, who closes it; it starts
// without a timeout. A connection that its peer aborted while it waited in the
// backlog is passed over.
func (s *Socket) Accept() (*Socket, net.Addr, error) {
	return s.AcceptContext(context.Background())
}

// AcceptContext is Accept that ends with ctx.
func (s *Socket) AcceptContext(ctx context.Context) (*Socket, net.Addr, error) {
	var peer *Socket
	err := s.await(ctx, s.receiving, "accept", "", func(ctx context.Context) (err error) {
		switch {
		case s.typ != SOCK_STREAM:
			return ErrNotStream
		case !s.now().listening:
			return ErrNotListening
		}
		peer, err = s.accept(ctx)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	return peer, peer.RemoteAddr(), nil
}

func (s *Socket) accept(ctx context.Context) (*Socket, error) {
	for {
		sys, remote, err := s.sys.accept(ctx)
		if sameErrno(bare(err), syscall.ECONNABORTED) {
			continue
		}
		if err != nil {
			return nil, err
		}
		peer := newSocket(s.family, s.typ, sys, socketStage{bound: true, connected: true, remote: remote})
		peer.reached(func(*socketStage) {})
		return peer, nil
	}
}

// Connect connects a stream socket to a listener, and gives a datagram socket
// the one peer it sends to and receives from, as connect(2) does. A datagram
// socket may be connected again. A stream socket whose Connect failed is good
// only for Close: whether it can try again differs between systems.
func (s *Socket) Connect(address string) error {
	return s.ConnectContext(context.Background(), address)
}

// ConnectContext is Connect that ends with ctx.
func (s *Socket) ConnectContext(ctx context.Context, address string) error {
	return s.await(ctx, s.sending, "connect", address, func(ctx context.Context) error {
		switch st := s.now(); {
		case st.listening:
			return ErrListening
		case st.connected && s.typ == SOCK_STREAM:
			return ErrConnected
		}
		remote, err := s.resolve(ctx, address, loopback)
		if err != nil {
			return err
		}
		return s.connect(ctx, remote)
	})
}

func (s *Socket) connect(ctx context.Context, remote netip.AddrPort) error {
	if err := s.sys.connect(ctx, remote); err != nil {
		return err
	}
	// The system fills in what was left open, as the address of an unspecified
	// host. If the peer has gone again already, the next Recv says so.
	if actual, err := s.sys.remoteAddr(); err == nil {
		remote = actual
	}
	s.reached(func(st *socketStage) { st.bound, st.connected, st.remote = true, true, remote })
	return nil
}
