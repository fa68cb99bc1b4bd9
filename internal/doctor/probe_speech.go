package doctor

import (
	"bytes"
	"context"
	"crypto/tls"
	"net"
	"net/netip"
	"time"
)

// What a server turned out to speak; see Probe.Reply. other is an answer that is none of them.
const (
	replyTLS   = "tls"
	replyHTTP  = "http"
	replyEcho  = "echo"
	replyOther = "other"
)

// speechTime is how long a server may take to answer one question: a small board needs a
// while for its part of a handshake.
const speechTime = time.Second

// askSpeech asks a server that says nothing what it speaks, "" if it does not answer: it begins
// TLS on the connection that is open, and closes it; then it sends a line of HTTP on another. A
// server that serves one client at a time would not look at a second connection beside the
// first. name is the server's for TLS, "" for none. It is done only when a person asks for it,
// because the bytes reach the program there.
func askSpeech(ctx context.Context, c net.Conn, to netip.AddrPort, name string) string {
	first := answerToTLS(ctx, c, name)
	c.Close()
	if first != "" && first != replyOther {
		return first
	}
	c, err := (&net.Dialer{Timeout: speechTime}).DialContext(ctx, "tcp", to.String())
	if err != nil {
		return first
	}
	defer c.Close()
	if _, err := c.Write([]byte("HEAD / HTTP/1.0\r\n\r\n")); err != nil {
		return first
	}
	switch said, _ := hear(ctx, c, speechTime); {
	case isHTTP(said):
		return replyHTTP
	case len(said) > 0:
		return replyOther
	}
	return first
}

// answerToTLS makes a handshake, whatever certificate it finds, as far as the server goes along,
// and says what came back. Most servers finish it, so that none ends because of it.
func answerToTLS(ctx context.Context, c net.Conn, name string) string {
	heard := &tapped{Conn: c}
	c.SetDeadline(within(ctx, speechTime))
	client := tls.Client(heard, &tls.Config{ServerName: name, InsecureSkipVerify: true, MinVersion: tls.VersionTLS10})
	if client.HandshakeContext(ctx) == nil {
		client.Close()
		return replyTLS
	}
	switch b := heard.received; {
	case len(b) == 0:
		return ""
	case bytes.HasPrefix(heard.sent, b):
		return replyEcho
	case len(b) > 2 && (b[0] == recordAlert || b[0] == recordHandshake) && b[1] == 3:
		return replyTLS
	case isHTTP(b):
		return replyHTTP
	}
	return replyOther
}

// The types of records that a server answers a hello with (RFC 8446 section 5.1).
const (
	recordAlert     = 21
	recordHandshake = 22
)

func isHTTP(b []byte) bool { return bytes.HasPrefix(b, []byte("HTTP/")) }

// tapped is a connection that keeps the first bytes of both directions.
type tapped struct {
	net.Conn
	received, sent []byte
}

func (t *tapped) Read(b []byte) (int, error) {
	n, err := t.Conn.Read(b)
	t.received = append(t.received, b[:min(n, maxReply-len(t.received))]...)
	return n, err
}

func (t *tapped) Write(b []byte) (int, error) {
	t.sent = append(t.sent, b[:min(len(b), maxReply-len(t.sent))]...)
	return t.Conn.Write(b)
}
