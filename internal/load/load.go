package load

import (
	"context"
	"net/netip"
	"sync/atomic"
	"time"

	"sockeye"
	"sockeye/internal/pairs"
	"sockeye/internal/payload"
)

// The bounds of a run.
const (
	MaxConnections = 10_000
	MaxRate        = 10_000_000
	MaxTime        = 24 * time.Hour
)

// RunSpec is one run.
type RunSpec struct {
	// Endpoint connects to the target; each connection opens it once.
	Endpoint    sockeye.Endpoint
	Connections int
	// Rate is of all connections together. With a ramp the connections are opened evenly
	// in it, else all before the first message.
	Rate Rate
	// Time is how long messages are due, and Count how many at most; 0 is no limit of
	// its own.
	Time  time.Duration
	Count uint64
	// Messages are sent in turn. Lookup finds their variables; nil finds none.
	Messages []*payload.Template
	Lookup   func(name string) (string, bool)
	// Pairs says what an answer is. Its time-out is how long one is waited for at the end,
	// and how long a request without one keeps a connection from sending the next.
	Pairs pairs.PairSpec
	// InFlight is how many requests of a connection may wait for answers. With OneWay
	// nothing is answered, and nothing waits.
	InFlight int
	OneWay   bool
	// Allow judges each address before anything is sent to it; nil allows all.
	Allow func(netip.Addr) error
	// RefuseDial, if not nil, is asked before each TCP connection, too.
	RefuseDial func(netip.AddrPort) error
	// Progress, if not nil, is called about once a second.
	Progress func(Progress)
	// CADir is that of the user's own certificate authority; see transport.Config.
	CADir string
}

// Progress is how far a run is.
type Progress struct {
	Elapsed     time.Duration
	Connections int
	Sent        uint64
	Received    uint64 // reads of answers
}

// RunReport is what became of a run.
type RunReport struct {
	Pairs     pairs.PairReport
	Sequences []pairs.SequenceReport
	// Elapsed is from the first due message to the end of sending.
	Elapsed time.Duration
	// Due messages were to be sent in that time; Sent were. The others found no
	// connection that was free.
	Due, Sent uint64
	SentBytes uint64
	// Late is how long after they were due messages were sent, which their latencies
	// contain.
	Late pairs.Latency
	// Opened connections were made, Failed could not be, Lost ended before the run did.
	Opened, Failed, Lost int
	// Faults are the first few different errors, as people read them.
	Faults []*sockeye.Error
}

// Run drives the target until the time is over, all messages are sent, or ctx ends; then it
// waits for the answers that are still due, unless ctx has ended, and reports. The error is
// that of the first connection if none could be opened.
func Run(ctx context.Context, s RunSpec) (*RunReport, error) {
	g := newGenerator(s)
	if err := g.open(ctx); err != nil {
		g.close()
		return nil, err
	}
	g.drive(ctx)
	g.drain(ctx)
	g.close()
	return g.report(), nil
}

// runCounters are what all connections count together.
type runCounters struct {
	sent, sentBytes, received atomic.Uint64
	opened, lost, failed      atomic.Int64
}
