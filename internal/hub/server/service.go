package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"

	"sockeye"
	"sockeye/internal/hub"
)

// EnrolmentService enrols boards and knows how they are. Several servers of a cluster may have one
// each. Close it.
type EnrolmentService struct {
	registry  *BoardRegistry
	roster    *roster
	authority *Operator
	conn      *nats.Conn // in the boards' account
	records   *nats.Conn // in the registry's
	system    *nats.Conn // in the servers'
	say       func(Notice)
	unfollow  context.CancelFunc // ends what keeps the roster current

	mu    sync.Mutex
	known map[hub.BoardID]*presence
	told  map[string]time.Time // when a notice about somebody was given last
	alive aliveCount
}

// aliveCount is how many boards were alive at a time.
type aliveCount struct {
	boards int
	at     time.Time
}

// presence is what a board says of itself.
type presence struct {
	status hub.BoardStatus
	at     time.Time // by our clock
	since  time.Time // alive without a break
	clock  time.Duration
	others time.Time // when another program with the same key was heard last
}

// Notice is something that whoever runs the hub should know.
type Notice struct {
	Time time.Time
	Text sockeye.Text
}

// aliveFor is how long a board that says nothing counts as alive.
const aliveFor = 7 * time.Second

// noticeEvery bounds how often the same is said of the same board.
const noticeEvery = time.Minute

// requestTimeout bounds what the service asks of JetStream.
const requestTimeout = 10 * time.Second

// ServiceOptions say where the servers are and what is kept of boards.
type ServiceOptions struct {
	URLs string // of the servers, with commas between them
	Pin  string // of their certificate, or ""
	// Replicas is how many servers keep each event.
	Replicas int
	Keep     Retention
	Budget   Budget
	// Say is told what whoever runs the hub should know; nil is nobody.
	Say func(Notice)
}

// StartService starts to enrol boards, and to keep them to their budget.
func StartService(ctx context.Context, a *Operator, o ServiceOptions) (*EnrolmentService, error) {
	s := &EnrolmentService{authority: a, say: o.Say, known: map[hub.BoardID]*presence{}, told: map[string]time.Time{}}
	var err error
	if s.conn, err = connect(ctx, a.Service, o.URLs, o.Pin, "sockeye-hub"); err != nil {
		return nil, err
	}
	if s.system, err = connect(ctx, a.System, o.URLs, o.Pin, "sockeye-hub system"); err != nil {
		s.Close()
		return nil, err
	}
	if s.records, err = s.connectRegistry(ctx, o); err != nil {
		s.Close()
		return nil, err
	}
	following, unfollow := context.WithCancel(context.WithoutCancel(ctx))
	s.unfollow = unfollow
	defer context.AfterFunc(ctx, unfollow)() // while it starts
	for _, step := range []func(context.Context) error{
		func(try context.Context) (err error) {
			s.registry, err = OpenRegistry(try, s.conn, s.records, a, o.Replicas, o.Keep)
			return err
		},
		func(context.Context) (err error) {
			s.roster, err = s.registry.follow(following)
			return err
		},
		s.pushRevoked,
	} {
		if err := awaitJetStream(ctx, step); err != nil {
			s.Close()
			return nil, err
		}
	}
	if err := s.subscribe(); err != nil {
		s.Close()
		return nil, err
	}
	if err := s.watchBudgets(following, o.Budget); err != nil {
		s.Close()
		return nil, err
	}
	s.keepLimits(following, o.Keep.Board)
	return s, errors.Join(s.conn.Flush(), s.system.Flush())
}

// subscribe has the service told what boards ask for and say, and of those who are refused.
func (s *EnrolmentService) subscribe() error {
	for subject, handle := range map[string]nats.MsgHandler{
		hub.EnrolSubject("*"): s.onEnrol, "sockeye.*.*.status": s.onStatus, BoardsSubject: s.onBoards,
	} {
		queue := "hub" // one of several hubs answers
		if strings.HasSuffix(subject, ".status") {
			queue = ""
		}
		if _, err := s.conn.QueueSubscribe(subject, queue, handle); err != nil {
			return err
		}
	}
	_, err := s.system.Subscribe("$SYS.SERVER.*.CLIENT.AUTH.ERR", s.onAuthError)
	return err
}

// BoardsSubject is where the list of boards is asked for.
const BoardsSubject = "sockeye.hub.boards"

func connect(ctx context.Context, credentials func(string) (hub.Credentials, error), urls, pin, name string) (*nats.Conn, error) {
	c, err := credentials(name)
	if err != nil {
		return nil, err
	}
	c.URLs, c.Pin = urls, pin
	for until := time.Now().Add(accountsWait); ; {
		conn, err := hub.Dial(ctx, c, nil)
		if err == nil {
			conn.Close()
			return hub.Dial(ctx, c, &hub.Retrying{})
		}
		if sockeye.ErrorOf(err).Kind != sockeye.AccessDenied || time.Now().After(until) {
			return nil, err
		}
		select {
		case <-time.After(200 * time.Millisecond):
		case <-ctx.Done():
			return nil, err
		}
	}
}

// accountsWait is how long a server of a cluster that starts may not know its accounts yet.
const accountsWait = 5 * time.Second

// awaitJetStream does something until it succeeds, for a minute: the servers of a cluster
// find each other first, and agree anew on who leads while others come.
func awaitJetStream(ctx context.Context, do func(context.Context) error) error {
	for until := time.Now().Add(time.Minute); ; {
		try, cancel := context.WithTimeout(ctx, requestTimeout)
		err := do(try)
		cancel()
		if err == nil || ctx.Err() != nil || time.Now().After(until) {
			return err
		}
		select {
		case <-time.After(200 * time.Millisecond):
		case <-ctx.Done():
		}
	}
}

// Close ends the service.
func (s *EnrolmentService) Close() {
	if s.unfollow != nil {
		s.unfollow()
	}
	for _, c := range []*nats.Conn{s.conn, s.records, s.system} {
		if c != nil {
			c.Close()
		}
	}
}

func (s *EnrolmentService) onEnrol(m *nats.Msg) {
	ctx, cancel := context.WithTimeout(context.Background(), requestTimeout)
	defer cancel()
	code := m.Subject[strings.LastIndexByte(m.Subject, '.')+1:]
	var ask hub.EnrolRequest
	var reply hub.EnrolReply
	var revoked []string
	err := json.Unmarshal(m.Data, &ask)
	if err != nil || !nkeys.IsValidPublicUserKey(ask.Key) {
		err = refusal(hub.BadRequest, time.Time{})
	} else {
		reply.JWT, revoked, err = s.registry.Trade(ctx, code, ask.Key)
	}
	if err == nil && len(revoked) > 0 {
		err = s.pushRevoked(ctx)
	}
	if no, ok := errors.AsType[*refusalError](err); ok {
		reply = hub.EnrolReply{Error: &no.Words, Code: no.Code}
		s.notice("code "+code, sockeye.Text{En: fmt.Sprintf("a code was refused (%s): %s", code, no.Words.Message.En), Zh: fmt.Sprintf("拒绝了一个注册码（%s）：%s", code, no.Words.Message.Zh)})
	} else if err != nil {
		reply = hub.EnrolReply{Error: &hub.ErrorText{Message: sockeye.Text{En: "the hub cannot enrol now: " + err.Error(), Zh: "集线服务暂时无法注册：" + err.Error()}, Hint: sockeye.Text{En: "try again", Zh: "请重试"}}}
	}
	if text, err := sockeye.MarshalJSON(reply); err == nil && strings.HasPrefix(m.Reply, hub.EnrolInbox(code)+".") {
		m.Respond(text)
	}
	if reply.JWT != "" {
		s.notice("enrolled "+ask.Key, sockeye.Text{En: "a board was enrolled: key " + ask.Key, Zh: "注册了一块开发板：密钥 " + ask.Key})
	}
}

// longestStatus is how many bytes of a status are kept, at most: a board that was stolen could
// fill the hub's memory. That of a board with the most sessions has less than half.
const longestStatus = 64 << 10

// longestVersion is how many bytes of a version are kept.
const longestVersion = 60

func (s *EnrolmentService) onStatus(m *nats.Msg) {
	b, _, ok := hub.BoardOf(m.Subject)
	var st hub.BoardStatus
	if !ok || len(m.Data) > longestStatus || hub.IsCopied(m.Header) || json.Unmarshal(m.Data, &st) != nil || st.V < 1 {
		return
	}
	now := time.Now()
	s.mu.Lock()
	p := s.known[b]
	if p == nil {
		p = &presence{}
		s.known[b] = p
	}
	twice := p.status.Instance != "" && p.status.Instance != st.Instance && !p.status.Ended && now.Sub(p.at) < aliveFor && now.Sub(p.others) < 2*aliveFor
	st.Version = st.Version[:min(len(st.Version), longestVersion)]
	if p.status.Instance != st.Instance {
		p.others = now
	}
	if now.Sub(p.at) > aliveFor || p.status.Ended {
		p.since = now
	}
	p.status, p.at, p.clock = st, now, st.Time.Sub(now)
	boards := s.countAlive(now)
	s.mu.Unlock()
	if strings.HasPrefix(m.Reply, b.Inbox()+".") {
		if text, err := sockeye.MarshalJSON(hub.StatusReply{Boards: boards}); err == nil {
			m.Respond(text)
		}
	}
	if twice {
		s.notice("twice "+b.String(), sockeye.Text{En: b.String() + ": two programs use the key of this board", Zh: b.String() + "：有两个程序在使用此开发板的密钥"})
	}
}

// countAlive is how many boards are alive, as of a second ago at most. The caller holds mu.
func (s *EnrolmentService) countAlive(now time.Time) int {
	if now.Sub(s.alive.at) < time.Second {
		return s.alive.boards
	}
	s.alive = aliveCount{at: now}
	for _, p := range s.known {
		if now.Sub(p.at) <= aliveFor && !p.status.Ended {
			s.alive.boards++
		}
	}
	return s.alive.boards
}

// onAuthError tells whom the servers turned away.
func (s *EnrolmentService) onAuthError(m *nats.Msg) {
	var e struct {
		Client struct {
			Host string `json:"host"`
			Name string `json:"name"`
			User string `json:"user"`
		} `json:"client"`
		Reason string `json:"reason"`
	}
	if json.Unmarshal(m.Data, &e) != nil {
		return
	}
	s.notice("auth "+e.Client.Host+e.Client.Name, sockeye.Text{
		En: fmt.Sprintf("%.80q at %s was not let in: %.80s", e.Client.Name, e.Client.Host, e.Reason),
		Zh: fmt.Sprintf("拒绝了来自 %s 的 %.80q：%.80s", e.Client.Host, e.Client.Name, e.Reason)})
}

// notice tells something, the same about the same at most once a minute.
func (s *EnrolmentService) notice(about string, text sockeye.Text) {
	now := time.Now()
	s.mu.Lock()
	if len(s.told) > 10_000 {
		clear(s.told)
	}
	again := now.Sub(s.told[about]) < noticeEvery
	if !again {
		s.told[about] = now
	}
	s.mu.Unlock()
	if !again && s.say != nil {
		s.say(Notice{now, text})
	}
}

// BoardState is a board as "hub ls" shows it.
type BoardState struct {
	Enrolled
	Alive bool `json:"alive"`
	// AliveSince is since when, or, if it is not alive, Seen is when it was.
	AliveSince time.Time `json:"alive_since,omitzero"`
	Seen       time.Time `json:"seen,omitzero"`
	// ClockMS is by how much the board's clock is ahead of the hub's, in milliseconds,
	// with the time that the status took to come.
	ClockMS int64            `json:"clock_ms"`
	Status  *hub.BoardStatus `json:"status,omitempty"`
}

func (s *EnrolmentService) onBoards(m *nats.Msg) {
	ctx, cancel := context.WithTimeout(context.Background(), requestTimeout)
	defer cancel()
	all, err := s.registry.All(ctx)
	if err != nil {
		return // who asks gets no answer in time, and says so
	}
	// A list of many boards is longer than a message: it comes in pages.
	const page = 200
	for part := range slices.Chunk(all, page) {
		text, err := sockeye.MarshalJSON(s.statusOf(part))
		if err != nil {
			return
		}
		m.Respond(text)
	}
	m.Respond(nil) // that was all
}

func (s *EnrolmentService) statusOf(part []Enrolled) (out []BoardState) {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range part {
		one := BoardState{Enrolled: e}
		if p := s.known[e.BoardID]; p != nil {
			status := p.status
			one.Status, one.Seen, one.ClockMS = &status, p.at, p.clock.Milliseconds()
			if one.Alive = now.Sub(p.at) <= aliveFor && !status.Ended && e.Revoked.IsZero() && !e.IsSuspended(now); one.Alive {
				one.AliveSince = p.since
			}
		}
		out = append(out, one)
	}
	return out
}

func sortBoards(all []Enrolled) {
	slices.SortFunc(all, func(a, b Enrolled) int { return strings.Compare(a.String(), b.String()) })
}
