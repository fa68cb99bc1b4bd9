package api

import (
	"context"
	"net/netip"
	"time"

	"sockeye"
	"sockeye/internal/query"
)

// maxDecoderNames bounds the sessions and peers that a decoder remembers: who writes the lines
// may make up as many as he likes.
const maxDecoderNames = 1 << 14

// EventDecoder makes events of lines again, for a view in another process. It belongs to
// one goroutine.
type EventDecoder struct {
	endpoint func(ctx context.Context, session string) (sockeye.Endpoint, bool)
	sessions map[string]*sockeye.Session
	peers    map[uint64]*sockeye.Peer
}

// NewEventDecoder makes a decoder that asks a workbench who the sessions are.
func NewEventDecoder(c *HTTPClient) *EventDecoder {
	return NewEventDecoderOf(func(ctx context.Context, session string) (ep sockeye.Endpoint, known bool) {
		var told Session
		if c.Ask(ctx, "GET", "/sessions/"+session, nil, &told) != nil { // it was taken from the list
			return ep, false
		}
		ep.Mode = told.Mode
		ep.Address, _ = sockeye.ParseAddress(told.Address)
		return ep, true
	})
}

// NewEventDecoderOf makes a decoder that asks what the endpoint of a session is, once for
// each session.
func NewEventDecoderOf(endpoint func(ctx context.Context, session string) (sockeye.Endpoint, bool)) *EventDecoder {
	return &EventDecoder{endpoint: endpoint, sessions: map[string]*sockeye.Session{}, peers: map[uint64]*sockeye.Peer{}}
}

// Event is the event that a line tells of. The same session or peer is the same pointer in
// all events, until there are more than 16,384: all are made anew then. Texts are in the language that the client asks in.
func (d *EventDecoder) Event(ctx context.Context, l *EventLine) sockeye.Event {
	if len(d.sessions)+len(d.peers) >= maxDecoderNames {
		clear(d.sessions)
		clear(d.peers)
	}
	e := sockeye.Event{Seq: l.Seq, Data: l.Data, Session: d.session(ctx, l)}
	e.Time, _ = time.Parse(time.RFC3339Nano, l.Time)
	e.Kind, _ = kindOf(l.Kind)
	if l.PeerID > 0 {
		e.Peer = d.peer(l, e.Session)
	}
	e.Detail = detailOf(l)
	return e
}

// Frame is the frame of a line that an event has. Its bytes may be cut short, as they are
// in the line.
func (d *EventDecoder) Frame(e sockeye.Event, l *Frame) query.PageFrame {
	f := query.PageFrame{Bytes: l.Bytes, Chunks: l.Chunks}
	f.Session, f.Peer = e.Session, e.Peer
	if l.PeerID > 0 {
		if f.Peer = d.peers[l.PeerID]; f.Peer != nil {
			f.Session = f.Peer.Session
		}
	}
	f.Kind, _ = kindOf(l.Direction)
	f.Seq, f.LastSeq, f.Offset, f.Data, f.Body, f.Reads = l.Seq, l.LastSeq, l.Offset, l.Data, l.Data, l.Cuts
	f.Time, _ = time.Parse(time.RFC3339Nano, l.Time)
	f.End, _ = time.Parse(time.RFC3339Nano, l.End)
	switch {
	case l.Body != nil:
		f.Body = l.Body
	case len(l.BodyAt) == 2 && l.BodyAt[0] <= min(l.BodyAt[1], len(l.Data)):
		f.Body = l.Data[l.BodyAt[0]:min(l.BodyAt[1], len(l.Data))]
	}
	f.Mark.UnmarshalText([]byte(l.Mark)) // what a newer workbench calls it is not known here
	f.Check.UnmarshalText([]byte(l.Check))
	return f
}

// detailOf is what a line says besides; nil if nothing.
func detailOf(l *EventLine) *sockeye.Detail {
	if l.Reason == "" && l.Error == nil && (l.Local == "" || l.PeerID > 0) && l.RetryMS == 0 && l.Datagram == 0 && l.Unsent == 0 && l.Lost == nil && l.Attempts == nil && l.Process == nil && l.Interface == "" && l.Lines == nil && l.Pair == nil && l.WebSocket == nil && l.Message == "" && l.MQTT == nil && l.Published == nil && l.Cause == nil && l.Comment == nil && l.Control == nil && l.Close == nil && l.Fault == nil && l.TLS == nil && !l.Truncated && l.Seen == "" && l.TCP == nil {
		return nil
	}
	t := &sockeye.Detail{Reason: l.Reason, Retry: milliseconds(l.RetryMS), Datagram: l.Datagram, Unsent: l.Unsent, Process: l.Process, Interface: l.Interface, Lines: l.Lines, Pair: l.Pair,
		WebSocket: l.WebSocket, Message: l.Message, MQTT: l.MQTT, Publication: l.Published, Cause: l.Cause, Comment: l.Comment, Control: l.Control, Close: l.Close, TLS: l.TLS, Truncated: l.Truncated, Seen: l.Seen}
	if l.Error != nil {
		t.Err = ErrorOf(*l.Error)
	}
	if l.Fault != nil {
		t.Fault = &l.Fault.FaultEvent
	}
	if l.TCP != nil {
		t.TCP = &l.TCP.TCPSample
	}
	if l.Lost != nil {
		t.Lost = sockeye.Lost{Events: l.Lost.Events, Bytes: l.Lost.Bytes}
	}
	locals := l.Locals
	if locals == nil && l.Local != "" && l.PeerID == 0 {
		locals = []string{l.Local}
	}
	for _, s := range locals {
		t.Locals = append(t.Locals, sockeye.ParseSocketAddr(s))
	}
	for _, a := range l.Attempts {
		at := sockeye.Attempt{After: milliseconds(a.AfterMS), Took: milliseconds(a.TookMS)}
		at.Address, _ = netip.ParseAddrPort(a.Address)
		if a.Error != "" {
			at.Err = &sockeye.Error{Message: sockeye.Text{En: a.Error, Zh: a.Error}}
		}
		t.Attempts = append(t.Attempts, at)
	}
	return t
}

func milliseconds(ms float64) time.Duration { return time.Duration(ms * float64(time.Millisecond)) }

func (d *EventDecoder) session(ctx context.Context, l *EventLine) *sockeye.Session {
	if l.Session == "" {
		return nil
	}
	s := d.sessions[l.Session]
	if s != nil {
		return s
	}
	s = &sockeye.Session{ID: l.Session, Endpoint: sockeye.Endpoint{Mode: sockeye.Listen, Address: sockeye.Address{Network: sockeye.Network(l.Network)}}}
	if ep, known := d.endpoint(ctx, l.Session); known {
		s.Endpoint.Mode, s.Endpoint.Address = ep.Mode, ep.Address
	}
	d.sessions[l.Session] = s
	return s
}

func (d *EventDecoder) peer(l *EventLine, s *sockeye.Session) *sockeye.Peer {
	p := d.peers[l.PeerID]
	if p == nil {
		p = &sockeye.Peer{ID: l.PeerID, Session: s, Network: sockeye.Network(l.Network)}
		p.Local = sockeye.ParseSocketAddr(l.Local)
		p.Remote = sockeye.ParseSocketAddr(l.Peer)
		d.peers[l.PeerID] = p
	}
	if l.Alias != p.Alias() {
		p.SetAlias(l.Alias)
	}
	if l.Kind == sockeye.Left.String() {
		delete(d.peers, l.PeerID)
	}
	return p
}

// kindOf is the kind with a name.
func kindOf(name string) (sockeye.EventKind, bool) {
	for kind := sockeye.Opened; kind.String() != ""; kind++ {
		if kind.String() == name {
			return kind, true
		}
	}
	return 0, false
}

// KindOf is the kind of event with a name; 0 is one that is not known.
func KindOf(name string) sockeye.EventKind {
	kind, _ := kindOf(name)
	return kind
}

// OpenOf is what to ask for to have an endpoint opened.
func OpenOf(ep sockeye.Endpoint, echo bool) Open {
	return Open{Mode: ep.Mode, Address: ep.Address.String(), Options: &Options{Options: ep.Options}, Echo: echo}
}
