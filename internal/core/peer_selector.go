package core

import (
	"context"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"sockeye"
	"sockeye/internal/netinfo"
)

// All is the word that selects every peer.
const All = "all"

// Find returns the peers that words mean: "all", a peer's number ("3" or "#3"),
// its alias, its address ("192.168.1.88:54036"), its port (":54036"), or an IP
// address, which means every peer there. A UDP address not seen yet becomes a
// new peer. The error is an *sockeye.Error of kind NotFound.
func (s *Session) Find(words ...string) ([]*Peer, error) {
	var found []*Peer
	seen := map[*Peer]bool{}
	peers := s.Peers()
	for _, word := range words {
		matches := s.match(peers, word)
		if len(matches) == 0 {
			p, err := s.reachNew(word)
			if err != nil {
				return nil, err
			}
			matches = append(matches, p)
		}
		for _, p := range matches {
			if !seen[p] {
				seen[p] = true
				found = append(found, p)
			}
		}
	}
	return found, nil
}

// Receivers are the peers to send to that words mean: as Find, but "all" means those that
// can be sent to, without those to whom our direction is finished or being ended.
func (s *Session) Receivers(words ...string) ([]*Peer, error) {
	found, err := s.Find(words...)
	if err != nil || !slices.ContainsFunc(words, func(w string) bool { return strings.EqualFold(w, All) }) {
		return found, err
	}
	found = slices.DeleteFunc(found, func(p *Peer) bool { return !p.CanReceive() })
	if len(found) == 0 {
		_, err = s.reachNew(All)
	}
	return found, err
}

// ReachHost returns the UDP peer for an address as people type it, "board.lan:10000",
// seen or not, so that it can be sent to. A name is looked up; of its addresses, the
// first that the session can send to is taken. The error is an *sockeye.Error.
func (s *Session) ReachHost(ctx context.Context, typed string) (*Peer, error) {
	network := s.id.Endpoint.Address.Network
	if network.Traits().Connections {
		return nil, &sockeye.Error{
			Kind: sockeye.Unsupported, Op: "send", Target: strconv.Quote(typed),
			Message: sockeye.Text{En: "only a UDP session can send to who was not there yet", Zh: "只有 UDP 会话可以发往尚未出现的地址"},
			Hint:    sockeye.Text{En: "open a connection to it", Zh: "请建立到该地址的连接"},
		}
	}
	a, err := reachable(typed)
	if err != nil {
		return nil, err
	}
	addrs, err := netinfo.Resolve(ctx, a.Host, network)
	if err != nil {
		return nil, err
	}
	for _, ip := range addrs {
		var p *Peer
		if p, err = s.Reach(sockeye.IPSocketAddr(netip.AddrPortFrom(ip, a.Port))); err == nil {
			s.reached.Store(&typed)
			return p, nil
		}
	}
	return nil, err
}

// CheckReach says what is wrong with an address for ReachHost.
func CheckReach(typed string) error {
	_, err := reachable(typed)
	return err
}

func reachable(typed string) (sockeye.Address, error) {
	a, err := sockeye.ParseAddress(typed)
	if err == nil && (a.Host == "" || a.Port == 0) {
		err = &sockeye.Error{
			Kind: sockeye.Invalid, Op: "send", Target: strconv.Quote(typed),
			Message: sockeye.Text{En: "is no address that can be sent to", Zh: "不是可以发送的地址"},
			Hint:    sockeye.Text{En: "give a host and a port, as in 192.168.1.88:10000", Zh: "请写明主机和端口，如 192.168.1.88:10000"},
		}
	}
	return a, err
}

// Reached is the address that ReachHost found last, as it was typed, or "".
func (s *Session) Reached() string {
	if typed := s.reached.Load(); typed != nil {
		return *typed
	}
	return ""
}

func (s *Session) match(peers []*Peer, word string) []*Peer {
	if strings.EqualFold(word, All) {
		return peers
	}
	var out []*Peer
	for _, p := range peers {
		if p.Answers(word) {
			out = append(out, p)
		}
	}
	return out
}

// reachNew makes a UDP peer of an address, or says who is there.
func (s *Session) reachNew(word string) (*Peer, error) {
	if strings.EqualFold(word, All) {
		return nil, &sockeye.Error{
			Kind: sockeye.NotFound, Op: "send",
			Message: sockeye.Text{En: "no peer is connected yet", Zh: "还没有连接对象"},
			Hint:    sockeye.Text{En: "wait for one to join", Zh: "请等待连接"},
		}
	}
	if to, err := netip.ParseAddrPort(word); err == nil && !s.id.Endpoint.Address.Network.Traits().Connections {
		return s.Reach(sockeye.IPSocketAddr(to))
	}
	if err := s.Departed(word); err != nil {
		return nil, err
	}
	return nil, &sockeye.Error{
		Kind: sockeye.NotFound, Op: "send", Target: strconv.Quote(word),
		Message: sockeye.Text{En: "no such peer", Zh: "没有这个连接对象"},
		Hint:    sockeye.Text{En: "a peer is named by number, alias, address or port; /peers lists them", Zh: "可用编号、别名、地址或端口；/peers 列出全部"},
	}
}
