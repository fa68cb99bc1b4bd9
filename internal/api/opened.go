package api

import (
	"net/http"
	"time"

	"sockeye"
	"sockeye/internal/core"
	"sockeye/internal/query"
)

func (c *requestContext) recordFiles(None) (RecordFiles, error) {
	out := RecordFiles{Files: []RecordFile{}}
	files, err := c.recordings().List()
	for _, f := range files {
		out.Files = append(out.Files, RecordFile{f.Name, f.Bytes, stamp(f.Modified)})
	}
	return out, err
}

func (in OpenRecording) check(c *requestContext) error {
	var wrong fieldFaults
	if err := c.recordings().CheckName(in.Name); err != nil && !c.unfit.covers("name") {
		wrong.at("name", err)
	}
	return wrong.join()
}

func (c *requestContext) openRecording(in OpenRecording) (OpenedRecording, error) {
	if err := in.check(c); err != nil {
		return OpenedRecording{}, err
	}
	r, err := c.recordings().Open(in.Name)
	if err != nil {
		return OpenedRecording{}, err
	}
	o, err := c.bench.OpenRecording(c.ctx(), r, in.Name, c.recordings().Comments())
	if err != nil {
		return OpenedRecording{}, err
	}
	return openedOf(o), nil
}

// uploadRecording opens the recording that the body is.
func (c *requestContext) uploadRecording() error {
	name, wrong := c.uploadName()
	if len(wrong) > 0 {
		return wrong.join()
	}
	o, err := c.bench.OpenUpload(c.ctx(), &bodyReader{c: c, begun: time.Now()}, name)
	if err != nil {
		return err
	}
	answer(c.w, http.StatusCreated, openedOf(o))
	return nil
}

func (c *requestContext) uploadName() (name string, wrong fieldFaults) {
	name = c.q.Get("name")
	if name == "" || len(name) > maxFileName {
		wrong.note(invalid("name", sockeye.Text{En: "is missing, or too long", Zh: "缺少或过长"}, sockeye.Text{}))
	}
	return name, wrong
}

func openedOf(o *core.OpenedRecording) OpenedRecording {
	out := OpenedRecording{ID: o.ID, Name: o.Name, Events: o.Events, Sessions: []Session{}, LeftOut: o.LeftOut, Damages: o.Damages, Cut: o.Cut}
	for _, s := range o.Sessions() {
		out.Sessions = append(out.Sessions, openedSession(s))
	}
	return out
}

// openedSession is a session of a recording as a closed one.
func openedSession(s *core.OpenedSession) Session {
	oldest, next := s.Recording.Span()
	if !s.Recording.Live {
		oldest = 1 // it is on the disk
	}
	facts, until := s.Facts(), ""
	if !facts.Last.IsZero() {
		until = stamp(facts.Last)
	}
	network := s.Endpoint.Address.Network
	if network == "" {
		network = sockeye.TCP
	}
	return Session{
		ID: s.ID, Mode: s.Endpoint.Mode, Network: string(network), Address: s.Endpoint.Address.String(), Locals: []string{},
		State: "closed", Reason: sockeye.ReasonLocal, Since: stamp(facts.First), Until: until, Name: s.Title(),
		Options: &Options{Options: s.Endpoint.Options}, Traffic: trafficOf(facts.Counters, 0, 0),
		Recording: &OpenedIn{ID: s.Recording.ID, Name: s.Recording.Name, Oldest: oldest, Next: next, Live: s.Recording.Live},
	}
}

// openedSessions are those of all recordings that are looked at.
func (s *Server) openedSessions() (all []*core.OpenedSession) {
	for _, o := range s.bench.Opened() {
		all = append(all, o.Sessions()...)
	}
	return all
}

// reader reads where the events of the session that the query names are.
func (c *requestContext) reader() *query.Reader { return c.bench.ReaderOf(c.q.Get("session")) }

// sendOpened tells of sessions of recordings that were opened since or have grown, and
// keeps those that are still there from being told of as gone.
func (f *eventFeed) sendOpened(line *Live) {
	for _, s := range f.server.openedSessions() {
		t := f.sessions[s.ID]
		isNew := t == nil
		if isNew {
			t = &sentSession{}
			f.sessions[s.ID] = t
		}
		t.alive = 1
		if isNew || s.Recording.Live {
			if now := openedSession(s); isNew || *now.Recording != *t.Recording {
				t.Session = now
				line.Sessions = append(line.Sessions, now)
			}
		}
	}
}
