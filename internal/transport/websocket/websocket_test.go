package websocket_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"sockeye"
	"sockeye/internal/transport"
	"sockeye/internal/transport/transporttest"
	driver "sockeye/internal/transport/websocket"
)

// server is a session that listens.
func server(t *testing.T, path string, o sockeye.Options, answer transport.Responder) (*transport.Session, *transporttest.EventLog, string) {
	t.Helper()
	at := transporttest.At(t, "ws://127.0.0.1:0"+path)
	s, r := transporttest.Open(t, sockeye.Endpoint{Mode: sockeye.Listen, Address: at, Options: o}, answer)
	return s, r, s.Locals()[0].String()
}

func dial(t *testing.T, url string, o *websocket.DialOptions) *websocket.Conn {
	t.Helper()
	o.HTTPClient = &http.Client{Transport: &http.Transport{}}
	c, _, err := websocket.Dial(t.Context(), url, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.CloseNow() })
	c.SetReadLimit(-1)
	return c
}

// Messages are whole events with their types, and an echo has the type of what it
// answers. What the handshake agreed on and why a peer closed is told.
func TestMessagesHaveTypes(t *testing.T) {
	_, r, at := server(t, "", sockeye.Options{Subprotocol: "b, a"}, transporttest.Echoing{})
	c := dial(t, "ws://"+at+"/chat?room=1", &websocket.DialOptions{Subprotocols: []string{"a", "b"}, HTTPHeader: http.Header{"Origin": {"http://page.example"}, "X-Key": {"1"}}})
	if c.Subprotocol() != "b" {
		t.Errorf("the subprotocol is %q, want the server's first: b", c.Subprotocol())
	}
	for _, m := range []struct {
		t    websocket.MessageType
		data string
		want sockeye.MessageType
	}{{websocket.MessageText, "中文", sockeye.TextMessage}, {websocket.MessageBinary, "plain", sockeye.BinaryMessage}, {websocket.MessageBinary, "\xff\x00", sockeye.BinaryMessage}, {websocket.MessageText, "", sockeye.TextMessage}} {
		if err := c.Write(t.Context(), m.t, []byte(m.data)); err != nil {
			t.Fatal(err)
		}
		typ, data, err := c.Read(t.Context())
		if err != nil || typ != m.t || string(data) != m.data {
			t.Errorf("the echo of %v %q is %v %q, %v", m.t, m.data, typ, data, err)
		}
	}
	for _, kind := range []sockeye.EventKind{sockeye.Received, sockeye.Sent} {
		r.WaitKind(t, kind, 4)
		var got []string
		for _, e := range r.All(transporttest.IsKind(kind)) {
			got = append(got, string(e.Detail.Message)+":"+string(e.Data))
		}
		if want := "text:中文|binary:plain|binary:\xff\x00|text:"; strings.Join(got, "|") != want {
			t.Errorf("%s is %q, want %q", kind, got, want)
		}
	}
	state := r.WaitKind(t, sockeye.Joined, 1).Detail.WebSocket
	if state.Path != "/chat?room=1" || state.Subprotocol != "b" || state.Origin != "http://page.example" || !strings.Contains(strings.Join(state.Headers, "\n"), "X-Key: 1") {
		t.Errorf("the handshake is %+v", state)
	}
	c.Close(3001, "that is all")
	left := r.WaitKind(t, sockeye.Left, 1).Detail
	if left.Reason != sockeye.ReasonEOF || left.Close == nil || left.Close.Code != 3001 || left.Close.Reason != "that is all" || left.Close.ByUs {
		t.Errorf("left for %+v, %+v", left, left.Close)
	}
}

// A ping is answered and shown, and is no data.
func TestPingsAreShown(t *testing.T) {
	_, r, at := server(t, "", sockeye.Options{}, nil)
	c := dial(t, "ws://"+at, &websocket.DialOptions{})
	c.CloseRead(t.Context()) // reads the pong
	if err := c.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	if e := r.WaitKind(t, sockeye.Control, 1); e.Detail.Control.Type != "ping" || len(e.Detail.Control.Data) == 0 {
		t.Errorf("the ping is %+v", e.Detail.Control)
	}
	if n := len(r.All(transporttest.IsKind(sockeye.Received))); n != 0 {
		t.Errorf("%d messages came", n)
	}
}

// With an interval we send pings, and show how long their pongs take; a peer that closes is
// told our code and reason.
func TestPingsAreSent(t *testing.T) {
	s, r, at := server(t, "", sockeye.Options{PingInterval: 5 * time.Millisecond, CloseCode: 4001, CloseReason: "维护"}, transporttest.Echoing{})
	c := dial(t, "ws://"+at, &websocket.DialOptions{})
	ended := make(chan error, 1)
	go func() {
		for {
			if _, _, err := c.Read(t.Context()); err != nil {
				ended <- err
				return
			}
		}
	}()
	for range 50 { // between messages
		if err := c.Write(t.Context(), websocket.MessageText, []byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	r.WaitKind(t, sockeye.Control, 3)
	for _, e := range r.All(transporttest.IsKind(sockeye.Control)) {
		if got := e.Detail.Control; got.Type != "pong" || got.RoundTrip <= 0 || !strings.HasPrefix(got.Text().En, "pong, ") {
			t.Errorf("%+v, %v", got, got.Text())
		}
	}
	transporttest.FirstPeer(t, s, r).Close(t.Context())
	var closed websocket.CloseError
	if err := <-ended; !errors.As(err, &closed) || closed.Code != 4001 || closed.Reason != "维护" {
		t.Errorf("the client was told %v", err)
	}
	if left := r.WaitKind(t, sockeye.Left, 1).Detail; left.Close == nil || left.Close.Code != 4001 {
		t.Errorf("left for %+v", left.Close)
	}
}

// Compressed messages cross both ways and are recorded as they were.
func TestCompressedMessagesCross(t *testing.T) {
	_, r, at := server(t, "", sockeye.Options{Compress: sockeye.On}, transporttest.Echoing{})
	c := dial(t, "ws://"+at, &websocket.DialOptions{CompressionMode: websocket.CompressionContextTakeover, CompressionThreshold: 1})
	message := bytes.Repeat([]byte("again and "), 30_000)
	for range 3 {
		if err := c.Write(t.Context(), websocket.MessageText, message); err != nil {
			t.Fatal(err)
		}
		if _, got, err := c.Read(t.Context()); err != nil || !bytes.Equal(got, message) {
			t.Fatalf("%d bytes came back, %v", len(got), err)
		}
	}
	if !r.WaitKind(t, sockeye.Joined, 1).Detail.WebSocket.Compressed {
		t.Error("the peer is not said to be compressed")
	}
	if got := r.WaitBytes(t, sockeye.Received, 3*len(message)); len(got) != 3*len(message) {
		t.Errorf("%d bytes were recorded", len(got))
	}
}

// T35, C45: who breaks the protocol is closed with its code, and the event says what it did.
func TestBrokenFrames(t *testing.T) {
	for name, c := range map[string]struct {
		frames string
		code   int
		says   string
	}{
		"not masked":        {"\x81\x01x", 1002, "did not mask"},
		"reserved bit":      {"\x91\x80abcd", 1002, "reserved"},
		"unknown opcode":    {"\x83\x80abcd", 1002, "opcode 3"},
		"long ping":         {"\x89\xfe\x00\x7eabcd", 1002, "control frame"},
		"fragmented ping":   {"\x09\x80abcd", 1002, "fragmented"},
		"no beginning":      {"\x80\x80abcd", 1002, "continuation"},
		"two beginnings":    {"\x01\x80abcd\x81\x80abcd", 1002, "within another"},
		"unasked":           {"\xc1\x80abcd", 1002, "compressed"},
		"not UTF-8":         {"\x81\x81\x00\x00\x00\x00\xff", 1007, "not UTF-8"},
		"too long":          {"\x82\xff\x00\x00\x00\x00\x00\x01\x00\x01abcd", 1009, "more than 65536 bytes"},
		"negative":          {"\x82\xff\xff\x00\x00\x00\x00\x01\x00\x01abcd", 1002, "negative"},
		"close of one byte": {"\x88\x81\x00\x00\x00\x00\x03", 1002, "one byte"},
		"close with 1006":   {"\x88\x82\x00\x00\x00\x00\x03\xee", 1002, "may not be sent"},
	} {
		t.Run(name, func(t *testing.T) {
			_, r, at := server(t, "", sockeye.Options{MaxMessage: 64 << 10}, nil)
			conn := upgrade(t, at)
			io.WriteString(conn, c.frames)
			left := r.WaitKind(t, sockeye.Left, 1).Detail
			if left.Reason != sockeye.ReasonError || left.Err == nil || !strings.Contains(left.Err.Error(), c.says) || left.Close == nil || left.Close.Code != c.code || !left.Close.ByUs {
				t.Errorf("left for %s, %v, %+v", left.Reason, left.Err, left.Close)
			}
			answer, _ := io.ReadAll(conn)
			if len(answer) < 4 || answer[0] != 0x88 || int(answer[2])<<8|int(answer[3]) != c.code {
				t.Errorf("the answer is %q", answer)
			}
		})
	}
}

// F47: a connection that ends without a Close frame is 1006; within a message it lost bytes.
func TestEndsWithoutClose(t *testing.T) {
	_, r, at := server(t, "", sockeye.Options{}, nil)
	upgrade(t, at).Close()
	if left := r.WaitKind(t, sockeye.Left, 1).Detail; left.Reason != sockeye.ReasonEOF || left.Close == nil || left.Close.Code != 1006 {
		t.Errorf("left for %s, %+v", left.Reason, left.Close)
	}
	c := upgrade(t, at)
	io.WriteString(c, "\x82\x85abcdxx")
	c.Close()
	if left := r.WaitKind(t, sockeye.Left, 2).Detail; left.Reason != sockeye.ReasonReset || left.Err == nil {
		t.Errorf("left for %s, %v", left.Reason, left.Err)
	}
}

// F47: a connection that is reset is 1006, too, and so is one that answers no ping: that is
// told in words and ends it in bounded time, while its system acknowledges everything.
func TestLostConnections(t *testing.T) {
	_, r, at := server(t, "", sockeye.Options{}, nil)
	reset := upgrade(t, at).(*net.TCPConn)
	reset.SetLinger(0)
	reset.Close()
	if left := r.WaitKind(t, sockeye.Left, 1).Detail; left.Reason != sockeye.ReasonReset || left.Close == nil || left.Close.Code != 1006 {
		t.Errorf("reset: left for %s, %+v", left.Reason, left.Close)
	}
	driver.SetPongTimeout(t, 200*time.Millisecond)
	_, r, at = server(t, "", sockeye.Options{PingInterval: 20 * time.Millisecond}, nil)
	silent := upgrade(t, at)
	go io.Copy(io.Discard, silent)
	left := r.WaitKind(t, sockeye.Left, 1).Detail
	if left.Reason != sockeye.ReasonTimeout || left.Err == nil || !strings.Contains(left.Err.Error(), "a ping was not answered in 200ms") || left.Close == nil || left.Close.Code != 1006 {
		t.Errorf("silent: left for %s, %v, %+v", left.Reason, left.Err, left.Close)
	}
}

// upgrade is a connection after a handshake by hand.
func upgrade(t *testing.T, at string) net.Conn {
	t.Helper()
	conn, answer := request(t, at, "GET / HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
	if !strings.HasPrefix(answer, "HTTP/1.1 101 ") || !strings.Contains(answer, "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") { // RFC 6455 section 1.3
		t.Fatalf("the answer is %q", answer)
	}
	return conn
}

// request sends a text and reads an answer up to its empty line.
func request(t *testing.T, at, text string) (net.Conn, string) {
	t.Helper()
	conn := transporttest.DialPlain(t, transporttest.At(t, "tcp://"+at))
	io.WriteString(conn, text)
	var answer []byte
	for one := make([]byte, 1); !bytes.HasSuffix(answer, []byte("\r\n\r\n")); {
		if n, err := conn.Read(one); n == 0 {
			if !errors.Is(err, io.EOF) && len(answer) == 0 {
				t.Fatalf("no answer: %v", err)
			}
			break
		}
		answer = append(answer, one[0])
	}
	return conn, string(answer)
}

// F47: what is no WebSocket request, or one whose Upgrade a proxy has taken out, is answered in HTTP, and the event says what it was.
func TestOtherRequests(t *testing.T) {
	good := "Host: here:1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	for name, c := range map[string]struct{ request, answer, says string }{
		"a browser's":     {"GET /chat HTTP/1.1\r\nHost: here:1\r\n\r\n", "HTTP/1.1 426", "does not ask for a WebSocket"},
		"another path":    {"GET /other HTTP/1.1\r\n" + good + "\r\n", "HTTP/1.1 404", "only /chat is served"},
		"another method":  {"POST /chat HTTP/1.1\r\n" + good + "\r\n", "HTTP/1.1 405", "not a GET"},
		"another version": {"GET /chat HTTP/1.1\r\n" + strings.Replace(good, ": 13", ": 8", 1) + "\r\n", "HTTP/1.1 426", "version"},
		"a bad key":       {"GET /chat HTTP/1.1\r\n" + strings.Replace(good, "==", "", 1) + "\r\n", "HTTP/1.1 400", "Sec-WebSocket-Key"},
		"another page":    {"GET /chat HTTP/1.1\r\n" + good + "Origin: http://evil.example\r\n\r\n", "HTTP/1.1 403", "evil.example"},
		"our page":        {"GET /chat?a=1 HTTP/1.1\r\n" + good + "Origin: https://good.example\r\n\r\n", "HTTP/1.1 101", ""},
		"not HTTP":        {"hello\r\n\r\n", "HTTP/1.1 400", "not an HTTP request"},
		"TLS":             {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "", "speaks TLS"},
		"long headers":    {"GET /chat HTTP/1.1\r\nX: " + strings.Repeat("x", 20_000) + "\r\n\r\n", "HTTP/1.1 431", "too long"},
	} {
		t.Run(name, func(t *testing.T) {
			_, r, at := server(t, "/chat", sockeye.Options{Origin: "https://good.example"}, nil)
			conn, answer := request(t, at, c.request)
			if !strings.HasPrefix(answer, c.answer) {
				t.Errorf("the answer is %q, want %s", answer, c.answer)
			}
			if c.says == "" {
				return
			}
			conn.Close()
			if e := r.WaitKind(t, sockeye.Failed, 1).Detail.Err; !strings.Contains(e.Error(), c.says) {
				t.Errorf("the event says %v, want %q", e, c.says)
			}
		})
	}
}

// F47: a client says what the other side is if it is no WebSocket server, or one behind a
// proxy that takes Upgrade out.
func TestOtherServers(t *testing.T) {
	for name, c := range map[string]struct{ answer, says string }{
		"not found":       {"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "404 Not Found"},
		"Upgrade taken":   {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "200 OK"},
		"not HTTP":        {"220 mail ready\r\n", `begins with "220 m"`},
		"silent":          {"", "closed the connection instead"},
		"another key":     {"HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: no\r\n\r\n", "not that of a WebSocket server"},
		"endless headers": {"HTTP/1.1 101 x\r\nX: " + strings.Repeat("x", 20_000), "too long"},
	} {
		t.Run(name, func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			go func() {
				if conn, err := l.Accept(); err == nil {
					conn.Read(make([]byte, 4<<10))
					io.WriteString(conn, c.answer)
					conn.(*net.TCPConn).CloseWrite()
					io.Copy(io.Discard, conn)
					conn.Close()
				}
			}()
			_, _, err = transporttest.TryOpen(t, sockeye.Endpoint{Mode: sockeye.Connect, Address: transporttest.At(t, "ws://"+l.Addr().String()+"/x")}, nil)
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("the error is %v, want %q", err, c.says)
			}
		})
	}
}

// F47: through a proxy that takes Upgrade out, both the server and the client say that one
// did, and what it has to be told.
func TestProxyWithoutUpgrade(t *testing.T) {
	_, r, at := server(t, "", sockeye.Options{}, nil)
	proxy := httptest.NewServer(&httputil.ReverseProxy{
		Transport: &http.Transport{DisableKeepAlives: true},
		Rewrite: func(q *httputil.ProxyRequest) {
			q.SetURL(&url.URL{Scheme: "http", Host: at})
			q.Out.Header.Del("Upgrade")
			q.Out.Header.Del("Connection")
		},
	})
	defer proxy.Close()
	_, _, err := transporttest.TryOpen(t, sockeye.Endpoint{Mode: sockeye.Connect, Address: transporttest.At(t, strings.Replace(proxy.URL, "http", "ws", 1))}, nil)
	for side, e := range map[string]*sockeye.Error{"server": r.WaitKind(t, sockeye.Failed, 1).Detail.Err, "client": sockeye.ErrorOf(err)} {
		if e == nil || !strings.Contains(e.Error()+e.Hint.En, "a proxy in between has taken") || !strings.Contains(e.Hint.En, "proxy_set_header Upgrade") || !strings.Contains(e.Hint.Zh, "代理") {
			t.Errorf("the %s says %v, %+v", side, e, e)
		}
	}
}

// A client speaks to a server of another make: headers, subprotocol, types, compression
// and the code with which the server closes.
func TestForeignServer(t *testing.T) {
	headers := make(chan http.Header, 1)
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		headers <- q.Header
		c, err := websocket.Accept(w, q, &websocket.AcceptOptions{Subprotocols: []string{"chat"}, CompressionMode: websocket.CompressionNoContextTakeover, CompressionThreshold: 1, OriginPatterns: []string{"*"}})
		if err != nil {
			return
		}
		for {
			typ, data, err := c.Read(q.Context())
			if err != nil {
				return
			}
			if string(data) == "bye" {
				c.Close(4000, "as asked")
				return
			}
			c.Write(q.Context(), typ, data)
		}
	}))
	defer h.Close()
	o := sockeye.Options{Subprotocol: "other,chat", Compress: sockeye.On, Origin: "http://me.example", Headers: []string{"X-Key: a, b"}}
	s, r := transporttest.Open(t, sockeye.Endpoint{Mode: sockeye.Connect, Address: transporttest.At(t, strings.Replace(h.URL, "http", "ws", 1)), Options: o}, nil)
	p := transporttest.FirstPeer(t, s, r)
	long := strings.Repeat("long ", 100)
	for i, message := range []string{"text", "\xff", long} {
		if _, err := p.Send(t.Context(), []byte(message)); err != nil {
			t.Fatal(err)
		}
		if e := r.WaitKind(t, sockeye.Received, i+1); string(e.Data) != message || (e.Detail.Message == sockeye.TextMessage) != (i == 0) {
			t.Errorf("%q came back as %s %q", message, e.Detail.Message, e.Data)
		}
	}
	if got := <-headers; got.Get("X-Key") != "a, b" || got.Get("Origin") != "http://me.example" {
		t.Errorf("the headers are %v", got)
	}
	if state := r.WaitKind(t, sockeye.Joined, 1).Detail.WebSocket; state.Subprotocol != "chat" || !state.Compressed {
		t.Errorf("the handshake is %+v", state)
	}
	p.Send(t.Context(), []byte("bye"))
	if left := r.WaitKind(t, sockeye.Left, 1).Detail; left.Close == nil || left.Close.Code != 4000 || left.Close.Reason != "as asked" {
		t.Errorf("left with %+v", left.Close)
	}
}
