package core

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"sockeye"
	"sockeye/internal/payload"
	"sockeye/internal/schedule"
	"sockeye/internal/transport"
)

// ListOptions holds what sending a list needs besides the list.
type ListOptions struct {
	// To names the peers that rows without peers of their own go to; none is all.
	To []string
	// Lookup finds variables of payloads; it is asked before the function of SetLookup, and may be
	// nil.
	Lookup func(name string) (string, bool)
	// Wait makes the run begin when the first peer is there.
	Wait bool
}

// StartList starts to send a list, which is checked first: the error names the row.
// A row goes to the peers that its words mean at the time it is due. The run ends with
// the list, with Stop, with the session, or when all its peers are gone for good.
func (s *Sender) StartList(l schedule.List, o ListOptions) (*schedule.Run, error) {
	c := schedule.ListConfig{To: o.To, Closed: s.session.Done()}
	if o.Wait {
		c.Ready = s.awaitPeer
	}
	to := strings.Join(o.To, " ")
	c.Send = func(ctx context.Context, n int, row *schedule.Row, t *payload.Template) schedule.RowResult {
		return s.sendRow(becauseRow(ctx, l.Name, n), cmp.Or(row.To, to), t, o.Lookup)
	}
	c.Unreachable = func(rows []schedule.Row) bool {
		return !slices.ContainsFunc(rows, func(row schedule.Row) bool { return s.mayReach(cmp.Or(row.To, to)) })
	}
	return s.runs.StartList(l, c)
}

// becauseRow returns a context with which sent events name row n, counted from 0, of a list as
// their cause.
func becauseRow(ctx context.Context, list string, n int) context.Context {
	return transport.Because(ctx, &sockeye.Detail{Cause: &sockeye.Cause{By: sockeye.ByList, Name: list, Row: n + 1}})
}

// awaitPeer returns when the session has a peer, or false when ctx has ended.
func (s *Sender) awaitPeer(ctx context.Context) bool {
	_, next := s.session.core.Span()
	events := s.session.core.View(next)
	defer events.Close()
	for joined := len(s.session.Peers()) > 0; !joined; {
		e, err := events.Next(ctx)
		if err != nil {
			return false
		}
		joined = e.Kind == sockeye.Joined && e.Session == s.session.id
	}
	return ctx.Err() == nil
}

// sendRow sends the message of a row to the peers that words mean now.
func (s *Sender) sendRow(ctx context.Context, words string, t *payload.Template, lookup func(string) (string, bool)) schedule.RowResult {
	to, missing, err := s.reach(strings.Fields(words))
	result := schedule.RowResult{Recipients: len(to), Failed: missing, Err: err}
	if len(to) == 0 {
		return result
	}
	sent, err := s.sendPayload(ctx, to, t, lookup)
	if err != nil {
		result.Failed, result.Err = len(to), err
	}
	for _, d := range sent {
		result.Bytes += uint64(d.Sent)
		switch {
		case d.Err == nil:
			result.Sent++
		case ctx.Err() == nil: // otherwise the run was stopped, which is no failure
			result.Failed++
			result.Err = d.Err
		}
	}
	return result
}

// reach returns the peers that words mean now, each once. missing counts the words that mean no
// peer while others do, and err is the reason for the last of these. It is no error if all are
// meant and nobody is there.
func (s *Sender) reach(words []string) (to []*Peer, missing int, err error) {
	if len(words) == 0 {
		to, _ = s.session.recipients.Select(All)
		return to, 0, nil
	}
	known := words[:0:0]
	for _, word := range words {
		if _, fault := s.session.Find(word); fault == nil {
			known = append(known, word)
		} else if !strings.EqualFold(word, All) {
			missing, err = missing+1, fault
		}
	}
	to, fault := s.session.recipients.Select(known...)
	if len(to) == 0 {
		return nil, 0, cmp.Or(err, fault)
	}
	return to, missing, err
}

// mayReach reports whether words mean a peer that is there or may still join. They do not if each
// is the number of a peer that left, since a number is given only once.
func (s *Sender) mayReach(words string) bool {
	all := strings.Fields(words)
	return len(all) == 0 || slices.ContainsFunc(all, func(word string) bool {
		id, err := strconv.ParseUint(strings.TrimPrefix(word, "#"), 10, 64)
		return err != nil || id > s.session.core.lastPeer.Load() || s.session.Peer(id) != nil
	})
}
