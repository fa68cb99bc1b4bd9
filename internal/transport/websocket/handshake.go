package websocket

import (
	"bufio"
	"cmp"
	"crypto/sha1"
	"encoding/base64"
	"net/http"
	"slices"
	"strings"

	"sockeye"
	"sockeye/internal/transport"
)

// maxHandshake bounds the headers of a handshake.
const maxHandshake = 16 << 10

// acceptKey answers the key of a client (RFC 6455 section 4.2.2).
func acceptKey(key string) string {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// newConn prepares a WebSocket over a connection; the handshake is still to come.
func newConn(under transport.Conn, o *sockeye.Options) *conn {
	in := &limitedReader{r: under, left: maxHandshake}
	c := &conn{Conn: under, in: in, reader: bufio.NewReader(in), most: o.MaxMessage, types: o.MessageType,
		pings: pinger{interval: o.PingInterval, limit: pongTimeout}, close: sockeye.CloseStatus{Code: cmp.Or(o.CloseCode, sockeye.CloseNormal), Reason: o.CloseReason}}
	if o.PingInterval > 0 {
		in.pings = &c.pings
	}
	return c
}

// hasToken reports whether a header of words with commas between has one.
func hasToken(h http.Header, name, token string) bool {
	return slices.ContainsFunc(splitList(h.Values(name)), func(s string) bool { return strings.EqualFold(s, token) })
}

// otherHeaders are those that are not about the handshake itself.
func otherHeaders(h http.Header) (all []string) {
	for name, values := range h {
		if strings.HasPrefix(name, "Sec-Websocket-") || name == "Upgrade" || name == "Connection" || name == "Origin" {
			continue
		}
		for _, v := range values {
			all = append(all, name+": "+v)
		}
	}
	slices.Sort(all)
	return all
}
