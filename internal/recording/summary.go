package recording

import (
	"context"
	"time"

	"sockeye"
	"sockeye/internal/pcapng"
	"sockeye/internal/recording/capture"
)

// Summary is what a recording holds, counted.
type Summary struct {
	Files    int
	Bytes    int64 // of the files
	Events   uint64
	First    time.Time
	Last     time.Time
	Sessions []*SessionSummary // in the order they appear
	// Lost counts what is missing: gaps that were recorded, and places that can no
	// longer be read.
	Lost    sockeye.Lost
	Damages int
	// LeftOut counts what is no damage and yet not here: kinds of packets of a capture that
	// hold no data, and files that end early.
	LeftOut int

	spans    []runSpan
	comments writtenComments
}

// SessionSummary is one session of a recording.
type SessionSummary struct {
	ID          string    `json:"id"`
	Endpoint    string    `json:"endpoint"`
	First       time.Time `json:"first"`
	Last        time.Time `json:"last"`
	EventCounts `json:"counts"`
	Peers       []*PeerSummary `json:"peers"`
	run         uint64
	byID        map[uint64]*PeerSummary
}

// PeerSummary is one peer of a recording.
type PeerSummary struct {
	ID          uint64             `json:"id"`
	Network     sockeye.Network    `json:"network"`
	Local       sockeye.SocketAddr `json:"local"`
	Remote      sockeye.SocketAddr `json:"remote"`
	Alias       string             `json:"alias,omitempty"`
	First       time.Time          `json:"first"`
	Last        time.Time          `json:"last"`
	Reason      sockeye.Reason     `json:"reason,omitempty"` // why it left; "" if that was not recorded
	EventCounts `json:"counts"`
}

// EventCounts are events and bytes each way.
type EventCounts struct {
	Events           uint64 `json:"events"`
	Received         uint64 `json:"received_bytes"`
	ReceivedMessages uint64 `json:"received_messages"`
	Sent             uint64 `json:"sent_bytes"`
	SentMessages     uint64 `json:"sent_messages"`
}

func (c *EventCounts) add(o EventCounts) {
	c.Events += o.Events
	c.Received += o.Received
	c.ReceivedMessages += o.ReceivedMessages
	c.Sent += o.Sent
	c.SentMessages += o.SentMessages
}

func (c *EventCounts) count(e *sockeye.Event) {
	c.Events++
	switch e.Kind {
	case sockeye.Received:
		c.Received += uint64(len(e.Data))
		c.ReceivedMessages++
	case sockeye.Sent:
		c.Sent += uint64(len(e.Data))
		c.SentMessages++
	}
}

// Summarize counts what a recording holds. Segments that were counted before and
// have not changed since are looked up in their index, a file beside each that
// may be deleted at any time.
func (r *Files) Summarize(ctx context.Context, progress func(done, total int64)) (*Summary, error) {
	files, err := r.files()
	if err != nil {
		return nil, err
	}
	if progress == nil {
		progress = func(int64, int64) {}
	}
	all := newTally()
	all.Files = len(files)
	for _, f := range files {
		all.Bytes += f.size
	}
	done := int64(0)
	before := &index{}
	for _, f := range files {
		x, err := r.indexOf(ctx, f, func(n int64) { progress(done+n, all.Bytes) })
		if err != nil {
			return nil, err
		}
		done += f.size
		all.merge(&x.fileSummary)
		if x.FirstSeq == 0 {
			continue
		}
		if x.Run == before.Run && x.FirstSeq <= before.LastSeq {
			return r.countAll(ctx, files, progress)
		}
		if x.Run == before.Run && before.LastSeq > 0 {
			all.Lost.Events += x.FirstSeq - before.LastSeq - 1
		}
		before = x
	}
	return &all.Summary, nil
}

// countAll is for files of which some hold the same events, as after a disk
// error: in their order a Reader knows which count.
func (r *Files) countAll(ctx context.Context, files []segmentFile, progress func(done, total int64)) (*Summary, error) {
	t := newTally()
	t.Files = len(files)
	for _, f := range files {
		t.Bytes += f.size
	}
	d, err := r.Read(ReadOptions{Damaged: t.damaged, Progress: progress})
	if err != nil {
		return nil, err
	}
	defer d.Close()
	err = d.Each(ctx, nil, func(e *sockeye.Event) error {
		t.count(e, d.run)
		return nil
	})
	return &t.Summary, err
}

// damaged counts damage, and apart from it a torn tail and what was left out of a capture.
func (t *tally) damaged(_ string, what pcapng.Damage) {
	if what.Kind == pcapng.Torn || what.Kind == capture.Skipped {
		t.LeftOut++
	} else {
		t.Damages++
	}
}

// tally is a summary being counted.
type tally struct {
	Summary
	sessions map[sessionRun]*SessionSummary
	last     *sockeye.Peer
	lastPeer *PeerSummary
	lastOf   *SessionSummary
}

type sessionRun struct {
	run uint64
	id  string
}

func newTally() *tally { return &tally{sessions: map[sessionRun]*SessionSummary{}} }

// count takes an event into account. It says whether its session, its peer or the
// peer's alias is new.
func (t *tally) count(e *sockeye.Event, run uint64) (introduces bool) {
	t.Events++
	t.span(e.Time, e.Time)
	if e.Seq > 0 {
		t.spans = addSpan(t.spans, runSpan{run, e.Seq, lastOf(e)})
	}
	if e.Kind == sockeye.Commented && e.Detail != nil {
		t.comments.add(run, e.Detail.Comment)
	}
	if e.Kind == sockeye.Gap && e.Detail != nil {
		t.Lost.Events += e.Detail.Lost.Events
		t.Lost.Bytes += e.Detail.Lost.Bytes
	}
	if e.Peer == nil || e.Peer != t.last {
		if e.Session == nil {
			return false
		}
		introduces = t.turnTo(e, run)
	}
	t.lastOf.EventCounts.count(e)
	t.lastOf.Last = e.Time
	if e.Peer == nil {
		return introduces
	}
	return t.lastPeer.update(e) || introduces
}

// turnTo makes the session and the peer of an event the last ones. It says
// whether one is new.
func (t *tally) turnTo(e *sockeye.Event, run uint64) (fresh bool) {
	s, fresh := t.session(run, e.Session.ID, e.Session.Endpoint.String(), e.Time)
	t.lastOf, t.last, t.lastPeer = s, nil, nil
	p := e.Peer
	if p == nil {
		return fresh
	}
	var freshPeer bool
	t.lastPeer, freshPeer = s.peer(PeerSummary{ID: p.ID, Network: p.Network, Local: p.Local, Remote: p.Remote, First: e.Time})
	t.last = p
	return fresh || freshPeer
}

// update counts an event of the peer. It says whether its alias is new.
func (p *PeerSummary) update(e *sockeye.Event) (renamed bool) {
	p.EventCounts.count(e)
	p.Last = e.Time
	if a := e.Peer.Alias(); a != p.Alias {
		renamed, p.Alias = true, a
	}
	if e.Kind == sockeye.Left && e.Detail != nil {
		p.Reason = e.Detail.Reason
	}
	return renamed
}

func (t *tally) session(run uint64, id, endpoint string, at time.Time) (s *SessionSummary, fresh bool) {
	key := sessionRun{run, id}
	if s = t.sessions[key]; s != nil {
		return s, false
	}
	s = &SessionSummary{ID: id, Endpoint: endpoint, First: at, run: run, byID: map[uint64]*PeerSummary{}}
	t.sessions[key] = s
	t.Sessions = append(t.Sessions, s)
	return s, true
}

func (s *SessionSummary) peer(p PeerSummary) (known *PeerSummary, fresh bool) {
	if known = s.byID[p.ID]; known != nil {
		return known, false
	}
	s.byID[p.ID] = &p
	s.Peers = append(s.Peers, &p)
	return &p, true
}

func (t *tally) span(first, last time.Time) {
	if t.First.IsZero() || first.Before(t.First) {
		t.First = first
	}
	if last.After(t.Last) {
		t.Last = last
	}
}

// merge adds what a later file holds.
func (t *tally) merge(f *fileSummary) {
	t.Events += f.Events
	t.Damages += f.Damages
	t.LeftOut += f.LeftOut
	t.Lost.Events += f.Lost.Events
	t.Lost.Bytes += f.Lost.Bytes
	if f.Events > 0 {
		t.span(f.First, f.Last)
	}
	for _, s := range f.Spans {
		t.spans = addSpan(t.spans, s)
	}
	t.comments = append(t.comments, f.Comments[:min(len(f.Comments), MaxComments-len(t.comments))]...)
	for _, from := range f.Sessions {
		s, _ := t.session(from.Run, from.ID, from.Endpoint, from.First)
		s.Last = from.Last
		s.EventCounts.add(from.EventCounts)
		for _, p := range from.Peers {
			fresh := *p
			fresh.EventCounts = EventCounts{}
			known, _ := s.peer(fresh)
			known.EventCounts.add(p.EventCounts)
			known.Last = p.Last
			if p.Alias != "" {
				known.Alias = p.Alias
			}
			if p.Reason != "" {
				known.Reason = p.Reason
			}
		}
	}
}

// into gives what was counted of one file to its index.
func (t *tally) into(f *fileSummary) {
	f.Events, f.First, f.Last, f.Lost, f.Damages, f.LeftOut = t.Events, t.First, t.Last, t.Lost, t.Damages, t.LeftOut
	f.Spans, f.Comments = t.spans, t.comments
	for _, s := range t.Sessions {
		f.Sessions = append(f.Sessions, indexSession{s.run, s})
	}
}
