package websocket

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"sockeye"
	"sockeye/internal/transport"
)

// accept makes the handshake of a server. Who asks for something else is told in HTTP.
func accept(under transport.Conn, ep sockeye.Endpoint, o *sockeye.Options) (transport.Conn, error) {
	c := newConn(under, o)
	first, _ := c.reader.Peek(3)
	if len(first) == 3 && first[0] == 0x16 && first[1] == 3 { // RFC 8446 section 5.1
		return nil, refused(under, sockeye.Text{En: "the client speaks TLS, and this port does not", Zh: "客户端使用 TLS，而此端口不使用"},
			sockeye.Text{En: "connect with ws:// instead of wss://", Zh: "请用 ws:// 而不是 wss:// 连接"})
	}
	r, err := http.ReadRequest(c.reader)
	if err != nil {
		return nil, c.noRequest(err, first)
	}
	if problem := check(r, ep, o); problem != nil {
		problem.answer(under)
		what := fmt.Sprintf("%s %s", r.Method, r.RequestURI)
		return nil, refused(under, sockeye.Text{En: fmt.Sprintf("%q: %s", what, problem.text.En), Zh: fmt.Sprintf("%q：%s", what, problem.text.Zh)}, problem.hint)
	}
	c.state = sockeye.WebSocketState{Path: r.RequestURI, Origin: r.Header.Get("Origin"), Headers: append([]string{"Host: " + r.Host}, otherHeaders(r.Header)...),
		Subprotocol: choose(o.Subprotocol, r.Header.Values("Sec-Websocket-Protocol"))}
	c.state.Compressed = o.Compress.Or(false) && acceptsDeflate(r.Header.Values("Sec-Websocket-Extensions"))
	if _, err := under.Write(c.upgrade(r.Header.Get("Sec-Websocket-Key"), o)); err != nil {
		return nil, err
	}
	c.in.left = -1
	return c, nil
}

// upgrade is the answer that begins the WebSocket.
func (c *conn) upgrade(key string, o *sockeye.Options) []byte {
	var b bytes.Buffer
	b.WriteString("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " + acceptKey(key) + "\r\n")
	if c.state.Subprotocol != "" {
		b.WriteString("Sec-WebSocket-Protocol: " + c.state.Subprotocol + "\r\n")
	}
	if c.state.Compressed {
		b.WriteString("Sec-WebSocket-Extensions: " + deflateParameters + "\r\n")
	}
	for _, h := range o.Headers {
		b.WriteString(h + "\r\n")
	}
	b.WriteString("\r\n")
	return b.Bytes()
}

// handshakeRefusal is why a request does not become a WebSocket, and its status in HTTP.
type handshakeRefusal struct {
	status     int
	header     string
	text, hint sockeye.Text
}

// check says what is wrong with a request (RFC 6455 section 4.2.1); nil if nothing is.
func check(r *http.Request, ep sockeye.Endpoint, o *sockeye.Options) *handshakeRefusal {
	key, err := base64.StdEncoding.DecodeString(r.Header.Get("Sec-Websocket-Key"))
	switch {
	case ep.Address.Path != "" && ep.Address.Path != r.RequestURI && ep.Address.Path != r.URL.Path:
		return &handshakeRefusal{status: http.StatusNotFound, text: sockeye.Text{En: "only " + ep.Address.Path + " is served", Zh: "只提供 " + ep.Address.Path},
			hint: sockeye.Text{En: "connect to that path, or listen without one", Zh: "请连接该路径，或监听时不写路径"}}
	case !hasToken(r.Header, "Connection", "upgrade") || !hasToken(r.Header, "Upgrade", "websocket"):
		return notUpgraded(r, ep)
	case r.Method != http.MethodGet || !r.ProtoAtLeast(1, 1):
		return &handshakeRefusal{status: http.StatusMethodNotAllowed, text: sockeye.Text{En: "the request is not a GET of HTTP/1.1", Zh: "请求不是 HTTP/1.1 的 GET"}}
	case r.Header.Get("Sec-Websocket-Version") != "13":
		return &handshakeRefusal{status: http.StatusUpgradeRequired, header: "Sec-WebSocket-Version: 13\r\n", text: sockeye.Text{En: "the version of the protocol is not 13", Zh: "协议版本不是 13"}}
	case err != nil || len(key) != 16:
		return &handshakeRefusal{status: http.StatusBadRequest, text: sockeye.Text{En: "Sec-WebSocket-Key is not 16 bytes of base64", Zh: "Sec-WebSocket-Key 不是 16 字节的 base64"}}
	case !mayCome(o.Origin, r.Header.Get("Origin")):
		return &handshakeRefusal{status: http.StatusForbidden, text: sockeye.Text{En: fmt.Sprintf("pages of %q may not connect", r.Header.Get("Origin")), Zh: fmt.Sprintf("不允许来自 %q 的页面", r.Header.Get("Origin"))},
			hint: sockeye.Text{En: "--origin says whose may", Zh: "--origin 指定允许的来源"}}
	}
	return nil
}

// notUpgraded is the refusal of a request without Upgrade: one that has the key of a
// WebSocket had it when it was sent.
func notUpgraded(r *http.Request, ep sockeye.Endpoint) *handshakeRefusal {
	line := sockeye.BrowserLine(string(ep.Address.Network.Transport()) + "://" + r.Host + r.URL.Path)
	f := &handshakeRefusal{http.StatusUpgradeRequired, "Upgrade: websocket\r\nConnection: Upgrade\r\n",
		sockeye.Text{En: "an HTTP request that does not ask for a WebSocket", Zh: "HTTP 请求没有要求升级为 WebSocket"},
		sockeye.Text{En: "in the console of a browser: " + line, Zh: "在浏览器控制台中：" + line}}
	if r.Header.Get("Sec-Websocket-Key") != "" {
		f.text = sockeye.Text{En: "a request for a WebSocket whose Upgrade header a proxy in between has taken out", Zh: "请求 WebSocket，但 Upgrade 头部被中间的代理去掉了"}
		f.hint = sockeye.Text{En: "have the proxy pass it on, " + nginxLines, Zh: "请让代理转发它，" + nginxLines}
	}
	return f
}

// nginxLines have the commonest proxy pass Upgrade on.
const nginxLines = "nginx: proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;"

// mayCome reports whether a page may connect: programs send no Origin, and without a list
// all pages may.
func mayCome(allowed, origin string) bool {
	return allowed == "" || origin == "" || slices.ContainsFunc(splitList([]string{allowed}), func(s string) bool { return strings.EqualFold(s, origin) })
}

// answer says it to the client, in HTTP.
func (f *handshakeRefusal) answer(to io.Writer) {
	body := f.text.En + "\n"
	if f.hint.En != "" {
		body += f.hint.En + "\n"
	}
	fmt.Fprintf(to, "HTTP/1.1 %d %s\r\n%sConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\nX-Content-Type-Options: nosniff\r\nContent-Length: %d\r\n\r\n%s",
		f.status, http.StatusText(f.status), strings.Replace(f.header, "Connection: Upgrade\r\n", "", 1), len(body), body)
}

// choose is the first of our subprotocols that the client offers.
func choose(ours string, offers []string) string {
	offered := splitList(offers)
	for _, one := range splitList([]string{ours}) {
		if slices.Contains(offered, one) {
			return one
		}
	}
	return ""
}

// noRequest explains a connection that did not begin with a request.
func (c *conn) noRequest(err error, first []byte) error {
	switch {
	case len(first) == 0 && (errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)):
		return refused(c.Conn, sockeye.Text{En: "the connection ended before the handshake", Zh: "连接在握手之前结束"}, sockeye.Text{})
	case isDeadline(err):
		return refused(c.Conn, sockeye.Text{En: "no request came in time", Zh: "未及时收到请求"}, sockeye.Text{En: "a plain TCP client needs a server on tcp://", Zh: "普通 TCP 客户端请连接 tcp:// 服务"})
	case errors.Is(err, errLongHandshake):
		(&handshakeRefusal{status: http.StatusRequestHeaderFieldsTooLarge, text: errLongHandshake.Message}).answer(c.Conn)
		return err
	}
	if e := new(sockeye.Error); errors.As(err, &e) || isNetwork(err) {
		return err
	}
	(&handshakeRefusal{status: http.StatusBadRequest, text: sockeye.Text{En: "not a request of HTTP/1.1"}}).answer(c.Conn)
	return refused(c.Conn, sockeye.Text{En: fmt.Sprintf("what came is not an HTTP request; it begins with %q", first), Zh: fmt.Sprintf("收到的不是 HTTP 请求，开头是 %q", first)},
		sockeye.Text{En: "the client must speak WebSocket; a plain TCP client needs a server on tcp://", Zh: "客户端必须使用 WebSocket；普通 TCP 客户端请连接 tcp:// 服务"})
}

func refused(c transport.Conn, message, hint sockeye.Text) error {
	return &sockeye.Error{Kind: sockeye.Refused, Op: "accept", Target: c.Remote().String(), Message: message, Hint: hint}
}
