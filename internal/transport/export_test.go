package transport

import (
	"time"

	"sockeye"
)

// What the tests of package transport_test look into.

const (
	MinRetryDelay = minRetryDelay
	MaxRetryDelay = maxRetryDelay
)

func (s *Session) SweepOnce(now time.Time) { s.sweepOnce(now) }

func (p *Peer) StopFor(r sockeye.Reason) { p.stop(r) }

// HoldBack changes how many reads and sends of the peer are held back, and returns that.
func (p *Peer) HoldBack(by int32) int32 { return p.backpressureHeld.Add(by) }

// ReasonNow is why a peer is being ended, "" if it is not.
func (p *Peer) ReasonNow() sockeye.Reason { return p.reasonSoFar() }
