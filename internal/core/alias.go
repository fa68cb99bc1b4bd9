package core

import (
	"net/netip"
	"sync"

	"sockeye"
)

// aliases remembers which names were given to peers of which addresses, so that a board that comes
// back from another port has its name again.
type aliases struct {
	mu      sync.Mutex
	byAddr  map[netip.Addr][]string
	holders map[string]*sockeye.Peer // by alias: the peer that had it last, which may have left
}

func (a *aliases) set(p *sockeye.Peer, name string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.byAddr == nil {
		a.byAddr, a.holders = map[netip.Addr][]string{}, map[string]*sockeye.Peer{}
	}
	ip := p.Remote.Addr()
	if old := p.Alias(); old != "" {
		a.byAddr[ip] = without(a.byAddr[ip], old)
		delete(a.holders, old)
	}
	p.SetAlias(name)
	if name != "" {
		a.holders[name] = p
	}
	if name != "" && ip.IsValid() { // without an IP address nothing tells that a later peer is the same board
		a.byAddr[ip] = append(without(a.byAddr[ip], name), name)
	}
}

// name gives a joining peer the first alias of its address whose last peer has left.
func (a *aliases) name(p *sockeye.Peer, gone func(*sockeye.Peer) bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, name := range a.byAddr[p.Remote.Addr()] {
		if holder := a.holders[name]; holder == nil || gone(holder) {
			a.holders[name] = p
			p.SetAlias(name)
			return
		}
	}
}

// Alias names a peer; peers that later join from its address, when no other peer
// there has the name, inherit it. "" takes the name away.
func (s *Session) Alias(p *Peer, name string) error {
	if err := sockeye.CheckAlias(name); err != nil {
		return err
	}
	for _, o := range s.Peers() {
		if name != "" && o != p && o.Alias() == name {
			return &sockeye.Error{
				Kind: sockeye.Invalid, Op: "alias", Target: name,
				Message: sockeye.Text{En: "the name is taken by " + o.String(), Zh: "该别名已被 " + o.String() + " 使用"},
				Hint:    sockeye.Text{En: "choose another name", Zh: "请换一个别名"},
			}
		}
	}
	s.core.aliases.set(p.Peer, name)
	return nil
}

// Remember keeps an alias for the next peer that joins from an address, as Alias does for peers
// that were there before. The error is an *sockeye.Error of kind Invalid.
func (w *Core) Remember(from netip.Addr, name string) error {
	if err := sockeye.CheckAlias(name); err != nil {
		return err
	}
	w.aliases.remember(from.Unmap(), name)
	return nil
}

func (a *aliases) remember(from netip.Addr, name string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.byAddr == nil {
		a.byAddr, a.holders = map[netip.Addr][]string{}, map[string]*sockeye.Peer{}
	}
	a.byAddr[from] = append(without(a.byAddr[from], name), name)
}

func without(list []string, s string) []string {
	var out []string
	for _, v := range list {
		if v != s {
			out = append(out, v)
		}
	}
	return out
}
