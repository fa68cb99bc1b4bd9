package query

import (
	"context"
	"time"

	"sockeye"
	"sockeye/internal/pairs"
	"sockeye/internal/recording"
)

// PairQuery asks for the requests of a session, or of all, and their answers.
type PairQuery struct {
	Cut           FrameQuery
	Session, Peer string // as a filter has them; "" is all
	// Requests is the direction of requests; 0 is what clients send.
	Requests sockeye.EventKind
	Timeout  time.Duration // an answer is late after it; 0 is never
	// Field is the value of Cut.Fields that a request and its answer have in common,
	// Sequence the one that counts the messages, in Bits bits; "" is none.
	Field, Sequence string
	Bits            int
}

// PairPage is the answer to a PairQuery. Done is false if there was more than one query may
// look at: From is the first event that it looked at.
type PairPage struct {
	pairs.ReportLine
	From uint64
	Done bool
}

// maxPairTime bounds a query for pairs, which reads all events.
const maxPairTime = 3 * time.Second

// Pairs matches requests with their answers in everything that can be read now. What waits
// for an answer now is not missing yet. The error is an *sockeye.Error.
func (r *Reader) Pairs(ctx context.Context, q PairQuery) (*PairPage, error) {
	m, err := recording.Filter{Session: q.Session, Peer: q.Peer}.Matcher()
	if err != nil {
		return nil, err
	}
	reader := pairs.NewReader(pairs.PairSpec{MatchRule: pairs.MatchRule{Requests: q.Requests, Timeout: q.Timeout}, Frame: q.Cut.Spec, Check: q.Cut.Check,
		Decode: q.Cut.Decode, Known: q.Cut.Known, Fields: q.Cut.Fields, Field: q.Field, Sequence: q.Sequence, Bits: q.Bits})
	_, next, _, _ := r.VisibleSpan()
	page := &PairPage{From: r.Oldest()}
	until := time.Now().Add(maxPairTime)
	c := r.View(page.From)
	defer c.Close()
	for n := 1; ; n++ {
		e, ok := c.Try()
		if !ok || e.Seq >= next {
			page.Done = true
			break
		}
		if e.Peer == nil || m.Wants(&e) {
			reader.Event(&e)
		}
		if reader.Held() > maxHeldBytes {
			return nil, tooManyBytes()
		}
		if n%scanHeartbeat == 0 && (time.Now().After(until) || ctx.Err() != nil) {
			break
		}
	}
	report, sequences := reader.Report()
	page.ReportLine = report.Line(sequences)
	return page, nil
}

// Types of a report, as they are shown outside.
type (
	PairCounts   = pairs.Counts
	Latency      = pairs.Latency
	LatencyBar   = pairs.Bar
	PeerPairs    = pairs.PeerLine
	SequenceLine = pairs.SequenceLine
)
