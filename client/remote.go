package client

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"sockeye"
	"sockeye/internal/api"
	"sockeye/internal/api/access"
	"sockeye/internal/userdir"
)

// DialOptions are how to reach a workbench.
type DialOptions struct {
	// Language is that of errors which the workbench tells; "" is English.
	Language sockeye.Lang
	// Certificate is the SHA-256 of the workbench's TLS certificate, in hex. It is
	// needed for an https address, and the only certificate that is trusted.
	Certificate string
}

// Dial uses a running workbench at an address such as "http://127.0.0.1:7625/", with a
// token of it. The token is sent only to who proves to know it. Nil options are the
// default ones. It fails if no such workbench answers.
func Dial(ctx context.Context, address, token string, o *DialOptions) (Client, error) {
	if o == nil {
		o = &DialOptions{}
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.Scheme == "https" && o.Certificate == "" {
		return nil, &sockeye.Error{Kind: sockeye.Invalid, Op: "dial", Target: address, Err: err,
			Message: sockeye.Text{En: "not the address of a workbench, or an https one without its certificate", Zh: "不是工作台地址，或 https 地址缺少证书指纹"},
			Hint:    sockeye.Text{En: "write http://127.0.0.1:7625/, as sockeye ui prints it without what follows #", Zh: "写成 http://127.0.0.1:7625/，即 sockeye ui 显示的地址去掉 # 之后的部分"}}
	}
	return attach(ctx, api.NewClient(access.WorkbenchState{URL: strings.TrimSuffix(address, "/") + "/", Token: token, Certificate: o.Certificate}, languageOf(o.Language)))
}

// AttachOptions are where to look for a workbench.
type AttachOptions struct {
	// Language is that of errors which the workbench tells; "" is English.
	Language sockeye.Lang
	// Getenv looks up environment variables, which say where this user's files are;
	// nil is os.Getenv.
	Getenv func(string) string
}

// Attach uses the workbench that this user runs, as "sockeye session" does: "sockeye
// ui" leaves word of it in a file that nobody else may read, and it must prove to be
// the one. Nil options are the default ones. The error has the kind not-found if none
// runs.
func Attach(ctx context.Context, o *AttachOptions) (Client, error) {
	if o == nil {
		o = &AttachOptions{}
	}
	if o.Getenv == nil {
		o.Getenv = os.Getenv
	}
	found, err := api.Find(userdir.State(o.Getenv), languageOf(o.Language))
	if err != nil {
		return nil, failure(ctx, "open", "workbench", err)
	}
	return attach(ctx, found)
}

func languageOf(l sockeye.Lang) sockeye.Lang {
	if l == "" {
		return sockeye.English
	}
	return l
}

// answerTime is how long a workbench may take to say that it is there.
const answerTime = 10 * time.Second

// attach makes sure that the workbench answers.
func attach(ctx context.Context, workbench *api.HTTPClient) (Client, error) {
	c := &remote{api: workbench}
	c.life, c.end = context.WithCancelCause(context.Background())
	var list api.Sessions
	ctx, cancel := workbench.Within(ctx, answerTime)
	defer cancel()
	if err := c.ask(ctx, "GET", "/sessions", nil, &list); err != nil {
		return nil, err
	}
	return c, nil
}

// remote is a workbench that runs elsewhere.
type remote struct {
	api      *api.HTTPClient
	expected expecter

	life context.Context // ends with Close
	end  context.CancelCauseFunc
}

// API asks the workbench what this package has no call for, for Sockeye's own commands.
func (c *remote) API() *api.HTTPClient { return c.api }

// ask is one request.
func (c *remote) ask(ctx context.Context, method, path string, in, out any) error {
	ctx, done := bind(ctx, c.life)
	defer done()
	return failure(ctx, strings.ToLower(method), path, c.api.Ask(ctx, method, path, in, out))
}

// sessionPath is where the API has a session.
func sessionPath(session string) string { return "/sessions/" + url.PathEscape(session) }

func (c *remote) Open(ctx context.Context, ep sockeye.Endpoint, o *OpenOptions) (*sockeye.Session, error) {
	in := api.OpenOf(ep, o != nil && o.Echo)
	if o != nil {
		in.Allow = o.LiftGuards
		if up := o.Upstream; up != nil {
			in.Share, in.Routes = o.Share, o.Routes
			if len(o.Faults) > 0 {
				in.Faults = &api.SetFaults{Faults: o.Faults}
			}
			in.Upstream = &api.Upstream{Address: up.Address.String(), Options: api.OpenOf(*up, false).Options}
		}
		if d := o.Device; d != nil {
			pause := float64(d.Interval) / float64(time.Millisecond)
			in.Device = &api.Device{Hello: d.Hello, IntervalMS: &pause}
		}
	}
	if err := ep.Validate(); err != nil {
		return nil, err
	}
	var s api.Session
	if err := c.ask(ctx, "POST", "/sessions", in, &s); err != nil {
		return nil, err
	}
	return &sockeye.Session{ID: s.ID, Endpoint: ep}, nil
}

func (c *remote) Sessions(ctx context.Context) ([]Session, error) {
	var list api.Sessions
	if err := c.ask(ctx, "GET", "/sessions", nil, &list); err != nil {
		return nil, err
	}
	var out []Session
	for i := range list.Sessions {
		out = append(out, sessionOf(&list.Sessions[i]))
	}
	return out, nil
}

// sessionOf is a session as the API tells it. Of its options only some are told.
func sessionOf(s *api.Session) Session {
	id := &sockeye.Session{ID: s.ID, Endpoint: sockeye.Endpoint{Mode: s.Mode}}
	id.Endpoint.Address, _ = sockeye.ParseAddress(s.Address)
	id.Endpoint.Options.Reconnect = s.Reconnect
	out := Session{State: SessionState(s.State), Rules: s.Rules, Reason: s.Reason,
		SessionStatus: sockeye.SessionStatus{Session: id, Peers: s.Peers, Counters: countersOf(s.Traffic), ReceiveRate: s.ReceiveRate, SendRate: s.SendRate}}
	for _, text := range s.Locals {
		out.Locals = append(out.Locals, sockeye.ParseSocketAddr(text))
	}
	if q := s.Queue; q != nil {
		out.Queue = &sockeye.AcceptQueue{Waiting: q.Waiting, Backlog: q.Backlog, Overflows: q.Overflows}
	}
	out.Faults = s.Faults
	out.FaultsUntil, _ = time.Parse(time.RFC3339Nano, s.FaultsUntil)
	out.Since, _ = time.Parse(time.RFC3339Nano, s.Since)
	out.Until, _ = time.Parse(time.RFC3339Nano, s.Until)
	if s.Error != nil {
		out.Err = api.ErrorOf(*s.Error)
	}
	return out
}

func countersOf(t api.Traffic) sockeye.Counters {
	return sockeye.Counters{ReceivedBytes: t.ReceivedBytes, ReceivedMessages: t.ReceivedMessages, SentBytes: t.SentBytes, SentMessages: t.SentMessages}
}

func (c *remote) CloseSession(ctx context.Context, session string) error {
	var s api.Session
	err := c.ask(ctx, "DELETE", sessionPath(session), api.None{}, &s)
	return err
}

func (c *remote) Peers(ctx context.Context, session string) ([]sockeye.PeerStatus, error) {
	var list api.Peers
	if err := c.ask(ctx, "GET", sessionPath(session)+"/peers", nil, &list); err != nil {
		return nil, err
	}
	of := &sockeye.Session{ID: session}
	var out []sockeye.PeerStatus
	for i := range list.Peers {
		out = append(out, peerOf(&list.Peers[i], of))
	}
	return out, nil
}

func peerOf(p *api.Peer, of *sockeye.Session) sockeye.PeerStatus {
	ms := func(ms float64) time.Duration { return time.Duration(ms * float64(time.Millisecond)) }
	id := &sockeye.Peer{ID: p.ID, Session: of, Network: sockeye.Network(p.Network)}
	id.Local = sockeye.ParseSocketAddr(p.Local)
	id.Remote = sockeye.ParseSocketAddr(p.Remote)
	id.SetAlias(p.Alias)
	out := sockeye.PeerStatus{Peer: id, State: p.State, Counters: countersOf(p.Traffic), ReceiveRate: p.ReceiveRate, SendRate: p.SendRate,
		HalfOpen: p.HalfOpen, Unsent: p.Unsent, Queued: p.Queued, Process: p.Process, Lines: p.Lines, TLS: p.TLS, Interface: p.Interface, NotReadingFor: ms(p.NotReadingForMS)}
	out.Since, _ = time.Parse(time.RFC3339Nano, p.Since)
	if t := p.TCP; t != nil {
		out.TCP = &sockeye.TCPInfo{State: t.State, RTT: ms(t.RTTMS), RTTVariance: ms(t.RTTVarianceMS), Retransmits: t.Retransmits,
			CongestionWindow: t.CongestionWindow, Unacked: t.Unacked, SendMSS: t.SendMSS, PathMTU: t.PathMTU, SendWindow: t.SendWindow,
			MinRTT: ms(t.MinRTTMS), SegmentsSent: t.SegmentsSent, ReceiveWindow: t.ReceiveWindow, InFlight: t.InFlight, NotSent: t.NotSent,
			DeliveryRate: t.DeliveryRate, PacingRate: t.PacingRate, Backoff: t.Backoff, Busy: ms(t.BusyMS), PeerLimited: ms(t.PeerLimitedMS), BufferLimited: ms(t.BufferLimitedMS)}
	}
	return out
}

func (c *remote) AwaitPeer(ctx context.Context, session string) (sockeye.PeerStatus, error) {
	return awaitPeer(ctx, c, session)
}

func (c *remote) SetLines(ctx context.Context, session string, peer uint64, set sockeye.LineSetting) error {
	in := api.SetLines{BreakMS: float64(set.Break) / float64(time.Millisecond)}
	for _, line := range []struct {
		choice sockeye.OptionalBool
		on     **bool
	}{{set.DTR, &in.DTR}, {set.RTS, &in.RTS}} {
		if line.choice != sockeye.Default {
			on := line.choice == sockeye.On
			*line.on = &on
		}
	}
	return c.ask(ctx, "POST", fmt.Sprintf("%s/peers/%d/lines", sessionPath(session), peer), in, nil)
}

func (c *remote) ClosePeer(ctx context.Context, session string, peer uint64) error {
	return c.ask(ctx, "POST", fmt.Sprintf("%s/peers/%d/close", sessionPath(session), peer), api.None{}, nil)
}

func (c *remote) Send(ctx context.Context, session string, data []byte, to ...uint64) ([]Delivery, error) {
	if data == nil {
		data = []byte{}
	}
	return c.send(ctx, session, api.Send{Data: data}, to)
}

func (c *remote) SendPayload(ctx context.Context, session string, p Payload, to ...uint64) ([]Delivery, error) {
	in := &api.Payload{Kind: "text", Text: p.Text, Escapes: !p.Plain, Charset: p.Charset, LineEnding: p.LineEnding, Prefix: p.Prefix, Suffix: p.Suffix}
	if p.Hex {
		in.Kind, in.Escapes = "hex", false
	}
	if p.Checksum != "" {
		in.Checksum = &api.Checksum{Name: p.Checksum}
	}
	return c.send(ctx, session, api.Send{Payload: in}, to)
}

func (c *remote) send(ctx context.Context, session string, in api.Send, to []uint64) ([]Delivery, error) {
	in.To, in.All = to, len(to) == 0
	var out api.SendResults
	if err := c.ask(ctx, "POST", sessionPath(session)+"/send", in, &out); err != nil {
		return nil, err
	}
	var sent []Delivery
	for _, r := range out.Results {
		d := Delivery{Peer: r.Peer, Sent: r.Bytes}
		if r.Error != nil {
			d.Err = api.ErrorOf(*r.Error)
		}
		sent = append(sent, d)
	}
	return sent, failures(sent)
}

func (c *remote) Expect(ctx context.Context, session string, want []byte) (Match, error) {
	ctx, done := bind(ctx, c.life)
	defer done()
	return c.expected.expect(ctx, c, session, want)
}

func (c *remote) Close() error {
	c.end(errClosed)
	c.api.CloseIdle()
	return nil
}
