package core

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"sockeye"
)

// All is the word that selects every peer.
const All = "all"

// Find returns the peers that words mean. A word is "all", a peer's number ("3" or "#3"), its
// alias, its address ("192.168.1.88:54036"), its port (":54036"), or an IP address, which means
// every peer there. A UDP address that was not seen yet becomes a new peer. The error is an
// *sockeye.Error of kind NotFound.
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
			if matches = s.match(s.Peers(), word); len(matches) == 0 { // else a group, on several interfaces
				matches = append(matches, p)
			}
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

// Select returns the peers that words mean, as Session.Find does, except that "all" leaves out
// those to whom our direction is finished or about to finish.
func (r *Recipients) Select(words ...string) ([]*Peer, error) {
	found, err := r.session.Find(words...)
	if err != nil || !slices.ContainsFunc(words, func(w string) bool { return strings.EqualFold(w, All) }) {
		return found, err
	}
	found = slices.DeleteFunc(found, func(p *Peer) bool { return !p.CanReceive() })
	if len(found) == 0 {
		_, err = r.session.reachNew(All)
	}
	return found, err
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

// reachNew makes a UDP peer of an address. If the word is no such address, its error lists the
// peers that are there.
func (s *Session) reachNew(word string) (*Peer, error) {
	if strings.EqualFold(word, All) {
		return nil, &sockeye.Error{
			Kind: sockeye.NotFound, Op: "send",
			Message: sockeye.Text{En: "no peer is connected yet", Zh: "还没有连接对象"},
			Hint:    sockeye.Text{En: "wait for one to join", Zh: "请等待连接"},
		}
	}
	if to, err := netip.ParseAddrPort(word); err == nil && !s.id.Endpoint.Address.Network.Traits().Connections {
		return s.transport.Reach(sockeye.IPSocketAddr(to))
	}
	if err := s.recipients.Departed(word); err != nil {
		return nil, err
	}
	return nil, &sockeye.Error{
		Kind: sockeye.NotFound, Op: "send", Target: strconv.Quote(word),
		Message: sockeye.Text{En: "no such peer", Zh: "没有这个连接对象"},
		Hint:    sockeye.Text{En: "a peer is named by number, alias, address or port; /peers lists them", Zh: "可用编号、别名、地址或端口；/peers 列出全部"},
	}
}
