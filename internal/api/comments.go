package api

import (
	"slices"
	"strings"

	"sockeye"
	"sockeye/internal/query"
)

func (in SetComment) check(*requestContext) error {
	var wrong fieldFaults
	if _, err := sockeye.ParseComment(in.Text); err != nil {
		wrong.all(err)
	}
	return wrong.join()
}

func (c *requestContext) setComment(in SetComment) (Commented, error) {
	if err := in.check(c); err != nil {
		return Commented{}, err
	}
	seq, err := number("seq", c.r.PathValue("seq"))
	if err != nil {
		return Commented{}, err
	}
	made, err := c.bench.Comment(c.ctx(), c.q.Get("session"), seq, in.Text)
	if err != nil {
		return Commented{}, err
	}
	out := Commented{EventComment: commentOf(&made.EventComment), Kept: "memory"}
	if made.Recorded {
		out.Kept = "recording"
	}
	if made.Why != nil {
		out.Why = made.Why.Line(c.lang)
	}
	return out, nil
}

func (c *requestContext) comments(None) (EventComments, error) {
	out := EventComments{Comments: []EventComment{}}
	sessions := strings.Split(c.q.Get("session"), ",")
	for _, one := range c.reader().Comments() {
		if sessions[0] == "" || slices.Contains(sessions, one.Session) {
			out.Comments = append(out.Comments, commentOf(&one))
		}
	}
	return out, nil
}

func commentOf(c *query.EventComment) EventComment {
	out := EventComment{Seq: c.Seq, Session: c.Session, Kind: c.Kind.String(), Text: c.Text}
	if c.Peer != nil {
		out.PeerID, out.Peer, out.Alias = c.Peer.ID, c.Peer.Remote.String(), c.Peer.Alias()
	}
	return out
}

// liveComments bounds the comments in one line of the feed, of each record; others are in the next.
const liveComments = 100

// sendComments tells of comments that changed since, here and in recordings that are looked at.
func (f *eventFeed) sendComments(line *Live) {
	known := map[string]uint64{}
	told := func(id string, from *query.Reader) {
		changed, now := from.CommentsSince(f.comments[id], liveComments)
		known[id] = now
		for i := range changed {
			line.Comments = append(line.Comments, commentOf(&changed[i]))
		}
	}
	told("", f.server.bench.Reader)
	for _, o := range f.server.bench.Opened() {
		told(o.ID, o.Reader)
	}
	f.comments = known
}
