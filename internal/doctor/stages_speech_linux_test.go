package doctor

import (
	"crypto/tls"
	"io"
	"net"
	"strings"
	"sync"
)

// answerHTTP is a server of HTTP that says nothing to anything else.
func answerHTTP(c net.Conn) {
	b := make([]byte, 512)
	n, _ := c.Read(b)
	if strings.HasPrefix(string(b[:n]), "HEAD ") {
		io.WriteString(c, "HTTP/1.0 200 OK\r\n\r\n")
	}
}

func answerTLS(c net.Conn) { tls.Server(c, &tls.Config{}).Handshake() }

func echo(c net.Conn) { io.Copy(c, c) }

// inTurn serves one client after the other, as a simple program does that has one thread: the
// next one waits until the one before has gone.
func inTurn(serve func(net.Conn)) func(*lab) {
	return func(l *lab) {
		var turn sync.Mutex
		l.serve(server, everyone, func(c net.Conn) {
			turn.Lock()
			defer turn.Unlock()
			serve(c)
			io.Copy(io.Discard, c)
		})
	}
}

// speeches are servers that are asked what they speak.
var speeches = []stage{
	{name: "asked: TLS, one client at a time", on: client, ask: near, speech: true, set: inTurn(answerTLS), want: CauseOtherProtocol},
	{name: "asked: HTTP, one client at a time", on: client, ask: near, speech: true, set: inTurn(answerHTTP), want: CauseOtherProtocol},
	{name: "asked: HTTP where TLS was meant", on: client, ask: "tls://" + near, speech: true, set: inTurn(answerHTTP), want: CauseOtherProtocol},
	{name: "asked: an echo where TLS was meant", on: client, ask: "tls://" + near, speech: true, set: inTurn(echo), want: CauseOtherProtocol},
	{name: "asked: a line where TLS was meant", on: client, ask: "tls://" + near, speech: true, set: inTurn(func(c net.Conn) {
		c.Read(make([]byte, 512))
		io.WriteString(c, "-ERR unknown command\r\n")
	}), want: CauseOtherProtocol},

	{name: "asked as TLS: one client at a time", on: client, ask: "tls://" + near, speech: true, set: inTurn(answerTLS)},
	{name: "asked: an echo, one client at a time", on: client, ask: near, speech: true, set: inTurn(echo)},
	{name: "asked as TLS: busy with another client", on: client, ask: "tls://" + near, speech: true, untold: true, set: func(l *lab) {
		inTurn(answerTLS)(l)
		l.connect(router, near)
	}},
	{name: "asked as TLS: silent", on: client, ask: "tls://" + near, speech: true, untold: true, set: serveNear},
}
