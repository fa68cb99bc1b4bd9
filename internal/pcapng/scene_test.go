package pcapng

import (
	"time"

	"sockeye"
)

// scene makes the events of a journal, numbered and a microsecond apart.
type scene struct {
	now    time.Time
	events []sockeye.Event
	peers  uint64
}

func newScene() *scene {
	return &scene{now: time.Date(2026, 1, 31, 9, 30, 15, 123456789, time.UTC)}
}

func session(id string, mode sockeye.Mode, address string) *sockeye.Session {
	a, err := sockeye.ParseAddress(address)
	if err != nil {
		panic(err)
	}
	return &sockeye.Session{ID: id, Endpoint: sockeye.Endpoint{Mode: mode, Address: a}}
}

func (s *scene) peer(of *sockeye.Session, local, remote string) *sockeye.Peer {
	s.peers++
	return &sockeye.Peer{
		ID: s.peers, Session: of, Network: sockeye.Network(string(of.Endpoint.Address.Network.Transport())),
		Local: sockeye.ParseSocketAddr(local), Remote: sockeye.ParseSocketAddr(remote),
	}
}

func (s *scene) add(e sockeye.Event) {
	s.now = s.now.Add(time.Microsecond)
	e.Time = s.now
	e.Seq = uint64(len(s.events)) + 1
	if e.Peer != nil {
		e.Session = e.Peer.Session
	}
	s.events = append(s.events, e)
}

func (s *scene) on(of *sockeye.Session, k sockeye.EventKind, d *sockeye.Detail) {
	s.add(sockeye.Event{Kind: k, Session: of, Detail: d})
}

func (s *scene) at(p *sockeye.Peer, k sockeye.EventKind, reason sockeye.Reason) {
	e := sockeye.Event{Kind: k, Peer: p}
	if reason != "" {
		e.Detail = &sockeye.Detail{Reason: reason}
	}
	s.add(e)
}

func (s *scene) received(p *sockeye.Peer, data string) {
	s.add(sockeye.Event{Kind: sockeye.Received, Peer: p, Data: []byte(data)})
}

func (s *scene) sent(p *sockeye.Peer, data string) {
	s.add(sockeye.Event{Kind: sockeye.Sent, Peer: p, Data: []byte(data)})
}

// encode is the scene as one segment.
func (s *scene) encode(o EncodeOptions) []byte {
	if o.Run == 0 {
		o.Run = 77
	}
	e := NewEncoder(o)
	b := e.Begin(nil, s.events[0].Time)
	for i := range s.events {
		b = e.Append(b, &s.events[i])
	}
	return b
}

// classroom is the experiment: a board joins, says hello, is answered, leaves.
func classroom() *scene {
	s := newScene()
	l := session("s1", sockeye.Listen, "tcp://:10000")
	s.on(l, sockeye.Opened, &sockeye.Detail{Locals: []sockeye.SocketAddr{sockeye.ParseSocketAddr("[::]:10000")}})
	p := s.peer(l, "192.168.1.111:10000", "192.168.1.50:54036")
	s.at(p, sockeye.Joined, "")
	s.received(p, "Hello 01Studio!")
	p.SetAlias("board")
	s.sent(p, "hi board\n")
	s.received(p, "hi board\n")
	s.at(p, sockeye.Finished, sockeye.ReasonEOF)
	s.sent(p, "bye")
	s.at(p, sockeye.Left, sockeye.ReasonEOF)
	s.on(l, sockeye.Failed, &sockeye.Detail{Err: &sockeye.Error{
		Kind: sockeye.LimitReached, Op: "accept", Target: "192.168.1.51:999",
		Message: sockeye.Text{En: "too many peers", Zh: "连接太多"}, Hint: sockeye.Text{En: "close some", Zh: "请关闭一些"}, Errno: "EMFILE"}})
	s.add(sockeye.Event{Kind: sockeye.Gap, Detail: &sockeye.Detail{Lost: sockeye.Lost{Events: 3, Bytes: 99}}})
	s.on(l, sockeye.Ended, &sockeye.Detail{Reason: sockeye.ReasonLocal})
	return s
}
