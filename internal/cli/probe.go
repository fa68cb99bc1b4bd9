package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sockeye"
	"sockeye/internal/core"
	"sockeye/internal/responder"
	"sockeye/internal/terminal"
)

// probeWait is how long a UDP port has to say that it is closed, or to answer. ncat
// waits as long.
const probeWait = 2 * time.Second

// probe is "connect -z": it says whether a port is open, sends no data, and exits 0 or
// 1. A UDP port is sent an empty datagram, which an open one need not answer.
func (a *app) probe(f *connectFlags, ep sockeye.Endpoint) error {
	ep.Options.Reconnect = false
	bench := core.New(1 << 20)
	defer func() {
		ctx, cancel := context.WithTimeout(a.Hurry, f.Drain)
		defer cancel()
		bench.Shutdown(ctx)
	}()
	cursor := bench.View(0)
	defer cursor.Close()
	began := time.Now()
	s, err := bench.Open(a.Ctx, ep, responder.Answer{})
	if err != nil {
		return err
	}
	said := a.t("open", "已打开")
	if ep.Address.Network.Transport() == sockeye.UDP {
		ctx, cancel := context.WithTimeout(a.Ctx, f.probeTime())
		defer cancel()
		answered, err := probeUDP(ctx, s, cursor.Next)
		switch {
		case a.Ctx.Err() != nil:
			return a.Interrupted()
		case err != nil:
			return err
		case !answered:
			said = a.t("open or filtered: no answer, and nobody said that it is closed", "打开或被过滤：没有应答，也没有收到端口关闭的通知")
		}
	}
	if f.Verbose || terminal.IsTerminal(a.Err) {
		fmt.Fprintf(a.Err, "%s: %s (%s)\n", ep.Address, said, time.Since(began).Round(100*time.Microsecond))
	}
	return nil
}

// probeTime is how long a UDP port is waited for.
func (f *connectFlags) probeTime() time.Duration {
	if f.o.ConnectTimeout > 0 {
		return f.o.ConnectTimeout
	}
	return probeWait
}

// probeUDP sends an empty datagram and says whether something came back until ctx
// ends. The error is the refusal.
func probeUDP(ctx context.Context, s *core.Session, next func(context.Context) (sockeye.Event, error)) (answered bool, err error) {
	peers := s.Peers()
	if len(peers) == 0 {
		return false, nil
	}
	if _, err := peers[0].Send(ctx, nil); err != nil {
		return false, err
	}
	for {
		e, err := next(ctx)
		switch {
		case err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded):
			return false, nil
		case err != nil:
			return false, err
		case e.Kind == sockeye.Received:
			return true, nil
		case e.Kind == sockeye.Failed && e.Detail.Err != nil:
			return false, e.Detail.Err
		case e.Kind == sockeye.Left && e.Detail != nil && e.Detail.Err != nil:
			return false, e.Detail.Err
		}
	}
}
