package server

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"sockeye"
	"sockeye/internal/hub"
	"sockeye/internal/terminal"
)

// Budget bounds what one board may send to the hub, a second, on the average between two
// looks at the servers. Who sends more is not let in for Pause, and for twice as long each
// time it happens again within an hour. Zero bytes or messages are no bound.
type Budget struct {
	Bytes, Messages int64
	Pause           time.Duration
}

const (
	// lookInterval is how often the servers are asked what they took.
	lookInterval = 2 * time.Second
	// longestPause is how long a board is not let in, at most, and how long it must keep to
	// its budget until the next time counts as the first.
	longestPause = time.Hour
	// trafficKept is how long what a connection had sent is remembered without a newer look.
	trafficKept = 5 * lookInterval
)

// Suspension is a time for which a board that sent more than its budget is not let in.
type Suspension struct {
	Since time.Time `json:"since"`
	Until time.Time `json:"until"`
	Times int       `json:"times"` // in a row, from 1
}

// after is the next suspension; last is nil if there was none.
func (b Budget) after(last *Suspension, now time.Time) *Suspension {
	next := &Suspension{Since: now, Times: 1}
	if last != nil && now.Sub(last.Until) < longestPause {
		next.Times = last.Times + 1
	}
	pause := b.Pause
	for n := 1; n < next.Times && pause < longestPause; n++ {
		pause *= 2
	}
	next.Until = now.Add(min(pause, longestPause))
	return next
}

// traffic is what a server, or one connection of it, had taken at a time of its clock.
type traffic struct {
	messages, bytes int64
	at              time.Time
}

// rate is what came a second between two looks.
func (t traffic) rate(before traffic) (messages, bytes float64) {
	seconds := t.at.Sub(before.at).Seconds()
	if seconds < lookInterval.Seconds()/2 || before.at.IsZero() {
		return 0, 0 // too short a time to tell
	}
	return float64(t.messages-before.messages) / seconds, float64(t.bytes-before.bytes) / seconds
}

func (b Budget) exceeded(messages, bytes float64) bool {
	return b.Messages > 0 && messages > float64(b.Messages) || b.Bytes > 0 && bytes > float64(b.Bytes)
}

// budgetWatch finds boards that send more than their budget by what the servers count of
// each connection. It looks at single connections only while a server as a whole takes
// more than one board may send, so that it costs a fleet that is quiet nothing.
type budgetWatch struct {
	service *EnrolmentService
	budget  Budget
	inbox   string // the prefix of answers

	mu      sync.Mutex
	servers map[string]traffic
	each    map[connectionKey]traffic
	looked  time.Time // when suspensions that are over were looked for
}

// connectionKey names a connection of a server.
type connectionKey struct {
	server string
	id     uint64
}

// serverAnswer is what a server answers; see the NATS documentation, "System events".
type serverAnswer[T any] struct {
	Server struct {
		ID string `json:"id"`
	} `json:"server"`
	Data T `json:"data"`
}

// serverTotals are what a server has taken, part of the answer to VARZ.
type serverTotals struct {
	Now     time.Time `json:"now"`
	InMsgs  int64     `json:"in_msgs"`
	InBytes int64     `json:"in_bytes"`
}

// serverConnections is a page of a server's connections, part of the answer to CONNZ.
type serverConnections struct {
	Now         time.Time          `json:"now"`
	Total       int                `json:"total"`
	Offset      int                `json:"offset"`
	Connections []serverConnection `json:"connections"`
}

// serverConnection is a connection of a server.
type serverConnection struct {
	ID       uint64 `json:"cid"`
	Name     string `json:"name"`
	User     string `json:"authorized_user"` // the public key
	InMsgs   int64  `json:"in_msgs"`
	InBytes  int64  `json:"in_bytes"`
	sentRate struct{ messages, bytes float64 }
}

// watchBudgets looks at the servers until ctx ends.
func (s *EnrolmentService) watchBudgets(ctx context.Context, budget Budget) error {
	w := &budgetWatch{service: s, budget: budget, inbox: s.system.NewRespInbox(),
		servers: map[string]traffic{}, each: map[connectionKey]traffic{}, looked: time.Now()}
	for subject, handle := range map[string]nats.MsgHandler{w.inbox + ".servers": w.onServer, w.inbox + ".connections": w.onConnections} {
		if _, err := s.system.Subscribe(subject, handle); err != nil {
			return err
		}
	}
	go w.run(ctx)
	return nil
}

func (w *budgetWatch) run(ctx context.Context) {
	tick := time.NewTicker(lookInterval)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		w.service.system.PublishRequest("$SYS.REQ.SERVER.PING.VARZ", w.inbox+".servers", nil)
		w.endSuspensions(ctx, time.Now())
	}
}

// onServer asks a server for its connections if it takes more than one board may send.
func (w *budgetWatch) onServer(m *nats.Msg) {
	var a serverAnswer[serverTotals]
	if json.Unmarshal(m.Data, &a) != nil || a.Server.ID == "" {
		return
	}
	now := traffic{a.Data.InMsgs, a.Data.InBytes, a.Data.Now}
	w.mu.Lock()
	busy := w.budget.exceeded(now.rate(w.servers[a.Server.ID]))
	w.servers[a.Server.ID] = now
	for key, t := range w.each {
		if key.server == a.Server.ID && now.at.Sub(t.at) > trafficKept {
			delete(w.each, key)
		}
	}
	w.mu.Unlock()
	if busy {
		w.askConnections(a.Server.ID, 0)
	}
}

// askConnections asks for a page of a server's connections.
func (w *budgetWatch) askConnections(server string, from int) {
	w.service.system.PublishRequest("$SYS.REQ.SERVER."+server+".CONNZ", w.inbox+".connections",
		fmt.Appendf(nil, `{"auth":true,"offset":%d}`, from))
}

func (w *budgetWatch) onConnections(m *nats.Msg) {
	var a serverAnswer[serverConnections]
	if json.Unmarshal(m.Data, &a) != nil {
		return
	}
	var floods []serverConnection
	w.mu.Lock()
	for _, c := range a.Data.Connections {
		key, now := connectionKey{a.Server.ID, c.ID}, traffic{c.InMsgs, c.InBytes, a.Data.Now}
		messages, bytes := now.rate(w.each[key])
		w.each[key] = now
		if w.budget.exceeded(messages, bytes) {
			c.sentRate.messages, c.sentRate.bytes = messages, bytes
			floods = append(floods, c)
		}
	}
	w.mu.Unlock()
	if next := a.Data.Offset + len(a.Data.Connections); next < a.Data.Total && len(a.Data.Connections) > 0 {
		w.askConnections(a.Server.ID, next)
	}
	for _, c := range floods {
		w.stop(a.Server.ID, c)
	}
}

// stop suspends the board of a connection. Who has another key, such as a program of the
// hub's users, is told of and disconnected.
func (w *budgetWatch) stop(server string, c serverConnection) {
	ctx, cancel := context.WithTimeout(context.Background(), requestTimeout)
	defer cancel()
	s := w.service
	size := terminal.SizeText(c.sentRate.bytes)
	sent := sockeye.Text{
		En: fmt.Sprintf("%s in %.0f messages a second", size, c.sentRate.messages),
		Zh: fmt.Sprintf("每秒 %s、%.0f 条消息", size, c.sentRate.messages)}
	b, known := s.roster.owner(c.User)
	if !known {
		s.system.PublishRequest("$SYS.REQ.SERVER."+server+".KICK", w.inbox+".kicked", fmt.Appendf(nil, `{"cid":%d}`, c.ID))
		s.notice("flood "+c.User, sockeye.Text{
			En: fmt.Sprintf("%.80q sends more than one may (%s), and was disconnected", c.Name, sent.En),
			Zh: fmt.Sprintf("%.80q 发送过多（%s），已断开", c.Name, sent.Zh)})
		return
	}
	suspended, err := s.registry.Suspend(ctx, b, w.budget)
	if err == nil {
		err = s.pushRevoked(ctx)
	}
	if err != nil {
		s.notice("suspend "+b.String(), sockeye.Text{
			En: fmt.Sprintf("%s sends more than a board may, and cannot be stopped now: %v", b, err),
			Zh: fmt.Sprintf("%s 发送过多，但暂时无法阻止：%v", b, err)})
		return
	}
	pause := suspended.Until.Sub(suspended.Since).Round(time.Second)
	s.notice("flood "+b.String(), sockeye.Text{
		En: fmt.Sprintf("%s sends more than a board may (%s): it is not let in for %s", b, sent.En, pause),
		Zh: fmt.Sprintf("%s 发送过多（%s）：%s 内不允许连接", b, sent.Zh, pause)})
}

// endSuspensions lets boards in again whose time is over.
func (w *budgetWatch) endSuspensions(ctx context.Context, now time.Time) {
	over := false
	for _, e := range w.service.roster.boards() {
		if u := e.Suspension; u != nil && u.Until.After(w.looked) && !u.Until.After(now) {
			over = true
		}
	}
	if !over || w.service.pushRevoked(ctx) == nil {
		w.looked = now
	}
}

// owner is the board that has a key now.
func (k *roster) owner(key string) (hub.BoardID, bool) {
	for _, e := range k.boards() {
		if e.Key == key {
			return e.BoardID, true
		}
	}
	return hub.BoardID{}, false
}
