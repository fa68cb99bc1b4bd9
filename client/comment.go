package client

import (
	"context"
	"fmt"
	"net/url"

	"sockeye"
	"sockeye/internal/api"
	"sockeye/internal/core"
)

// Comment is what somebody wrote on an event of the record.
type Comment struct {
	Event   uint64 // its number
	Session string
	Kind    sockeye.EventKind // of the event
	Peer    string            // the alias or the address of the event's peer; "" if it is of none
	Text    string            // one line; sockeye.Bookmark is a bookmark, "" says that there is none any more
}

// Commented is what became of a comment.
type Commented struct {
	Comment
	// Recorded says that it is in a recording; else it lives as long as the event can be read.
	Recorded bool
}

func commentOf(c core.Commented) Comment {
	out := Comment{Event: c.Seq, Session: c.Session, Kind: c.Kind, Text: c.Text}
	if c.Peer != nil {
		if out.Peer = c.Peer.Alias(); out.Peer == "" {
			out.Peer = c.Peer.Remote.String()
		}
	}
	return out
}

func (c *local) Comment(ctx context.Context, session string, event uint64, text string) (Commented, error) {
	if c.life.Err() != nil {
		return Commented{}, errClosed
	}
	ctx, done := bind(ctx, c.life)
	defer done()
	made, err := c.core.Comment(ctx, session, event, text)
	if err != nil {
		return Commented{}, failure(ctx, "comment", fmt.Sprint("event ", event), err)
	}
	return Commented{commentOf(made), made.Recorded}, nil
}

func (c *local) Comments(_ context.Context, session string) ([]Comment, error) {
	if session != "" {
		if _, err := c.session(session); err != nil {
			return nil, err
		}
	}
	if c.life.Err() != nil {
		return nil, errClosed
	}
	var out []Comment
	for _, one := range c.core.Comments() {
		if session == "" || one.Session == session {
			out = append(out, commentOf(core.Commented{EventComment: one}))
		}
	}
	return out, nil
}

func lineComment(c *api.EventComment) Comment {
	out := Comment{Event: c.Seq, Session: c.Session, Peer: c.Alias, Text: c.Text}
	if out.Peer == "" {
		out.Peer = c.Peer
	}
	out.Kind = api.KindOf(c.Kind)
	return out
}

func (c *remote) Comment(ctx context.Context, session string, event uint64, text string) (Commented, error) {
	var made api.Commented
	err := c.ask(ctx, "PUT", fmt.Sprintf("/events/%d/comment?session=%s", event, url.QueryEscape(session)), api.SetComment{Text: text}, &made)
	if err != nil {
		return Commented{}, err
	}
	return Commented{lineComment(&made.EventComment), made.Kept == "recording"}, nil
}

func (c *remote) Comments(ctx context.Context, session string) ([]Comment, error) {
	if session != "" {
		if err := c.ask(ctx, "GET", sessionPath(session), nil, nil); err != nil {
			return nil, err
		}
	}
	var list api.EventComments
	if err := c.ask(ctx, "GET", "/comments?session="+url.QueryEscape(session), nil, &list); err != nil {
		return nil, err
	}
	var out []Comment
	for i := range list.Comments {
		out = append(out, lineComment(&list.Comments[i]))
	}
	return out, nil
}
