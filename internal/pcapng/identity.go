package pcapng

import (
	"encoding/json"

	"sockeye"
)

// read takes in the note of d.frame, which it has, and the peer that it introduces.
func (d *BlockDecoder) read(s *sockeye.Session) *customOption {
	f, n := &d.frame, &customOption{}
	if err := json.Unmarshal(f.customOption(), n); err != nil {
		d.report(d.here(Broken, f.integrity.number, noteText))
		return &customOption{}
	}
	if n.Peer != nil {
		d.peer = d.names.introduce(d.section.Run, s, n.Peer, f.integrity.number)
		d.peers[n.Peer.ID] = d.peer
	}
	return n
}

// describe takes in an interface description.
func (d *BlockDecoder) describe() {
	f := &d.frame
	number := uint32(f.integrity.number)
	var s *sessionOption
	if f.integrity.flags&flagCustomOption != 0 {
		s = d.read(nil).Session
	}
	d.interfaces[number] = d.names.describe(d.section.ID, number, s)
}

func (d *BlockDecoder) session(iface uint32) *sockeye.Session {
	s, ok := d.interfaces[iface]
	if !ok {
		s = d.names.session(d.section.ID, iface)
		d.interfaces[iface] = s
	}
	return s
}

// peerOf finds the peer of d.frame. One whose introduction is lost is made of
// what the packet says.
func (d *BlockDecoder) peerOf(s *sockeye.Session) *sockeye.Peer {
	id := d.frame.integrity.peer
	if d.peer != nil && d.peer.ID == id {
		return d.peer
	}
	p := d.peers[id]
	if p == nil {
		p = d.names.peer(d.section.Run, id, func() *sockeye.Peer { return d.frame.peer(id, s) })
		d.peers[id] = p
	}
	d.peer = p
	return p
}

// peer is what a packet's headers say of its peer.
func (f *packetFrame) peer(id uint64, s *sockeye.Session) *sockeye.Peer {
	p := &sockeye.Peer{ID: id, Session: s}
	if network, from, to, ok := endsOf(f.packet); ok {
		p.Network, p.Local, p.Remote = network, to, from
		if f.ours {
			p.Local, p.Remote = from, to
		}
	} else if s != nil {
		p.Network = s.Endpoint.Address.Network.Transport()
	}
	return p
}

// learn takes in what the note of a block tells of others, its own event being
// lost.
func (d *BlockDecoder) learn() {
	f := &d.frame
	if f.integrity.flags&flagCustomOption != 0 {
		var s *sockeye.Session
		if f.integrity.flags&flagSession != 0 {
			s = d.session(f.iface)
		}
		d.read(s)
	}
}
