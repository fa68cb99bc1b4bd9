package socket

import (
	"context"
	"net"
	"time"
)

// turn is the right to use one direction of a socket. One holder at a time,
// because a deadline in the runtime's poller belongs to the descriptor: were two
// calls to wait at once, the timeout of one would end the other.
type turn chan struct{}

func (t turn) take(ctx context.Context, closed <-chan struct{}) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case <-closed:
		return net.ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	case t <- struct{}{}:
		return nil
	}
}

func (t turn) give() { <-t }

// await runs a call that may wait: in its turn, no longer than ctx and the
// socket's timeout. address is what the error names; "" is the socket's own.
func (s *Socket) await(ctx context.Context, t turn, op, address string, call func(context.Context) error) error {
	limited, cancel := s.limit(ctx)
	defer cancel()
	err := t.take(limited, s.closed)
	if err == nil {
		err = call(limited)
		t.give()
	}
	if err == nil {
		return nil
	}
	if address == "" {
		address = s.where()
	}
	return &Error{Op: op, Address: address, Err: s.cause(ctx, limited, err)}
}

func (s *Socket) limit(ctx context.Context) (context.Context, context.CancelFunc) {
	if d := time.Duration(s.timeout.Load()); d > 0 {
		return context.WithTimeout(ctx, d)
	}
	return ctx, func() {}
}
