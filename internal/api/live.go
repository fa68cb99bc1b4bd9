package api

import (
	"net/http"
	"reflect"
	"slices"
	"time"

	"sockeye"
	"sockeye/internal/core"
)

// The pace of the live feed.
const (
	liveTick  = 50 * time.Millisecond
	liveQuiet = 5 * time.Second // a line comes at least so often
	livePeers = 64              // most peers in one line; others are in the next
	liveAgain = time.Second     // rates are told again after so long
)

// live streams what changes. One goroutine, that of the request, looks at the
// workbench at every tick and keeps what this reader was told last. A reader that
// does not take a line is waited for; then it hears of now, and what it can no
// longer read is a counted gap.
func (c *requestContext) live() error {
	from, err := number("from", c.q.Get("from"))
	if err != nil {
		return err
	}
	c.w.Header().Set("Content-Type", "application/x-ndjson")
	c.w.WriteHeader(http.StatusOK)
	defer c.caller.Watch()()
	f := &eventFeed{server: c.Server, lang: c.lang, viewer: c.caller.IsViewer(), sent: from, sessions: map[string]*sentSession{}, peers: map[uint64]*sentPeer{}}
	control := http.NewResponseController(c.w)
	tick := time.NewTicker(liveTick)
	defer tick.Stop()
	var last time.Time
	for {
		line, news := f.line(time.Now())
		if news || time.Since(last) >= liveQuiet {
			last = time.Now()
			out, err := sockeye.MarshalJSON(line)
			if err != nil {
				panic("api: a line does not marshal: " + err.Error()) // no type of types*.go can fail
			}
			if _, err := c.w.Write(append(out, '\n')); err != nil {
				return nil
			}
			if control.Flush() != nil || line.Ended {
				return nil
			}
		}
		select {
		case <-tick.C:
			if c.bench.CheckView() != nil {
				return nil // whoever asks again hears why
			}
		case <-c.caller.Revoked():
			return nil
		case <-c.r.Context().Done():
			if c.Server.ctx.Err() == nil {
				return nil
			}
			f.ending = true
		}
	}
}

// eventFeed is what one reader of the live feed knows.
type eventFeed struct {
	server *Server
	lang   sockeye.Lang
	viewer bool // it hears less
	begun  bool
	ending bool

	sent       uint64 // the number that was the next one
	sentOldest uint64
	total      uint64 // data bytes before told; known if begun
	recording  Recording
	sharing    Sharing
	sessions   map[string]*sentSession
	peers      map[uint64]*sentPeer
	comments   map[string]uint64 // the revisions told, by the ID of a recording; "" is the record
	turn       uint64            // the peer after which to go on telling
}

type sentSession struct {
	Session
	at    time.Time
	alive uint64 // the line in which it was still listed
	open  bool
}

// movingPeer is a peer with its session.
type movingPeer struct {
	of *core.Session
	*core.Peer
}

type sentPeer struct {
	peerFacts
	passing bool // something is told that changes by itself
	at      time.Time
	alive   bool
	session string
}

// peerFacts are what a line tells of a peer as soon as it is another.
type peerFacts struct {
	state    sockeye.PeerState
	alias    string
	counters sockeye.Counters
	replaces uint64
	pair     uint64           // the number of the peer it is paired with in a relay; 0: of none
	options  *sockeye.Options // those that it alone has; nil: the session's. A change makes new ones
}

func factsOf(p movingPeer) peerFacts {
	f := peerFacts{state: p.State(), alias: p.Alias(), counters: p.Counters(), replaces: p.of.Recipients().Replaces(p.ID)}
	if other := pairOf(p.of, p.Peer); other != nil {
		f.pair = other.ID
	}
	if p.HasOwnOptions() {
		f.options = p.LiveOptions()
	}
	return f
}

// line is what has changed since the last one.
func (f *eventFeed) line(now time.Time) (line Live, news bool) {
	b := f.server.bench
	memory, next, before, total := b.VisibleSpan()
	line.Oldest, line.Next = min(b.Oldest(), next), next
	if f.sent > 0 && line.Oldest > f.sent {
		lost := sockeye.LostLine{Events: line.Oldest - f.sent}
		if f.begun && line.Oldest == memory {
			lost.Bytes = before - min(before, f.total)
		}
		line.Gap = &lost
	}
	news = !f.begun || next != f.sent || line.Gap != nil || line.Oldest != f.sentOldest || f.ending
	f.sent, f.sentOldest, f.total = next, line.Oldest, total
	f.sendSessions(&line, now)
	f.sendRecording(&line)
	f.sendComments(&line)
	f.sendSharing(&line)
	f.begun, line.Ended = true, f.ending
	if f.viewer {
		line = line.shown()
	}
	return line, news || line.Sharing != nil || len(line.Sessions) > 0 || len(line.Peers) > 0 || len(line.Closed) > 0 || len(line.Comments) > 0 || line.Recording != nil
}

func (f *eventFeed) sendSharing(line *Live) {
	now := f.server.sharingNow()
	if f.begun && now.On == f.sharing.On && now.Until == f.sharing.Until && slices.Equal(now.Viewers, f.sharing.Viewers) {
		return
	}
	f.sharing = now
	line.Sharing = &now
}

func (f *eventFeed) sendRecording(line *Live) {
	now := f.server.recordingNow(f.lang)
	// Two errors are the same if they say the same.
	same := f.begun && now.State == f.recording.State && now.Path == f.recording.Path && now.Bytes == f.recording.Bytes && now.Lost == f.recording.Lost &&
		(now.Error == nil) == (f.recording.Error == nil) && (now.Error == nil || *now.Error == *f.recording.Error)
	if !same {
		f.recording = now
		line.Recording = &now
	}
}

func (f *eventFeed) sendSessions(line *Live, now time.Time) {
	for _, t := range f.sessions {
		t.alive = 0
	}
	for _, t := range f.peers {
		t.alive = false
	}
	var moving []movingPeer
	for _, s := range f.server.allSessions() {
		t := f.sessions[s.ID()]
		if t == nil {
			t = &sentSession{open: true}
			f.sessions[s.ID()] = t
		}
		t.alive = 1
		if t.open {
			f.sendSession(line, t, s, now)
			for _, p := range s.Peers() {
				moving = append(moving, movingPeer{s, p})
			}
		}
	}
	f.sendPeers(line, moving, now)
	f.sendOpened(line)
	for id, t := range f.sessions {
		if t.alive == 0 {
			delete(f.sessions, id)
			line.Closed = append(line.Closed, id)
		}
	}
	for id, t := range f.peers {
		if !t.alive {
			delete(f.peers, id)
			line.Peers = append(line.Peers, Peer{ID: id, Session: t.session, State: sockeye.Gone, Alias: t.alias, Unsent: -1})
		}
	}
}

// sendSession adds a session if something of it has changed. What is closed
// never changes again, once its file is.
func (f *eventFeed) sendSession(line *Live, t *sentSession, s *core.Session, now time.Time) {
	st := sessionOf(s, f.lang)
	changed := t.at.IsZero() || st.State != t.State || st.Peers != t.Peers || st.Rules != t.Rules || st.Traffic != t.Traffic ||
		len(st.Locals) != len(t.Locals) || (st.Queue == nil) != (t.Queue == nil) || st.Queue != nil && *st.Queue != *t.Queue ||
		st.Faults != t.Faults || st.FaultsUntil != t.FaultsUntil || st.Held != t.Held || st.UpstreamOf != t.UpstreamOf || st.UpstreamSession != t.UpstreamSession || !sameFile(st.File, t.File) || !slices.Equal(st.Recipients, t.Recipients) ||
		!reflect.DeepEqual(st.Options, t.Options)
	if !changed {
		return
	}
	t.Session, t.at, t.open = st, now, st.State != "closed" || st.File != nil && st.File.State == "on"
	line.Sessions = append(line.Sessions, st)
}

// sendPeers adds the peers of which something has changed, so many at most, and
// goes on with the others in the next line.
func (f *eventFeed) sendPeers(line *Live, peers []movingPeer, now time.Time) {
	begin := 0
	for begin < len(peers) && peers[begin].ID <= f.turn {
		begin++
	}
	for i := range peers {
		p := peers[(begin+i)%len(peers)]
		t := f.peers[p.ID]
		isNew := t == nil
		if isNew {
			if len(line.Peers) >= livePeers {
				continue // it is not known yet
			}
			t = &sentPeer{session: p.Session.ID}
			f.peers[p.ID] = t
		}
		t.alive = true
		facts := factsOf(p)
		if len(line.Peers) >= livePeers || !isNew && facts == t.peerFacts && !(t.passing && now.Sub(t.at) >= liveAgain) {
			continue
		}
		told := peerOf(p.of, p.Peer, f.lang)
		t.peerFacts, t.at = facts, now
		t.passing = told.ReceiveRate > 0 || told.SendRate > 0 || told.Queued > 0
		line.Peers = append(line.Peers, told)
		f.turn = p.ID
	}
}
