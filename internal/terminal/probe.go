package terminal

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"sockeye"
	"sockeye/internal/core"
	"sockeye/internal/responder"
)

// probeWait is how long a UDP port has to say that it is closed, or to answer. ncat
// waits as long.
const probeWait = 2 * time.Second

// Probe is "connect -z": it says whether a port is open, sends no data, and exits 0 or
// 1. A UDP port is sent an empty datagram, which an open one need not answer.
//
// A UDP port is waited for as long as one attempt to connect may take.
func (a *Terminal) Probe(ep sockeye.Endpoint, drain time.Duration, verbose bool) error {
	ep.Options.Reconnect = false
	bench := core.New(1 << 20)
	bench.CADir = a.CADir()
	defer func() {
		ctx, cancel := context.WithTimeout(a.ForceStop, drain)
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
	said := a.T("open", "已打开")
	if !ep.Address.Network.Traits().Connections {
		ctx, cancel := context.WithTimeout(a.Ctx, cmp.Or(ep.Options.ConnectTimeout, probeWait))
		defer cancel()
		answered, err := probeUDP(ctx, s, cursor.Next)
		switch {
		case a.Ctx.Err() != nil:
			return a.Interrupted()
		case err != nil:
			return err
		case !answered:
			said = a.T("open or filtered: no answer, and nobody said that it is closed", "打开或被过滤：没有应答，也没有收到端口关闭的通知")
		}
	}
	if verbose || IsTerminal(a.Err) {
		fmt.Fprintf(a.Err, "%s: %s (%s)\n", ep.Address, said, time.Since(began).Round(100*time.Microsecond))
	}
	return nil
}

// probeUDP sends an empty datagram and reports whether something came back until ctx
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
