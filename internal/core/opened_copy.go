package core

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"sockeye"
	"sockeye/internal/recording"
)

// copy writes the recording to the temporary directory as one run: its events are numbered from 1,
// and no two sessions or peers of it have the same name.
func (o *OpenedRecording) copy(ctx context.Context, r *recording.Files) (err error) {
	if o.dir, err = os.MkdirTemp("", "sockeye-*.opened"); err != nil {
		return notKept(o.Name, err)
	}
	comments, err := r.Comments(ctx, nil)
	if err != nil {
		return err
	}
	from, err := r.Read(recording.ReadOptions{Comments: comments, Damaged: recording.CountDamage(&o.Damages)})
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := recording.OpenWriter(recording.WriteOptions{Dir: o.dir, SegmentBytes: openedSegment})
	if err != nil {
		return err
	}
	c := &openedCopy{of: o, to: to, sessions: map[*sockeye.Session]*OpenedSession{}, peers: map[*sockeye.Peer]*sockeye.Peer{}}
	err = c.all(ctx, from)
	if err := errors.Join(err, to.Close()); err != nil {
		return notKept(o.Name, err)
	}
	return o.read()
}

// maxGap bounds how many events a gap may say were lost.
const maxGap = 1 << 40

// openedCopy is one copy under way.
type openedCopy struct {
	of       *OpenedRecording
	to       *recording.Writer
	sessions map[*sockeye.Session]*OpenedSession
	peers    map[*sockeye.Peer]*sockeye.Peer
}

func (c *openedCopy) all(ctx context.Context, from *recording.Reader) error {
	for {
		e, err := from.Next(ctx)
		switch {
		case errors.Is(err, io.EOF):
			return c.to.Flush()
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case err != nil: // one file is damaged; reading goes on with the next
			c.of.Damages++
			continue
		}
		if c.to.Status().Bytes > maxOpenedBytes {
			c.of.Cut = true
			return c.to.Flush()
		}
		c.of.origin.numbers.add(c.of.next, from.At(&e))
		if err := c.event(e); err != nil {
			return err
		}
	}
}

func (c *openedCopy) event(e sockeye.Event) error {
	e.Seq = c.of.next
	c.of.next++
	c.of.Events++
	if e.Kind == sockeye.Gap && e.Session == nil { // it has the numbers of all that are lost
		detail := *e.Detail
		detail.Lost.Events = min(max(1, detail.Lost.Events), maxGap)
		e.Detail = &detail
		c.of.next += detail.Lost.Events - 1
	}
	if e.Session != nil {
		s := c.session(e.Session)
		s.count(&e)
		e.Session = s.Session
		if e.Peer != nil {
			e.Peer = c.peer(s, e.Peer)
		}
	}
	if e.Detail != nil && e.Detail.Comment != nil {
		if len(c.of.comments) < recording.MaxComments {
			c.of.comments = append(c.of.comments, sockeye.Event{Seq: e.Seq, Kind: e.Kind, Session: e.Session, Peer: e.Peer, Detail: e.Detail})
		}
		recording.WithComment(&e, "")
	}
	c.to.Append(&e)
	if c.to.Full() {
		return c.to.Flush()
	}
	return nil
}

func (c *openedCopy) session(was *sockeye.Session) *OpenedSession {
	s := c.sessions[was]
	if s == nil {
		id := fmt.Sprintf("%s.s%d", c.of.ID, len(c.sessions)+1)
		s = &OpenedSession{Session: &sockeye.Session{ID: id, Endpoint: was.Endpoint}, Recording: c.of}
		c.sessions[was] = s
		c.of.sessions = append(c.of.sessions, s)
	}
	return s
}

// peer returns the copy of a peer, under a new number. Events that name it give it its alias.
func (c *openedCopy) peer(s *OpenedSession, was *sockeye.Peer) *sockeye.Peer {
	p := c.peers[was]
	if p == nil {
		p = &sockeye.Peer{ID: uint64(len(c.peers) + 1), Session: s.Session, Network: was.Network, Local: was.Local, Remote: was.Remote}
		c.peers[was] = p
		s.addPeer()
	}
	if alias := was.Alias(); alias != p.Alias() {
		p.SetAlias(alias)
	}
	return p
}
