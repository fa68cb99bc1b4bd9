package load

import (
	"context"
	"net"
	"net/netip"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sockeye"
	"sockeye/internal/transport/transporttest"
)

// F29: source ports that are used up are told as a limit of this machine, with the range that
// there is; those that could be opened are used, no more is dialled than was asked for, and
// another source address has ports of its own.
func TestPortsUsedUp(t *testing.T) {
	if !transporttest.OwnNetwork(t) {
		return
	}
	transporttest.Sysctl(t, "net.ipv4.ip_local_port_range", "40000 40009")
	s := spec(t, serve(t, echo))
	s.Connections, s.Count, s.Rate = 25, 100, Rate{From: 10_000, To: 10_000}
	before := processTime(t)
	r := run(t, s)
	if r.Opened != 9 || r.Failed != 16 || // the server has the tenth
		r.Sent != 100 || r.Pairs.All.Answered != 100 || len(r.Faults) != 1 {
		t.Fatalf("%d opened, %d failed, %d sent, %+v, %v", r.Opened, r.Failed, r.Sent, r.Pairs.All, r.Faults)
	}
	if e := r.Faults[0]; e.Kind != sockeye.PortsExhausted || e.Errno != "EADDRNOTAVAIL" || e.Hint.IsZero() {
		t.Errorf("it is told as %q: %v (%s)", e.Kind, e, e.Hint.En)
	}
	if used := processTime(t) - before; used > 10*time.Second {
		t.Errorf("it took %v of the processor", used) // dialled again and again
	}

	s.Endpoint.Options.Sources = []netip.Addr{netip.MustParseAddr("127.0.0.2"), netip.MustParseAddr("127.0.0.3"), netip.MustParseAddr("127.0.0.4")}
	r = run(t, s)
	if r.Opened != 25 || r.Failed != 0 || r.Pairs.All.Answered != 100 {
		t.Errorf("from three addresses: %d opened, %d failed, %+v, %v", r.Opened, r.Failed, r.Pairs.All, r.Faults)
	}
}

// processTime is how long this process has used a processor.
func processTime(t *testing.T) time.Duration {
	t.Helper()
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// T55: a run ends with its owner, whenever that is: while connections are opened, while the
// target does not answer, and while it does not read.
func TestEndsWithItsOwner(t *testing.T) {
	silent := serve(t, func(c net.Conn, line string) {})
	for name, change := range map[string]func(*RunSpec){
		"one that does not answer": func(s *RunSpec) {},
		"many connections":         func(s *RunSpec) { s.Connections, s.Rate.Ramp = 500, time.Hour; s.Time = 2 * time.Hour },
		"one-way":                  func(s *RunSpec) { s.OneWay, s.Rate = true, Rate{From: MaxRate, To: MaxRate} },
	} {
		ctx, cancel := context.WithCancel(t.Context())
		s := spec(t, silent)
		s.Time, s.Count, s.Pairs.Timeout = MaxTime, 0, time.Hour
		change(&s)
		s.Progress = func(p Progress) {
			if p.Sent > 0 {
				cancel()
			}
		}
		begun := time.Now()
		if r, err := Run(ctx, s); err != nil || r.Sent == 0 {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
		if took := time.Since(begun); took > time.Minute {
			t.Errorf("%s: it ends after %v", name, took)
		}
		cancel()
	}
}
