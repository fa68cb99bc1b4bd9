package client

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"
	"sync"
	"time"

	"sockeye"
	"sockeye/internal/api"
	"sockeye/internal/core"
	"sockeye/internal/responder"
	"sockeye/internal/schedule"
	"sockeye/internal/userdir"
	"sockeye/internal/workspace"
)

// LocalOptions are those of a workbench in this process.
type LocalOptions struct {
	// Memory bounds the record that is kept in memory, in bytes; 0 is 64 MiB.
	Memory int
	// Drain bounds how long Close waits for sessions to close in good order; 0 is 5 s.
	Drain time.Duration
	// CADir is where the certificate authority is kept that makes the certificates of TLS
	// servers that are given none; "" is this user's.
	CADir string
}

// New makes a workbench in this process, with nothing open. Close it.
func New(o LocalOptions) Client {
	if o.Drain <= 0 {
		o.Drain = 5 * time.Second
	}
	c := &local{core: core.New(o.Memory), drain: o.Drain}
	c.core.RefuseDial = api.RefuseControl(userdir.State(os.Getenv))
	c.core.CADir = cmp.Or(o.CADir, userdir.CA(os.Getenv))
	c.life, c.end = context.WithCancelCause(context.Background())
	return c
}

// local is a workbench in this process.
type local struct {
	core     *core.Core
	drain    time.Duration
	expected expecter

	life    context.Context // ends with Close
	end     context.CancelCauseFunc
	closing sync.Once
	err     error // of closing
}

// Core is the workbench itself, for the parts of Sockeye that show one.
func (c *local) Core() *core.Core { return c.core }

// bind gives a context that ends with the client, too.
func bind(ctx, life context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(life, func() { cancel(context.Cause(life)) })
	return ctx, func() { stop(); cancel(nil) }
}

// all are the sessions that are open or were, in the order they were opened.
func (c *local) all() []*core.Session {
	all := append(c.core.Closed(), c.core.Sessions()...)
	slices.SortStableFunc(all, func(a, b *core.Session) int { return a.Since().Compare(b.Since()) })
	return slices.Compact(all)
}

func (c *local) session(id string) (*core.Session, error) {
	if c.life.Err() != nil {
		return nil, errClosed
	}
	for _, s := range c.all() {
		if s.ID() == id {
			return s, nil
		}
	}
	return nil, noSession(id)
}

// open is session, if it is open.
func (c *local) open(id string) (*core.Session, error) {
	s, err := c.session(id)
	if err == nil && !s.Until().IsZero() {
		err = isClosed(id)
	}
	return s, err
}

func (c *local) Open(ctx context.Context, ep sockeye.Endpoint, o *OpenOptions) (*sockeye.Session, error) {
	if c.life.Err() != nil {
		return nil, errClosed
	}
	if o == nil {
		o = &OpenOptions{}
	}
	answer, err := o.answer()
	if err != nil {
		return nil, err
	}
	if err := ep.Validate(); err != nil {
		return nil, err
	}
	ctx, done := bind(ctx, c.life)
	defer done()
	var s *core.Session
	if o.Upstream != nil {
		s, err = c.openRelay(ctx, ep, o)
	} else {
		s, err = c.core.Open(ctx, ep, answer)
	}
	if err != nil {
		return nil, failure(ctx, "open", ep.Address.String(), err)
	}
	return &sockeye.Session{ID: s.ID(), Endpoint: ep}, nil
}

// answer is how a session that is opened with the options answers by itself.
func (o *OpenOptions) answer() (responder.Answer, error) {
	answer := responder.Answer{Changeable: true, Echo: o.Echo}
	if d := o.Device; d != nil {
		answer.Device = &responder.Device{Hello: []byte(d.Hello), Interval: d.Interval}
	}
	var wrong []error
	if answer.Allow, wrong = workspace.Allowed(o.LiftGuards); wrong != nil {
		e := *sockeye.ErrorOf(errors.Join(wrong...))
		e.Kind = sockeye.Invalid
		return answer, &e
	}
	return answer, nil
}

// openRelay opens a relay that passes on as the options say.
func (c *local) openRelay(ctx context.Context, ep sockeye.Endpoint, o *OpenOptions) (*core.Session, error) {
	how := core.RelayOptions{Share: core.Writers(o.Share)}
	var err error
	if how.Routes, err = core.ParseRoutes(o.Routes, sockeye.DefaultPort); err != nil {
		return nil, err
	}
	if len(o.Faults) > 0 {
		if how.Faults, err = core.ParseFaults("", o.Faults); err != nil {
			return nil, err
		}
	}
	return c.core.OpenRelay(ctx, ep, *o.Upstream, how)
}

func (c *local) Sessions(context.Context) ([]Session, error) {
	if c.life.Err() != nil {
		return nil, errClosed
	}
	var out []Session
	for _, s := range c.all() {
		one := Session{SessionStatus: s.Status(), State: Open, Rules: s.Rules().Count(), Since: s.Since(), Until: s.Until()}
		if r := s.Relay(); r != nil {
			set, _ := r.Faults()
			one.Faults, one.FaultsUntil = len(set.Texts()), set.Until()
		}
		switch {
		case !one.Until.IsZero():
			one.State, one.Peers = Closed, 0
			if one.Reason, one.Err = s.Outcome(); one.Reason == "" {
				one.Reason = sockeye.ReasonLocal
			}
		case s.Endpoint().Mode == sockeye.Connect && one.Peers == 0:
			one.State = Connecting
		}
		out = append(out, one)
	}
	return out, nil
}

func (c *local) CloseSession(ctx context.Context, session string) error {
	s, err := c.session(session)
	if err != nil {
		return err
	}
	if !s.Until().IsZero() {
		c.core.Forget(s)
		c.expected.forget(session)
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, c.drain)
	defer cancel()
	c.core.Close(ctx, s)
	return nil
}

func (c *local) Peers(_ context.Context, session string) ([]sockeye.PeerStatus, error) {
	s, err := c.session(session)
	if err != nil {
		return nil, err
	}
	var out []sockeye.PeerStatus
	for _, p := range s.Peers() {
		out = append(out, p.Status())
	}
	return out, nil
}

func (c *local) AwaitPeer(ctx context.Context, session string) (sockeye.PeerStatus, error) {
	return awaitPeer(ctx, c, session)
}

func (c *local) SetLines(_ context.Context, session string, peer uint64, set sockeye.LineSetting) error {
	s, err := c.open(session)
	if err != nil {
		return err
	}
	found, err := s.Find(words([]uint64{peer})...)
	if err != nil {
		return err
	}
	return found[0].SetLines(set)
}

func (c *local) ClosePeer(ctx context.Context, session string, peer uint64) error {
	s, err := c.open(session)
	if err != nil {
		return err
	}
	found, err := s.Find(words([]uint64{peer})...)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, c.drain)
	defer cancel()
	found[0].Close(ctx)
	return nil
}

// words are the numbers of peers as the core finds them; none is all that can receive.
func words(ids []uint64) []string {
	if len(ids) == 0 {
		return []string{core.All}
	}
	var out []string
	for _, id := range ids {
		out = append(out, fmt.Sprintf("#%d", id))
	}
	return out
}

// recipients finds who a session sends to: the peers with these IDs, or all if there are none.
func (c *local) recipients(session string, ids []uint64) (*core.Sender, []*core.Peer, error) {
	s, err := c.open(session)
	if err != nil {
		return nil, nil, err
	}
	peers, err := s.Recipients().Select(words(ids)...)
	return s.Sender(), peers, err
}

func (c *local) Send(ctx context.Context, session string, data []byte, to ...uint64) ([]Delivery, error) {
	sender, peers, err := c.recipients(session, to)
	if err != nil {
		return nil, err
	}
	ctx, done := bind(ctx, c.life)
	defer done()
	return deliveries(ctx, sender.Send(ctx, peers, data))
}

func (c *local) SendPayload(ctx context.Context, session string, p Payload, to ...uint64) ([]Delivery, error) {
	t, err := schedule.Row{Text: p.Text, Hex: p.Hex, Plain: p.Plain, Charset: p.Charset, LineEnd: p.LineEnding, Checksum: p.Checksum, Prefix: p.Prefix, Suffix: p.Suffix}.Template()
	if err != nil {
		return nil, err
	}
	sender, peers, err := c.recipients(session, to)
	if err != nil {
		return nil, err
	}
	ctx, done := bind(ctx, c.life)
	defer done()
	sent, err := sender.SendPayload(ctx, peers, t)
	if err != nil {
		return nil, failure(ctx, "send", session, err)
	}
	return deliveries(ctx, sent)
}

func deliveries(ctx context.Context, sent []core.Delivery) ([]Delivery, error) {
	var out []Delivery
	for _, d := range sent {
		out = append(out, Delivery{Peer: d.Peer.ID, Sent: d.Sent, Err: sockeye.ErrorOf(failure(ctx, "send", d.Peer.String(), d.Err))})
	}
	return out, failures(out)
}

func (c *local) Expect(ctx context.Context, session string, want []byte) (Match, error) {
	if _, err := c.session(session); err != nil {
		return Match{}, err
	}
	ctx, done := bind(ctx, c.life)
	defer done()
	return c.expected.expect(ctx, c, session, want)
}

func (c *local) Events(ctx context.Context, o EventOptions) iter.Seq2[sockeye.Event, error] {
	return func(yield func(sockeye.Event, error) bool) {
		if c.life.Err() != nil {
			yield(sockeye.Event{}, errClosed)
			return
		}
		var of *core.Session
		if o.Session != "" {
			var err error
			if of, err = c.session(o.Session); err != nil {
				yield(sockeye.Event{}, err)
				return
			}
		}
		ctx, done := bind(ctx, c.life)
		defer done()
		cursor := c.core.View(o.From)
		defer cursor.Close()
		for {
			over := o.Once || of != nil && !of.Until().IsZero() // then all its events are recorded
			e, ok := cursor.Try()
			if !ok && over {
				return
			}
			if !ok {
				var err error
				if e, err = cursor.Next(ctx); errors.Is(err, io.EOF) || err != nil && c.life.Err() != nil {
					return
				} else if err != nil {
					yield(sockeye.Event{}, failure(ctx, "read", "events", err))
					return
				}
			}
			if of != nil && e.Session != nil && e.Session.ID != o.Session {
				continue
			}
			if !yield(e, nil) || of != nil && e.Kind == sockeye.Ended {
				return
			}
		}
	}
}

func (c *local) Close() error {
	c.closing.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), c.drain)
		defer cancel()
		c.err = failure(ctx, "close", "workbench", c.core.Shutdown(ctx))
		c.end(errClosed)
	})
	return c.err
}
