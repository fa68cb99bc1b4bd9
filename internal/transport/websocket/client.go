package websocket

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"

	"sockeye"
	"sockeye/internal/transport"
)

// connect makes the handshake of a client.
func connect(under transport.Conn, ep sockeye.Endpoint, o *sockeye.Options) (*conn, error) {
	c := newConn(under, o)
	c.client, c.key = true, newKey
	nonce := make([]byte, 16)
	rand.Read(nonce)
	key := base64.StdEncoding.EncodeToString(nonce)
	if _, err := io.WriteString(under, request(ep, o, key)); err != nil {
		return nil, err
	}
	first, _ := c.reader.Peek(5)
	if string(first) != "HTTP/" && len(first) > 0 {
		return nil, answered(ep, sockeye.Text{En: fmt.Sprintf("what answered does not speak HTTP: it begins with %q", first), Zh: fmt.Sprintf("对方的应答不是 HTTP，开头是 %q", first)},
			plainHint(ep))
	}
	r, err := http.ReadResponse(c.reader, &http.Request{Method: http.MethodGet})
	if err != nil {
		return nil, noAnswer(ep, err)
	}
	if err := c.checkResponse(r, ep, o, key); err != nil {
		return nil, err
	}
	c.in.left = -1
	return c, nil
}

// newKey is the mask of a frame, which nobody can foresee (RFC 6455 section 10.3).
func newKey() (key [4]byte) {
	rand.Read(key[:])
	return key
}

// request is what a client begins with.
func request(ep sockeye.Endpoint, o *sockeye.Options, key string) string {
	a, path := ep.Address, ep.Address.Path
	if path == "" {
		path = "/"
	}
	host := a.HostPort()
	if usual := map[bool]uint16{false: 80, true: 443}[a.Network.Traits().TLS]; a.Port == usual {
		host = host[:strings.LastIndexByte(host, ':')]
	}
	lines := []string{"GET " + path + " HTTP/1.1", "Host: " + host, "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: " + key}
	if o.Subprotocol != "" {
		lines = append(lines, "Sec-WebSocket-Protocol: "+o.Subprotocol)
	}
	if o.Compress.Or(false) {
		lines = append(lines, "Sec-WebSocket-Extensions: "+deflateParameters)
	}
	if o.Origin != "" {
		lines = append(lines, "Origin: "+o.Origin)
	}
	for _, h := range o.Headers {
		if name, _, _ := strings.Cut(h, ":"); strings.EqualFold(name, "Host") {
			lines = slices.Delete(lines, 1, 2)
		}
		lines = append(lines, h)
	}
	return strings.Join(lines, "\r\n") + "\r\n\r\n"
}

// checkResponse says what is wrong with the answer (RFC 6455 section 4.1).
func (c *conn) checkResponse(r *http.Response, ep sockeye.Endpoint, o *sockeye.Options, key string) error {
	h := r.Header
	protocol := h.Get("Sec-Websocket-Protocol")
	extensions := splitList(h.Values("Sec-Websocket-Extensions"))
	switch {
	case r.StatusCode != http.StatusSwitchingProtocols:
		return answered(ep, sockeye.Text{En: "the server does not switch to WebSocket: it answered " + r.Status, Zh: "服务器没有升级为 WebSocket，应答为 " + r.Status}, hintFor(r))
	case !hasToken(h, "Upgrade", "websocket") || !hasToken(h, "Connection", "upgrade") || h.Get("Sec-Websocket-Accept") != acceptKey(key):
		return answered(ep, sockeye.Text{En: "the answer is not that of a WebSocket server (Upgrade, Connection or Sec-WebSocket-Accept is wrong)", Zh: "应答不符合 WebSocket（Upgrade、Connection 或 Sec-WebSocket-Accept 有误）"},
			sockeye.Text{En: "a proxy in between may have changed it", Zh: "可能被中间的代理改动"})
	case protocol != "" && !slices.Contains(splitList([]string{o.Subprotocol}), protocol):
		return answered(ep, sockeye.Text{En: fmt.Sprintf("the server chose the subprotocol %q, which was not offered", protocol), Zh: fmt.Sprintf("服务器选择了未提供的子协议 %q", protocol)},
			sockeye.Text{En: "offer it with --subprotocol", Zh: "请用 --subprotocol 提供它"})
	case len(extensions) > 0 && !(o.Compress.Or(false) && len(extensions) == 1 && acceptsOurs(extensions[0])):
		return answered(ep, sockeye.Text{En: fmt.Sprintf("the server chose an extension that was not offered: %q", extensions), Zh: fmt.Sprintf("服务器选择了未提供的扩展：%q", extensions)}, sockeye.Text{})
	}
	path := ep.Address.Path
	if path == "" {
		path = "/"
	}
	c.state = sockeye.WebSocketState{Path: path, Subprotocol: protocol, Headers: otherHeaders(h), Compressed: len(extensions) > 0}
	return nil
}

// acceptsOurs reports whether the answer to our offer of permessage-deflate is one to it.
func acceptsOurs(extension string) bool {
	return acceptsDeflate([]string{strings.Replace(extension, "server_max_window_bits", "client_max_window_bits", 1)}) &&
		strings.Contains(extension, "server_no_context_takeover")
}

// hintFor says what to do about a status.
func hintFor(r *http.Response) sockeye.Text {
	switch {
	case r.StatusCode == http.StatusUpgradeRequired:
		return sockeye.Text{En: "it asks for the Upgrade that was sent: a proxy in between has taken it out; have it pass Upgrade on, " + nginxLines,
			Zh: "它要求的 Upgrade 已经发送：被中间的代理去掉了；请让代理转发 Upgrade，" + nginxLines}
	case r.StatusCode == http.StatusNotFound:
		return sockeye.Text{En: "write the path that the server has: ws://host/path", Zh: "请写服务器上的路径：ws://主机/路径"}
	case r.StatusCode == http.StatusUnauthorized:
		return sockeye.Text{En: `give the credentials: --header "Authorization: Bearer …"`, Zh: `请给出凭据：--header "Authorization: Bearer …"`}
	case r.StatusCode == http.StatusForbidden:
		return sockeye.Text{En: "the server may want an Origin: --origin https://its.page", Zh: "服务器可能要求来源：--origin https://其页面"}
	case r.Header.Get("Location") != "":
		return sockeye.Text{En: fmt.Sprintf("it sends you to %q", r.Header.Get("Location")), Zh: fmt.Sprintf("它转向 %q", r.Header.Get("Location"))}
	}
	return sockeye.Text{En: "this may be a web server without WebSocket at this path, or one behind a proxy that does not pass Upgrade on", Zh: "该路径上可能是不支持 WebSocket 的网页服务，或中间的代理没有转发 Upgrade"}
}

func noAnswer(ep sockeye.Endpoint, err error) error {
	switch {
	case errors.Is(err, errLongHandshake):
		return answered(ep, errLongHandshake.Message, sockeye.Text{})
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		hint := sockeye.Text{En: "it may want TLS: try wss://", Zh: "可能需要 TLS：请试 wss://"}
		if ep.Address.Network.Traits().TLS {
			hint = plainHint(ep)
		}
		return answered(ep, sockeye.Text{En: "the server closed the connection instead of answering the handshake", Zh: "服务器没有应答握手就关闭了连接"}, hint)
	case isNetwork(err):
		return err
	}
	return answered(ep, sockeye.Text{En: "the answer is not HTTP", Zh: "应答不是 HTTP"}, sockeye.Text{})
}

// plainHint is how to reach a server that speaks no WebSocket.
func plainHint(ep sockeye.Endpoint) sockeye.Text {
	if ep.Address.Network.Traits().TLS {
		return sockeye.Text{En: "for a TLS server without WebSocket write tls://", Zh: "不使用 WebSocket 的 TLS 服务请写 tls://"}
	}
	return sockeye.Text{En: "for a plain TCP server write tcp://", Zh: "普通 TCP 服务请写 tcp://"}
}

func answered(ep sockeye.Endpoint, message, hint sockeye.Text) error {
	return &sockeye.Error{Kind: sockeye.Refused, Op: "connect", Target: ep.Address.String(), Message: message, Hint: hint}
}

// isNetwork reports whether the system said it, and not the protocol.
func isNetwork(err error) bool {
	_, ok := errors.AsType[*net.OpError](err)
	return ok || errors.Is(err, net.ErrClosed)
}
