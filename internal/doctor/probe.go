package doctor

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"

	"sockeye/internal/netinfo"
)

// The times that probes take at most. A neighbour that does not answer is given up by the
// kernel after three seconds (RFC 4861, MAX_MULTICAST_SOLICIT).
const (
	connectTime = 3300 * time.Millisecond
	beginTime   = 250 * time.Millisecond // after which other ports are tried, too
	banner      = 300 * time.Millisecond // for a server that speaks first
	datagram    = 500 * time.Millisecond
	leastSilent = 1200 * time.Millisecond // a SYN is sent again after a second
	maxReply    = 1400                    // bytes: the code of another doctor fits
)

// probeTCP tries to connect, and calls begins, which may be nil, just before. A connection is
// the caller's to close; without one it is nil.
func probeTCP(ctx context.Context, to netip.AddrPort, wait time.Duration, begins func()) (net.Conn, Probe) {
	p := Probe{Port: to.Port(), Outcome: Open}
	began := time.Now()
	heard := icmpErrors{kept: -1}
	dialer := net.Dialer{Timeout: wait, KeepAlive: -1, Control: func(network, _ string, raw syscall.RawConn) error {
		heard.keep(network, raw)
		if begins != nil {
			begins()
		}
		return nil
	}}
	origin := watchOrigin()
	c, err := dialer.DialContext(ctx, "tcp", to.String())
	p.Took = time.Since(began)
	if err != nil {
		p.Outcome, p.Errno = outcomeOf(err), netinfo.ErrnoName(err)
	}
	p.leaveOutHaste(wait)
	if p.Outcome == Refused {
		p.Origin = origin()
	}
	heard.note(&p)
	return c, p
}

// watchOrigin begins to count packets; what it gives tells where an answer that came meanwhile
// was from. A rule of this machine that resets a connection lets nothing leave it, and its reset
// goes over loopback. The order of the reads lets more seem to have left, never less.
func watchOrigin() func() Origin {
	sent, counted := netinfo.TransmittedPackets()
	looped, seen := netinfo.LoopedPackets()
	return func() Origin {
		loopedNow, seenNow := netinfo.LoopedPackets()
		sentNow, countedNow := netinfo.TransmittedPackets()
		switch {
		case !seen || !seenNow:
		case loopedNow == looped:
			return FromOutside
		case counted && countedNow && sentNow-sent == loopedNow-looped:
			return FromHere
		}
		return ""
	}
}

// refusalOrigin tries a refused port again while it cannot be told where the refusal was from:
// other programs may have sent something meanwhile, and so does the system by itself.
func refusalOrigin(ctx context.Context, to netip.AddrPort, known Origin) Origin {
	for n := 0; n < 4 && known == "" && ctx.Err() == nil; n++ {
		again := touchTCP(ctx, to, beginTime)
		if again.Outcome != Refused {
			break
		}
		known = again.Origin
	}
	return known
}

// probeThrough tries to connect out of one interface, whatever the routes say, where the system
// lets a process choose that.
func probeThrough(ctx context.Context, to netip.AddrPort, name string, wait time.Duration) Probe {
	p := Probe{Port: to.Port(), Outcome: Open}
	began := time.Now()
	dialer := net.Dialer{Timeout: wait, KeepAlive: -1, Control: func(_, _ string, raw syscall.RawConn) error { return bindTo(raw, name) }}
	c, err := dialer.DialContext(ctx, "tcp", to.String())
	p.Took = time.Since(began)
	if err != nil {
		p.Outcome, p.Errno = outcomeOf(err), netinfo.ErrnoName(err)
		return p
	}
	c.Close()
	return p
}

// leaveOutHaste takes a silence back that was given less time than an answer may need: the end
// of the collection cut it short.
func (p *Probe) leaveOutHaste(wait time.Duration) {
	if p.Outcome == Silent && p.Took < min(wait, leastSilent) {
		*p = Probe{Port: p.Port}
	}
}

// touchTCP is probeTCP where the connection itself does not matter.
func touchTCP(ctx context.Context, to netip.AddrPort, wait time.Duration) Probe {
	c, p := probeTCP(ctx, to, wait, nil)
	if c != nil {
		c.Close()
	}
	return p
}

// within is when a wait ends: no later than the whole collection.
func within(ctx context.Context, wait time.Duration) time.Time {
	end := time.Now().Add(wait)
	if last, bounded := ctx.Deadline(); bounded && last.Before(end) {
		return last
	}
	return end
}

// hear reads what comes first within a time, and how the connection is then.
func hear(ctx context.Context, c net.Conn, wait time.Duration) ([]byte, Outcome) {
	c.SetReadDeadline(within(ctx, wait))
	b := make([]byte, maxReply)
	n, err := c.Read(b)
	switch {
	case n > 0:
		return b[:n], Open
	case err == nil, errors.Is(err, os.ErrDeadlineExceeded):
		return nil, Open
	case netinfo.ErrnoName(err) == "ECONNRESET":
		return nil, Reset
	}
	return nil, Ended
}

// outcomeOf is what an error of connecting, or of a connected UDP socket, means.
func outcomeOf(err error) Outcome {
	switch name := netinfo.ErrnoName(err); {
	case name == "ECONNREFUSED":
		return Refused
	case name == "ECONNRESET":
		return Reset
	case name == "ETIMEDOUT", errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		return Silent
	}
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		return Silent
	}
	return Failed
}
