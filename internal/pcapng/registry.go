package pcapng

import (
	"fmt"
	"sync"

	"sockeye"
)

// Registry gives a session and a peer the same identity wherever they are read: in
// all segments of a recording, by any number of decoders. It also lets a decoder
// start in the middle of a segment that another one has read. It is safe for
// concurrent use; it grows with the number of peers, by less than each takes in
// the recording.
type Registry struct {
	mu         sync.Mutex
	runs       map[uint32]uint64 // of segments
	interfaces map[interfaceKey]*sockeye.Session
	sessions   map[sessionKey]*sockeye.Session
	peers      map[runPeer]*namedPeer
}

type interfaceKey struct{ segment, number uint32 }

type sessionKey struct {
	run uint64
	id  string
}

type runPeer struct {
	run uint64
	id  uint64
}

// namedPeer is a peer and the number of the event that gave it its alias: what
// is read later may be older.
type namedPeer struct {
	peer  *sockeye.Peer
	alias uint64
}

// NewRegistry makes an empty registry.
func NewRegistry() *Registry {
	return &Registry{
		runs:       map[uint32]uint64{},
		interfaces: map[interfaceKey]*sockeye.Session{},
		sessions:   map[sessionKey]*sockeye.Session{},
		peers:      map[runPeer]*namedPeer{},
	}
}

// Keep makes a peer of a running journal, and its session, the one that is read
// from the journal's segments; run is BlockEncoder.Run. Its alias is not changed by
// what is read.
func (n *Registry) Keep(run uint64, p *sockeye.Peer) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if p.Session != nil {
		n.sessions[sessionKey{run, p.Session.ID}] = p.Session
	}
	n.peers[runPeer{run, p.ID}] = &namedPeer{p, ^uint64(0)}
}

// Len is how many sessions, peers, interfaces and segments it holds.
func (n *Registry) Len() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.runs) + len(n.interfaces) + len(n.sessions) + len(n.peers)
}

func (n *Registry) setRun(segment uint32, run uint64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.runs[segment] = run
}

func (n *Registry) run(segment uint32) uint64 {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.runs[segment]
}

// describe notes which session an interface is; s may be nil.
func (n *Registry) describe(segment, number uint32, s *sessionOption) *sockeye.Session {
	n.mu.Lock()
	defer n.mu.Unlock()
	var known *sockeye.Session
	if s != nil {
		fresh := s.session()
		key := sessionKey{n.runs[segment], fresh.ID}
		known = n.sessions[key]
		if known == nil || known.Endpoint.Mode != fresh.Endpoint.Mode || known.Endpoint.Address != fresh.Endpoint.Address {
			known = fresh
			n.sessions[key] = known
		}
	}
	n.interfaces[interfaceKey{segment, number}] = known
	return known
}

// session is the session of an interface. One whose description is lost gets an
// identity that says so.
func (n *Registry) session(segment, number uint32) *sockeye.Session {
	n.mu.Lock()
	defer n.mu.Unlock()
	key := interfaceKey{segment, number}
	s := n.interfaces[key]
	if s == nil {
		s = &sockeye.Session{ID: fmt.Sprintf("lost%d", number)}
		n.interfaces[key] = s
	}
	return s
}

// introduce finds or makes the peer of a note that came with event number seq.
func (n *Registry) introduce(run uint64, s *sockeye.Session, p *peerOption, seq uint64) *sockeye.Peer {
	n.mu.Lock()
	defer n.mu.Unlock()
	key := runPeer{run, p.ID}
	k := n.peers[key]
	if k == nil || k.peer.Session != s || k.peer.Network != p.Network || k.peer.Local != p.Local || k.peer.Remote != p.Remote {
		k = &namedPeer{peer: &sockeye.Peer{ID: p.ID, Session: s, Network: p.Network, Local: p.Local, Remote: p.Remote}}
		n.peers[key] = k
	}
	if seq >= k.alias {
		k.alias = seq
		if k.peer.Alias() != p.Alias {
			k.peer.SetAlias(p.Alias)
		}
	}
	return k.peer
}

// peer finds a peer by its number, or makes it of what a packet says.
func (n *Registry) peer(run, id uint64, made func() *sockeye.Peer) *sockeye.Peer {
	n.mu.Lock()
	defer n.mu.Unlock()
	key := runPeer{run, id}
	k := n.peers[key]
	if k == nil {
		k = &namedPeer{peer: made()}
		n.peers[key] = k
	}
	return k.peer
}
