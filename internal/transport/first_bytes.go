package transport

import (
	"bytes"

	"sockeye"
)

// protocolOf is what the first bytes of a plain TCP peer look like, if that is a protocol
// that Sockeye speaks, or that nobody meant to type.
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

// isRequest says whether bytes begin as a request of HTTP/1.1 does (RFC 9112 section 3).
func isRequest(b []byte) bool {
	line, _, ok := bytes.Cut(b, []byte("\r\n"))
	if !ok || !bytes.HasSuffix(line, []byte(" HTTP/1.1")) && !bytes.HasSuffix(line, []byte(" HTTP/1.0")) {
		return false
	}
	method, _, _ := bytes.Cut(line, []byte(" "))
	return len(method) > 0 && len(bytes.Trim(method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")) == 0
}

// plainTCP says whether what comes first is worth a look.
func plainTCP(n sockeye.Network) bool {
	t := n.Traits()
	return t.IP && t.Connections && !t.Messages && !t.TLS
}

// recordSettler is a PeerConn that holds a lock while it records.
type recordSettler interface {
	// Settle waits until what is being recorded is.
	Settle()
}

// sawFirst says of the first bytes of a peer what they look like, once in a session for each
// protocol. Its caller may hold the lock of the peer's record, so a goroutine says it, when
// that is free.
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

// isNews says whether a protocol was not told of yet.
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
