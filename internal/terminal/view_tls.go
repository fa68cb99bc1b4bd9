package terminal

import (
	"sockeye"
	"sockeye/internal/payload"
)

// describeTLS says what a TLS handshake agreed on, or, for a server that was opened, which
// certificate it has.
func (a *Terminal) describeTLS(d *sockeye.Detail) string {
	if d.TLS == nil {
		return ""
	}
	return a.T(": ", "：") + d.TLS.Text().In(a.Lang)
}

// describeTruncated says that a stream ended without the message with which its protocol ends.
func (a *Terminal) describeTruncated(d *sockeye.Detail) string {
	if !d.Truncated {
		return ""
	}
	return a.T(", ", "，") + sockeye.WordTruncated.Fill().In(a.Lang)
}

// tlsInTable is what a table of peers says of TLS: the version, and that nobody checked
// who the peer is.
func (a *Terminal) tlsInTable(s *sockeye.TLSState) string {
	if s == nil {
		return ""
	}
	said := s.Version
	if s.ALPN != "" {
		said += " " + payload.SafeString(s.ALPN)
	}
	if s.Unverified {
		said += a.T(", ", "，") + sockeye.WordUnverified.Fill().In(a.Lang)
	}
	return a.T(" (", "（") + said + a.T(")", "）")
}
