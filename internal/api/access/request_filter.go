package access

import (
	"bytes"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// MaxHead is how long the head of a request may be, in bytes.
const MaxHead = 16 << 10

// refusedHeader is in the request that stands for one of a bad shape; no client can
// send it.
const refusedHeader = "Sockeye-Refused"

func closeWrite(c net.Conn) error {
	if half, ok := c.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// checkedListener lets only requests of one plain shape (RFC 9112) reach net/http,
// which accepts more: a request that a proxy and net/http could understand differently
// is refused.
type checkedListener struct {
	net.Listener
	headTime time.Duration
}

func (l *checkedListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &checkedConn{Conn: c, headTime: l.headTime}, nil
}

// checkedConn hands on whole heads that have passed, and their bodies. In the place
// of a bad one it hands on a request that says so, then the end.
type checkedConn struct {
	net.Conn
	headTime time.Duration
	raw      []byte // read, not yet looked at
	ready    []byte // may be handed on
	body     int64  // bytes of a body still to come
	over     bool   // nothing is handed on after ready
}

func (c *checkedConn) Read(p []byte) (int, error) {
	for len(c.ready) == 0 {
		if c.over {
			c.discard(p)
			return 0, net.ErrClosed
		}
		if c.body > 0 {
			return c.readBody(p)
		}
		if err := c.readHead(); err != nil {
			return 0, err
		}
	}
	n := copy(p, c.ready)
	c.ready = c.ready[n:]
	return n, nil
}

// CloseWrite is for net/http, which lets an answer arrive before it closes.
func (c *checkedConn) CloseWrite() error { return closeWrite(c.Conn) }

// discard waits for the client to close: it may still be sending, and closing
// before would reset the answer away.
func (c *checkedConn) discard(p []byte) {
	c.Conn.SetReadDeadline(time.Now().Add(c.headTime))
	for {
		if _, err := c.Conn.Read(p); err != nil {
			return
		}
	}
}

func (c *checkedConn) readBody(p []byte) (n int, err error) {
	p = p[:min(int64(len(p)), c.body)]
	if len(c.raw) > 0 {
		n = copy(p, c.raw)
		c.raw = c.raw[n:]
	} else {
		n, err = c.Conn.Read(p)
	}
	c.body -= int64(n)
	return n, err
}

// readHead makes ready the next head, or what stands for a bad one.
func (c *checkedConn) readHead() error {
	begun := len(c.raw) > 0
	if begun {
		c.Conn.SetReadDeadline(time.Now().Add(c.headTime))
	}
	var buf [4096]byte
	for seen := 0; ; {
		end, fault := headEnd(c.raw, seen)
		if fault == "" && end < 0 && len(c.raw) > MaxHead {
			fault = faultLong
		}
		if end >= 0 && fault == "" {
			c.body, fault = checkHead(c.raw[:end])
		}
		if fault != "" {
			c.over, c.body, c.raw = true, 0, nil
			c.ready = []byte("GET / HTTP/1.1\r\nHost: refused\r\nConnection: close\r\n" + refusedHeader + ": " + fault + "\r\n\r\n")
			return nil
		}
		if end >= 0 {
			c.ready, c.raw = c.raw[:end:end], c.raw[end:]
			return nil
		}
		seen = max(0, len(c.raw)-1)
		n, err := c.Conn.Read(buf[:])
		c.raw = append(c.raw, buf[:n]...)
		if err != nil {
			return err
		}
		if !begun && n > 0 {
			begun = true
			c.Conn.SetReadDeadline(time.Now().Add(c.headTime))
		}
	}
}

// The faults of a head.
const (
	faultLong   = "long"
	faultLine   = "line" // a line end that is not CR LF
	faultFirst  = "first-line"
	faultTarget = "target"
	faultMethod = "method"
	faultField  = "field"
	faultHost   = "host"
	faultBody   = "body-length"
)

// headEnd is where the head ends, -1 if it is not there yet. The first seen bytes
// were looked at before.
func headEnd(raw []byte, seen int) (end int, fault string) {
	for i := seen; i < len(raw); i++ {
		switch b := raw[i]; {
		case b == '\n' && (i == 0 || raw[i-1] != '\r'), b == '\r' && i+1 < len(raw) && raw[i+1] != '\n':
			return -1, faultLine
		case b == '\n' && i >= 3 && raw[i-3] == '\r' && raw[i-2] == '\n':
			return i + 1, ""
		case b < ' ' && b != '\r' && b != '\n' && b != '\t', b == 0x7f, i == 1 && b == '\n':
			return -1, faultFirst
		}
	}
	return -1, ""
}

var methods = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}

// checkHead says how long the body is, or what is wrong with a head.
func checkHead(head []byte) (body int64, fault string) {
	lines := bytes.Split(bytes.TrimSuffix(head, []byte("\r\n\r\n")), []byte("\r\n"))
	method, rest, _ := strings.Cut(string(lines[0]), " ")
	target, version, _ := strings.Cut(rest, " ")
	switch {
	case version != "HTTP/1.1" && version != "HTTP/1.0":
		return 0, faultFirst
	case !slices.Contains(methods, method):
		return 0, faultMethod
	case !canonical(target):
		return 0, faultTarget
	}
	hosts, lengths := 0, 0
	for _, line := range lines[1:] {
		name, value, found := strings.Cut(string(line), ":")
		if !found || !isToken(name) {
			return 0, faultField
		}
		value = strings.Trim(value, " \t")
		switch strings.ToLower(name) {
		case "host":
			if hosts++; !plainHost(value) {
				return 0, faultHost
			}
		case "content-length":
			n, err := strconv.ParseUint(value, 10, 62)
			if lengths++; err != nil { // a sign is an error, too
				return 0, faultBody
			}
			body = int64(n)
		case "transfer-encoding":
			return 0, faultBody
		case "expect":
			if !strings.EqualFold(value, "100-continue") {
				return 0, faultField
			}
		case strings.ToLower(refusedHeader):
			return 0, faultField
		}
	}
	switch {
	case hosts != 1:
		return 0, faultHost
	case lengths > 1, body > 0 && (method == "GET" || method == "HEAD" || method == "OPTIONS"):
		return 0, faultBody
	}
	return body, ""
}

// canonical says whether a request's target is a path in its only spelling, and
// perhaps a query.
func canonical(target string) bool {
	path, query, _ := strings.Cut(target, "?")
	if !strings.HasPrefix(path, "/") || len(path) > 1 && strings.HasSuffix(path, "/") {
		return false
	}
	for _, part := range strings.Split(path[1:], "/") {
		if part == "" && path != "/" || part == "." || part == ".." {
			return false
		}
	}
	if strings.ContainsFunc(path, func(r rune) bool { return !isPlain(r) && r != '/' }) {
		return false
	}
	if strings.ContainsAny(query, "#\\?;<>\"{}|^` ") {
		return false
	}
	_, err := url.ParseQuery(query)
	return err == nil
}

func isPlain(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' || r == '.'
}

// plainHost lets pass what could be a host and port, to be compared later.
func plainHost(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return !isPlain(r) && !strings.ContainsRune("[]:", r) })
}

// isToken is RFC 9110 section 5.6.2.
func isToken(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return !isPlain(r) && !strings.ContainsRune("!#$%&'*+^`|~", r) })
}
