// Package pairs matches requests with their answers in ordinary traffic, and says how long
// these took, which are missing, and which nobody asked for. It counts what a number in
// the messages says of loss, too. It sees frames in the order of the journal, and keeps
// little of each: an hour of traffic costs no more than a minute.
package pairs

import (
	"cmp"
	"slices"
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"

	"sockeye"
	"sockeye/internal/decode"
)

// MatchRule says what a request and its answer are.
type MatchRule struct {
	// Requests is the direction in which requests go, sockeye.Received or sockeye.Sent,
	// where the messages do not say it themselves.
	Requests sockeye.EventKind
	// Timeout is after how long an answer is late; 0 is never.
	Timeout time.Duration
	// Digits are how exact latencies are kept: 2, or 3 as with 0. Two need a seventh of the memory.
	Digits int
}

// MessageInfo is a frame as pairing sees it.
type MessageInfo struct {
	Peer *sockeye.Peer
	Kind sockeye.EventKind
	Time time.Time // of a request when its last byte went, of an answer when its first came
	Seq  uint64
	// Role is what the message is; "" is by its direction. Key is what it has in common
	// with its answer; "" pairs in order. Part is an answer that another one ends.
	Role decode.Role
	Key  string
	Part bool
}

// The bounds of what is remembered.
const (
	maxPeers   = 1024 // each has a histogram of 184 KiB once it had an answer
	maxPending = 1024 // requests of a peer that wait; of more, the oldest counts as missing
	maxLatency = int64(time.Hour / time.Microsecond)
)

// Matcher matches the messages of all peers. It belongs to one goroutine.
type Matcher struct {
	rule  MatchRule
	peers map[peerKey]*peerPairs
	order []*peerPairs
	last  time.Time
	// LeftOut counts messages of more peers than are kept.
	leftOut int
}

type peerKey struct {
	id     uint64
	remote sockeye.SocketAddr
}

// peerPairs is what is kept of a peer.
type peerPairs struct {
	Counts
	peer    *sockeye.Peer
	pending []MessageInfo
	latency *hdr.Histogram // microseconds; nil before the first answer
}

// Counts says what became of requests and answers.
type Counts struct {
	Requests   int `json:"requests"`
	Answered   int `json:"answered"`   // also late ones
	Late       int `json:"late"`       // answered after the time-out
	Missing    int `json:"missing"`    // not answered within the time-out, or at all
	Unexpected int `json:"unexpected"` // answers that nobody asked for
	OneWay     int `json:"one_way"`    // messages that are neither
	Waiting    int `json:"waiting"`    // requests that may still be answered in time
}

// New makes a matcher that has seen nothing.
func New(r MatchRule) *Matcher {
	return &Matcher{rule: r, peers: map[peerKey]*peerPairs{}}
}

func newHistogram(digits int) *hdr.Histogram { return hdr.New(1, maxLatency, cmp.Or(digits, 3)) }

// Message takes the next message.
func (m *Matcher) Message(msg MessageInfo) {
	if msg.Time.After(m.last) {
		m.last = msg.Time
	}
	p := m.peer(msg.Peer)
	if p == nil {
		m.leftOut++
		return
	}
	role := msg.Role
	if role == "" {
		role = decode.Response
		if msg.Kind == m.rule.Requests {
			role = decode.Request
		}
	}
	switch role {
	case decode.OneWay:
		p.OneWay++
	case decode.Request:
		p.request(msg)
	default:
		p.answer(msg, &m.rule)
	}
}

func (m *Matcher) peer(peer *sockeye.Peer) *peerPairs {
	var key peerKey
	if peer != nil {
		key = peerKey{peer.ID, peer.Remote}
	}
	p := m.peers[key]
	if p == nil && len(m.peers) < maxPeers {
		p = &peerPairs{peer: peer}
		m.peers[key] = p
		m.order = append(m.order, p)
	}
	return p
}

func (p *peerPairs) request(msg MessageInfo) {
	p.Requests++
	if len(p.pending) == maxPending {
		p.Missing++
		p.pending = slices.Delete(p.pending, 0, 1)
	}
	p.pending = append(p.pending, msg)
}

// answer takes an answer: to the oldest request of the other direction with its key.
func (p *peerPairs) answer(msg MessageInfo, rule *MatchRule) {
	at := slices.IndexFunc(p.pending, func(r MessageInfo) bool { return r.Key == msg.Key && r.Kind != msg.Kind })
	if at < 0 {
		p.Unexpected++
		return
	}
	if msg.Part {
		return
	}
	took := msg.Time.Sub(p.pending[at].Time)
	p.pending = slices.Delete(p.pending, at, at+1)
	p.Answered++
	if rule.Timeout > 0 && took > rule.Timeout {
		p.Late++
	}
	if p.latency == nil {
		p.latency = newHistogram(rule.Digits)
	}
	p.latency.RecordValue(min(max(took.Microseconds(), 1), maxLatency))
}

// Left tells that a peer has gone: what it was asked is missing now.
func (m *Matcher) Left(peer *sockeye.Peer) {
	if peer == nil {
		return
	}
	if p := m.peers[peerKey{peer.ID, peer.Remote}]; p != nil {
		p.Missing += len(p.pending)
		p.pending = nil
	}
}

// Waiting is how many requests have no answer yet, of all peers.
func (m *Matcher) Waiting() (n int) {
	for _, p := range m.order {
		n += len(p.pending)
	}
	return n
}

// GiveUp takes every request that waits for missing.
func (m *Matcher) GiveUp() {
	for _, p := range m.order {
		p.Missing += len(p.pending)
		p.pending = nil
	}
}

// merge adds the peers of another matcher, which is not used any more.
func (m *Matcher) merge(o *Matcher) {
	m.order = append(m.order, o.order...)
	m.leftOut += o.leftOut
}

// Report is what was found so far. Requests that no answer came to are missing once the
// time-out is over at now, or, without one, at now.IsZero: the end of all traffic.
func (m *Matcher) Report(now time.Time) PairReport {
	r := PairReport{LeftOut: m.leftOut}
	whole := &peerPairs{latency: newHistogram(3)}
	for _, p := range m.order {
		counts := p.Counts
		for _, waiting := range p.pending {
			over := now.IsZero() || m.rule.Timeout > 0 && now.Sub(waiting.Time) > m.rule.Timeout
			if over {
				counts.Missing++
			} else {
				counts.Waiting++
			}
		}
		r.Peers = append(r.Peers, PeerReport{Peer: p.peer, Counts: counts, Latency: LatencyOf(p.latency)})
		whole.add(counts)
		if p.latency != nil {
			whole.latency.Merge(p.latency)
		}
	}
	r.All, r.Latency = whole.Counts, LatencyOf(whole.latency)
	r.Histogram = barsOf(whole.latency)
	slices.SortStableFunc(r.Peers, func(a, b PeerReport) int { return cmp.Compare(b.Requests, a.Requests) })
	return r
}

func (c *Counts) add(o Counts) {
	c.Requests += o.Requests
	c.Answered += o.Answered
	c.Late += o.Late
	c.Missing += o.Missing
	c.Unexpected += o.Unexpected
	c.OneWay += o.OneWay
	c.Waiting += o.Waiting
}
