package pairs

import (
	"fmt"
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"

	"sockeye"
	"sockeye/internal/payload"
)

// PairReport is what became of requests, of all peers together and of each, those with most
// requests first.
type PairReport struct {
	All     Counts
	Latency Latency
	// Histogram is how many answers took how long: bars of growing width.
	Histogram []Bar
	Peers     []PeerReport
	LeftOut   int // messages of more peers than are kept
}

// PeerReport is the part of a peer.
type PeerReport struct {
	Peer *sockeye.Peer
	Counts
	Latency Latency
}

// Latency says how long answers took, in microseconds, to three digits.
type Latency struct {
	Count int64   `json:"count"`
	Min   int64   `json:"min_us"`
	Mean  float64 `json:"mean_us"`
	P50   int64   `json:"p50_us"`
	P90   int64   `json:"p90_us"`
	P99   int64   `json:"p99_us"`
	P999  int64   `json:"p99_9_us"`
	Max   int64   `json:"max_us"`
}

// Bar is how many answers took at least From and less than To microseconds.
type Bar struct {
	From  int64 `json:"from_us"`
	To    int64 `json:"to_us"`
	Count int64 `json:"count"`
}

// LatencyOf says what a histogram of microseconds holds; nil holds nothing.
func LatencyOf(h *hdr.Histogram) Latency {
	if h == nil || h.TotalCount() == 0 {
		return Latency{}
	}
	return Latency{Count: h.TotalCount(), Min: h.Min(), Mean: h.Mean(), P50: h.ValueAtQuantile(50), P90: h.ValueAtQuantile(90),
		P99: h.ValueAtQuantile(99), P999: h.ValueAtQuantile(99.9), Max: h.Max()}
}

// barsOf divides the latencies at 1, 2, 5, 10, 20, 50 … microseconds; bars without answers
// are left out before the first and after the last.
func barsOf(h *hdr.Histogram) (bars []Bar) {
	var edges []int64
	for decade := int64(1); decade <= maxLatency; decade *= 10 {
		edges = append(edges, decade, 2*decade, 5*decade)
	}
	counts := make([]int64, len(edges))
	for _, b := range h.Distribution() {
		if b.Count == 0 {
			continue
		}
		at := 0
		for at+1 < len(edges) && edges[at+1] <= b.From {
			at++
		}
		counts[at] += b.Count
	}
	first, last := len(edges), -1
	for n, count := range counts {
		if count > 0 {
			first, last = min(first, n), n
		}
	}
	for n := first; n <= last; n++ {
		to := maxLatency
		if n+1 < len(edges) {
			to = edges[n+1]
		}
		bars = append(bars, Bar{edges[n], to, counts[n]})
	}
	return bars
}

// Microseconds is a number of microseconds as a duration.
func Microseconds(n int64) time.Duration { return time.Duration(n) * time.Microsecond }

// ReportLine is a report as it is shown outside, in JSON.
type ReportLine struct {
	All       Counts         `json:"all"`
	Latency   Latency        `json:"latency"`
	Histogram []Bar          `json:"histogram"`
	Peers     []PeerLine     `json:"peers"`
	Sequences []SequenceLine `json:"sequences,omitempty"`
	LeftOut   int            `json:"left_out,omitempty"` // messages of more peers than are kept
}

// PeerLine is the part of a peer.
type PeerLine struct {
	PeerID uint64 `json:"peer_id"`
	Peer   string `json:"peer"`
	Alias  string `json:"alias,omitempty"`
	Counts
	Latency Latency `json:"latency"`
}

// Name is the peer as lists show it: "#1 kitchen (192.168.1.88:502)". It is safe to print.
func (p *PeerLine) Name() string {
	if p.Alias != "" {
		return fmt.Sprintf("#%d %s (%s)", p.PeerID, payload.SafeString(p.Alias), payload.SafeString(p.Peer))
	}
	return fmt.Sprintf("#%d %s", p.PeerID, payload.SafeString(p.Peer))
}

// Name is the peer as lists show it. It is safe to print.
func (s *SequenceLine) Name() string {
	return fmt.Sprintf("#%d %s", s.PeerID, payload.SafeString(s.Peer))
}

// SequenceLine is one direction of a peer whose messages count.
type SequenceLine struct {
	PeerID    uint64 `json:"peer_id"`
	Peer      string `json:"peer"`
	Direction string `json:"direction" enum:"received,sent"`
	SequenceReport
}

// Line is the report with what sequence numbers say, in JSON.
func (r *PairReport) Line(sequences []SequenceReport) ReportLine {
	out := ReportLine{All: r.All, Latency: r.Latency, Histogram: r.Histogram, Peers: []PeerLine{}, LeftOut: r.LeftOut}
	if out.Histogram == nil {
		out.Histogram = []Bar{}
	}
	for _, p := range r.Peers {
		line := PeerLine{Counts: p.Counts, Latency: p.Latency}
		if p.Peer != nil {
			line.PeerID, line.Peer, line.Alias = p.Peer.ID, p.Peer.Remote.String(), p.Peer.Alias()
		}
		out.Peers = append(out.Peers, line)
	}
	for _, s := range sequences {
		line := SequenceLine{Direction: s.Kind.String(), SequenceReport: s}
		if s.Peer != nil {
			line.PeerID, line.Peer = s.Peer.ID, s.Peer.Remote.String()
		}
		out.Sequences = append(out.Sequences, line)
	}
	return out
}
