//go:build !linux

package doctor

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"syscall"
	"time"

	"sockeye/internal/netinfo"
)

// probeUDP sends an empty datagram and waits for what comes back: a datagram, or the error
// that this system makes of ICMP port unreachable.
func probeUDP(ctx context.Context, to netip.AddrPort, wait time.Duration) (p Probe) {
	p.Port = to.Port()
	began := time.Now()
	defer func() {
		p.Took = time.Since(began)
		p.leaveOutHaste(wait)
	}()
	c, err := (&net.Dialer{}).DialContext(ctx, "udp", to.String())
	if err == nil {
		defer c.Close()
		c.SetDeadline(within(ctx, wait))
		if _, err = c.Write(nil); err == nil {
			b := make([]byte, maxReply)
			var n int
			if n, err = c.Read(b); err == nil {
				p.Outcome, p.Said = Open, b[:n]
				return p
			}
		}
	}
	if p.Outcome, p.Errno = outcomeOf(err), netinfo.ErrnoName(err); p.Outcome == Reset {
		p.Outcome = Refused // Windows' word for ICMP port unreachable: WSAECONNRESET
	}
	return p
}

// icmpErrors hears of nothing here: this system tells a program of ICMP errors by a number
// alone.
type icmpErrors struct{ kept int }

func (*icmpErrors) keep(string, syscall.RawConn) {}
func (*icmpErrors) note(*Probe)                  {}

// probeSize is not possible here: this system does not tell a program of ICMP errors.
func probeSize(context.Context, netip.AddrPort, int) Size { return Size{} }

// bindTo lets a socket use one interface alone, which is not tried here.
func bindTo(syscall.RawConn, string) error { return errors.ErrUnsupported }
