package recording

import (
	"context"
	"net/netip"
	"time"

	"sockeye"
	"sockeye/internal/pcapng"
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
}

// SessionSummary is one session of a recording.
type SessionSummary struct {
	ID       string    `json:"id"`
	Endpoint string    `json:"endpoint"`
	First    time.Time `json:"first"`
	Last     time.Time `json:"last"`
	Counts   `json:"counts"`
	Peers    []*PeerSummary `json:"peers"`
	run      uint64
	byID     map[uint64]*PeerSummary
}

// PeerSummary is one peer of a recording.
type PeerSummary struct {
	ID      uint64         `json:"id"`
	Network string         `json:"network"`
	Local   netip.AddrPort `json:"local"`
	Remote  netip.AddrPort `json:"remote"`
	Alias   string         `json:"alias,omitempty"`
	First   time.Time      `json:"first"`
	Last    time.Time      `json:"last"`
	Reason  sockeye.Reason `json:"reason,omitempty"` // why it left; "" if that was not recorded
	Counts  `json:"counts"`
}

// Counts are events and bytes each way.
type Counts struct {
	Events           uint64 `json:"events"`
	Received         uint64 `json:"received_bytes"`
	ReceivedMessages uint64 `json:"received_messages"`
	Sent             uint64 `json:"sent_bytes"`
	SentMessages     uint64 `json:"sent_messages"`
}

func (c *Counts) add(o Counts) {
	c.Events += o.Events
	c.Received += o.Received
	c.ReceivedMessages += o.ReceivedMessages
	c.Sent += o.Sent
	c.SentMessages += o.SentMessages
}

func (c *Counts) count(e *sockeye.Event) {
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
func (r *Recording) Summarize(ctx context.Context, progress func(done, total int64)) (*Summary, error) {
	files, err := r.files()
	if err != nil {
		return nil, err
	}
	total, done := int64(0), int64(0)
	for _, f := range files {
		total += f.bytes
	}
	all := newTally()
	all.Files, all.Bytes = len(files), total
	for _, f := range files {
		part, err := r.summarizeFile(ctx, f, func(n int64) {
			if progress != nil {
				progress(done+n, total)
			}
		})
		if err != nil {
			return nil, err
		}
		all.merge(part)
		done += f.bytes
	}
	return &all.Summary, nil
}

// summarizeFile takes a file's summary from its index, or counts and leaves one.
func (r *Recording) summarizeFile(ctx context.Context, f source, progress func(int64)) (*fileSummary, error) {
	if r.isDir {
		if s, ok := readIndex(f.path); ok {
			return s, nil
		}
	}
	one := &Recording{path: f.path, names: r.names, foreign: r.foreign}
	before, _ := stampOf(f.path)
	t := newTally()
	d, err := one.Read(ReadOptions{
		Damaged: func(_ string, what pcapng.Damage) {
			if what.Kind != pcapng.Torn {
				t.Damages++
			}
		},
		Progress: func(done, _ int64) { progress(done) },
	})
	if err != nil {
		return nil, err
	}
	defer d.Close()
	err = d.Each(ctx, nil, func(e *sockeye.Event) error {
		t.count(e, d.run)
		return nil
	})
	if err != nil {
		return nil, err
	}
	s := t.file()
	if after, err := stampOf(f.path); r.isDir && err == nil && after == before {
		writeIndex(f.path, after, s)
	}
	return s, nil
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

func (t *tally) count(e *sockeye.Event, run uint64) {
	t.Events++
	t.span(e.Time, e.Time)
	if e.Kind == sockeye.Gap && e.Detail != nil {
		t.Lost.Events += e.Detail.Lost.Events
		t.Lost.Bytes += e.Detail.Lost.Bytes
	}
	if e.Peer != nil && e.Peer == t.last {
		t.lastOf.count(e)
		t.lastOf.Last = e.Time
		t.lastPeer.see(e)
		return
	}
	if e.Session == nil {
		return
	}
	s := t.session(run, e.Session.ID, e.Session.Endpoint.String(), e.Time)
	s.count(e)
	s.Last = e.Time
	if p := e.Peer; p != nil {
		t.last, t.lastOf = p, s
		t.lastPeer = s.peer(PeerSummary{ID: p.ID, Network: p.Network, Local: p.Local, Remote: p.Remote, First: e.Time})
		t.lastPeer.see(e)
	}
}

func (p *PeerSummary) see(e *sockeye.Event) {
	p.Counts.count(e)
	p.Last = e.Time
	if a := e.Peer.Alias(); a != "" {
		p.Alias = a
	}
	if e.Kind == sockeye.Left && e.Detail != nil {
		p.Reason = e.Detail.Reason
	}
}

func (t *tally) session(run uint64, id, endpoint string, at time.Time) *SessionSummary {
	key := sessionRun{run, id}
	s := t.sessions[key]
	if s == nil {
		s = &SessionSummary{ID: id, Endpoint: endpoint, First: at, run: run, byID: map[uint64]*PeerSummary{}}
		t.sessions[key] = s
		t.Sessions = append(t.Sessions, s)
	}
	return s
}

func (s *SessionSummary) peer(p PeerSummary) *PeerSummary {
	known := s.byID[p.ID]
	if known == nil {
		known = &p
		s.byID[p.ID] = known
		s.Peers = append(s.Peers, known)
	}
	return known
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
	t.Lost.Events += f.Lost.Events
	t.Lost.Bytes += f.Lost.Bytes
	if f.Events > 0 {
		t.span(f.First, f.Last)
	}
	for _, from := range f.Sessions {
		s := t.session(from.Run, from.ID, from.Endpoint, from.First)
		s.Last = from.Last
		s.Counts.add(from.Counts)
		for _, p := range from.Peers {
			fresh := *p
			fresh.Counts = Counts{}
			known := s.peer(fresh)
			known.Counts.add(p.Counts)
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
