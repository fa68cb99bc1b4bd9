package transport

import (
	"bytes"

	"sockeye"
)

// protocolOf returns the protocol that the first bytes of a plain TCP peer belong to, if Sockeye
// speaks it, or if a person would hardly type such bytes.
func protocolOf(first []byte) sockeye.SeenProtocol {
	switch {
	case len(first) >= 7 && first[0] == 0x15 && first[1] == 3 && first[2] <= 4 && first[3] == 0 && first[4] == 2 && (first[5] == 1 || first[5] == 2):
		return sockeye.SeenTLSAlert // RFC 8446 section 6
	case len(first) >= 6 && first[0] == 0x16 && first[1] == 3 && first[2] <= 4 && first[5] == 1:
		return sockeye.SeenTLS // a ClientHello, RFC 8446 section 5.1
	case bytes.HasPrefix(first, []byte("SSH-2.0-")), bytes.HasPrefix(first, []byte("SSH-1.")):
		return sockeye.SeenSSH // RFC 4253 section 4.2
	case isRequest(first):
		if bytes.Contains(bytes.ToLower(first), []byte("\r\nupgrade: websocket")) {
			return sockeye.SeenWebSocket
		}
		return sockeye.SeenHTTP
	}
	return ""
}

// isRequest reports whether bytes begin like a request of HTTP/1.1 (RFC 9112 section 3).
func isRequest(b []byte) bool {
	line, _, ok := bytes.Cut(b, []byte("\r\n"))
	if !ok || !bytes.HasSuffix(line, []byte(" HTTP/1.1")) && !bytes.HasSuffix(line, []byte(" HTTP/1.0")) {
		return false
	}
	method, _, _ := bytes.Cut(line, []byte(" "))
	return len(method) > 0 && len(bytes.Trim(method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")) == 0
}

// plainTCP reports whether the first bytes of the peers are examined.
func plainTCP(n sockeye.Network) bool {
	t := n.Traits()
	return t.IP && t.Connections && !t.Messages && !t.TLS
}

// recordSettler is a PeerConn that holds a lock while it records.
type recordSettler interface {
	// Settle waits until what is being recorded is.
	Settle()
}

// sawFirst records which protocol the first bytes of a peer look like, once in a session for each
// protocol. The caller may hold the lock under which the peer is recorded, so a goroutine
// records it once that is free.
func (p *DriverPeer) sawFirst(first []byte) {
	if !plainTCP(p.Network) {
		return
	}
	what := protocolOf(first)
	if what == "" || !p.session.isNews(what) {
		return
	}
	p.session.goroutines.Go(func() {
		if m, ok := p.conn.(recordSettler); ok {
			m.Settle()
		}
		p.Record(sockeye.Event{Kind: sockeye.Hint, Detail: &sockeye.Detail{Seen: what}})
	})
}

// isNews reports whether a protocol was not recorded yet, and marks it as recorded.
func (s *Session) isNews(what sockeye.SeenProtocol) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.seen[what] {
		return false
	}
	if s.seen == nil {
		s.seen = map[sockeye.SeenProtocol]bool{}
	}
	s.seen[what] = true
	return true
}
