package core

import (
	"context"
	"iter"
	"strings"
	"time"

	"sockeye"
	"sockeye/internal/journal"
	"sockeye/internal/query"
)

// liveMemory is how many bytes of a growing log are kept; the oldest are dropped first.
const liveMemory = 64 << 20

// liveNames bounds how many sessions and peers of other workbenches are remembered. When there
// would be more, all are forgotten; those that are still there then get new numbers.
const liveNames = 1 << 14

// LiveEvent is an event of another workbench, with the name of that workbench, such as
// "plant/press-7". The name is "" if there is only one.
type LiveEvent struct {
	From string
	sockeye.Event
}

// OpenLive opens a log of what goes on elsewhere, as a recording that grows: follow gives
// its events until its context ends. All of it is one session, whose peers are named after
// where they are: "plant/press-7 s1 192.0.2.5:41000", or "s1 192.0.2.5:41000". Errors of follow are
// events of it. The error is an *sockeye.Error.
func (w *Core) OpenLive(name string, follow func(ctx context.Context) iter.Seq2[LiveEvent, error]) (*OpenedRecording, error) {
	id, err := w.opened.reserve()
	if err != nil {
		return nil, err
	}
	j := journal.NewForeign(liveMemory)
	o := &OpenedRecording{Reader: query.NewReader(j), ID: id, Name: name, Live: true, ended: make(chan struct{})}
	s := &OpenedSession{Session: &sockeye.Session{ID: id + ".s1", Endpoint: sockeye.Endpoint{Mode: sockeye.Listen, Address: sockeye.Address{Network: sockeye.TCP}}}, Recording: o}
	s.facts.First = time.Now()
	o.sessions = []*OpenedSession{s}
	ctx, cancel := context.WithCancel(context.Background())
	o.cancel = cancel
	w.opened.mu.Lock()
	w.opened.copying--
	w.opened.list = append(w.opened.list, o)
	w.opened.mu.Unlock()
	l := newLiveCopy(j, s)
	go func() {
		defer close(o.ended)
		defer j.Close()
		l.all(ctx, follow(ctx))
	}()
	return o, nil
}

// liveKey is a session of another workbench; without a session, the workbench itself.
type liveKey struct {
	from    string
	session *sockeye.Session
}

// liveCopy copies events of other workbenches into one session. Each of their sessions keeps its
// endpoint. For an event that names no peer, a peer of the copy stands for the session.
type liveCopy struct {
	to       *journal.Journal
	of       *OpenedSession
	sessions map[liveKey]*sockeye.Session
	peers    map[*sockeye.Peer]*sockeye.Peer
	standIns map[liveKey]*sockeye.Peer
	last     uint64
}

func newLiveCopy(to *journal.Journal, of *OpenedSession) *liveCopy {
	return &liveCopy{to: to, of: of, sessions: map[liveKey]*sockeye.Session{}, peers: map[*sockeye.Peer]*sockeye.Peer{}, standIns: map[liveKey]*sockeye.Peer{}}
}

func (l *liveCopy) all(ctx context.Context, events iter.Seq2[LiveEvent, error]) {
	for e, err := range events {
		switch {
		case err == nil:
			l.event(e)
		case ctx.Err() == nil: // otherwise we ended it
			l.append(&sockeye.Event{Kind: sockeye.Failed, Time: time.Now(), Session: l.of.Session, Detail: &sockeye.Detail{Err: sockeye.ErrorOf(err)}})
		}
	}
}

func (l *liveCopy) event(in LiveEvent) {
	if in.Kind == sockeye.Commented {
		return // a comment names its event by the number in the other workbench
	}
	if len(l.sessions)+len(l.standIns)+len(l.peers) >= liveNames {
		clear(l.sessions)
		clear(l.standIns)
		clear(l.peers)
	}
	e, key := in.Event, liveKey{in.From, in.Session}
	if e.Session = l.sessions[key]; e.Session == nil {
		e.Session = &sockeye.Session{ID: l.of.ID, Endpoint: l.of.Endpoint}
		if in.Session != nil {
			e.Session.Endpoint = in.Session.Endpoint
		}
		l.sessions[key] = e.Session
	}
	e.Peer = l.peer(key, e.Session, in.Peer)
	l.append(&e)
	switch {
	case e.Kind == sockeye.Left:
		delete(l.peers, in.Peer)
	case e.Kind == sockeye.Ended:
		delete(l.sessions, key)
		delete(l.standIns, key)
	}
}

func (l *liveCopy) append(e *sockeye.Event) {
	l.to.Append(*e)
	l.of.count(e)
}

// peer returns the peer of the copy that stands for a peer of another workbench, named after where
// that one is.
func (l *liveCopy) peer(key liveKey, in *sockeye.Session, was *sockeye.Peer) *sockeye.Peer {
	where := key.from
	if key.session != nil {
		where = strings.TrimSpace(where + " " + key.session.ID)
	}
	if was == nil {
		p := l.standIns[key]
		if p == nil {
			p = l.named(&sockeye.Peer{Session: in, Network: in.Endpoint.Address.Network}, where)
			l.standIns[key] = p
		}
		return p
	}
	p := l.peers[was]
	if p == nil {
		name := was.Alias()
		if name == "" {
			name = was.Remote.String()
		}
		p = l.named(&sockeye.Peer{Session: in, Network: was.Network, Local: was.Local, Remote: was.Remote}, where+" "+name)
		l.peers[was] = p
		l.of.addPeer()
	}
	return p
}

func (l *liveCopy) named(p *sockeye.Peer, alias string) *sockeye.Peer {
	l.last++
	p.ID = l.last
	p.SetAlias(alias)
	return p
}
