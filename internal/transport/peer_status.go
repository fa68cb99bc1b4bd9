package transport

import (
	"time"

	"sockeye"
)

// Status returns the state of the peer and its numbers now.
func (p *Peer) Status() sockeye.PeerStatus {
	st := sockeye.PeerStatus{
		Peer:     p.Peer,
		Since:    time.Unix(0, p.since),
		Counters: p.Counters(),
		Unsent:   -1,
	}
	p.mu.Lock()
	st.State = p.state
	if p.sample == nil {
		p.sample = &rateSample{taken: time.Unix(0, p.since)}
	}
	now := p.session.cfg.Now()
	p.sample.update(now, st.Counters)
	st.ReceiveRate, st.SendRate = p.sample.recvRate, p.sample.sentRate
	if p.unacked != nil && !p.unacked.narrow.IsZero() {
		st.NotReadingFor = max(time.Millisecond, now.Sub(p.unacked.narrow))
	}
	p.mu.Unlock()
	st.HalfOpen = st.State == sockeye.PeerFinished
	if st.State != sockeye.Gone {
		p.conn.FillStatus(&st)
		st.Queued += max(0, st.Unsent)
	}
	return st
}

// SampleTCP records what the kernel knows of the peer's TCP connection, and returns that with
// the number of its event; nil for a peer that has left, and where the system tells nothing.
func (p *Peer) SampleTCP() (sample *sockeye.TCPSample, number uint64) {
	st := p.Status()
	if sample = st.Sample(); sample == nil || st.State == sockeye.Gone {
		return nil, 0
	}
	return sample, p.record(sockeye.Event{Kind: sockeye.Sampled, Detail: &sockeye.Detail{TCP: sample}})
}

// Counters returns the peer's counters. It takes no lock.
func (p *Peer) Counters() sockeye.Counters {
	return sockeye.Counters{
		ReceivedBytes: p.recvBytes.Load(), ReceivedMessages: p.recvMsgs.Load(),
		SentBytes: p.sentBytes.Load(), SentMessages: p.sentMsgs.Load(),
	}
}

// rateSample is a reading of the counters: a rate follows from two of them.
type rateSample struct {
	taken              time.Time
	recv, sent         uint64
	recvRate, sentRate float64
}

// update computes the rates anew if the last time is at least a second ago.
func (s *rateSample) update(now time.Time, c sockeye.Counters) {
	passed := now.Sub(s.taken).Seconds()
	if passed < 1 {
		return
	}
	s.recvRate = float64(c.ReceivedBytes-s.recv) / passed
	s.sentRate = float64(c.SentBytes-s.sent) / passed
	s.taken, s.recv, s.sent = now, c.ReceivedBytes, c.SentBytes
}
