package device

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"net/netip"
	"strings"

	"sockeye"
	"sockeye/internal/hub"
	"sockeye/internal/private"
)

// A hub of Sockeye has each row as an event: what the board sent, in a session s1 whose peer
// has the board's name. The number of an event is that of the row, counted on from what the
// hub had before; by it the hub has every row once, whatever was cut.

// hubPlace is where the rows of a queue are in the stream of a hub; it is kept beside the
// queue.
type hubPlace struct {
	Board string `json:"board"`
	// Instance is the name under which this queue publishes.
	Instance string `json:"instance"`
	// From is the last event that the hub had before the first row, and Base what is added to
	// the number of a row.
	From uint64 `json:"from"`
	Base int64  `json:"base"`
}

// placePath is the file of a queue's place.
func placePath(dir string) string { return dir + ".hub" }

func readPlace(dir string) (p hubPlace) {
	text, err := private.ReadFile(placePath(dir))
	if err != nil || json.Unmarshal(text, &p) != nil {
		return hubPlace{} // a new queue, or a crash: what may be there already is marked
	}
	return p
}

// hubLink publishes rows.
type hubLink struct {
	target *targetRunner
	feed   *hub.Feed
	place  hubPlace
	again  bool // what the hub has is not known: rows keep their marks
	peer   *sockeye.Peer
}

func (t *targetRunner) dialHub(ctx context.Context) (targetLink, error) {
	id, err := hub.Join(ctx, t.board.data, t.Hub)
	if err != nil {
		return nil, err
	}
	place := readPlace(t.dir)
	found := place.Board == id.String()
	if !found {
		place = hubPlace{Board: id.String(), Instance: rand.Text()}
	}
	session := &sockeye.Session{ID: "s1", Endpoint: sockeye.Endpoint{Mode: sockeye.Connect, Address: hubAddress(id)}}
	feed, err := hub.OpenFeed(ctx, hub.FeedOptions{Identity: id, Instance: place.Instance, Session: session, Version: t.board.version,
		Waiting: func() uint64 { return t.queue.Counts().Waiting }})
	if err != nil {
		return nil, err
	}
	l := &hubLink{target: t, feed: feed, place: place, again: !found, peer: hubPeer(session, t.board.file.Name)}
	if err := l.settle(found); err != nil {
		feed.Close()
		return nil, err
	}
	return l, nil
}

// settle finds the place of the queue in the stream: the one that it had, unless the queue is
// not the one that had it.
func (l *hubLink) settle(found bool) error {
	event, instance := l.feed.Last()
	confirmed, appended := l.target.queue.Span()
	mine := instance == l.place.Instance
	switch {
	case found && !mine && event > l.place.From:
		return l.feed.Conflict()
	case found && (!mine || int64(event)-l.place.Base <= int64(appended)):
		return nil
	}
	l.again = true
	l.place.From, l.place.Base = event, int64(event)-int64(confirmed)
	text, err := json.Marshal(l.place)
	if err == nil {
		err = private.WriteFile(placePath(l.target.dir), text)
	}
	return err
}

// hubAddress is where a hub is, as the address of a session.
func hubAddress(id *hub.Identity) sockeye.Address {
	first, _, _ := strings.Cut(id.URLs, ",")
	if _, hostPort, ok := strings.Cut(first, "://"); ok {
		if at, err := sockeye.ParseAddress("tcp://" + hostPort); err == nil {
			return at
		}
	}
	return sockeye.Address{Network: sockeye.TCP}
}

// hubPeer is who the hub's readers see: the board, by its name in the device file.
func hubPeer(session *sockeye.Session, name string) *sockeye.Peer {
	p := &sockeye.Peer{ID: 1, Session: session, Network: sockeye.TCP}
	if at, err := netip.ParseAddr(session.Endpoint.Address.Host); err == nil {
		p.Remote = sockeye.IPSocketAddr(netip.AddrPortFrom(at, session.Endpoint.Address.Port))
	} else {
		p.Remote = sockeye.TextSocketAddr(session.Endpoint.Address.Host)
	}
	p.SetAlias(name)
	return p
}

// deliver publishes rows. They are on the disk first: else, after a loss of power, other rows
// would have the numbers of those that the hub has.
func (l *hubLink) deliver(ctx context.Context, rows []SensorRow) error {
	if err := l.target.queue.Sync(); err != nil {
		return err
	}
	events := make([]sockeye.Event, 0, len(rows))
	for n := range rows {
		row := rows[n]
		row.Again = row.Again && l.again
		data, err := l.target.format.append(nil, &row)
		if err != nil {
			return err
		}
		events = append(events, sockeye.Event{Seq: uint64(l.place.Base + int64(row.Seq)), Time: row.Time, Kind: sockeye.Sent, Session: l.peer.Session, Peer: l.peer, Data: data})
	}
	return l.feed.Publish(ctx, events)
}

func (l *hubLink) lost() <-chan struct{} { return l.feed.Lost() }

func (l *hubLink) close() { l.feed.Close() }

// hub checks a target that is a hub.
func (c *deviceChecker) hub(t *Target) {
	if t.Address != "" {
		c.add("hub", text("only one of address and hub", "address 与 hub 只能写一个"), sockeye.Text{})
	}
	if t.Commands || t.Hello != "" || t.Username != "" || t.Password != "" || t.PasswordFile != "" || t.CA != "" || t.Insecure || t.Format == CSV {
		c.add("", text("a hub takes rows by its code alone: no hello, commands, username, password, ca, insecure, and no CSV heading", "集线服务只凭注册码接收数据行：不能写 hello、commands、username、password、ca、insecure，也没有 CSV 表头"), sockeye.Text{})
	}
	var err error
	if hub.IsCode(t.Hub) {
		var code hub.Code
		if code, err = hub.ParseCode(t.Hub); err == nil {
			t.board, err = code.Board()
		}
	} else {
		t.board, err = hub.ParseBoard(t.Hub)
	}
	c.addError("hub", err)
	t.Address = "hub://" + t.board.String() // never the code, which is a secret
}

// enrolled says whether a target names a board that was enrolled on this machine, which a
// copy of the file elsewhere would not find.
func (t *Target) enrolled() bool { return t.Hub != "" && !hub.IsCode(t.Hub) }
